"""One fragment from the copies of a molecule: at each base the one with most quality."""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit, njit_views
from mitotransfer.genome.reference import Reference
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.record_writer import put_i32

# Errors of the first cycle of PCR are in all copies: no consensus is better than this (fgbio's
# default for errors before the UMI was added, too).
_BEST = 45
_MATES = bam.READ1 | bam.READ2


@njit_views
def _counts(data: Bytes, record: Int) -> bool:
    """Whether a record is aligned and the read's own, or its other half across the origin."""
    flag = bam.get_u16(data, record + bam.O_FLAG)
    if flag & (bam.UNMAPPED | bam.SECONDARY):
        return False
    if flag & bam.SUPPLEMENTARY == 0:
        return True
    name = np.int64(data[record + bam.O_NAME_LENGTH])
    n_ops = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
    length = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
    tags = record + bam.O_NAME + name + 4 * n_ops + ((length + 1) >> 1) + length
    end = record + 4 + bam.get_i32(data, record)
    return bam.find_tag(data, tags, end, bam.YB) >= 0


@njit_views
def _walk(
    data: Bytes, record: Int, first: Int, last: Int, votes: Ints, codes: Bytes, settle: bool
) -> Int:
    """Go over the aligned bases of a record at the positions [first, last) of the reference.

    Args:
        votes: sums of qualities by position (from ``first`` on) and base; added to, or, with
            ``settle``, turned into the record's bases and qualities.

    Returns:
        How many more bases differ from the reference than before.
    """
    name = np.int64(data[record + bam.O_NAME_LENGTH])
    n_ops = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
    length = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
    cigar = record + bam.O_NAME + name
    sequence = cigar + 4 * n_ops
    qualities = sequence + ((length + 1) >> 1)
    at = bam.get_i32(data, record + bam.O_POS)
    query = np.int64(0)
    more = np.int64(0)
    for i in range(n_ops):
        op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        kind, size = op & 15, op >> 4
        if kind == bam.INSERTION or kind == bam.SOFT_CLIP:
            query += size
        elif kind == bam.DELETION or kind == bam.SKIP:
            at += size
        elif kind != bam.HARD_CLIP:
            for j in range(max(0, first - at), min(size, last - at)):
                code = np.int64(bam.NIBBLE_CODES[bam.get_base(data, sequence, query + j)])
                vote = votes[at + j - first]
                if not settle:
                    if code < 4:
                        vote[code] += np.int64(data[qualities + query + j])
                    continue
                best = np.int64(0)
                total = vote[0]
                for base in range(1, 4):
                    total += vote[base]
                    if vote[base] > vote[best]:
                        best = np.int64(base)
                if total == 0:
                    continue
                own = codes[at + j]
                more += np.int64(best != own) - np.int64(code != own)
                place = sequence + ((query + j) >> 1)
                shift = np.uint8(0 if (query + j) & 1 else 4)
                kept = data[place] & np.uint8(15 << (4 - shift))
                data[place] = kept | np.uint8((1 << best) << shift)
                lead = max(2 * vote[best] - total, 0)
                data[qualities + query + j] = np.uint8(min(lead, _BEST))
            query += size
            at += size
    return more


@njit_views
def _vote(
    data: Bytes, begin: Int, end: Int, mate: Int, first: Int, last: Int, votes: Ints, codes: Bytes
) -> None:
    """Add the bases of one fragment's reads of a mate at the positions [first, last)."""
    at = begin
    while at < end:
        if _counts(data, at) and bam.get_u16(data, at + bam.O_FLAG) & _MATES == mate:
            _walk(data, at, first, last, votes, codes, False)
        at += 4 + bam.get_i32(data, at)


@njit
def _reads(data: Bytes, begin: Int, end: Int) -> Int:
    """Primary records of a fragment."""
    found = np.int64(0)
    at = begin
    while at < end:
        flag = bam.get_u16(data, at + bam.O_FLAG)
        found += flag & (bam.SECONDARY | bam.SUPPLEMENTARY) == 0
        at += 4 + bam.get_i32(data, at)
    return found


@njit
def _join_copies(
    data: Bytes, starts: Ints, order: Ints, kinds: Ints, codes: Bytes, out: Bytes
) -> tuple[Int, Int]:
    """Write a fragment for each family to ``out``; returns its end and the reads left out."""
    votes = np.zeros((codes.shape[0], 4), np.int64)
    n = order.shape[0]
    target = np.int64(0)
    copies = np.int64(0)
    begin = np.int64(0)
    while begin < n:
        family = kinds[0, order[begin]]
        end = begin
        chosen, most = begin, np.int64(0)
        run = begin
        while end < n and kinds[0, order[end]] == family:
            if kinds[1, order[end]] != kinds[1, order[run]]:
                run = end
            if end - run + 1 > most:
                chosen, most = run, end - run + 1
            end += 1
        k = order[chosen]
        size = starts[k + 1] - starts[k]
        for i in range(size):
            out[target + i] = data[starts[k] + i]
        record = target
        while end - begin > 1 and record < target + size:
            if _counts(out, record):
                mate = bam.get_u16(out, record + bam.O_FLAG) & _MATES
                first = bam.get_i32(out, record + bam.O_POS)
                last = first + bam.reference_span(out, record)
                votes[: last - first] = 0
                for m in range(begin, end):
                    other = order[m]
                    _vote(data, starts[other], starts[other + 1], mate, first, last, votes, codes)
                more = _walk(out, record, first, last, votes, codes, True)
                _add_edits(out, record, more)
            record += 4 + bam.get_i32(out, record)
        for m in range(begin, end):
            if m != chosen:
                copies += _reads(data, starts[order[m]], starts[order[m] + 1])
        target += size
        begin = end
    return target, copies


@njit
def _add_edits(data: Bytes, record: Int, more: Int) -> None:
    """Change the edit distance (tag NM) of a record by ``more``."""
    name = np.int64(data[record + bam.O_NAME_LENGTH])
    n_ops = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
    length = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
    tags = record + bam.O_NAME + name + 4 * n_ops + ((length + 1) >> 1) + length
    at = bam.find_tag(data, tags, record + 4 + bam.get_i32(data, record), bam.NM)
    if at >= 0:
        put_i32(data, at + 1, bam.get_int_tag(data, at) + more)


def join_copies(
    data: Bytes, starts: Ints, order: Ints, kinds: Ints, reference: Reference
) -> tuple[Bytes, int]:
    """Records of one fragment for each family, and the number of reads left out as copies.

    Args:
        data: records of fragments.
        starts: where those of each fragment start in ``data``, and where the last ones end.
        order: numbers of the fragments, sorted by family, indels and falling length.
        kinds: family, and hash of the indels, of each fragment; shape (2, n).
    """
    out = np.empty(len(data), np.uint8)
    end, copies = _join_copies(data, starts, order, kinds, reference.codes, out)
    return out[:end], int(copies)
