"""Folding: alignments to the extended circle, brought to the coordinates of rCRS.

The aligner sees the circle without the placeholder, followed by its first bases once more
(``reads.aligner_index``). Folding gives each record rCRS coordinates. A read across 3107 gets a
deletion of the placeholder. A read across the origin becomes two records: the part up to 16,569 and
a supplementary record from 1, which pileups and genome browsers show correctly. Reads with an indel
in the poly-C tract are realigned there (``reads.poly_c``). A mapping quality that is low only
because of the repeated bases becomes 60. Fragments that fit a nuclear decoy better are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit
from mitotransfer.genome.circle import Circle, to_reference
from mitotransfer.genome.reference import Reference
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.poly_c import MORE_OPS, add_op, realign
from mitotransfer.reads.record_writer import (
    AFTER,
    BEFORE,
    COLUMNS,
    FLAG,
    GROUP_END,
    MAPQ,
    N_OPS,
    NM,
    OPS,
    POS,
    SA_TEXT,
    SOURCE,
    SPAN,
    write_piece,
)

_UNIQUE = 60  # bwa's mapping quality of a read with one place


@njit
def _read_ops(data: Bytes, record: Int, ops: Ints) -> Int:
    """Set the operations of a record's CIGAR; returns their number."""
    n_ops = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
    cigar = record + bam.O_NAME + np.int64(data[record + bam.O_NAME_LENGTH])
    for i in range(n_ops):
        ops[i] = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
    return np.int64(n_ops)


@njit
def _fold_cigar(
    source: Ints, length: Int, pos: Int, circle: Circle, ops: Ints, start: Int, out: Ints
) -> None:
    """Rewrite the CIGAR ``source`` of a read of ``length`` bases that starts at ``pos`` < turn.

    Sets out to: end of the first piece's operations in ``ops``, end of the second's (equal
    if there is none), circle coordinate of the second piece, aligned bases of each piece.
    """
    turn, gap = circle.length, circle.gap
    end = start
    middle = np.int64(-1)
    second: Int = 0
    begun = False  # has this piece an aligned base yet?
    at = pos
    query: Int = 0
    aligned: Int = 0
    out[3] = 0
    for op in source:
        kind = op & 15
        left = op >> 4
        if kind == bam.SOFT_CLIP or kind == bam.HARD_CLIP:
            end = add_op(ops, start if middle < 0 else middle, end, kind, left)
            if kind == bam.SOFT_CLIP:
                query += left
            continue
        if kind == bam.INSERTION:
            if begun:
                end = add_op(ops, start if middle < 0 else middle, end, kind, left)
                aligned += left
            else:
                end = add_op(ops, start if middle < 0 else middle, end, bam.SOFT_CLIP, left)
            query += left
            continue
        consumes = kind != bam.DELETION and kind != bam.SKIP
        while left > 0:
            if at == turn and middle < 0:
                while end > start and (ops[end - 1] & 15 == 2 or ops[end - 1] & 15 == 3):
                    end -= 1
                end = add_op(ops, start, end, bam.SOFT_CLIP, length - query)
                middle = end
                out[3] = aligned
                aligned = 0
                begun = False
                end = add_op(ops, middle, end, bam.SOFT_CLIP, query)
            if begun and gap >= 0 and at % turn == gap:
                end = add_op(ops, start if middle < 0 else middle, end, bam.DELETION, 1)
            stop = at + left
            if gap >= 0 and at % turn < gap:
                stop = min(stop, at - at % turn + gap)
            if at < turn:
                stop = min(stop, turn)
            size = stop - at
            if consumes:
                if not begun:
                    begun = True
                    second = at
                query += size
                aligned += size
            if begun:
                end = add_op(ops, start if middle < 0 else middle, end, kind, size)
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


@njit
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


