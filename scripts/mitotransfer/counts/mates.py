"""Reads that wait for their mates, and reads put off to be judged.

A read whose mate may overlap it waits in a slot, which is found by a hash of its name. A read
with many mismatches against the reference is put off until the sample's own alleles are known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.decode import (
    EVENT_COLUMNS,
    R_ALLOWED,
    R_EVENTS,
    R_MISMATCHES,
    R_SPAN,
    R_START,
    READ_COLUMNS,
    UNCOUNTED,
)
from mitotransfer.counts.fragments import (
    BASES,
    EVENTS,
    FOUND,
    FREE,
    ROWS,
    Hashes,
    Tally,
    add_read,
    copy,
    join_bases,
    join_events,
    note,
)

WIDTH = 512  # longest span of a read that waits for its mate
HELD_EVENTS = 4  # most indels of a read that waits

# How a row that was put off stands to the next one: alone, its mate, and who wins a tie.
ALONE, FIRST, FIRST_WINS = range(3)


class Slots(NamedTuple):
    """Reads that wait: a hash table of names, and the reads as they were decoded."""

    table: Hashes
    places: Ints
    keys: Hashes
    rows: Ints
    bases: Bytes
    qualities: Bytes
    events: Ints
    free: Ints


class PutOff(NamedTuple):
    """Reads that are to be judged later, one after the other.

    ``rows`` are those of ``counts.decode`` and, in a last column, ALONE, FIRST or FIRST_WINS.
    """

    rows: Ints
    events: Ints
    bases: Bytes
    qualities: Bytes


def new_slots(size: int) -> Slots:
    """Empty room for ``size`` reads that wait."""
    return Slots(
        np.zeros(4 * size, np.uint64),
        np.full(4 * size, -1, np.int64),
        np.zeros(size, np.uint64),
        np.zeros((size, READ_COLUMNS), np.int64),
        np.empty((size, WIDTH), np.uint8),
        np.empty((size, WIDTH), np.uint8),
        np.empty((size, HELD_EVENTS, EVENT_COLUMNS), np.int64),
        np.arange(size),
    )


def new_put_off(rows: int, events: int, bases: int, columns: int = READ_COLUMNS + 1) -> PutOff:
    """Empty room for reads that are put off, their events and their bases."""
    return PutOff(
        np.empty((rows, columns), np.int64),
        np.empty((events, EVENT_COLUMNS), np.int64),
        np.empty(bases, np.uint8),
        np.empty(bases, np.uint8),
    )


@njit_views
def hash_name(data: Bytes, start: Int, size: Int) -> np.uint64:
    """FNV-1a (Fowler, Noll and Vo) of a read's name; never 0, which means empty."""
    value = np.uint64(14695981039346656037)
    for i in range(size):
        value = (value ^ np.uint64(data[start + i])) * np.uint64(1099511628211)
    return value if value != np.uint64(0) else np.uint64(1)


@njit_views
def _put_off(
    read: Ints, bases: Bytes, qualities: Bytes, events: Ints, kind: Int, put_off: PutOff, used: Ints
) -> None:
    row = put_off.rows[used[ROWS]]
    copy(read, row, READ_COLUMNS)
    row[READ_COLUMNS] = kind
    used[ROWS] += 1
    for i in range(read[R_EVENTS]):
        copy(events[i], put_off.events[used[EVENTS] + i], EVENT_COLUMNS)
    used[EVENTS] += read[R_EVENTS]
    span = read[R_SPAN]
    copy(bases, put_off.bases[used[BASES] :], span)
    copy(qualities, put_off.qualities[used[BASES] :], span)
    used[BASES] += span


@njit_views
def one_read(
    read: Ints, bases: Bytes, qualities: Bytes, events: Ints, tally: Tally, put_off: PutOff
) -> None:
    """A read without a mate that overlaps it: count it, or put it off."""
    if read[R_MISMATCHES] > read[R_ALLOWED]:
        _put_off(read, bases, qualities, events, ALONE, put_off, tally.used)
        return
    note(read, True, tally.stats, tally.inserts)
    add_read(read, bases, qualities, events, tally)


@njit_views
def two_reads(
    read: Ints,
    bases: Bytes,
    qualities: Bytes,
    events: Ints,
    slot: Int,
    slots: Slots,
    held_wins_tie: bool,
    tally: Tally,
    put_off: PutOff,
) -> None:
    """A read and its mate from a slot: count them as one fragment, or put both off."""
    held = slots.rows[slot]
    if read[R_MISMATCHES] > read[R_ALLOWED] or held[R_MISMATCHES] > held[R_ALLOWED]:
        _put_off(
            held, slots.bases[slot], slots.qualities[slot], slots.events[slot],
            FIRST_WINS if held_wins_tie else FIRST, put_off, tally.used,
        )  # fmt: skip
        _put_off(read, bases, qualities, events, ALONE, put_off, tally.used)
        return
    note(held, True, tally.stats, tally.inserts)
    note(read, True, tally.stats, tally.inserts)
    join_bases(
        read, bases, qualities, held, slots.bases[slot], slots.qualities[slot], held_wins_tie, tally
    )
    join_events(read, events, held, slots.events[slot], held_wins_tie, tally)


