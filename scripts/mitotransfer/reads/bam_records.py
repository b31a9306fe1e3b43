"""Fields and tags of raw BAM records.

Records stay the bytes of the file (SAM specification, section 4.2): to make an object per read
would cost more than all the work on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit, njit_views

PAIRED, PROPER, UNMAPPED, MATE_UNMAPPED = 0x1, 0x2, 0x4, 0x8
REVERSE, MATE_REVERSE = 0x10, 0x20
READ1, READ2, SECONDARY, QC_FAIL, DUPLICATE, SUPPLEMENTARY = 0x40, 0x80, 0x100, 0x200, 0x400, 0x800
MATCH, INSERTION, DELETION, SKIP, SOFT_CLIP, HARD_CLIP, EQUAL, MISMATCH = 0, 1, 2, 3, 4, 5, 7, 8

# Offsets in a record, counted from its length field.
O_REF, O_POS, O_NAME_LENGTH, O_MAPQ, O_BIN, O_CIGAR_LENGTH, O_FLAG = 4, 8, 12, 13, 14, 16, 18
O_SEQ_LENGTH, O_MATE_REF, O_MATE_POS, O_TEMPLATE, O_NAME = 20, 24, 28, 32, 36

# Tags of the two records of a read that crosses the origin: the number of its aligned bases in the
# other record, before this record or after it.
TAG_BEFORE, TAG_AFTER = "YB", "YA"


def tag(name: str) -> Int:
    """A tag's two letters as one number.

    A numpy number, since numba compiles a function anew for each Python constant it is called with.
    """
    return np.int64(int.from_bytes(name.encode(), "little"))


NM, AS, XA, PA, YB, YA = map(tag, ("NM", "AS", "XA", "pa", TAG_BEFORE, TAG_AFTER))

# 4-bit bases of BAM as codes 0 to 3; 9 for anything ambiguous.
NIBBLE_CODES = np.full(16, 9, np.uint8)
NIBBLE_CODES[[1, 2, 4, 8]] = [0, 1, 2, 3]


@njit
def get_u16(data: Bytes, at: Int) -> Int:
    return np.int64(data[at]) | (np.int64(data[at + 1]) << 8)


@njit
def get_i32(data: Bytes, at: Int) -> Int:
    value = (
        np.int64(data[at])
        | (np.int64(data[at + 1]) << 8)
        | (np.int64(data[at + 2]) << 16)
        | (np.int64(data[at + 3]) << 24)
    )
    return value - ((value >> 31) << 32)


@njit
def get_base(data: Bytes, at: Int, index: Int) -> Int:
    """The 4-bit base number ``index`` of the sequence that starts at ``at``."""
    return (np.int64(data[at + (index >> 1)]) >> (4 * (1 - (index & 1)))) & 15


@njit
def _value_size(data: Bytes, at: Int) -> Int:
    """Size of the tag value whose type letter is at ``at``, the letter not included."""
    kind = data[at]
    if kind == 65 or kind == 99 or kind == 67:  # A c C
        return 1
    if kind == 115 or kind == 83:  # s S
        return 2
    if kind == 105 or kind == 73 or kind == 102:  # i I f
        return 4
    if kind == 66:  # B
        item = data[at + 1]
        width = 4
        if item == 99 or item == 67:
            width = 1
        elif item == 115 or item == 83:
            width = 2
        return 5 + width * get_i32(data, at + 2)
    end = at + 1  # Z H
    while data[end] != 0:
        end += 1
    return end - at


@njit
def find_tag(data: Bytes, start: Int, end: Int, tag: Int) -> Int:
    """Offset of the type letter of a tag among the tags in [start, end); -1 if absent."""
    at = start
    while at + 3 <= end:
        if get_u16(data, at) == tag:
            return at + 2
        at += 3 + _value_size(data, at + 2)
    return -1


@njit_views
def tag_range(data: Bytes, record: Int) -> tuple[Int, Int]:
    """Where the tags of a record start and end."""
    name = np.int64(data[record + O_NAME_LENGTH])
    n_ops = get_u16(data, record + O_CIGAR_LENGTH)
    length = get_i32(data, record + O_SEQ_LENGTH)
    start = record + O_NAME + name + 4 * n_ops + ((length + 1) >> 1) + length
    return start, record + 4 + get_i32(data, record)


@njit_views
def text_tag(data: Bytes, record: Int, tag: Int) -> Int:
    """Where the text of a tag starts; -1 without it, or where it is empty."""
    start, end = tag_range(data, record)
    at = find_tag(data, start, end, tag)
    return at + 1 if at >= 0 and data[at] == 90 and data[at + 1] != 0 else np.int64(-1)


@njit
def get_int_tag(data: Bytes, at: Int) -> Int:
    """Value of an integer tag whose type letter is at ``at``; 0 for ``at`` = -1."""
    if at < 0:
        return 0
    kind = data[at]
    if kind == 67:
        return np.int64(data[at + 1])
    if kind == 99:
        value = np.int64(data[at + 1])
        return value - ((value >> 7) << 8)
    if kind == 83:
        return get_u16(data, at + 1)
    if kind == 115:
        value = get_u16(data, at + 1)
        return value - ((value >> 15) << 16)
    return get_i32(data, at + 1)


@njit
def locate_records(data: Bytes, end: Int, offsets: Ints) -> tuple[Int, Int]:
    """Set the offsets of the complete records in data[:end]; returns number and end of the last."""
    at = 0
    count = 0
    while at + 4 <= end and count < offsets.shape[0]:
        following = at + 4 + get_i32(data, at)
        if following > end:
            break
        offsets[count] = at
        count += 1
        at = following
    return count, at


class Records(NamedTuple):
    """Raw records.

    Attributes:
        data: their bytes.
        offsets: where each record, with its length field, starts in ``data``.
    """

    data: Bytes
    offsets: Ints

    def positions(self) -> NDArray[np.int32]:
        """Position of each record; the largest number for one without a position."""
        fields = self.data[self.offsets[:, None] + np.arange(O_REF, O_POS + 4)].view("<i4")
        return np.where(fields[:, 0] >= 0, fields[:, 1], np.iinfo(np.int32).max)

    def name(self, number: int) -> str:
        """Name of the read of a record."""
        at = int(self.offsets[number])
        end = at + O_NAME + int(self.data[at + O_NAME_LENGTH]) - 1
        return self.data[at + O_NAME : end].tobytes().decode("ascii", "replace")

    def by_position(self) -> Records:
        """The records sorted by position; those at one position keep their order."""
        return Records(self.data, self.offsets[np.argsort(self.positions(), kind="stable")])

    def chunks(self, size: int) -> Iterator[Records]:
        """The records in their order, ``size`` at a time."""
        for start in range(0, len(self.offsets), size):
            yield Records(self.data, self.offsets[start : start + size])


def count_reads(records: Records) -> int:
    """How many reads the records are of: each has one primary record."""
    high = records.data[records.offsets + O_FLAG + 1]
    return int(np.count_nonzero(high & ((SECONDARY | SUPPLEMENTARY) >> 8) == 0))


def whole_records(data: Bytes) -> Records:
    """The records that ``data`` consists of.

    Raises:
        ValueError: if the last record is cut.
    """
    offsets = np.empty(len(data) // O_NAME + 1, np.int64)
    count, end = locate_records(data, len(data), offsets)
    if end != len(data):
        raise ValueError("the last BAM record is cut")
    return Records(data, offsets[:count])


@njit
def same_name(data: Bytes, one: Int, other: Int) -> bool:
    """Whether two records have the same read name."""
    size = np.int64(data[one + O_NAME_LENGTH])
    if size != np.int64(data[other + O_NAME_LENGTH]):
        return False
    different = np.int64(0)
    for i in range(size):
        different += data[one + O_NAME + i] != data[other + O_NAME + i]
    return different == 0


@njit_views
def aligned_part(data: Bytes, cigar: Int, n_ops: Int, length: Int) -> tuple[Int, Int]:
    """Aligned bases [first, last) of a read, between its clips."""
    first = np.int64(0)
    last = length
    for i in range(n_ops):
        op = get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        if op & 15 == SOFT_CLIP:
            first += op >> 4
        elif op & 15 != HARD_CLIP:
            break
    for i in range(n_ops - 1, -1, -1):
        op = get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        if op & 15 == SOFT_CLIP:
            last -= op >> 4
        elif op & 15 != HARD_CLIP:
            break
    return first, last


@njit_views
def reference_span(data: Bytes, record: Int) -> Int:
    """Number of reference positions that a record spans."""
    cigar = record + O_NAME + np.int64(data[record + O_NAME_LENGTH])
    span = np.int64(0)
    for i in range(get_u16(data, record + O_CIGAR_LENGTH)):
        op = get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        kind = op & 15
        if (kind != INSERTION and kind < SOFT_CLIP) or kind >= EQUAL:
            span += op >> 4
    return span
