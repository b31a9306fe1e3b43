"""The loop that sequences fragments: pairs of one sample, base by base."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mitotransfer.simulate.noise import Floats


class Instrument(NamedTuple):
    """How one sample is sequenced, for the kernels.

    Attributes:
        insert_mean, insert_sd, insert_max: of the fragments' lengths in bases.
        duplicates: probability that a further copy of the fragment is sequenced.
        persistence: probability that a base keeps the quality bin of the previous one.
        profile: probability of each quality bin, (mate, class of read, cycle, bin).
        poor: share of poor reads, by mate.
        told, told_share: error rate by quality bin; shares of the bases read, (true, read, strand).
        read_rate, any_read_rate: ``SampleNoise.read_rate``, and its sum over the base read.
        fragment_rate: ``SampleNoise.fragment_rate``.
        letters, symbols: bytes of a FASTQ file, by base and by quality bin.
    """

    insert_mean: float
    insert_sd: float
    insert_max: int
    duplicates: float
    persistence: float
    profile: Floats
    poor: Floats
    told: Floats
    told_share: Floats
    read_rate: Floats
    any_read_rate: Floats
    fragment_rate: Floats
    letters: NDArray[np.uint8]
    symbols: NDArray[np.uint8]


class Fragment(NamedTuple):
    """A fragment's bases along the reference and their positions; mate 1 reads along or against."""

    bases: NDArray[np.uint8]
    places: NDArray[np.int64]
    forward: bool


class Records(NamedTuple):
    """FASTQ records of a chunk, for the kernel to fill.

    Attributes:
        bytes: (mate, pair, byte).
        sequence, quality: first byte of either in a record.
        order: row of each pair in the file.
        trace: columns of ``Trace``, (pair, 5).
    """

    bytes: NDArray[np.uint8]
    sequence: int
    quality: int
    order: NDArray[np.int64]
    trace: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _walk(rng, molecules, source, start, fragment):  # type: ignore[no-untyped-def]
    """Fill the fragment with the bases of a molecule of ``source`` from ``start`` on."""
    codes = molecules.codes
    length = codes.shape[0]
    size = fragment.bases.shape[0]
    origin, room = molecules.segments[source]
    # Behind a deletion the molecule goes on at its other end.
    closed = molecules.closed[source]
    done = 0
    place = start
    while done < size:
        site = molecules.site[source, place]
        chosen = -1
        if site >= 0:
            draw = rng.random()
            for allele in range(molecules.first_allele[site], molecules.first_allele[site + 1]):
                if draw < molecules.share[allele]:
                    chosen = allele
                    break
        if chosen < 0:
            if codes[place] < 4:  # the placeholder is in no molecule
                fragment.bases[done] = codes[place]
                fragment.places[done] = place
                done += 1
            place += 1
        else:
            first = molecules.first_base[chosen]
            span = molecules.ref_length[chosen]
            for index in range(molecules.first_base[chosen + 1] - first):
                if done < size:
                    fragment.bases[done] = molecules.bases[first + index]
                    fragment.places[done] = (place + min(index, span - 1)) % length
                    done += 1
            place += span
        if place >= length:
            place -= length
        if closed:
            place = (origin + (place - origin) % length % room) % length


@njit(cache=True, nogil=True)
def _damage(rng, fragment, rates):  # type: ignore[no-untyped-def]
    """Change bases of a fragment at ``rates`` (true, changed), as mate 1 reads them."""
    highest = 0.0
    for row in range(4):
        highest = max(highest, rates[row].sum())
    if highest <= 0:
        return
    bases, forward = fragment.bases, fragment.forward
    index = -1
    while True:
        # Gaps between candidates at the highest rate, thinned to each base's own.
        index += 1 + int(np.log(1.0 - rng.random()) / np.log1p(-highest))
        if index >= bases.shape[0]:
            return
        base = np.int64(bases[index] if forward else 3 - bases[index])
        draw = rng.random() * highest
        for alt in range(4):
            if draw < rates[base, alt]:
                bases[index] = alt if forward else 3 - alt
                break
            draw -= rates[base, alt]


@njit(cache=True, nogil=True, inline="always")  # a call costs 4 % of the time
def _read(rng, fragment, mate, instrument, out):  # type: ignore[no-untyped-def]
    """Write one mate's letters and quality bins into ``out`` (2, read length)."""
    grade = 1 if rng.random() < instrument.poor[mate] else 0
    profile = instrument.profile[mate, grade]
    persistence, told = instrument.persistence, instrument.told
    strand = 0 if (mate == 0) == fragment.forward else 1
    size = fragment.bases.shape[0]
    level = np.int64(0)
    for cycle in range(profile.shape[0]):
        index = cycle if strand == 0 else size - 1 - cycle
        base = np.int64(fragment.bases[index])
        place = fragment.places[index]
        # One draw serves quality and error: within the chosen bin its remainder is uniform again.
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
            out[0, cycle] = instrument.letters[4]
        else:
            if draw < told[level]:
                draw /= told[level]
                for alt in range(4):
                    if draw < instrument.told_share[base, alt, strand]:
                        base = np.int64(alt)
                        break
                    draw -= instrument.told_share[base, alt, strand]
            elif draw < told[level] + instrument.any_read_rate[place, base, strand]:
                draw -= told[level]
                for alt in range(4):
                    if draw < instrument.read_rate[place, base, alt, strand]:
                        base = np.int64(alt)
                        break
                    draw -= instrument.read_rate[place, base, alt, strand]
            out[0, cycle] = instrument.letters[base if strand == 0 else 3 - base]
        out[1, cycle] = level


@njit(cache=True, nogil=True)
def sequence_pairs(rng, molecules, instrument, records):  # type: ignore[no-untyped-def]
    """Make the pairs of a chunk and write both mates into the rows ``records.order``."""
    n = records.order.shape[0]
    cycles = instrument.profile.shape[2]
    longest = instrument.insert_max
    bases = np.empty(longest, np.uint8)
    places = np.empty(longest, np.int64)
    out = np.empty((2, cycles), np.int64)
    length = molecules.codes.shape[0]
    done = 0
    while done < n:
        source = min(
            np.searchsorted(molecules.weights, rng.random(), side="right"),
            molecules.weights.shape[0] - 1,
        )
        while True:
            size = int(np.floor(rng.normal(instrument.insert_mean, instrument.insert_sd) + 0.5))
            if cycles <= size <= longest:
                break
        first = molecules.segments[source, 0]
        room = molecules.segments[source, 1]
        if room == 0 or molecules.closed[source]:
            while True:
                start = (first + int(rng.random() * (room or length))) % length
                if molecules.codes[start] < 4:  # not the placeholder
                    break
        else:
            start = (first + int(rng.random() * (room - size + 1))) % length
        fragment = Fragment(bases[:size], places[:size], rng.random() < 0.5)
        _walk(rng, molecules, source, start, fragment)
        _damage(rng, fragment, instrument.fragment_rate)
        copy = 0
        while done < n:
            row = records.order[done]
            for mate in range(2):
                _read(rng, fragment, mate, instrument, out)
                for cycle in range(cycles):
                    records.bytes[mate, row, records.sequence + cycle] = out[0, cycle]
                    records.bytes[mate, row, records.quality + cycle] = instrument.symbols[
                        out[1, cycle]
                    ]
            records.trace[row, 0] = source
            records.trace[row, 1] = start
            records.trace[row, 2] = size
            records.trace[row, 3] = fragment.forward
            records.trace[row, 4] = copy
            done += 1
            copy += 1
            if rng.random() >= instrument.duplicates:
                break
