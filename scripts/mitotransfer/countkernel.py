"""The hot loop of counting: raw BAM records to bases and indels per strand.

A record passes four steps: filters (flags, mapping quality, length), decoding onto the
circle, the mismatch filter, and joining with its mate.
"""

from __future__ import annotations

import numpy as np

from mitotransfer import bam
from mitotransfer.bam import Bytes, Int, Ints
from mitotransfer.compiled import njit
from mitotransfer.decode import (
    CIRCLE,
    EVENT_COLUMNS,
    GAP,
    JOIN,
    MIN_LENGTH,
    MIN_MAPQ,
    QUOTA_BIN,
    R_EVENTS,
    R_MATE,
    R_MISMATCHES,
    R_SPAN,
    R_START,
    R_STRAND,
    R_UNNOTED,
    READ_COLUMNS,
    aligned_part,
    decode,
    reference_span,
)  # fmt: skip
from mitotransfer.mates import (
    HELD_EVENTS,
    WIDTH,
    Hashes,
    add_event,
    add_read,
    add_slot,
    find,
    hash_name,
    join_bases,
    join_events,
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
    "filtered_mismatches",
    "used_reads",
    "unnoted_insertions",
)
(
    _READS, _FRAGMENTS, _ALIGNED, _QC_FAIL, _DUPLICATE, _LOW_MAPQ, _SHORT, _MISMATCHES, _USED,
    _UNNOTED,
) = range(10)  # fmt: skip

MAX_INSERT = 2000
_ALWAYS_ALLOWED = 3  # mismatches of a read