@njit
def _alternatives(data: Bytes, start: Int, end: Int, contig: Bytes) -> Int:
    """Number of alternative alignments of a read to the circle (entries of its XA tag).

    An entry reads ``contig,position,CIGAR,edits;``. Those to a decoy do not count.
    """
    at = bam.find_tag(data, start, end, bam.XA)
    own: Int = np.int64(0)
    if at < 0:
        return own
    at += 1
    while data[at] != 0:
        differs = np.int64(0)
        for i in range(contig.shape[0]):
            differs += data[at] != contig[i]
            at += data[at] != 44
        own += differs == 0 and data[at] == 44
        while data[at] != 59:
            at += 1
        at += 1
    return own


@njit
def _same_read(data: Bytes, one: Int, other: Int) -> bool:
    ends = bam.READ1 | bam.READ2
    if (bam.get_u16(data, one + bam.O_FLAG) ^ bam.get_u16(data, other + bam.O_FLAG)) & ends:
        return False
    return bam.same_name(data, one, other)


@njit
def _nuclear(data: Bytes, offsets: Ints, begin: Int) -> tuple[Int, bool]:
    """End of the records of a fragment, and whether a decoy fits one of its mates better.

    Of a read that also aligns to the circle, the aligner says so by the tag ``pa``.
    """
    end = begin
    found = False
    count = offsets.shape[0]
    while end < count and (end == begin or bam.same_name(data, offsets[begin], offsets[end])):
        record = offsets[end]
        flag = bam.get_u16(data, record + bam.O_FLAG)
        if flag & (bam.UNMAPPED | bam.SECONDARY | bam.SUPPLEMENTARY) == 0:
            first, last = bam.tag_range(data, record)
            away = bam.get_i32(data, record + bam.O_REF) > 0
            found = found or away or bam.find_tag(data, first, last, bam.PA) >= 0
        end += 1
    return end, found


