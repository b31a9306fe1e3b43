"""Decoded reads added up: one by one, or two mates as one fragment."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.bam import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.decode import (
    E_ANCHOR,
    E_HIGH,
    E_LEFT,
    E_LOW,
    E_QUALITY,
    E_RIGHT,
    E_SIZE,
    R_ALLOWED,
    R_EVENTS,
    R_FIRST,
    R_INSERT,
    R_LAST,
    R_MISMATCHES,
    R_PRIMARY,
    R_SPAN,
    R_START,
    R_STRAND,
    R_UNNOTED,
)  # fmt: skip

# What is counted about the reads, in the order of the ``stats`` array.
STATS = (
    "primary_reads",
    "primary_fragments",
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
    S_READS, S_FRAGMENTS, S_ALIGNED, S_QC_FAIL, S_DUPLICATE, S_LOW_MAPQ, S_SHORT, S_CLIPPED,
    S_MISMATCHES, S_USED, S_UNNOTED,
) = range(11)  # fmt: skip
# What is counted about mates, in the order of the ``overlaps`` array.
OVERLAPS = ("overlapping_bases", "discordant_bases", "discordant_indels")
_BASES, _DISCORDANT, _DISCORDANT_INDELS = range(3)

# Places in the ``used`` array: free slots, events found, and rows, events and bases put off.
FREE, FOUND, ROWS, EVENTS, BASES = range(5)


class Tally(NamedTuple):
    """What is added up, on the circle.

    Attributes:
        counts: int64, shape (circle, 4, 2).
        found: events, shape (n, EVENT_COLUMNS); ``used[FOUND]`` of them.
        inserts: histogram of insert sizes.
        stats, overlaps: numbers in the order of STATS and OVERLAPS.
        used: how much of the room in these arrays and those below is taken.
    """

    counts: Ints
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
def judge(read: Ints, stats: Ints, inserts: Ints) -> bool:
    """Whether a read's mismatches are few enough; and what follows for the statistics."""
    if read[R_MISMATCHES] > read[R_ALLOWED]:
        stats[S_MISMATCHES] += read[R_PRIMARY]
        return False
    stats[S_USED] += read[R_PRIMARY]
    stats[S_UNNOTED] += read[R_UNNOTED]
    if 0 < read[R_INSERT] < inserts.shape[0]:
        inserts[read[R_INSERT]] += 1
    return True


@njit_views
def add_read(read: Ints, bases: Bytes, events: Ints, tally: Tally) -> None:
    """Count a read by itself."""
    counts = tally.counts
    start = np.uint64(read[R_START])
    strand = np.uint64(read[R_STRAND])
    for k in range(np.uint64(read[R_SPAN])):
        if bases[k] < 4:
            counts[start + k, np.uint64(bases[k]), strand] += 1
    for i in range(read[R_EVENTS]):
        _add_event(events[i], tally)


@njit_views
def _add_event(event: Ints, tally: Tally) -> None:
    copy(event, tally.found[tally.used[FOUND]], event.shape[0])
    tally.used[FOUND] += 1


@njit_views
def join_bases(
    read: Ints,
    bases: Bytes,
    qualities: Bytes,
    held: Ints,
    held_bases: Bytes,
    held_qualities: Bytes,
    held_wins_tie: bool,
    tally: Tally,
) -> None:
    """Count the bases of two mates as those of one fragment."""
    counts = tally.counts
    overlaps = tally.overlaps
    start = read[R_START]
    span = read[R_SPAN]
    other = held[R_START]
    for k in range(held[R_SPAN]):
        base = np.int64(held_bases[k])
        if base < 4 and (other + k < start or other + k >= start + span):
            counts[other + k, base, held[R_STRAND]] += 1
    for k in range(span):
        base = np.int64(bases[k])
        z = start + k - other
        if z < 0 or z >= held[R_SPAN] or held_bases[z] > 3:
            if base < 4:
                counts[start + k, base, read[R_STRAND]] += 1
            continue
        held_base = np.int64(held_bases[z])
        if base > 3:
            counts[start + k, held_base, held[R_STRAND]] += 1
            continue
        overlaps[_BASES] += 1
        if base != held_base:
            overlaps[_DISCORDANT] += 1
            continue
        better = held_qualities[z] > qualities[k] or (
            held_qualities[z] == qualities[k] and held_wins_tie
        )
        counts[start + k, base, held[R_STRAND] if better else read[R_STRAND]] += 1


@njit_views
def _same_event(one: Ints, other: Ints) -> bool:
    return (
        one[E_ANCHOR] == other[E_ANCHOR]
        and one[E_SIZE] == other[E_SIZE]
        and one[E_LOW] == other[E_LOW]
        and one[E_HIGH] == other[E_HIGH]
    )


@njit_views
def join_events(
    read: Ints, events: Ints, held: Ints, held_events: Ints, held_wins_tie: bool, tally: Tally
) -> None:
    """Count the indels of two mates once; an indel that one of them denies not at all."""
    for i in range(held[R_EVENTS]):
        event = held_events[i]
        match: Int = -1
        for j in range(read[R_EVENTS]):
            if _same_event(event, events[j]):
                match = j
        if match >= 0:
            better = event[E_QUALITY] > events[match, E_QUALITY] or (
                event[E_QUALITY] == events[match, E_QUALITY] and held_wins_tie
            )
            _add_event(event if better else events[match], tally)
        elif read[R_FIRST] <= event[E_LEFT] and event[E_RIGHT] <= read[R_LAST]:
            tally.overlaps[_DISCORDANT_INDELS] += 1
        else:
            _add_event(event, tally)
    for j in range(read[R_EVENTS]):
        event = events[j]
        match = -1
        for i in range(held[R_EVENTS]):
            if _same_event(event, held_events[i]):
                match = i
        if match >= 0:
            continue
        if held[R_FIRST] <= event[E_LEFT] and event[E_RIGHT] <= held[R_LAST]:
            tally.overlaps[_DISCORDANT_INDELS] += 1
        else:
            _add_event(event, tally)