@njit
def count_records(
    data: Bytes,
    offsets: Ints,
    begin: Int,
    count: Int,
    own: Bytes,
    codes: Bytes,
    limits: Ints,
    max_mismatches_per_100: float,
    quota: Ints,
    table: Hashes,
    places: Ints,
    keys: Hashes,
    slots: Ints,
    slot_bases: Bytes,
    slot_qualities: Bytes,
    slot_events: Ints,
    free: Ints,
    n_free: Int,
    counts: Ints,
    found: Ints,
    inserts: Ints,
    stats: Ints,
    overlaps: Ints,
) -> tuple[Int, Int, Int]:
    """Count records ``begin`` to ``count`` of a coordinate-sorted chunk.

    Args:
        own: bit mask per position of the alleles that are the sample's own.
        limits: see the constants above; ``_JOIN`` 0 counts mates as if they were single.
        quota: reads still wanted per bin of start positions.
        counts: int64, shape (circle, 4, 2), added to.
        found: events, shape (n, EVENT_COLUMNS), written from the start.
        inserts: histogram of insert sizes, added to.

    Returns:
        The next record (before ``count`` when ``found`` is full), the number of free slots
        and the number of events.
    """
    circle = limits[CIRCLE]
    gap = limits[GAP]
    bases = np.empty(2 * circle, np.uint8)
    qualities = np.empty(2 * circle, np.uint8)
    read = np.zeros(READ_COLUMNS, np.int64)
    room = np.int64(256)
    events = np.empty((room, EVENT_COLUMNS), np.int64)
    n_found = np.int64(0)
    for r in range(begin, count):
        record = offsets[r]
        flag = bam.get_u16(data, record + bam.O_FLAG)
        primary = flag & (bam.SECONDARY | bam.SUPPLEMENTARY) == 0
        if primary:
            stats[_READS] += 1
            if flag & bam.READ2 == 0:
                stats[_FRAGMENTS] += 1
        if flag & (bam.UNMAPPED | bam.SECONDARY) or bam.get_i32(data, record + bam.O_REF) != 0:
            continue
        name = np.int64(data[record + bam.O_NAME_LENGTH])
        n_ops = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
        if n_found + n_ops + 4 * HELD_EVENTS > found.shape[0]:
            if primary:
                stats[_READS] -= 1
                if flag & bam.READ2 == 0:
                    stats[_FRAGMENTS] -= 1
            return r, n_free, n_found
        length = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
        cigar = record + bam.O_NAME + name
        tags = cigar + 4 * n_ops + ((length + 1) >> 1) + length
        end = record + 4 + bam.get_i32(data, record)
        start = bam.get_i32(data, record + bam.O_POS)
        bin_number = start // limits[QUOTA_BIN]
        if quota[bin_number] <= 0:
            continue
        span = reference_span(data, record)
        before = np.int64(0)
        after = np.int64(0)
        if not primary:
            before = bam.get_int_tag(data, bam.find_tag(data, tags, end, 89, 66))
            if before == 0:
                continue  # a chimeric part, not the other half of a read across the origin
        elif start + span + 2 * WIDTH > circle:
            after = bam.get_int_tag(data, bam.find_tag(data, tags, end, 89, 65))
        if primary:
            stats[_ALIGNED] += 1
        if flag & bam.QC_FAIL:
            stats[_QC_FAIL] += primary
            continue
        if flag & bam.DUPLICATE:
            stats[_DUPLICATE] += primary
            continue
        if np.int64(data[record + bam.O_MAPQ]) < limits[MIN_MAPQ]:
            stats[_LOW_MAPQ] += primary
            continue
        first, last = aligned_part(data, cigar, n_ops, length)
        aligned = last - first
        if before + aligned + after < limits[MIN_LENGTH]:
            stats[_SHORT] += primary
            continue
        mate = bam.get_i32(data, record + bam.O_MATE_POS)
        if gap >= 0:
            start -= np.int64(1) if start > gap else np.int64(0)
            mate -= np.int64(1) if mate > gap else np.int64(0)
        if n_ops > room:
            room = n_ops
            events = np.empty((room, EVENT_COLUMNS), np.int64)
        decode(
            data, record, start, before, after, own, codes, limits, bases, qualities, events,
            read,
        )  # fmt: skip
        read[R_MATE] = flag & (bam.READ1 | bam.READ2)
        allowed = max(_ALWAYS_ALLOWED, np.int64(max_mismatches_per_100 * aligned / 100))
        if read[R_MISMATCHES] > allowed:
            stats[_MISMATCHES] += primary
            continue
        quota[bin_number] -= 1
        stats[_UNNOTED] += read[R_UNNOTED]
        if primary:
            stats[_USED] += 1
            template = bam.get_i32(data, record + bam.O_TEMPLATE)
            if template > 0 and flag & bam.PROPER and template < inserts.shape[0]:
                inserts[template] += 1

        span = read[R_SPAN]
        paired = flag & bam.PAIRED and flag & (bam.MATE_UNMAPPED | bam.UNMAPPED) == 0
        # The mates of a fragment can meet where they stand side by side, and just after
        # the origin, where the second halves of split reads are.
        beside = abs(mate - start) < WIDTH or start < WIDTH
        n_events = read[R_EVENTS]
        if (
            limits[JOIN] == 0
            or not paired
            or not beside
            or span > WIDTH
            or n_events > HELD_EVENTS
            or bam.get_i32(data, record + bam.O_MATE_REF) != 0
        ):
            add_read(bases, start, span, read[R_STRAND], counts)
            for i in range(n_events):
                n_found = add_event(events[i], found, n_found)
            continue
        key = hash_name(data, record + bam.O_NAME, name - 1)
        place = find(table, key)
        slot = places[place] if table[place] != np.uint64(0) else np.int64(-1)
        if slot >= 0 and start >= slots[slot, R_START] + slots[slot, R_SPAN]:
            # Its mate did not come: a part at the start of the genome, this one at the end.
            n_found = add_slot(slot, slots, slot_bases, slot_events, counts, found, n_found)
            keys[slot] = np.uint64(0)
            free[n_free] = slot
            n_free += 1
            places[place] = -1
            slot = np.int64(-1)
        if slot >= 0:
            # Which mate wins a tie depends on the name alone, not on the order in the file.
            winner = bam.READ1 if (key >> np.uint64(7)) & np.uint64(1) else bam.READ2
            wins = slots[slot, R_MATE] & winner != 0
            join_bases(
                bases, qualities, read, slot_bases[slot], slot_qualities[slot], slots[slot],
                wins, counts, overlaps,
            )  # fmt: skip
            n_found = join_events(
                events, read, slot_events[slot], slots[slot], wins, found, n_found, overlaps
            )
            keys[slot] = np.uint64(0)
            places[place] = -1
            free[n_free] = slot
            n_free += 1
            continue
        later = start <= mate < start + span
        across = start < WIDTH and (mate > circle - WIDTH or not primary)
        if later or across:
            n_free -= 1
            slot = free[n_free]
            table[place] = key
            places[place] = slot
            keys[slot] = key
            slots[slot] = read
            slot_bases[slot, :span] = bases[:span]
            slot_qualities[slot, :span] = qualities[:span]
            slot_events[slot, :n_events] = events[:n_events]
        else:
            add_read(bases, start, span, read[R_STRAND], counts)
            for i in range(n_events):
                n_found = add_event(events[i], found, n_found)
    return np.int64(count), n_free, n_found
