"""The hot loop of counting: raw BAM records to bases and indels per strand.

A record passes five steps: filters (flags, mapping quality, length, clips), trimming of primers,
decoding onto the circle, joining with its mate, and the mismatch filter.
"""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.decode import Read, decode
from mitotransfer.counts.fragments import (
    S_ALIGNED,
    S_CLIPPED,
    S_DUPLICATE,
    S_LOW_MAPQ,
    S_QC_FAIL,
    S_SHORT,
    Tally,
)
from mitotransfer.counts.mates import WIDTH, PutOff, Slots, pair, room_for
from mitotransfer.counts.records import Limits, Record, is_primary, parse, trim
from mitotransfer.counts.split_reads import Splits, note_splits, room_for_splits
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import Records, reference_span


@njit_views
def _too_clipped(record: Record, whole: Int, most: Int) -> bool:
    """Whether a long soft clip suggests a chimera or the edge of a nuclear copy.

    A soft clip at the 3' end of a read is adapter if the fragment ends there.

    Args:
        whole: aligned bases of the read, including its other half.
        most: bases of the longest soft clip allowed.
    """
    left = record.first - record.before
    right = record.length - record.last - record.after
    reverse = record.flag & bam.REVERSE != 0
    five = right if reverse else left
    three = left if reverse else right
    template = bam.get_i32(record.data, record.at + bam.O_TEMPLATE)
    ends = record.flag & bam.PAIRED == 0 or 0 < abs(template) <= whole
    return five > most or (three > most and not ends)


@njit_views
def passes_filters(record: Record, limits: Limits, stats: Ints) -> bool:
    """Whether a record passes the filters; counts in ``stats`` why a primary one does not."""
    flag = record.flag
    contig = bam.get_i32(record.data, record.at + bam.O_REF)
    if flag & (bam.UNMAPPED | bam.SECONDARY) or contig != 0:
        return False
    primary = is_primary(flag)
    if not primary and record.before == 0:
        return False  # a chimeric part, not the other half of a read across the origin
    stats[S_ALIGNED] += primary
    whole = record.before + record.last - record.first + record.after
    if flag & bam.QC_FAIL:
        reason = S_QC_FAIL
    elif flag & bam.DUPLICATE and limits.skip_duplicates:
        reason = S_DUPLICATE
    elif np.int64(record.data[record.at + bam.O_MAPQ]) < limits.min_mapping_quality:
        reason = S_LOW_MAPQ
    elif whole < limits.min_aligned_length:
        reason = S_SHORT
    elif _too_clipped(record, whole, limits.max_clipped):
        reason = S_CLIPPED
    else:
        return True
    stats[reason] += primary
    return False


@njit_views
def count_records(
    records: Records,
    begin: Int,
    primers: Ints,
    limits: Limits,
    slots: Slots,
    tally: Tally,
    put_off: PutOff,
    read: Read,
    splits: Splits,
) -> Int:
    """Count the records from number ``begin`` on of a coordinate-sorted chunk.

    Args:
        primers: int64, shape (2, circle): primer bases of a read whose first aligned base is at a
            position, and of one whose last aligned base is there.
        read: room for one read.

    Returns:
        The next record: one of the chunk when one of the last ones has no room left.
    """
    data, offsets = records.data, records.offsets
    for r in range(begin, offsets.shape[0]):
        at = offsets[r]
        span = reference_span(data, at)
        n_ops = bam.get_u16(data, at + bam.O_CIGAR_LENGTH)
        if not (room_for(n_ops, span, tally, put_off) and room_for_splits(n_ops, splits)):
            return np.int64(r)
        record = parse(data, at, span, limits.circle, 2 * WIDTH)
        note_splits(record, limits, splits)
        if passes_filters(record, limits, tally.stats):
            decode(record, trim(record, primers), tally.codes, limits, read)
            pair(record, limits.circle.length, read, slots, tally, put_off)
    return np.int64(offsets.shape[0])
