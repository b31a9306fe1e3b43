"""Reads that wait for their mates, and reads put off until own alleles are known.

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
    R_MATE,
    R_MISMATCHES,
    R_SPAN,
    R_START,
    READ_COLUMNS,
    UNCOUNTED,
    Read,
)
from mitotransfer.counts.fragments import (
    BASES,
    EVENTS,
    FOUND,
    FREE,
    LONGEST,
    ROWS,
    Hashes,
    Tally,
    add_read,
    copy,
    join_bases,
    join_events,
    note,
)
from mitotransfer.counts.records import Record, is_primary
from mitotransfer.reads import bam_records as bam

WIDTH = 512  # longest span of a read that waits for its mate
HELD_EVENTS = 4  # most indels of a read that waits

# Relation of a deferred row to the next row: no mate, a mate, a mate that wins ties.
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
    """Reads that are filtered later, one after the other.

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


def new_put_off(rows: int, events: int, bases: int) -> PutOff:
    """Empty room for reads that are put off, their events and their bases."""
    return PutOff(
        np.empty((rows, READ_COLUMNS + 1), np.int64),
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
def find(table: Hashes, key: np.uint64) -> Int:
    """Index of a key in the table, or of the empty entry where it belongs."""
    mask = np.int64(table.shape[0] - 1)
    i = np.int64(key >> np.uint64(20)) & mask
    while table[i] != np.uint64(0) and table[i] != key:
        i = (i + 1) & mask
    return i


@njit_views
def _waiting(slots: Slots, slot: Int) -> Read:
    """The read in a slot."""
    return Read(slots.rows[slot], slots.bases[slot], slots.qualities[slot], slots.events[slot])


@njit_views
def _put_off(read: Read, kind: Int, put_off: PutOff, used: Ints) -> None:
    row = put_off.rows[used[ROWS]]
    copy(read.row, row, READ_COLUMNS)
    row[READ_COLUMNS] = kind
    used[ROWS] += 1
    for i in range(read.row[R_EVENTS]):
        copy(read.events[i], put_off.events[used[EVENTS] + i], EVENT_COLUMNS)
    used[EVENTS] += read.row[R_EVENTS]
    span = read.row[R_SPAN]
    copy(read.bases, put_off.bases[used[BASES] :], span)
    copy(read.qualities, put_off.qualities[used[BASES] :], span)
    used[BASES] += span


@njit_views
def _suspect(row: Ints) -> bool:
    """Whether a read has more mismatches against the reference than it may."""
    return row[R_MISMATCHES] > row[R_ALLOWED]


@njit_views
def one_read(read: Read, tally: Tally, put_off: PutOff) -> None:
    """Count, or put off, a read without an overlapping mate."""
    if _suspect(read.row):
        _put_off(read, ALONE, put_off, tally.used)
        return
    note(read.row, True, tally)
    add_read(read, tally)


@njit_views
def two_reads(read: Read, held: Read, held_wins_tie: bool, tally: Tally, put_off: PutOff) -> None:
    """Count a read and its waiting mate as one fragment, or put both off."""
    if _suspect(read.row) or _suspect(held.row):
        _put_off(held, FIRST_WINS if held_wins_tie else FIRST, put_off, tally.used)
        _put_off(read, ALONE, put_off, tally.used)
        return
    note(held.row, True, tally)
    note(read.row, True, tally)
    join_bases(read, held, held_wins_tie, tally)
    join_events(read, held, held_wins_tie, tally)


@njit_views
def _overlap(record: Record, circle: Int, read: Read, longest: Int) -> tuple[bool, bool]:
    """Whether a read can overlap its mate, and whether the mate may come later.

    Mates meet where their records overlap, and just after the origin, at the second halves of split
    reads.

    Args:
        longest: span of the longest read that has waited.
    """
    start, mate, span = record.start, record.mate, read.row[R_SPAN]
    at_origin = start < WIDTH
    later = start <= mate < start + span or (
        at_origin and (mate > circle - WIDTH or not is_primary(record.flag))
    )
    unpaired = bam.UNMAPPED | bam.MATE_UNMAPPED
    can = (
        record.flag & (bam.PAIRED | unpaired) == bam.PAIRED
        and bam.get_i32(record.data, record.at + bam.O_MATE_REF) == 0
        and (abs(mate - start) < WIDTH or at_origin)
        and (later or at_origin or start - longest < mate <= start)
        and span <= WIDTH
        and read.row[R_EVENTS] <= HELD_EVENTS
    )
    return can, later


@njit_views
def _take(place: Int, slots: Slots, used: Ints) -> None:
    """Free the slot of a read that has met its mate or no longer can."""
    slot = slots.places[place]
    slots.keys[slot] = np.uint64(0)
    slots.places[place] = -1
    slots.free[used[FREE]] = slot
    used[FREE] += 1


@njit_views
def _wait(read: Read, key: np.uint64, place: Int, slots: Slots, used: Ints) -> None:
    """Put a read into a slot."""
    span = read.row[R_SPAN]
    used[FREE] -= 1
    used[LONGEST] = max(used[LONGEST], span)
    slot = slots.free[used[FREE]]
    slots.table[place] = key
    slots.places[place] = slot
    slots.keys[slot] = key
    copy(read.row, slots.rows[slot], READ_COLUMNS)
    copy(read.bases, slots.bases[slot], span)
    copy(read.qualities, slots.qualities[slot], span)
    for i in range(read.row[R_EVENTS]):
        copy(read.events[i], slots.events[slot, i], EVENT_COLUMNS)


@njit_views
def pair(
    record: Record, circle: Int, read: Read, slots: Slots, tally: Tally, put_off: PutOff
) -> None:
    """Count a read with its waiting mate; without one let it wait if the mate can still come."""
    used = tally.used
    can, later = _overlap(record, circle, read, used[LONGEST])
    if not can:
        one_read(read, tally, put_off)
        return
    key = hash_name(record.data, record.at + bam.O_NAME, record.name_length - 1)
    place = find(slots.table, key)
    slot = slots.places[place] if slots.table[place] != np.uint64(0) else np.int64(-1)
    if slot >= 0:
        held = _waiting(slots, slot)
        met = record.start < held.row[R_START] + held.row[R_SPAN]
        if met:
            # Which mate wins a tie depends on the name alone, not on the order in the file.
            winner = bam.READ1 if (key >> np.uint64(7)) & np.uint64(1) else bam.READ2
            two_reads(read, held, held.row[R_MATE] & winner != 0, tally, put_off)
        else:
            # Its mate did not come: a part at the start of the genome, this one at the end.
            one_read(held, tally, put_off)
        _take(place, slots, used)
        if met:
            return
    if later:
        _wait(read, key, place, slots, used)
    else:
        one_read(read, tally, put_off)


@njit_views
def _part(put_off: PutOff, row: Int, event: Int, base: Int) -> Read:
    """A read that was put off, given its row and the start of its events and bases."""
    return Read(
        put_off.rows[row], put_off.bases[base:], put_off.qualities[base:], put_off.events[event:]
    )


@njit_views
def _judge(read: Read, own: Bytes, tally: Tally) -> bool:
    """Whether a read's mismatches against the sample's own alleles are few enough."""
    found = np.int64(0)
    for k in range(read.row[R_SPAN]):
        if read.bases[k] < 2 * UNCOUNTED:
            found += (own[read.row[R_START] + k] >> (read.bases[k] & 3)) & 1 == 0
    good = found <= read.row[R_ALLOWED]
    note(read.row, good, tally)
    return good


@njit_views
def settle(put_off: PutOff, n_rows: Int, row: Ints, own: Bytes, tally: Tally) -> bool:
    """Filter reads that were put off by the sample's own alleles; count those that pass.

    Args:
        row: the next row, and its first event and base; moved forward.
        own: bit mask per position of the alleles that are the sample's own.

    Returns:
        Whether all reads are done; if not, the room for indels is full.
    """
    at, event, base = row[0], row[1], row[2]
    while at < n_rows:
        paired = put_off.rows[at, READ_COLUMNS] != ALONE
        read = _part(put_off, at, event, base)
        n_events, span = read.row[R_EVENTS], read.row[R_SPAN]
        more = put_off.rows[at + 1, R_EVENTS] if paired else np.int64(0)
        if tally.used[FOUND] + n_events + more > tally.found.shape[0]:
            row[0], row[1], row[2] = at, event, base
            return False
        good = _judge(read, own, tally)
        at, event, base = at + 1, event + n_events, base + span
        if not paired:
            if good:
                add_read(read, tally)
            continue
        mate = _part(put_off, at, event, base)
        mate_good = _judge(mate, own, tally)
        at, event, base = at + 1, event + mate.row[R_EVENTS], base + mate.row[R_SPAN]
        if good and mate_good:
            wins = read.row[READ_COLUMNS] == FIRST_WINS
            join_bases(mate, read, wins, tally)
            join_events(mate, read, wins, tally)
        elif good:
            add_read(read, tally)
        elif mate_good:
            add_read(mate, tally)
    row[0], row[1], row[2] = at, event, base
    return True


@njit_views
def room_for(events: Int, span: Int, tally: Tally, put_off: PutOff) -> bool:
    """Whether there is room for a read with this many indels and positions, and its mate."""
    used = tally.used
    return (
        used[FOUND] + events + HELD_EVENTS <= tally.found.shape[0]
        and used[ROWS] + 2 <= put_off.rows.shape[0]
        and used[EVENTS] + events + HELD_EVENTS <= put_off.events.shape[0]
        and used[BASES] + span + WIDTH <= put_off.bases.shape[0]
    )


@njit_views
def release(before: Int, slots: Slots, tally: Tally, put_off: PutOff) -> bool:
    """Count waiting reads that end before a position, as no mate can come; rebuild the table.

    Returns:
        Whether all reads are done; if not, ``tally`` or ``put_off`` is full.
    """
    for s in range(slots.rows.shape[0]):
        row = slots.rows[s]
        if slots.keys[s] != np.uint64(0) and row[R_START] + row[R_SPAN] <= before:
            if not room_for(HELD_EVENTS, WIDTH, tally, put_off):
                return False
            one_read(_waiting(slots, s), tally, put_off)
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
