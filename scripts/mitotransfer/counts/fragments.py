"""Adding up of decoded reads: one by one, or two mates as one fragment."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.decode import (
    E_ANCHOR,
    E_HIGH,
    E_LEFT,
    E_LOW,
    E_QUALITY,
    E_RIGHT,
    E_SIZE,
    R_AFTER,
    R_BEFORE,
    R_EVENTS,
    R_FIRST,
    R_INSERT,
    R_LAST,
    R_MATE,
    R_MISMATCHES,
    R_PRIMARY,
    R_SPAN,
    R_START,
    R_STRAND,
    R_UNNOTED,
    UNCOUNTED,
    UNSURE,
    Read,
)
from mitotransfer.counts.spanning import span_mates, span_read
from mitotransfer.reads import bam_records as bam

Hashes = NDArray[np.uint64]

# What is counted about the reads, in the order of the ``stats`` array.
STATS = (
    "aligned",
    "filtered_quality_check",
    "filtered_duplicate",
    "filtered_mapping_quality",
    "filtered_short",
    "filtered_clipped",
    "filtered_mismatches",
    "used_reads",
    "unnoted_insertions",
)
(
    S_ALIGNED, S_QC_FAIL, S_DUPLICATE, S_LOW_MAPQ, S_SHORT, S_CLIPPED, S_MISMATCHES, S_USED,
    S_UNNOTED,
) = range(9)  # fmt: skip
# What is counted about mates, in the order of the ``overlaps`` array.
OVERLAPS = ("overlapping_bases", "discordant_bases", "discordant_indels")
_BASES, _DISCORDANT, _DISCORDANT_INDELS = range(3)

# Places in the ``used`` array: free slots, events found, rows, events and bases put off; and
# reads that are packed, with the first position that they reach and the end of the last; and
# the longest span of a read that has waited.
FREE, FOUND, ROWS, EVENTS, BASES, PACKED, LOW, HIGH, LONGEST = range(9)
USED = 9

# Sums over the bases of an allele, in the order of the ``sums`` array: their number, qualities,
# distances to the nearer aligned end of the read, and the mismatches of their reads against the
# reference. Values above the largest count as the largest.
SUMS = ("bases", "qualities", "distances", "mismatches")
MAX_QUALITY, MAX_DISTANCE, MAX_MISMATCHES = 63, 127, 63
# All four in one word, so that a base costs one addition: 2,047 reads fit.
_PACKED_READS = 2047
_SHIFTS = (0, 12, 29, 47, 64)
PROFILE_STEP = 16  # every so many positions, bases add to the profile
DISTANCE_BIN = 4


class Tally(NamedTuple):
    """The sums, by position of the circle.

    Attributes:
        codes: bases of the circle.
        matching: uint64, shape (2, circle): packed sums of bases that match ``codes``, by strand.
        packed: uint64, shape (circle, 8): the same of other bases, allele x strand.
        sums: int64, shape (4, circle, 8): those of SUMS, allele x strand.
        profile: int64: bases by quality and distance (in bins), at some positions.
        reach: int64: fragments at these positions by the distance of the mate that reaches further
            beyond them.
        pairs: int64, shape (circle, steps, 5, 5): fragments by the base at a place and the one
            1, 2, ... places on: one is a mismatch, the other a mismatch or no base that counts.
        spans: int64, shape (circle + 1, 2): differences of the fragments without a break across
            each bond, by strand (``counts.spanning``).
        found: events, shape (n, EVENT_COLUMNS); ``used[FOUND]`` of them.
        inserts: histogram of insert sizes.
        stats, overlaps: numbers in the order of STATS and OVERLAPS.
        used: how much of the room in these arrays and those below is taken.
    """

    codes: Bytes
    matching: Hashes
    packed: Hashes
    sums: Ints
    profile: Ints
    reach: Ints
    pairs: Ints
    spans: Ints
    found: Ints
    inserts: Ints
    stats: Ints
    overlaps: Ints
    used: Ints


@njit_views
def copy(source: Ints | Bytes, target: Ints | Bytes, size: Int) -> None:
    for i in range(size):
        target[i] = source[i]


@njit_views
def note(row: Ints, good: bool, tally: Tally) -> None:
    """Add a read to the statistics; ``good``: its mismatches are few enough."""
    stats, inserts = tally.stats, tally.inserts
    if not good:
        stats[S_MISMATCHES] += row[R_PRIMARY]
        return
    stats[S_USED] += row[R_PRIMARY]
    stats[S_UNNOTED] += row[R_UNNOTED]
    if 0 < row[R_INSERT] < inserts.shape[0]:
        inserts[row[R_INSERT]] += 1


@njit_views
def _unpack(word: np.uint64, sums: Ints) -> None:
    if word != np.uint64(0):
        for part in range(sums.shape[0]):
            width = np.uint64(_SHIFTS[part + 1] - _SHIFTS[part])
            mask = (np.uint64(1) << width) - np.uint64(1)
            sums[part] += np.int64((word >> np.uint64(_SHIFTS[part])) & mask)


@njit_views
def unpack(tally: Tally) -> None:
    """Add the packed sums to the others."""
    packed, matching, used = tally.packed, tally.matching, tally.used
    for place in range(used[LOW], used[HIGH]):
        own = np.int64(2) * tally.codes[place]
        for allele in range(packed.shape[1]):
            _unpack(packed[place, allele], tally.sums[:, place, allele])
            packed[place, allele] = np.uint64(0)
        for strand in range(2):
            _unpack(matching[strand, place], tally.sums[:, place, own + strand])
            matching[strand, place] = np.uint64(0)
    used[PACKED] = 0
    used[LOW] = packed.shape[0]
    used[HIGH] = 0


@njit_views
def _word(quality: Int, distance: Int) -> np.uint64:
    """A base's quality and distance, packed."""
    high = np.uint64(min(distance, MAX_DISTANCE)) << np.uint64(_SHIFTS[2])
    return high + (np.uint64(min(quality, MAX_QUALITY)) << np.uint64(_SHIFTS[1]))