@njit
def _fold(
    data: Bytes,
    offsets: Ints,
    codes: Bytes,
    circle: Circle,
    extension: Int,
    single: bool,
    group: Bytes,
    contig: Bytes,
) -> tuple[Bytes, Int, Int]:
    count = offsets.shape[0]
    total_ops = np.int64(0)
    for r in range(count):
        total_ops += bam.get_u16(data, offsets[r] + bam.O_CIGAR_LENGTH)
    ops = np.empty(2 * total_ops + (8 + MORE_OPS) * count, np.int64)
    aligner_ops, new_ops = np.empty((2, total_ops + MORE_OPS), np.int64)
    pieces = np.zeros((2 * count, COLUMNS), np.int64)
    ends = np.zeros(5, np.int64)
    unaligned: Int = np.int64(0)
    nuclear: Int = np.int64(0)
    fragment_end: Int = np.int64(0)
    dropped = False
    n: Int = np.int64(0)
    used: Int = np.int64(0)
    room: Int = np.int64(0)
    group_start: Int = np.int64(0)
    for r in range(count):
        record = offsets[r]
        flag = bam.get_u16(data, record + bam.O_FLAG)
        if r == fragment_end:
            fragment_end, dropped = _nuclear(data, offsets, r)
        if dropped or bam.get_i32(data, record + bam.O_REF) > 0:
            second = single and flag & bam.READ2
            nuclear += dropped and not second and flag & (bam.SECONDARY | bam.SUPPLEMENTARY) == 0
            continue
        if single:
            if flag & bam.READ2:
                continue  # the empty mate that the aligner was given
            flag &= ~(bam.PAIRED | bam.PROPER | bam.MATE_UNMAPPED | bam.MATE_REVERSE)
            flag &= ~(bam.READ1 | bam.READ2)
        if n > group_start and not _same_read(data, pieces[n - 1, SOURCE], record):
            group_start = n
        size = bam.get_i32(data, record) + 4
        if flag & bam.UNMAPPED:
            if single or flag & bam.MATE_UNMAPPED:
                unaligned += 1
                continue
            pieces[n, SOURCE] = record
            at = bam.get_i32(data, record + bam.O_POS)
            pieces[n, POS] = to_reference(at % circle.length, circle)
            pieces[n, FLAG] = flag
            pieces[n, SPAN] = 1
            pieces[n, OPS] = used
            n += 1
            pieces[n - 1, GROUP_END] = n
            room += size + 64 + group.shape[0]
            continue
        at = bam.get_i32(data, record + bam.O_POS)
        pos = at % circle.length
        n_source = _read_ops(data, record, aligner_ops)
        on_tract = pos - circle.length if pos >= circle.tract_start else pos
        n_new = realign(data, record, on_tract, codes, circle, aligner_ops[:n_source], new_ops)
        source = new_ops[:n_new] if n_new else aligner_ops[:n_source]
        bases = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
        _fold_cigar(source, bases, pos, circle, ops, used, ends)
        crosses = ends[1] > ends[0]
        name = np.int64(data[record + bam.O_NAME_LENGTH])
        tags = record + bam.O_NAME + name + 4 * n_source + ((bases + 1) >> 1) + bases
        quality: Int = np.int64(data[record + bam.O_MAPQ])
        doubled = at < extension or at >= circle.length or crosses
        if doubled and _alternatives(data, tags, record + size, contig) <= 1:
            quality = _UNIQUE
        for part in range(2 if crosses else 1):
            a = used if part == 0 else ends[0]
            b = ends[0] if part == 0 else ends[1]
            place = pos if part == 0 else ends[2]
            start = to_reference(place % circle.length, circle)
            measured = _measure(data, record, start, ops, a, b, codes)
            pieces[n, SOURCE] = record
            pieces[n, POS] = start
            pieces[n, FLAG] = flag if part == 0 else flag | bam.SUPPLEMENTARY
            pieces[n, MAPQ] = quality
            pieces[n, OPS] = a
            pieces[n, N_OPS] = b - a
            pieces[n, NM] = measured[0]
            pieces[n, SPAN] = measured[1]
            # A chimeric part is not counted, so it needs no pointers to its other half.
            if crosses and not flag & bam.SUPPLEMENTARY:
                pieces[n, AFTER] = ends[4] if part == 0 else 0
                pieces[n, BEFORE] = ends[3] if part == 1 else 0
            n += 1
            room += size + 64 + 4 * (b - a) + group.shape[0]
        used = ends[1]
        in_group = n - group_start
        for k in range(group_start, n):
            pieces[k, GROUP_END] = n
        if in_group > 1:
            first_op = pieces[group_start, OPS]
            room += in_group * (SA_TEXT * in_group + 11 * (used - first_op))
    out = np.empty(room, np.uint8)
    at = np.int64(0)
    first: Int = np.int64(0)
    for i in range(n):
        if i >= pieces[first, GROUP_END]:
            first = i
        at = write_piece(data, pieces, i, first, ops, circle, single, group, contig, out, at)
    return out[:at], unaligned, nuclear


@dataclass(frozen=True)
class Folded:
    """Raw records on the reference, mates next to each other.

    Attributes:
        unaligned: reads left out because neither they nor their mates aligned.
        nuclear: reads left out because they or their mates fit the decoy better.
        host: records of the other species on its own circle, where there are two.
        ambiguous: reads left out because they fit both.
    """

    records: Bytes
    unaligned: int
    nuclear: int
    host: Bytes | None = None
    ambiguous: int = 0


def fold_records(
    records: bytes,
    reference: Reference,
    extension: int,
    group: Bytes,
    *,
    single: bool = False,
) -> Folded:
    """Records aligned to the extended circle as records on the reference.

    Args:
        records: raw BAM records, the records of a read next to each other.
        extension: bases by which the circle was extended.
        group: the tag of the read group.
        single: true if every second read is an empty stand-in for a mate.
    """
    data, offsets = bam.whole_records(np.frombuffer(bytearray(records), np.uint8))
    contig = np.frombuffer(bytearray(reference.facts.contig.encode()), np.uint8)
    folded, unaligned, nuclear = _fold(
        data, offsets, reference.codes, Circle.of(reference), extension, single, group, contig
    )
    return Folded(folded, int(unaligned), int(nuclear))
