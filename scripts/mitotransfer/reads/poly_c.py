"""Realignment of a tract of two runs of one base, as the poly-C tract of human mtDNA.

It is a run of C (303-309), a T, and another run (311-315); ``Circle`` has its place, if the genome
has such a tract. Molecules differ in the number of Cs before the T, after it, or both. For one more
C in each run an aligner prefers one insertion (``CT``) and a false mismatch, 310T>C. A read that
spans the tract with an indel in it is therefore realigned by its runs (Cs, T, Cs), unless that
takes more edits than the aligner's alignment. The indel of each run stands at its start (left-
normalised, as in VCF). A read without the T gets 310T>C; by convention its extra Cs belong to the
second run.
"""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit
from mitotransfer.genome.circle import Circle
from mitotransfer.reads import bam_records
from mitotransfer.reads.bam_records import NIBBLE_CODES

MORE_OPS = 6  # operations that an alignment gains at most


@njit
def add_op(ops: Ints, start: Int, end: Int, kind: Int, length: Int) -> Int:
    """Append a CIGAR operation to ops[start:end], merged with an equal last one."""
    if length <= 0:
        return end
    if end > start and ops[end - 1] & 15 == kind:
        ops[end - 1] += length << 4
        return end
    ops[end] = (length << 4) | kind
    return end + 1


@njit
def _add_run(ops: Ints, end: Int, found: Int, expected: Int) -> Int:
    """Append a run of ``found`` bases where the reference has ``expected``."""
    end = add_op(ops, 0, end, bam_records.INSERTION, found - expected)
    end = add_op(ops, 0, end, bam_records.DELETION, expected - found)
    return add_op(ops, 0, end, bam_records.MATCH, min(found, expected))


@njit
def _is_tract(codes: Bytes, circle: Circle) -> bool:
    """Whether a sequence has the tract where its bundle says."""
    low, middle, high = circle.tract_start, circle.tract_middle, circle.tract_end
    same = codes.shape[0] > max(low, high) and codes[middle] != codes[low]
    for i in range(low, high + 1):
        same = same and (i == middle or codes[i] == codes[low])
    return same


@njit
def _edits(read: Bytes, first: Int, at: Int, ops: Ints, codes: Bytes, circle: Circle) -> Int:
    """Edits in the tract of an alignment by ``ops`` from ``at`` on.

    Args:
        read: bases of the read in the tract.
        first: the number of the first of these among the bases of ``ops``.
    """
    low, high = circle.tract_start, circle.tract_end
    edits, query = np.int64(0), -first
    for op in ops:
        kind, size = op & 15, op >> 4
        if kind == bam_records.MATCH:
            for j in range(max(low - at, 0), min(high + 1 - at, size)):
                edits += read[query + j] != codes[at + j]
        elif low <= at <= high + 1:
            edits += size
        at += size if kind != bam_records.INSERTION else np.int64(0)
        query += size if kind == bam_records.INSERTION or kind == bam_records.MATCH else np.int64(0)
    return edits


@njit
def _split(read: Bytes, codes: Bytes, circle: Circle) -> tuple[Int, Int]:
    """Number of bases of a read before its T, and the edits of this alignment.

    Of several Ts, all but one are errors: the one with the fewest edits is taken.
    """
    low, middle, high = circle.tract_start, circle.tract_middle, circle.tract_end
    size = np.int64(read.shape[0])
    others = np.int64(0)
    for base in read:
        others += base != codes[low]
    if others == 0:
        return np.int64(middle - low), 1 + abs(size - 1 - high + low)
    best, least = np.int64(middle - low), size + high
    for i in range(size):
        edits = others - 1 + abs(i - (middle - low)) + abs(size - 1 - i - (high - middle))
        if read[i] == codes[middle] and edits < least:
            best, least = np.int64(i), edits
    return best, least


@njit
def realign(
    data: Bytes, record: Int, pos: Int, codes: Bytes, circle: Circle, ops: Ints, out: Ints
) -> Int:
    """Realign a read with an indel in the tract by its runs.

    Args:
        pos: start of the record, in the coordinates of the tract.
        codes: bases of the reference.
        circle: with the place of the tract.
        ops: the operations of the record's CIGAR.
        out: gets the new operations; room for ``MORE_OPS`` more.

    Returns:
        The number of operations in ``out``; 0 if the alignment stays.
    """
    low, middle, high = circle.tract_start, circle.tract_middle, circle.tract_end
    at, query = pos, np.int64(0)
    left_op, right_op = np.int64(-1), np.int64(-1)
    left_at, left, right, before, after = at, query, query, query, query
    for i in range(ops.shape[0]):
        kind, size = ops[i] & 15, ops[i] >> 4
        if kind == bam_records.MATCH and at < low <= at + size:
            left_op, left_at, left, before = np.int64(i), at, query + low - at, low - at
        if kind == bam_records.MATCH and at <= high + 1 < at + size:
            right_op, right, after = np.int64(i), query + high + 1 - at, at + size - high - 1
        if kind == bam_records.MATCH or kind == bam_records.DELETION or kind == bam_records.SKIP:
            at += size
        if (
            kind == bam_records.MATCH
            or kind == bam_records.INSERTION
            or kind == bam_records.SOFT_CLIP
        ):
            query += size
    if left_op < 0 or right_op <= left_op or not _is_tract(codes, circle):
        return np.int64(0)
    name = np.int64(data[record + bam_records.O_NAME_LENGTH])
    sequence = (
        record
        + bam_records.O_NAME
        + name
        + 4 * bam_records.get_u16(data, record + bam_records.O_CIGAR_LENGTH)
    )
    read = np.empty(right - left, np.uint8)
    for i in range(right - left):
        read[i] = NIBBLE_CODES[bam_records.get_base(data, sequence, left + i)]
    first_run, edits = _split(read, codes, circle)
    second_run = right - left - 1 - first_run
    aligned = ops[left_op : right_op + 1]
    if second_run < 0 or edits > _edits(read, before, left_at, aligned, codes, circle):
        return np.int64(0)
    end = np.int64(0)
    for i in range(left_op):
        end = add_op(out, 0, end, ops[i] & 15, ops[i] >> 4)
    end = add_op(out, 0, end, bam_records.MATCH, before)
    end = _add_run(out, end, first_run, (middle - low))
    end = add_op(out, 0, end, bam_records.MATCH, 1)
    end = _add_run(out, end, second_run, (high - middle))
    end = add_op(out, 0, end, bam_records.MATCH, after)
    for i in range(right_op + 1, ops.shape[0]):
        end = add_op(out, 0, end, ops[i] & 15, ops[i] >> 4)
    return end