@njit_views
def _seen(place: Int, read: Read) -> Int:
    """The base that counts at a place, or UNCOUNTED."""
    k = place - read.row[R_START]
    inside = 0 <= k < read.row[R_SPAN]
    return np.int64(min(read.bases[k], UNCOUNTED)) if inside else np.int64(UNCOUNTED)


@njit_views
def _add_pairs(place: Int, base: Int, read: Read, mate: Read, tally: Tally) -> None:
    """Count the pairs of a mismatch with its neighbours in the fragment.

    The first of two mismatches counts the pair.
    """
    for i in range(tally.pairs.shape[1]):
        before, after = place - 1 - i, place + 1 + i
        if before >= 0:
            other = min(_seen(before, read), _seen(before, mate))
            if other == UNCOUNTED:
                tally.pairs[before, i, other, base] += 1
        if after < tally.codes.shape[0]:
            other = min(_seen(after, read), _seen(after, mate))
            if other != tally.codes[after]:
                tally.pairs[place, i, base, other] += 1


@njit_views
def _add_bases(read: Read, mate: Read, tally: Tally) -> None:
    used = tally.used
    if used[PACKED] == _PACKED_READS:
        unpack(tally)
    row, bases, qualities = read.row, read.bases, read.qualities
    start, span = row[R_START], row[R_SPAN]
    used[PACKED] += 1
    used[LOW] = min(used[LOW], start)
    used[HIGH] = max(used[HIGH], start + span)
    codes, packed, matching = tally.codes, tally.packed, tally.matching[row[R_STRAND]]
    begin, strand = np.uint64(start), np.uint64(row[R_STRAND])
    left, right = row[R_BEFORE], span - 1 + row[R_AFTER]
    same = np.uint64(min(row[R_MISMATCHES], MAX_MISMATCHES)) << np.uint64(_SHIFTS[3])
    same += np.uint64(1)
    # Nearly all bases match: without branches, on neighbouring places, many at once.
    for k in range(np.uint64(span)):
        j = np.int64(k)
        word = same + _word(np.int64(qualities[k]), min(left + j, right - j))
        matching[begin + k] += word if bases[k] == codes[begin + k] else np.uint64(0)
    if row[R_MISMATCHES]:
        for k in range(np.uint64(span)):
            if bases[k] < 4 and bases[k] != codes[begin + k]:
                j = np.int64(k)
                word = same + _word(np.int64(qualities[k]), min(left + j, right - j))
                packed[begin + k, np.uint64(2) * np.uint64(bases[k]) + strand] += word
                _add_pairs(start + j, np.int64(bases[k]), read, mate, tally)
    shift = start - mate.row[R_START]
    mate_span = mate.row[R_SPAN]
    mate_right = mate_span - 1 + mate.row[R_AFTER]
    for k in range((-start) % PROFILE_STEP, span, PROFILE_STEP):
        if bases[k] < 4:
            distance = min(left + k, right - k)
            distance_bin = min(distance, MAX_DISTANCE) // DISTANCE_BIN
            tally.profile[min(qualities[k], MAX_QUALITY), distance_bin] += 1
            other = k + shift
            if 0 <= other < mate_span:
                distance = max(distance, min(mate.row[R_BEFORE] + other, mate_right - other))
            tally.reach[min(distance, MAX_DISTANCE)] += 1


