"""Realignment of the poly-C tract of HV2: a run of C (303-309), a T, another run (311-315).

Molecules differ in the number of Cs before the T, after it, or both. For one more C in each run an
aligner prefers one insertion (``CT``) and a false mismatch, 310T>C. A read that spans the tract
with an indel in it is therefore realigned by its runs (Cs, T, Cs), unless that takes more edits
than the aligner's alignment. The indel of each run stands at its start (left-normalised, as in
VCF). A read without the T gets 310T>C; by convention its extra Cs belong to the second run.
"""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit
from mitotransfer.genome.reference import POLY_C
from mitotransfer.reads import bam_records
from mitotransfer.reads.bam_records import NIBBLE_CODES

FIRST, MIDDLE, LAST = POLY_C
_FIRST_RUN, _SECOND_RUN = MIDDLE - FIRST, LAST - MIDDLE
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
def _is_tract(codes: Bytes) -> bool:
    """Whether a reference has the tract where rCRS has it."""
    same = codes.shape[0] > LAST and codes[MIDDLE] != codes[FIRST]
    for i in range(FIRST, LAST + 1):
        same = same and (i == MIDDLE or codes[i] == codes[FIRST])
    return same


@njit
def _edits(read: Bytes, first: Int, at: Int, ops: Ints, codes: Bytes) -> Int:
    """Edits in the tract of an alignment by ``ops`` from ``at`` on.

    Args:
        read: bases of the read in the tract.
        first: the number of the first of these among the bases of ``ops``.
    """
    edits, query = np.int64(0), -first
    for op in ops:
        kind, size = op & 15, op >> 4
        if kind == bam_records.MATCH:
            for j in range(max(FIRST - at, 0), min(LAST + 1 - at, size)):
                edits += read[query + j] != codes[at + j]
        elif FIRST <= at <= LAST + 1:
            edits += size
        at += size if kind != bam_records.INSERTION else np.int64(0)
        query += size if kind == bam_records.INSERTION or kind == bam_records.MATCH else np.int64(0)
    return edits


@njit
def _split(read: Bytes, codes: Bytes) -> tuple[Int, Int]:
    """Number of bases of a read before its T, and the edits of this alignment.

    Of several Ts, all but one are errors: the one with the fewest edits is taken.
    """
    size = np.int64(read.shape[0])
    others = np.int64(0)
    for base in read:
        others += base != codes[FIRST]
    if others == 0:
        return np.int64(_FIRST_RUN), 1 + abs(size - 1 - LAST + FIRST)
    best, least = np.int64(_FIRST_RUN), size + LAST
    for i in range(size):
        edits = others - 1 + abs(i - _FIRST_RUN) + abs(size - 1 - i - _SECOND_RUN)
        if read[i] == codes[MIDDLE] and edits < least:
            best, least = np.int64(i), edits
    return best, least


@njit
def realign(data: Bytes, record: Int, pos: Int, codes: Bytes, ops: Ints, out: Ints) -> Int:
    """Realign a read with an indel in the tract by its runs.

    Args:
        pos: start of the record, in the coordinates of the tract.
        codes: bases of the reference.
        ops: the operations of the record's CIGAR.
        out: gets the new operations; room for ``MORE_OPS`` more.

    Returns:
        The number of operations in ``out``; 0 if the alignment stays.
    """
    at, query = pos, np.int64(0)
    left_op, right_op = np.int64(-1), np.int64(-1)
    left_at, left, right, before, after = at, query, query, query, query
    for i in range(ops.shape[0]):
        kind, size = ops[i] & 15, ops[i] >> 4
        if kind == bam_records.MATCH and at < FIRST <= at + size:
            left_op, left_at, left, before = np.int64(i), at, query + FIRST - at, FIRST - at
        if kind == bam_records.MATCH and at <= LAST + 1 < at + size:
            right_op, right, after = np.int64(i), query + LAST + 1 - at, at + size - LAST - 1
        if kind == bam_records.MATCH or kind == bam_records.DELETION or kind == bam_records.SKIP:
            at += size
        if (
            kind == bam_records.MATCH
            or kind == bam_records.INSERTION
            or kind == bam_records.SOFT_CLIP
        ):
            query += size
    if left_op < 0 or right_op <= left_op or not _is_tract(codes):
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
    first_run, edits = _split(read, codes)
    second_run = right - left - 1 - first_run
    aligned = ops[left_op : right_op + 1]
    if second_run < 0 or edits > _edits(read, before, left_at, aligned, codes):
        return np.int64(0)
    end = np.int64(0)
    for i in range(left_op):
        end = add_op(out, 0, end, ops[i] & 15, ops[i] >> 4)
    end = add_op(out, 0, end, bam_records.MATCH, before)
    end = _add_run(out, end, first_run, _FIRST_RUN)
    end = add_op(out, 0, end, bam_records.MATCH, 1)
    end = _add_run(out, end, second_run, _SECOND_RUN)
    end = add_op(out, 0, end, bam_records.MATCH, after)
    for i in range(right_op + 1, ops.shape[0]):
        end = add_op(out, 0, end, ops[i] & 15, ops[i] >> 4)
    return end
