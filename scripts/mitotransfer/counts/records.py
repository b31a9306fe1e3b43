"""Raw BAM records with their positions on the circle, and the limits of the filters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.genome.circle import Circle, to_circle
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import aligned_part


class Limits(NamedTuple):
    """The settings of the kernels: ``inputs.settings.Counting`` and the circle.

    Attributes:
        circle: that the reference describes.
        skip_duplicates: whether reads that are marked as duplicates are left out.
    """

    circle: Circle
    min_base_quality: int
    min_mapping_quality: int
    read_end: int
    min_aligned_length: int
    max_clipped: int
    max_mismatches_per_100: float
    skip_duplicates: bool


def limits_of(rules: Counting, circle: Circle, *, skip_duplicates: bool) -> Limits:
    """The settings as the kernels take them."""
    return Limits(
        circle,
        rules.min_base_quality,
        rules.min_mapping_quality,
        rules.read_end,
        rules.min_aligned_length,
        rules.max_clipped,
        float(rules.max_mismatches_per_100),
        skip_duplicates,
    )


class Record(NamedTuple):
    """A raw record, with its positions on the circle.

    Attributes:
        data: bytes of many records.
        at: where this one starts in ``data``.
        flag: of the record.
        name_length: of the read's name, with the final 0.
        n_ops, length: operations of the CIGAR, bases of the read.
        start, stop: position of the first aligned base, and the position after the last one.
        mate: position of the mate; -1 without one.
        first, last: aligned bases [first, last) of the read, between the clips.
        before, after: aligned bases of a read across the origin that lie before and after this
            record, in its other half.
    """

    data: Bytes
    at: Int
    flag: Int
    name_length: Int
    n_ops: Int
    length: Int
    start: Int
    stop: Int
    mate: Int
    first: Int
    last: Int
    before: Int
    after: Int


@njit_views
def is_primary(flag: Int) -> bool:
    """Whether a record is the only one or the first of its read."""
    return flag & (bam.SECONDARY | bam.SUPPLEMENTARY) == 0


@njit_views
def parse(data: Bytes, at: Int, span: Int, circle: Circle, near: Int) -> Record:
    """The record at ``data[at]``, which covers ``span`` positions of the reference.

    Args:
        near: distance from the origin within which a read may have another half.
    """
    flag = bam.get_u16(data, at + bam.O_FLAG)
    name_length = np.int64(data[at + bam.O_NAME_LENGTH])
    n_ops = bam.get_u16(data, at + bam.O_CIGAR_LENGTH)
    length = bam.get_i32(data, at + bam.O_SEQ_LENGTH)
    start = bam.get_i32(data, at + bam.O_POS)
    cigar = at + bam.O_NAME + name_length
    tags = cigar + 4 * n_ops + ((length + 1) >> 1) + length
    end = at + 4 + bam.get_i32(data, at)
    before = np.int64(0)
    after = np.int64(0)
    if not is_primary(flag):
        before = bam.get_int_tag(data, bam.find_tag(data, tags, end, bam.YB))
    elif start + span + near > circle.length:
        after = bam.get_int_tag(data, bam.find_tag(data, tags, end, bam.YA))
    first, last = aligned_part(data, cigar, n_ops, length)
    return Record(
        data, at, flag, name_length, n_ops, length, to_circle(start, circle),
        to_circle(start + span, circle),
        to_circle(bam.get_i32(data, at + bam.O_MATE_POS), circle),
        first, last, before, after,
    )  # fmt: skip


@njit_views
def trim(record: Record, primers: Ints) -> tuple[Int, Int]:
    """Positions [from, to) of a record without the primers at the ends of its read."""
    start, stop = record.start, record.stop
    left = primers[0, start] if record.before == 0 else np.int64(0)
    right = primers[1, stop - 1] if record.after == 0 else np.int64(0)
    return start + left, stop - right
