"""Alignments to the extended circle brought back to the coordinates of rCRS.

The aligner sees the circle without the placeholder, followed by its first bases once
more (``bwaindex``). Here each record gets rCRS coordinates; a read across 3107 gets a
deletion of the placeholder; a read across the origin becomes two records, the part up to
16,569 and a supplementary record from 1, which depth, pileups and genome browsers show
as it is. A low mapping quality that comes only from the repeated bases is waived.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mitotransfer import bam
from mitotransfer.bam import Bytes, Int, Ints
from mitotransfer.reference import CONTIG

# Columns of the table of pieces: a read has one piece, or two where it crosses the origin,
# for each of its alignments.
_SOURCE, _POS, _FLAG, _MAPQ, _OPS, _N_OPS, _NM, _BEFORE, _AFTER, _GROUP_END, _SPAN = range(11)
_COLUMNS = 11
_UNIQUE = 60  # bwa's mapping quality of a read with one place
_SA_TEXT = 48  # bytes of an SA entry beside its CIGAR, at most
_LETTERS = np.frombuffer(b"MIDNSHP=X", np.uint8).copy()


@njit(cache=True, nogil=True)
def _to_reference(at: Int, circle: Int, gap: Int) -> Int:
    """rCRS coordinate of a coordinate on the extended circle; counts on past the origin."""
    lap = at // circle
    within = at % circle
    shift = np.int64(1) if gap >= 0 else np.int64(0)
    past = shift if within >= gap else np.int64(0)
    return lap * (circle + shift) + within + past


@njit(cache=True, nogil=True)
def _add_op(ops: Ints, start: Int, end: Int, kind: Int, length: Int) -> Int:
    """Append a CIGAR operation to ops[start:end], merged with an equal last one."""
    if length <= 0:
        return end
    if end > start and ops[end - 1] & 15 == kind:
        ops[end - 1] += length << 4
        return end
    ops[end] = (length << 4) | kind
    return end + 1


@njit(cache=True, nogil=True)
def _fold_cigar(
    data: Bytes, record: Int, pos: Int, circle: Int, gap: Int, ops: Ints, start: Int, out: Ints
) -> None:
    """Rewrite the CIGAR of a record that starts at ``pos`` < circle.

    Sets out to: end of the first piece's operations in ``ops``, end of the second's (equal
    if there is none), circle coordinate of the second piece, aligned bases of each piece.
    """
    n_ops = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
    length = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
    cigar = record + bam.O_NAME + np.int64(data[record + bam.O_NAME_LENGTH])
    end = start
    middle = np.int64(-1)
    second = np.int64(0)
    begun = False  # has this piece an aligned base yet?
    at = pos
    query = np.int64(0)
    aligned = np.int64(0)
    out[3] = 0
    for i in range(n_ops):
        op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        kind = op & 15
        left = op >> 4
        if kind == bam.SOFT_CLIP or kind == bam.HARD_CLIP:
            end = _add_op(ops, start if middle < 0 else middle, end, kind, left)
            if kind == bam.SOFT_CLIP:
                query += left
            continue
        if kind == bam.INSERTION:
            if begun:
                end = _add_op(ops, start if middle < 0 else middle, end, kind, left)
                aligned += left
            else:
                end = _add_op(ops, start if middle < 0 else middle, end, bam.SOFT_CLIP, left)
            query += left
            continue
        consumes = kind != bam.DELETION and kind != bam.SKIP
        while left > 0:
            if at == circle and middle < 0:
                while end > start and (ops[end - 1] & 15 == 2 or ops[end - 1] & 15 == 3):
                    end -= 1
                end = _add_op(ops, start, end, bam.SOFT_CLIP, length - query)
                middle = end
                out[3] = aligned
                aligned = 0
                begun = False
                end = _add_op(ops, middle, end, bam.SOFT_CLIP, query)
            if begun and gap >= 0 and at % circle == gap:
                end = _add_op(ops, start if middle < 0 else middle, end, bam.DELETION, 1)
            stop = at + left
            if gap >= 0 and at % circle < gap:
                stop = min(stop, at - at % circle + gap)
            if at < circle:
                stop = min(stop, circle)
            size = stop - at
            if consumes:
                if not begun:
                    begun = True
                    second = at
                query += size
                aligned += size
            if begun:
                end = _add_op(ops, start if middle < 0 else middle, end, kind, size)
            at = stop
            left -= size
    if middle < 0:
        out[0] = end
        out[3] = aligned
        out[4] = 0
    else:
        out[0] = middle
        out[4] = aligned
    out[1] = end
    out[2] = second


@njit(cache=True, nogil=True)
def _measure(data: Bytes, record: Int, pos: Int, ops: Ints, a: Int, b: Int, codes: Bytes) -> Ints:
    """Edit distance and span on the reference of the operations ops[a:b] from ``pos``."""
    name = np.int64(data[record + bam.O_NAME_LENGTH])
    cigar = record + bam.O_NAME + name
    sequence = cigar + 4 * bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
    query = np.int64(0)
    at = pos
    edits = np.int64(0)
    for i in range(a, b):
        kind = ops[i] & 15
        size = ops[i] >> 4
        if kind == bam.SOFT_CLIP:
            query += size
        elif kind == bam.INSERTION:
            query += size
            edits += size
        elif kind == bam.DELETION or kind == bam.SKIP:
            at += size
            edits += size if kind == bam.DELETION else 0
        elif kind != bam.HARD_CLIP:
            for j in range(size):
                base = bam.get_base(data, sequence, query + j)
                if bam.NIBBLE_CODES[base] != codes[at + j]:
                    edits += 1
            query += size
            at += size
    result = np.empty(2, np.int64)
    result[0] = edits
    result[1] = at - pos
    return result


@njit(cache=True, nogil=True)
def _alternatives(data: Bytes, start: Int, end: Int) -> Int:
    """Other places that the aligner found for a read (entries of its XA tag)."""
    at = bam.find_tag(data, start, end, 88, 65)
    found = np.int64(0)
    if at >= 0:
        at += 1
        while data[at] != 0:
            if data[at] == 59:
                found += 1
            at += 1
    return found


@njit(cache=True, nogil=True)
def _same_read(data: Bytes, one: Int, other: Int) -> bool:
    ends = bam.READ1 | bam.READ2
    if (bam.get_u16(data, one + bam.O_FLAG) ^ bam.get_u16(data, other + bam.O_FLAG)) & ends:
        return False
    size = np.int64(data[one + bam.O_NAME_LENGTH])
    if size != np.int64(data[other + bam.O_NAME_LENGTH]):
        return False
    for i in range(size):
        if data[one + bam.O_NAME + i] != data[other + bam.O_NAME + i]:
            return False
    return True


@njit(cache=True, nogil=True)
def _put_i32(out: Bytes, at: Int, value: Int) -> None:
    for i in range(4):
        out[at + i] = (value >> (8 * i)) & 255


@njit(cache=True, nogil=True)
def _put_int_tag(out: Bytes, at: Int, first: Int, second: Int, value: Int) -> Int:
    out[at] = first
    out[at + 1] = second
    out[at + 2] = 105
    _put_i32(out, at + 3, value)
    return at + 7


@njit(cache=True, nogil=True)
def _put_number(out: Bytes, at: Int, value: Int) -> Int:
    divisor = np.int64(1)
    while divisor * 10 <= value:
        divisor *= 10
    while divisor > 0:
        out[at] = 48 + (value // divisor) % 10
        at += 1
        divisor //= 10
    return at


@njit(cache=True, nogil=True)
def _put_text(out: Bytes, at: Int, text: Bytes) -> Int:
    out[at : at + text.shape[0]] = text
    return at + text.shape[0]


@njit(cache=True, nogil=True)
def _bin(start: Int, end: Int) -> Int:
    """Bin of [start, end) in the index of a BAM file (SAM specification, section 5.3)."""
    last = max(end, start + 1) - 1
    for shift, first in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        if start >> shift == last >> shift:
            return first + (start >> shift)
    return 0


@njit(cache=True, nogil=True)
def _write_piece(
    data: Bytes,
    pieces: Ints,
    index: Int,
    first: Int,
    ops: Ints,
    circle: Int,
    gap: Int,
    single: bool,
    group: Bytes,
    contig: Bytes,
    out: Bytes,
    start: Int,
) -> Int:
    """Write one piece as a BAM record at out[start]; returns where it ends."""
    piece = pieces[index]
    record = piece[_SOURCE]
    name = np.int64(data[record + bam.O_NAME_LENGTH])
    size = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
    mapped = not piece[_FLAG] & bam.UNMAPPED
    n_source = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
    n_ops = piece[_N_OPS]
    sequence = record + bam.O_NAME + name + 4 * n_source
    tags = sequence + ((size + 1) >> 1) + size
    tags_end = record + 4 + bam.get_i32(data, record)

    at = start + bam.O_NAME
    out[start:at] = data[record : record + bam.O_NAME]
    _put_i32(out, start + bam.O_POS, piece[_POS])
    out[start + bam.O_MAPQ] = piece[_MAPQ]
    bin_number = _bin(piece[_POS], piece[_POS] + piece[_SPAN])
    out[start + bam.O_BIN] = bin_number & 255
    out[start + bam.O_BIN + 1] = bin_number >> 8
    out[start + bam.O_CIGAR_LENGTH] = n_ops & 255
    out[start + bam.O_CIGAR_LENGTH + 1] = n_ops >> 8
    out[start + bam.O_FLAG] = piece[_FLAG] & 255
    out[start + bam.O_FLAG + 1] = piece[_FLAG] >> 8
    template = bam.get_i32(data, record + bam.O_TEMPLATE)
    mate = bam.get_i32(data, record + bam.O_MATE_POS)
    if single or bam.get_i32(data, record + bam.O_MATE_REF) < 0:
        _put_i32(out, start + bam.O_MATE_REF, -1)
        _put_i32(out, start + bam.O_MATE_POS, -1)
        _put_i32(out, start + bam.O_TEMPLATE, 0)
    else:
        _put_i32(out, start + bam.O_MATE_POS, _to_reference(mate % circle, circle, gap))
        if template != 0:
            left = mate if template < 0 else bam.get_i32(data, record + bam.O_POS)
            right = left + abs(template) - 1
            width = _to_reference(right, circle, gap) - _to_reference(left, circle, gap) + 1
            _put_i32(out, start + bam.O_TEMPLATE, width if template > 0 else -width)

    out[at : at + name] = data[record + bam.O_NAME : record + bam.O_NAME + name]
    at += name
    for i in range(n_ops):
        _put_i32(out, at, ops[piece[_OPS] + i])
        at += 4
    out[at : at + tags - sequence] = data[sequence:tags]
    at += tags - sequence

    if piece[_AFTER] > 0:
        at = _put_int_tag(out, at, 89, 65, piece[_AFTER])
    if piece[_BEFORE] > 0:
        at = _put_int_tag(out, at, 89, 66, piece[_BEFORE])
    if mapped:
        score = bam.find_tag(data, tags, tags_end, 65, 83)
        at = _put_int_tag(out, at, 78, 77, piece[_NM])
        at = _put_int_tag(out, at, 65, 83, bam.get_int_tag(data, score))
        if piece[_GROUP_END] - first > 1:
            out[at] = 83
            out[at + 1] = 65
            out[at + 2] = 90
            at += 3
            for k in range(first, piece[_GROUP_END]):
                if k != index:
                    at = _put_alignment(pieces[k], ops, contig, out, at)
            out[at] = 0
            at += 1
    at = _put_text(out, at, group)
    _put_i32(out, start, at - start - 4)
    return at


@njit(cache=True, nogil=True)
def _put_alignment(piece: Ints, ops: Ints, contig: Bytes, out: Bytes, at: Int) -> Int:
    """One entry of an SA tag: contig,position,strand,CIGAR,mapping quality,edit distance;"""
    at = _put_text(out, at, contig)
    out[at] = 44
    at = _put_number(out, at + 1, piece[_POS] + 1)
    out[at] = 44
    out[at + 1] = 45 if piece[_FLAG] & bam.REVERSE else 43
    out[at + 2] = 44
    at += 3
    for i in range(piece[_OPS], piece[_OPS] + piece[_N_OPS]):
        at = _put_number(out, at, ops[i] >> 4)
        out[at] = _LETTERS[ops[i] & 15]
        at += 1
    out[at] = 44
    at = _put_number(out, at + 1, piece[_MAPQ])
    out[at] = 44
    at = _put_number(out, at + 1, piece[_NM])
    out[at] = 59
    return at + 1


@njit(cache=True, nogil=True)
def _fold(
    data: Bytes,
    offsets: Ints,
    count: Int,
    codes: Bytes,
    circle: Int,
    gap: Int,
    extension: Int,
    single: bool,
    group: Bytes,
    contig: Bytes,
) -> tuple[Bytes, Int]:
    total_ops = np.int64(0)
    for r in range(count):
        total_ops += bam.get_u16(data, offsets[r] + bam.O_CIGAR_LENGTH)
    ops = np.empty(2 * total_ops + 8 * count, np.int64)
    pieces = np.zeros((2 * count, _COLUMNS), np.int64)
    ends = np.zeros(5, np.int64)
    unaligned = np.int64(0)
    n = np.int64(0)
    used = np.int64(0)
    room = np.int64(0)
    group_start = np.int64(0)
    for r in range(count):
        record = offsets[r]
        flag = bam.get_u16(data, record + bam.O_FLAG)
        if single:
            if flag & bam.READ2:
                continue  # the empty mate that the aligner was given
            flag &= ~(bam.PAIRED | bam.PROPER | bam.MATE_UNMAPPED | 0x20 | bam.READ1 | bam.READ2)
        if n > group_start and not _same_read(data, pieces[n - 1, _SOURCE], record):
            group_start = n
        size = bam.get_i32(data, record) + 4
        if flag & bam.UNMAPPED:
            if single or flag & bam.MATE_UNMAPPED:
                unaligned += 1
                continue
            pieces[n, _SOURCE] = record
            at = bam.get_i32(data, record + bam.O_POS)
            pieces[n, _POS] = _to_reference(at % circle, circle, gap)
            pieces[n, _FLAG] = flag
            pieces[n, _SPAN] = 1
            pieces[n, _OPS] = used
            n += 1
            pieces[n - 1, _GROUP_END] = n
            room += size + 64 + group.shape[0]
            continue
        at = bam.get_i32(data, record + bam.O_POS)
        pos = at % circle
        _fold_cigar(data, record, pos, circle, gap, ops, used, ends)
        crosses = ends[1] > ends[0]
        name = np.int64(data[record + bam.O_NAME_LENGTH])
        bases = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
        n_source = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
        tags = record + bam.O_NAME + name + 4 * n_source + ((bases + 1) >> 1) + bases
        quality = np.int64(data[record + bam.O_MAPQ])
        doubled = at < extension or at >= circle or crosses
        if doubled and _alternatives(data, tags, record + size) <= 1:
            quality = _UNIQUE
        for part in range(2 if crosses else 1):
            a = used if part == 0 else ends[0]
            b = ends[0] if part == 0 else ends[1]
            start = _to_reference((pos if part == 0 else ends[2]) % circle, circle, gap)
            edits = _measure(data, record, start, ops, a, b, codes)
            pieces[n, _SOURCE] = record
            pieces[n, _POS] = start
            pieces[n, _FLAG] = flag if part == 0 else flag | bam.SUPPLEMENTARY
            pieces[n, _MAPQ] = quality
            pieces[n, _OPS] = a
            pieces[n, _N_OPS] = b - a
            pieces[n, _NM] = edits[0]
            pieces[n, _SPAN] = edits[1]
            # A chimeric part is not counted, so it needs no pointers to its other half.
            if crosses and not flag & bam.SUPPLEMENTARY:
                pieces[n, _AFTER] = ends[4] if part == 0 else 0
                pieces[n, _BEFORE] = ends[3] if part == 1 else 0
            n += 1
            room += size + 64 + 4 * (b - a) + group.shape[0]
        used = ends[1]
        in_group = n - group_start
        for k in range(group_start, n):
            pieces[k, _GROUP_END] = n
        if in_group > 1:
            first_op = pieces[group_start, _OPS]
            room += in_group * (_SA_TEXT * in_group + 11 * (used - first_op))
    out = np.empty(room, np.uint8)
    at = np.int64(0)
    first = np.int64(0)
    for i in range(n):
        if i >= pieces[first, _GROUP_END]:
            first = i
        at = _write_piece(data, pieces, i, first, ops, circle, gap, single, group, contig, out, at)
    return out[:at], unaligned


def fold_records(
    records: bytes,
    codes: Bytes,
    gap: int,
    extension: int,
    sample: str,
    single: bool = False,
) -> tuple[memoryview, int]:
    """Records aligned to the extended circle as records on the reference.

    Args:
        records: raw BAM records, the records of a read next to each other.
        codes: codes of the reference, the placeholder included.
        gap: position of the placeholder, -1 if there is none.
        extension: bases by which the circle was extended.
        sample: the read group of all records.
        single: true where every second read is an empty stand-in for a mate.

    Returns:
        The raw records, and how many reads were left out because neither they nor their
        mates aligned.
    """
    data = np.frombuffer(bytearray(records), np.uint8)
    offsets = np.empty(len(data) // bam.O_NAME + 1, np.int64)
    count, used = bam.locate_records(data, len(data), offsets)
    if used != len(data):
        raise ValueError("the aligner returned a broken record")
    circle = len(codes) - (1 if gap >= 0 else 0)
    group = np.frombuffer(bytearray(b"RGZ" + sample.encode() + b"\0"), np.uint8)
    contig = np.frombuffer(bytearray(CONTIG.encode()), np.uint8)
    folded, unaligned = _fold(
        data, offsets, count, codes, circle, gap, extension, single, group, contig
    )
    return memoryview(folded.data), int(unaligned)