@njit_views
def add_read(read: Read, tally: Tally) -> None:
    """Count a read by itself."""
    span_read(read.row, tally.spans)
    add_molecule(read, tally)


@njit_views
def add_molecule(read: Read, tally: Tally) -> None:
    """Count the bases and indels of a read, not the bonds that it covers."""
    _add_bases(read, read, tally)
    for i in range(read.row[R_EVENTS]):
        _add_event(read.events[i], tally)


@njit_views
def _add_event(event: Ints, tally: Tally) -> None:
    if event[E_QUALITY] != UNSURE:
        copy(event, tally.found[tally.used[FOUND]], event.shape[0])
        tally.used[FOUND] += 1


@njit_views
def join_bases(read: Read, held: Read, held_wins_tie: bool, tally: Tally) -> None:
    """Count the bases of two mates as those of one fragment.

    At a position of both mates the base of lower quality, or each of two that differ, is marked as
    not counting.
    """
    bases, qualities = read.bases, read.qualities
    held_bases, held_qualities = held.bases, held.qualities
    shift = read.row[R_START] - held.row[R_START]
    begin = max(0, -shift)
    size = max(0, min(read.row[R_SPAN], held.row[R_SPAN] - shift) - begin)
    one, other = np.uint64(begin), np.uint64(begin + shift)
    lead = np.int64(held_wins_tie)
    both = np.int64(0)
    discordant = np.int64(0)
    for k in range(np.uint64(size)):
        base, held_base = bases[one + k], held_bases[other + k]
        counted = (base < 4) & (held_base < 4)
        differs = counted & (base != held_base)
        better = np.int64(held_qualities[other + k]) + lead > np.int64(qualities[one + k])
        lost = (counted & better) | differs
        held_lost = (counted & (not better)) | differs
        bases[one + k] = np.uint8(base + UNCOUNTED) if lost else base
        held_bases[other + k] = np.uint8(held_base + UNCOUNTED) if held_lost else held_base
        both += np.int64(counted)
        discordant += np.int64(differs)
    tally.overlaps[_BASES] += both
    tally.overlaps[_DISCORDANT] += discordant
    _add_bases(held, read, tally)
    _add_bases(read, held, tally)
    if read.row[R_MATE] & bam.READ1:
        span_mates(read.row, held.row, tally.spans)
    else:
        span_mates(held.row, read.row, tally.spans)


@njit_views
def same_event(one: Ints, other: Ints) -> bool:
    return (
        one[E_ANCHOR] == other[E_ANCHOR]
        and one[E_SIZE] == other[E_SIZE]
        and one[E_LOW] == other[E_LOW]
        and one[E_HIGH] == other[E_HIGH]
    )


@njit_views
def _find_event(event: Ints, read: Read) -> Int:
    """Index of an indel among those of a read; -1 if the read lacks it."""
    found: Int = -1
    for i in range(read.row[R_EVENTS]):
        if same_event(event, read.events[i]):
            found = i
    return found


@njit_views
def _add_unless_denied(event: Ints, mate: Read, tally: Tally) -> None:
    """Count an indel that the mate lacks, unless the mate covers its place."""
    if mate.row[R_FIRST] <= event[E_LEFT] and event[E_RIGHT] <= mate.row[R_LAST]:
        tally.overlaps[_DISCORDANT_INDELS] += 1
    else:
        _add_event(event, tally)


@njit_views
def join_events(read: Read, held: Read, held_wins_tie: bool, tally: Tally) -> None:
    """Count the indels of two mates once, and not at all where a mate covers and lacks one."""
    for i in range(held.row[R_EVENTS]):
        event = held.events[i]
        match = _find_event(event, read)
        if match < 0:
            _add_unless_denied(event, read, tally)
            continue
        other = read.events[match]
        lead = event[E_QUALITY] - other[E_QUALITY]
        _add_event(event if lead > 0 or (lead == 0 and held_wins_tie) else other, tally)
    for j in range(read.row[R_EVENTS]):
        if _find_event(read.events[j], held) < 0:
            _add_unless_denied(read.events[j], held, tally)
