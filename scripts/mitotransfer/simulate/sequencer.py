"""Paired reads of one sample, as FASTQ, from its pools of molecules."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from isal import isal_zlib
from numba import njit
from numpy.typing import NDArray

from mitotransfer.genome.reference import LENGTH, Reference
from mitotransfer.simulate.library import Compiled, Source, compile_sources
from mitotransfer.simulate.noise import (
    PERSISTENCE,
    POOR_READS,
    QUALITIES,
    READ_WEIGHTS,
    Noise,
    SampleNoise,
    oriented,
    quality_profile,
    sample_noise,
    told_errors,
)

CHUNK = 20_000  # pairs made at once; copies of a fragment stay within a chunk
PER_TILE = 20_000
TILES = [surface * 1000 + swath * 100 + tile for surface in (1, 2) for swath in (1, 2, 3, 4)
         for tile in range(1, 79)]  # fmt: skip
LANES = 8
GZIP_LEVEL = 1
LETTERS = np.frombuffer(b"ACGTN", np.uint8)


class Trace(NamedTuple):
    """Where each pair came from, in file order; exists in memory alone.

    Attributes:
        source: index of the source.
        start: 0-based position of the fragment's first base.
        insert: fragment length in bases.
        forward: mate 1 reads along the reference.
        copy: 0 for the first copy of a fragment, 1 and up for its duplicates.
    """

    source: NDArray[np.int64]
    start: NDArray[np.int64]
    insert: NDArray[np.int64]
    forward: NDArray[np.int64]
    copy: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _walk(rng, compiled, codes, source, start, size, template, places):  # type: ignore[no-untyped-def]
    """Fill ``template`` with ``size`` bases from ``start``, and their positions."""
    length = codes.shape[0]
    done = 0
    place = start
    while done < size:
        site = compiled.site[source, place]
        chosen = -1
        if site >= 0:
            draw = rng.random()
            for allele in range(compiled.first_allele[site], compiled.first_allele[site + 1]):
                if draw < compiled.share[allele]:
                    chosen = allele
                    break
        if chosen < 0:
            if codes[place] < 4:  # the placeholder is in no molecule
                template[done] = codes[place]
                places[done] = place
                done += 1
            place += 1
        else:
            first = compiled.first_base[chosen]
            for index in range(compiled.first_base[chosen + 1] - first):
                if done < size:
                    template[done] = compiled.bases[first + index]
                    places[done] = (place + min(index, compiled.ref_length[chosen] - 1)) % length
                    done += 1
            place += compiled.ref_length[chosen]
        if place >= length:
            place -= length


@njit(cache=True, nogil=True)
def _damage(rng, template, size, forward, rates):  # type: ignore[no-untyped-def]
    """Change bases of a fragment at ``rates`` (true, changed), seen along mate 1."""
    highest = 0.0
    for row in range(4):
        highest = max(highest, rates[row].sum())
    if highest <= 0:
        return
    index = -1
    while True:
        # Gaps between candidates at the highest rate, thinned to each base's own.
        index += 1 + int(np.log(1.0 - rng.random()) / np.log1p(-highest))
        if index >= size:
            return
        base = np.int64(template[index] if forward else 3 - template[index])
        draw = rng.random() * highest
        for alt in range(4):
            if draw < rates[base, alt]:
                template[index] = alt if forward else 3 - alt
                break
            draw -= rates[base, alt]


@njit(cache=True, nogil=True)
def _read(  # type: ignore[no-untyped-def]
    rng, template, places, size, strand, persistence, profile, told, told_share, rates, totals,
    letters, out,
):  # fmt: skip
    """Write one mate's bases and qualities into ``out`` (2, read length)."""
    cycles = profile.shape[0]
    level = np.int64(0)
    for cycle in range(cycles):
        index = cycle if strand == 0 else size - 1 - cycle
        base = np.int64(template[index])
        place = places[index]
        # One draw serves quality and error: what is left of it within the chosen
        # bin is uniform again.
        draw = rng.random()
        if cycle > 0 and draw < persistence:
            draw /= persistence
        else:
            if cycle > 0:
                draw = (draw - persistence) / (1 - persistence)
            # From the highest bin, which is nearly always the one.
            level = profile.shape[1] - 1
            while level > 0 and draw >= profile[cycle, level]:
                draw -= profile[cycle, level]
                level -= 1
            draw /= profile[cycle, level]
        if level == 0:  # no call
            out[0, cycle] = letters[4]
        else:
            if draw < told[level]:
                draw /= told[level]
                for alt in range(4):
                    if draw < told_share[base, alt, strand]:
                        base = np.int64(alt)
                        break
                    draw -= told_share[base, alt, strand]
            elif draw < told[level] + totals[place, base, strand]:
                draw -= told[level]
                for alt in range(4):
                    if draw < rates[place, base, alt, strand]:
                        base = np.int64(alt)
                        break
                    draw -= rates[place, base, alt, strand]
            out[0, cycle] = letters[base if strand == 0 else 3 - base]
        out[1, cycle] = level


