"""The hot loop of counting: raw BAM records to bases and indels per strand.

A record passes four steps: filters (flags, mapping quality, length, clips), decoding onto the
circle, the mismatch filter, and joining with its mate.
"""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.decode import (
    CIRCLE,
    GAP,
    MAX_CLIPPED,
    MIN_LENGTH,
    MIN_MAPQ,
    R_ALLOWED,
    R_EVENTS,
    R_INSERT,
    R_MATE,
    R_PRIMARY,
    R_SPAN,
    R_START,
    SKIP_DUPLICATES,
    decode,
)
from mitotransfer.counts.fragments import (
    FREE,
    LONGEST,
    S_ALIGNED,
    S_CLIPPED,
    S_DUPLICATE,
    S_LOW_MAPQ,
    S_QC_FAIL,
    S_SHORT,
    Tally,
    copy,
)
from mitotransfer.counts.mates import (
    HELD_EVENTS,
    WIDTH,
    PutOff,
    Slots,
    find,
    hash_name,
    one_read,
    room_for,
    two_reads,
)
from mitotransfer.reads import bam_records
from mitotransfer.reads.bam_records import aligned_part, reference_span

_ALWAYS_ALLOWED = 3  # mismatches of a read


@njit_views
def _too_clipped(flag: Int, left: Int, right: Int, template: Int, aligned: Int, most: Int) -> bool:
    """Whether a soft clip tells of a chimera or the edge of a nuclear copy.

    Clips at the end of a read do not where the fragment ends there: the rest is adapter.
    """
    reverse = flag & bam_records.REVERSE != 0
    five = right if reverse else left
    three = left if reverse else right
    ends = flag & bam_records.PAIRED == 0 or 0 < abs(template) <= aligned
    return five > most or (three > most and not ends)


