"""Writing of BAM records in the coordinates of rCRS."""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit
from mitotransfer.genome.circle import Circle, to_reference
from mitotransfer.reads import bam_records

# Columns of the table of pieces: a read has one piece, or two where it crosses the origin,
# for each of its alignments.
SOURCE, POS, FLAG, MAPQ, OPS, N_OPS, NM, BEFORE, AFTER, GROUP_END, SPAN = range(11)
COLUMNS = 11

SA_TEXT = 48  # most bytes of an SA entry without its CIGAR
_LETTERS = np.frombuffer(b"MIDNSHP=X", np.uint8).copy()


def read_group_tag(sample: str) -> Bytes:
    """The read-group tag (RG) of a record, as bytes."""
    return np.frombuffer(bytearray(b"RGZ" + sample.encode() + b"\0"), np.uint8)


@njit
def put_i32(out: Bytes, at: Int, value: Int) -> None:
    for i in range(4):
        out[at + i] = (value >> (8 * i)) & 255


@njit
def put_int_tag(out: Bytes, at: Int, tag: Int, value: Int) -> Int:
    out[at] = tag & 255
    out[at + 1] = tag >> 8
    out[at + 2] = 105
    put_i32(out, at + 3, value)
    return at + 7


@njit
def _put_number(out: Bytes, at: Int, value: Int) -> Int:
    divisor = np.int64(1)
    while divisor * 10 <= value:
        divisor *= 10
    while divisor > 0:
        out[at] = 48 + (value // divisor) % 10
        at += 1
        divisor //= 10
    return at


@njit
def put_text(out: Bytes, at: Int, text: Bytes) -> Int:
    for i in range(text.shape[0]):
        out[at + i] = text[i]
    return at + text.shape[0]


@njit
def _put_bytes(out: Bytes, at: Int, data: Bytes, begin: Int, end: Int) -> Int:
    # A slice on each side would take seconds to compile.
    for i in range(end - begin):
        out[at + i] = data[begin + i]
    return at + end - begin


@njit
def index_bin(start: Int, end: Int) -> Int:
    """Bin of [start, end) in the index of a BAM file (SAM specification, section 5.3)."""
    last = max(end, start + 1) - 1
    for shift, first in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        if start >> shift == last >> shift:
            return first + (start >> shift)
    return 0


@njit
def _put_alignment(piece: Ints, ops: Ints, contig: Bytes, out: Bytes, at: Int) -> Int:
    """One entry of an SA tag: contig,position,strand,CIGAR,mapping quality,edit distance;"""
    at = put_text(out, at, contig)
    out[at] = 44
    at = _put_number(out, at + 1, piece[POS] + 1)
    out[at] = 44
    out[at + 1] = 45 if piece[FLAG] & bam_records.REVERSE else 43
    out[at + 2] = 44
    at += 3
    for i in range(piece[OPS], piece[OPS] + piece[N_OPS]):
        at = _put_number(out, at, ops[i] >> 4)
        out[at] = _LETTERS[ops[i] & 15]
        at += 1
    out[at] = 44
    at = _put_number(out, at + 1, piece[MAPQ])
    out[at] = 44
    at = _put_number(out, at + 1, piece[NM])
    out[at] = 59
    return at + 1


@njit
def write_piece(
    data: Bytes,
    pieces: Ints,
    index: Int,
    first: Int,
    ops: Ints,
    circle: Circle,
    single: bool,
    group: Bytes,
    contig: Bytes,
    out: Bytes,
    start: Int,
) -> Int:
    """Write one piece as a BAM record at out[start]; returns where it ends."""
    piece = pieces[index]
    record = piece[SOURCE]
    name = np.int64(data[record + bam_records.O_NAME_LENGTH])
    size = bam_records.get_i32(data, record + bam_records.O_SEQ_LENGTH)
    mapped = not piece[FLAG] & bam_records.UNMAPPED
    n_source = bam_records.get_u16(data, record + bam_records.O_CIGAR_LENGTH)
    n_ops = piece[N_OPS]
    sequence = record + bam_records.O_NAME + name + 4 * n_source
    tags = sequence + ((size + 1) >> 1) + size
    tags_end = record + 4 + bam_records.get_i32(data, record)

    at = _put_bytes(out, start, data, record, record + bam_records.O_NAME)
    put_i32(out, start + bam_records.O_POS, piece[POS])
    out[start + bam_records.O_MAPQ] = piece[MAPQ]
    bin_number = index_bin(piece[POS], piece[POS] + piece[SPAN])
    out[start + bam_records.O_BIN] = bin_number & 255
    out[start + bam_records.O_BIN + 1] = bin_number >> 8
    out[start + bam_records.O_CIGAR_LENGTH] = n_ops & 255
    out[start + bam_records.O_CIGAR_LENGTH + 1] = n_ops >> 8
    out[start + bam_records.O_FLAG] = piece[FLAG] & 255
    out[start + bam_records.O_FLAG + 1] = piece[FLAG] >> 8
    template = bam_records.get_i32(data, record + bam_records.O_TEMPLATE)
    mate = bam_records.get_i32(data, record + bam_records.O_MATE_POS)
    if single or bam_records.get_i32(data, record + bam_records.O_MATE_REF) < 0:
        put_i32(out, start + bam_records.O_MATE_REF, -1)
        put_i32(out, start + bam_records.O_MATE_POS, -1)
        put_i32(out, start + bam_records.O_TEMPLATE, 0)
    else:
        put_i32(out, start + bam_records.O_MATE_POS, to_reference(mate % circle.length, circle))
        if template != 0:
            left = mate if template < 0 else bam_records.get_i32(data, record + bam_records.O_POS)
            right = left + abs(template) - 1
            width = to_reference(right, circle) - to_reference(left, circle) + 1
            put_i32(out, start + bam_records.O_TEMPLATE, width if template > 0 else -width)

    read_name = record + bam_records.O_NAME
    at = _put_bytes(out, at, data, read_name, read_name + name)
    for i in range(n_ops):
        put_i32(out, at, ops[piece[OPS] + i])
        at += 4
    at = _put_bytes(out, at, data, sequence, tags)

    if piece[AFTER] > 0:
        at = put_int_tag(out, at, bam_records.YA, piece[AFTER])
    if piece[BEFORE] > 0:
        at = put_int_tag(out, at, bam_records.YB, piece[BEFORE])
    if mapped:
        score = bam_records.find_tag(data, tags, tags_end, bam_records.AS)
        at = put_int_tag(out, at, bam_records.NM, piece[NM])
        at = put_int_tag(out, at, bam_records.AS, bam_records.get_int_tag(data, score))
        if piece[GROUP_END] - first > 1:
            out[at] = 83
            out[at + 1] = 65
            out[at + 2] = 90
            at += 3
            for k in range(first, piece[GROUP_END]):
                if k != index:
                    at = _put_alignment(pieces[k], ops, contig, out, at)
            out[at] = 0
            at += 1
    at = put_text(out, at, group)
    put_i32(out, start, at - start - 4)
    return at