@njit(cache=True, nogil=True)
def _sequence(  # type: ignore[no-untyped-def]
    rng, n, compiled, codes, insert, duplicates, persistence, profile, poor, told, told_share,
    rates, totals, fragment_rate, letters, symbols, order, records, offsets, trace,
):  # fmt: skip
    """Make ``n`` pairs and write them into the rows ``order`` of both mates' ``records``."""
    cycles = profile.shape[2]
    longest = int(insert[2])
    template = np.empty(longest, np.uint8)
    places = np.empty(longest, np.int64)
    out = np.empty((2, cycles), np.int64)
    length = codes.shape[0]
    done = 0
    while done < n:
        source = min(
            np.searchsorted(compiled.weights, rng.random(), side="right"),
            compiled.weights.shape[0] - 1,
        )
        while True:
            size = int(np.floor(rng.normal(insert[0], insert[1]) + 0.5))
            if cycles <= size <= longest:
                break
        first = compiled.segments[source, 0]
        room = compiled.segments[source, 1]
        if room == 0:
            while True:
                start = int(rng.random() * length)
                if codes[start] < 4:  # not the placeholder
                    break
        else:
            start = (first + int(rng.random() * (room - size + 1))) % length
        forward = rng.random() < 0.5
        _walk(rng, compiled, codes, source, start, size, template, places)
        _damage(rng, template, size, forward, fragment_rate)
        copy = 0
        while done < n:
            row = order[done]
            for mate in range(2):
                strand = 0 if (mate == 0) == forward else 1
                grade = 1 if rng.random() < poor[mate] else 0
                _read(
                    rng, template, places, size, strand, persistence, profile[mate, grade], told,
                    told_share, rates, totals, letters, out,
                )  # fmt: skip
                for cycle in range(cycles):
                    records[mate, row, offsets[0] + cycle] = out[0, cycle]
                    records[mate, row, offsets[1] + cycle] = symbols[out[1, cycle]]
            trace[row, 0] = source
            trace[row, 1] = start
            trace[row, 2] = size
            trace[row, 3] = forward
            trace[row, 4] = copy
            done += 1
            copy += 1
            if rng.random() >= duplicates:
                break


def _digits(target: NDArray[np.uint8], values: NDArray[np.int64]) -> None:
    """Write numbers as decimal digits over the columns of ``target``."""
    for column in range(target.shape[1] - 1, -1, -1):
        target[:, column] = 48 + values % 10
        values = values // 10


def _template_records(name: str, read_length: int) -> tuple[NDArray[np.uint8], dict[str, int]]:
    """A blank record for each mate, shape (2, bytes), and where its parts start."""
    code = zlib.crc32(name.encode())
    letters = "ACGT"
    index = "".join(letters[(code >> 2 * shift) & 3] for shift in range(8))
    head = f"@A00871:{100 + code % 900}:H{code:08X}:"
    places = {"lane": len(head), "tile": len(head) + 2, "x": len(head) + 7, "y": len(head) + 13}
    rows = []
    for mate in (1, 2):
        text = f"{head}0:0000:00000:00000 {mate}:N:0:{index}\n"
        places["sequence"] = len(text)
        text += "N" * read_length + "\n+\n"
        places["quality"] = len(text)
        rows.append(text + "#" * read_length + "\n")
    return np.stack([np.frombuffer(row.encode(), np.uint8) for row in rows]), places