@njit_views
def count_records(
    data: Bytes,
    offsets: Ints,
    begin: Int,
    codes: Bytes,
    primers: Ints,
    limits: Ints,
    max_mismatches_per_100: float,
    slots: Slots,
    tally: Tally,
    put_off: PutOff,
    scratch: PutOff,
) -> Int:
    """Count the records from number ``begin`` on of a coordinate-sorted chunk.

    Args:
        codes: bases of the circle.
        primers: int64, shape (2, circle): bases that do not count of a read whose first
            aligned base is at a position, and of one whose last aligned base is there.
        limits: see the constants in ``counts.decode``.
        scratch: room for one read.

    Returns:
        The next record: before the last one when ``tally`` or ``put_off`` has no room left.
    """
    count = offsets.shape[0]
    circle = limits[CIRCLE]
    gap = limits[GAP]
    stats = tally.stats
    used = tally.used
    bases = scratch.bases
    qualities = scratch.qualities
    events = scratch.events
    read = scratch.rows[0]
    for r in range(begin, count):
        record = offsets[r]
        flag = bam_records.get_u16(data, record + bam_records.O_FLAG)
        primary = flag & (bam_records.SECONDARY | bam_records.SUPPLEMENTARY) == 0
        name = np.int64(data[record + bam_records.O_NAME_LENGTH])
        n_ops = bam_records.get_u16(data, record + bam_records.O_CIGAR_LENGTH)
        span = reference_span(data, record)
        if not room_for(n_ops, span, tally, put_off):
            return r
        if (
            flag & (bam_records.UNMAPPED | bam_records.SECONDARY)
            or bam_records.get_i32(data, record + bam_records.O_REF) != 0
        ):
            continue
        length = bam_records.get_i32(data, record + bam_records.O_SEQ_LENGTH)
        cigar = record + bam_records.O_NAME + name
        tags = cigar + 4 * n_ops + ((length + 1) >> 1) + length
        end = record + 4 + bam_records.get_i32(data, record)
        start = bam_records.get_i32(data, record + bam_records.O_POS)
        stop = start + span
        before = np.int64(0)
        after = np.int64(0)
        if not primary:
            before = bam_records.get_int_tag(data, bam_records.find_tag(data, tags, end, 89, 66))
            if before == 0:
                continue  # a chimeric part, not the other half of a read across the origin
        elif stop + 2 * WIDTH > circle:
            after = bam_records.get_int_tag(data, bam_records.find_tag(data, tags, end, 89, 65))
        stats[S_ALIGNED] += primary
        if flag & bam_records.QC_FAIL:
            stats[S_QC_FAIL] += primary
            continue
        if flag & bam_records.DUPLICATE and limits[SKIP_DUPLICATES]:
            stats[S_DUPLICATE] += primary
            continue
        if np.int64(data[record + bam_records.O_MAPQ]) < limits[MIN_MAPQ]:
            stats[S_LOW_MAPQ] += primary
            continue
        first, last = aligned_part(data, cigar, n_ops, length)
        aligned = last - first
        whole = before + aligned + after
        if whole < limits[MIN_LENGTH]:
            stats[S_SHORT] += primary
            continue
        template = bam_records.get_i32(data, record + bam_records.O_TEMPLATE)
        if _too_clipped(
            flag, first - before, length - last - after, template, whole, limits[MAX_CLIPPED]
        ):
            stats[S_CLIPPED] += primary
            continue
        mate = bam_records.get_i32(data, record + bam_records.O_MATE_POS)
        if gap >= 0:
            start -= np.int64(1) if start > gap else np.int64(0)
            stop -= np.int64(1) if stop > gap else np.int64(0)
            mate -= np.int64(1) if mate > gap else np.int64(0)
        inner = (
            start + (primers[0, start] if before == 0 else np.int64(0)),
            stop - (primers[1, stop - 1] if after == 0 else np.int64(0)),
        )
        decode(
            data, record, start, before, after, inner, codes, limits, bases, qualities, events,
            read,
        )  # fmt: skip
        read[R_MATE] = flag & (bam_records.READ1 | bam_records.READ2)
        allowed = np.int64(max_mismatches_per_100 * aligned / 100)
        read[R_ALLOWED] = allowed if allowed > _ALWAYS_ALLOWED else _ALWAYS_ALLOWED
        read[R_PRIMARY] = primary
        read[R_INSERT] = template if primary and flag & bam_records.PROPER else np.int64(0)

        span = read[R_SPAN]
        paired = (
            flag & bam_records.PAIRED
            and flag & (bam_records.MATE_UNMAPPED | bam_records.UNMAPPED) == 0
        )
        # The mates of a fragment can meet where they stand side by side, and just after
        # the origin, where the second halves of split reads are.
        beside = abs(mate - start) < WIDTH or start < WIDTH
        later = start <= mate < start + span
        across = start < WIDTH and (mate > circle - WIDTH or not primary)
        n_events = read[R_EVENTS]
        if (
            not paired
            or not beside
            or not (later or across or start < WIDTH or start - used[LONGEST] < mate <= start)
            or span > WIDTH
            or n_events > HELD_EVENTS
            or bam_records.get_i32(data, record + bam_records.O_MATE_REF) != 0
        ):
            one_read(read, bases, qualities, events, tally, put_off)
            continue
        key = hash_name(data, record + bam_records.O_NAME, name - 1)
        place = find(slots.table, key)
        slot = slots.places[place] if slots.table[place] != np.uint64(0) else np.int64(-1)
        if slot >= 0:
            held = slots.rows[slot]
            met = start < held[R_START] + held[R_SPAN]
            if met:
                # Which mate wins a tie depends on the name alone, not on the order in the file.
                winner = (
                    bam_records.READ1 if (key >> np.uint64(7)) & np.uint64(1) else bam_records.READ2
                )
                wins = held[R_MATE] & winner != 0
                two_reads(read, bases, qualities, events, slot, slots, wins, tally, put_off)
            else:
                # Its mate did not come: a part at the start of the genome, this one at the end.
                one_read(
                    held, slots.bases[slot], slots.qualities[slot], slots.events[slot], tally,
                    put_off,
                )  # fmt: skip
            slots.keys[slot] = np.uint64(0)
            slots.places[place] = -1
            slots.free[used[FREE]] = slot
            used[FREE] += 1
            if met:
                continue
        if later or across:
            used[FREE] -= 1
            used[LONGEST] = max(used[LONGEST], span)
            slot = slots.free[used[FREE]]
            slots.table[place] = key
            slots.places[place] = slot
            slots.keys[slot] = key
            copy(read, slots.rows[slot], read.shape[0])
            copy(bases, slots.bases[slot], span)
            copy(qualities, slots.qualities[slot], span)
            for i in range(n_events):
                copy(events[i], slots.events[slot, i], events.shape[1])
        else:
            one_read(read, bases, qualities, events, tally, put_off)
    return np.int64(count)
