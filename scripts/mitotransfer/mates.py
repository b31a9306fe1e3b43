"""Reads that wait for their mates, and mates joined into fragments.

A read whose mate may overlap it waits in a slot, which is found by a hash of its name.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.bam import Bytes, Int, Ints
from mitotransfer.compiled import njit
from mitotransfer.decode import (
    E_ANCHOR,
    E_HIGH,
    E_LEFT,
    E_LOW,
    E_QUALITY,
    E_RIGHT,
    E_SIZE,
    R_EVENTS,
    R_FIRST,
    R_LAST,
    R_SPAN,
    R_START,
    R_STRAND,
)  # fmt: skip

Hashes = NDArray[np.uint64]

WIDTH = 512  # longest span of a read that waits for its mate
HELD_EVENTS = 4  # most indels of a read that waits

# What is counted about mates, in the order of the ``overlaps`` array.
OVERLAPS = ("overlapping_bases", "discordant_bases", "discordant_indels")
_BASES, _DISCORDANT, _DISCORDANT_INDELS = range(3)


@njit
def hash_name(data: Bytes, start: Int, size: Int) -> np.uint64:
    """FNV-1a (Fowler, Noll and Vo) of a read's name; never 0, which means empty."""
    value = np.uint64(14695981039346656037)
    for i in range(size):
        value = (value ^ np.uint64(data[start + i])) * np.uint64(1099511628211)
    return value if value != np.uint64(0) else np.uint64(1)


@njit
def add_read(bases: Bytes, start: Int, span: Int, strand: Int, counts: Ints) -> None:
    for k in range(span):
        if bases[k] < 4:
            counts[start + k, np.int64(bases[k]), strand] += 1


@njit
def join_bases(
    bases: Bytes,
    qualities: Bytes,
    read: Ints,
    held_bases: Bytes,
    held_qualities: Bytes,
    held: Ints,
    held_wins_tie: bool,
    counts: Ints,
    overlaps: Ints,
) -> None:
    """Count two mates as one fragment."""
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


@njit
def _same_event(one: Ints, other: Ints) -> bool:
    return (
        one[E_ANCHOR] == other[E_ANCHOR]
        and one[E_SIZE] == other[E_SIZE]
        and one[E_LOW] == other[E_LOW]
        and one[E_HIGH] == other[E_HIGH]
    )


@njit
def add_event(event: Ints, found: Ints, n_found: Int) -> Int:
    found[n_found] = event
    return n_found + 1


@njit
def join_events(
    events: Ints,
    read: Ints,
    held_events: Ints,
    held: Ints,
    held_wins_tie: bool,
    found: Ints,
    n_found: Int,
    overlaps: Ints,
) -> Int:
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
            n_found = add_event(event if better else events[match], found, n_found)
        elif read[R_FIRST] <= event[E_LEFT] and event[E_RIGHT] <= read[R_LAST]:
            overlaps[_DISCORDANT_INDELS] += 1
        else:
            n_found = add_event(event, found, n_found)
    for j in range(read[R_EVENTS]):
        event = events[j]
        match = -1
        for i in range(held[R_EVENTS]):
            if _same_event(event, held_events[i]):
                match = i
        if match >= 0:
            continue
        if held[R_FIRST] <= event[E_LEFT] and event[E_RIGHT] <= held[R_LAST]:
            overlaps[_DISCORDANT_INDELS] += 1
        else:
            n_found = add_event(event, found, n_found)
    return n_found


@njit
def add_slot(
    slot: Int,
    slots: Ints,
    slot_bases: Bytes,
    slot_events: Ints,
    counts: Ints,
    found: Ints,
    n_found: Int,
) -> Int:
    """Count a waiting read by itself."""
    held = slots[slot]
    add_read(slot_bases[slot], held[R_START], held[R_SPAN], held[R_STRAND], counts)
    for i in range(held[R_EVENTS]):
        n_found = add_event(slot_events[slot, i], found, n_found)
    return n_found


@njit
def find(table: Hashes, key: np.uint64) -> Int:
    """Where a key stands in the table, or the empty place where it belongs."""
    mask = np.int64(table.shape[0] - 1)
    i = np.int64(key >> np.uint64(20)) & mask
    while table[i] != np.uint64(0) and table[i] != key:
        i = (i + 1) & mask
    return i


@njit
def release(
    before: Int,
    table: Hashes,
    places: Ints,
    keys: Hashes,
    slots: Ints,
    slot_bases: Bytes,
    slot_events: Ints,
    free: Ints,
    counts: Ints,
    found: Ints,
) -> tuple[Int, Int]:
    """Count waiting reads that end before a position, since no mate can come; tidy up.

    Returns:
        How many slots are free, and how many events there are in ``found``.
    """
    table[:] = np.uint64(0)
    n_free = np.int64(0)
    n_found = np.int64(0)
    for s in range(slots.shape[0]):
        if keys[s] != np.uint64(0) and slots[s, R_START] + slots[s, R_SPAN] <= before:
            n_found = add_slot(s, slots, slot_bases, slot_events, counts, found, n_found)
            keys[s] = np.uint64(0)
        if keys[s] == np.uint64(0):
            free[n_free] = s
            n_free += 1
        else:
            i = find(table, keys[s])
            table[i] = keys[s]
            places[i] = s
    return n_free, n_found
