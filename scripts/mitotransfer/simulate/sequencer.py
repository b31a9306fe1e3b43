"""Paired reads of one sample, as FASTQ, from its pools of molecules."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from mitotransfer.genome.reference import BASES
from mitotransfer.simulate.kernel import Instrument, Records, sequence_pairs
from mitotransfer.simulate.library import Library, Molecules, compile_sources
from mitotransfer.simulate.noise import (
    PERSISTENCE,
    POOR_READS,
    QUALITIES,
    READ_WEIGHTS,
    Noise,
    SampleNoise,
    Sequencing,
    oriented,
    quality_profile,
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
    """Origin of each pair, in file order; kept in memory only.

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


def _instrument(sequencing: Sequencing, rates: SampleNoise) -> Instrument:
    """The instrument that sequences a sample with these error rates."""
    weights = READ_WEIGHTS / READ_WEIGHTS.sum(axis=1, keepdims=True)
    return Instrument(
        insert_mean=sequencing.insert_mean,
        insert_sd=sequencing.insert_sd,
        insert_max=sequencing.insert_max,
        duplicates=sequencing.duplicates,
        persistence=PERSISTENCE,
        profile=quality_profile(sequencing.read_length),
        poor=np.array(POOR_READS),
        told=told_errors(sequencing),
        told_share=oriented(weights),
        read_rate=rates.read_rate,
        any_read_rate=rates.read_rate.sum(axis=2),
        fragment_rate=rates.fragment_rate,
        letters=LETTERS,
        symbols=(QUALITIES + 33).astype(np.uint8),
    )


def _digits(target: NDArray[np.uint8], values: NDArray[np.int64]) -> None:
    """Write numbers as decimal digits over the columns of ``target``."""
    for column in range(target.shape[1] - 1, -1, -1):
        target[:, column] = 48 + values % 10
        values = values // 10


def _template_records(name: str, read_length: int) -> tuple[NDArray[np.uint8], dict[str, int]]:
    """A blank record for each mate, shape (2, bytes), and where its parts start."""
    code = zlib.crc32(name.encode())
    index = "".join(BASES[(code >> 2 * shift) & 3] for shift in range(8))
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
    library: Library,
    n_pairs: int,
    rng: np.random.Generator,
    fastq_1: str | Path,
    fastq_2: str | Path,
    *,
    name: str = "sample",
) -> Trace:
    """Write gzipped FASTQ of one sample; returns where every pair came from, in file order.

    The order of the pairs is random; their names do not show their origin. The bytes depend only on
    the arguments and the state of ``rng``.

    Raises:
        ValueError: for sources that do not fit the reference, or more pairs than fit into eight
            lanes.
    """
    if n_pairs > LANES * len(TILES) * PER_TILE:
        raise ValueError(f"{name}: {n_pairs} read pairs are more than a run has clusters")
    sequencing = library.noise.sequencing
    molecules: Molecules = compile_sources(library.sources, library.reference)
    instrument = _instrument(sequencing, library.sample_rates(rng))
    blank, places = _template_records(name, sequencing.read_length)
    trace = np.zeros((n_pairs, 5), np.int64)
    with open(fastq_1, "wb") as handle_1, open(fastq_2, "wb") as handle_2:
        packers = _Gzip(handle_1), _Gzip(handle_2)
        for begin in range(0, n_pairs, CHUNK):
            n = min(CHUNK, n_pairs - begin)
            content = np.repeat(blank[:, None, :], n, axis=1)
            _name_clusters(content, begin + np.arange(n), rng, places)
            records = Records(
                content,
                places["sequence"],
                places["quality"],
                rng.permutation(n),
                trace[begin : begin + n],
            )
            sequence_pairs(rng, molecules, instrument, records)
            for packer, block in zip(packers, content, strict=True):
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
    bases = len(noise.site_factor) - 1  # of human: without the placeholder
    return max(1, round(depth * bases / noise.sequencing.mean_coverage))