class _Gzip:
    """A gzip stream without time stamp or file name."""

    def __init__(self, handle: IO[bytes]):
        self.handle = handle
        self.packer = isal_zlib.compressobj(GZIP_LEVEL, isal_zlib.DEFLATED, 31)

    def write(self, block: NDArray[np.uint8]) -> None:
        self.handle.write(self.packer.compress(np.ascontiguousarray(block)))

    def finish(self) -> None:
        self.handle.write(self.packer.flush())


def write_reads(
    sources: Sequence[Source],
    n_pairs: int,
    rng: np.random.Generator,
    fastq_1: str | Path,
    fastq_2: str | Path,
    reference: Reference,
    noise: Noise,
    rates: SampleNoise | None = None,
    name: str = "sample",
) -> Trace:
    """Write gzipped FASTQ of one sample.

    The pairs come in random order and their names tell nothing of their origin.
    The bytes depend on the arguments and the state of ``rng`` alone.

    Raises:
        ValueError: for sources that do not fit the reference, or more pairs than
            eight lanes have room for.
    """
    if n_pairs > LANES * len(TILES) * PER_TILE:
        raise ValueError(f"{name}: {n_pairs} read pairs are more than a run has clusters")
    sequencing = noise.sequencing
    compiled: Compiled = compile_sources(sources, reference)
    rates = sample_noise(noise, rng) if rates is None else rates
    totals = rates.read_rate.sum(axis=2)
    told = told_errors(sequencing)
    weights = READ_WEIGHTS / READ_WEIGHTS.sum(axis=1, keepdims=True)
    told_share = oriented(weights)
    blank, places = _template_records(name, sequencing.read_length)
    insert = np.array([sequencing.insert_mean, sequencing.insert_sd, sequencing.insert_max])
    offsets = np.array([places["sequence"], places["quality"]])
    trace = np.zeros((n_pairs, 5), np.int64)
    profile = quality_profile(sequencing.read_length)
    with open(fastq_1, "wb") as handle_1, open(fastq_2, "wb") as handle_2:
        packers = _Gzip(handle_1), _Gzip(handle_2)
        for begin in range(0, n_pairs, CHUNK):
            n = min(CHUNK, n_pairs - begin)
            records = np.repeat(blank[:, None, :], n, axis=1)
            _name_clusters(records, begin + np.arange(n), rng, places)
            _sequence(
                rng, n, compiled, reference.codes, insert, sequencing.duplicates, PERSISTENCE,
                profile, np.array(POOR_READS), told, told_share, rates.read_rate, totals,
                rates.fragment_rate, LETTERS, (QUALITIES + 33).astype(np.uint8),
                rng.permutation(n), records, offsets, trace[begin : begin + n],
            )  # fmt: skip
            for packer, block in zip(packers, records, strict=True):
                packer.write(block)
        for packer in packers:
            packer.finish()
    return Trace(*trace.T)


def _name_clusters(
    records: NDArray[np.uint8],
    number: NDArray[np.int64],
    rng: np.random.Generator,
    places: dict[str, int],
) -> None:
    """Give both mates of the ``number``-th clusters their lane, tile, x and y."""
    tile = number // PER_TILE
    fields = {
        "lane": (1, 1 + tile // len(TILES)),
        "tile": (4, np.array(TILES)[tile % len(TILES)]),
        "x": (5, rng.integers(10_000, 33_000, len(number))),
        "y": (5, 10_000 + number % PER_TILE),
    }
    for mate in range(2):
        for key, (width, values) in fields.items():
            start = places[key]
            _digits(records[mate, :, start : start + width], np.asarray(values, np.int64))


def pairs_for_depth(depth: float, noise: Noise) -> int:
    """Read pairs that give a mean fragment depth, each fragment counted once per base."""
    return max(1, round(depth * (LENGTH - 1) / noise.sequencing.mean_coverage))