@njit_views
def _judge(read: Ints, bases: Bytes, own: Bytes, tally: Tally) -> bool:
    """Whether a read's mismatches against the sample's own alleles are few enough."""
    found = np.int64(0)
    for k in range(read[R_SPAN]):
        if bases[k] < 2 * UNCOUNTED:
            found += (own[read[R_START] + k] >> (bases[k] & 3)) & 1 == 0
    good = found <= read[R_ALLOWED]
    note(read, good, tally.stats, tally.inserts)
    return good


@njit_views
def settle(put_off: PutOff, n_rows: Int, row: Ints, own: Bytes, tally: Tally) -> bool:
    """Judge reads that were put off by the sample's own alleles, and count those that pass.

    Args:
        row: what comes next: a row and its first event and base; moved on.
        own: bit mask per position of the alleles that are the sample's own.

    Returns:
        Whether all are done; if not, there was no room left for their indels.
    """
    at = row[0]
    event = row[1]
    base = row[2]
    while at < n_rows:
        read = put_off.rows[at]
        paired = read[READ_COLUMNS] != ALONE
        more = put_off.rows[at + 1, R_EVENTS] if paired else np.int64(0)
        if tally.used[FOUND] + read[R_EVENTS] + more > tally.found.shape[0]:
            row[0], row[1], row[2] = at, event, base
            return False
        good = _judge(read, put_off.bases[base:], own, tally)
        events = put_off.events[event:]
        bases = put_off.bases[base:]
        qualities = put_off.qualities[base:]
        event += read[R_EVENTS]
        base += read[R_SPAN]
        at += 1
        if not paired:
            if good:
                add_read(read, bases, qualities, events, tally)
            continue
        other = put_off.rows[at]
        other_good = _judge(other, put_off.bases[base:], own, tally)
        other_bases = put_off.bases[base:]
        other_qualities = put_off.qualities[base:]
        other_events = put_off.events[event:]
        event += other[R_EVENTS]
        base += other[R_SPAN]
        at += 1
        if good and other_good:
            wins = read[READ_COLUMNS] == FIRST_WINS
            join_bases(other, other_bases, other_qualities, read, bases, qualities, wins, tally)
            join_events(other, other_events, read, events, wins, tally)
        elif good:
            add_read(read, bases, qualities, events, tally)
        elif other_good:
            add_read(other, other_bases, other_qualities, other_events, tally)
    row[0], row[1], row[2] = at, event, base
    return True


@njit_views
def find(table: Hashes, key: np.uint64) -> Int:
    """Where a key stands in the table, or the empty place where it belongs."""
    mask = np.int64(table.shape[0] - 1)
    i = np.int64(key >> np.uint64(20)) & mask
    while table[i] != np.uint64(0) and table[i] != key:
        i = (i + 1) & mask
    return i


@njit_views
def room_for(events: Int, span: Int, tally: Tally, put_off: PutOff) -> bool:
    """Whether a read of so many indels and positions, and its mate, have room everywhere."""
    used = tally.used
    return (
        used[FOUND] + events + HELD_EVENTS <= tally.found.shape[0]
        and used[ROWS] + 2 <= put_off.rows.shape[0]
        and used[EVENTS] + events + HELD_EVENTS <= put_off.events.shape[0]
        and used[BASES] + span + WIDTH <= put_off.bases.shape[0]
    )


@njit_views
def release(before: Int, slots: Slots, tally: Tally, put_off: PutOff) -> bool:
    """Count waiting reads that end before a position, since no mate can come; tidy up.

    Returns:
        Whether all are done; if not, there was no room left in ``tally`` or ``put_off``.
    """
    for s in range(slots.rows.shape[0]):
        read = slots.rows[s]
        if slots.keys[s] != np.uint64(0) and read[R_START] + read[R_SPAN] <= before:
            if not room_for(HELD_EVENTS, WIDTH, tally, put_off):
                return False
            one_read(read, slots.bases[s], slots.qualities[s], slots.events[s], tally, put_off)
            slots.keys[s] = np.uint64(0)
    for i in range(slots.table.shape[0]):
        slots.table[i] = np.uint64(0)
    n_free = np.int64(0)
    for s in range(slots.rows.shape[0]):
        if slots.keys[s] == np.uint64(0):
            slots.free[n_free] = s
            n_free += 1
        else:
            i = find(slots.table, slots.keys[s])
            slots.table[i] = slots.keys[s]
            slots.places[i] = s
    tally.used[FREE] = n_free
    return True
