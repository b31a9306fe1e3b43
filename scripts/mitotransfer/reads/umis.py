"""What tells the molecule of a fragment: its ends and its UMI; and UMIs that differ by an error."""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit, njit_views
from mitotransfer.genome.circle import Circle
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import Records
from mitotransfer.reads.duplicates import outer_end

# Columns of a fragment's description: its ends as one number, its UMI as one number, a hash of its
# indels, its aligned bases, and where its records start and their bytes.
PLACE, UMI, SIGNATURE, LENGTH, START, SIZE = range(6)
_COLUMNS = 6

_LONGEST = 31  # bases of a UMI that fit a number; longer ones are hashed, and not joined
_END_BITS = 20
_CROWDED = 0.05  # neighbours of a UMI by chance above which none are joined
_MATES = bam.READ1 | bam.READ2
_NOT_PRIMARY = bam.SECONDARY | bam.SUPPLEMENTARY


@njit_views
def _letter(byte: Int) -> Int:
    """A UMI's letter: 0 to 3 for a base (N as A), 4 between parts, -1 for anything else."""
    if byte == 65 or byte == 78:
        return np.int64(0)
    if byte == 67:
        return np.int64(1)
    if byte == 71:
        return np.int64(2)
    if byte == 84:
        return np.int64(3)
    return np.int64(4) if byte == 43 or byte == 45 or byte == 95 else np.int64(-1)


@njit_views
def _is_word(byte: Int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122


@njit_views
def _umi(data: Bytes, start: Int, end: Int, in_name: bool) -> Int:
    """The UMI at the end of the name data[start:end] as a number; 0 without one.

    Args:
        in_name: the UMI are the last letters A, C, G, T, N and what joins their parts; otherwise
            all that follows the last colon.
    """
    at = end
    if in_name:
        while at > start and _letter(np.int64(data[at - 1])) >= 0:
            at -= 1
        bases = np.int64(0)
        for i in range(at, end):
            bases += _letter(np.int64(data[i])) < 4
        joined = at < end and _letter(np.int64(data[at])) == 4
        if bases == 0 or (at > start and not joined and _is_word(np.int64(data[at - 1]))):
            return np.int64(0)
    else:
        while at > start and data[at - 1] != 58:
            at -= 1
        if at in (start, end):
            return np.int64(0)
    code = np.int64(1)
    size = np.int64(0)
    plain = True
    value = np.uint64(14695981039346656037)  # FNV-1a
    for i in range(at, end):
        letter = _letter(np.int64(data[i]))
        value = (value ^ np.uint64(data[i])) * np.uint64(1099511628211)
        if letter < 0:
            plain = False
        elif letter < 4:
            size += 1
            code = (code << 2) | letter if size <= _LONGEST else code
    if plain and 0 < size <= _LONGEST:
        return code
    return -np.int64(value >> np.uint64(2)) - 1


@njit_views
def _add_indels(data: Bytes, record: Int, mate: Int, value: np.uint64) -> np.uint64:
    """Add the indels of a record to a hash."""
    at = bam.get_i32(data, record + bam.O_POS)
    cigar = record + bam.O_NAME + np.int64(data[record + bam.O_NAME_LENGTH])
    for i in range(bam.get_u16(data, record + bam.O_CIGAR_LENGTH)):
        op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        kind = op & 15
        if kind == bam.INSERTION or kind == bam.DELETION:
            word = (np.uint64(at) << np.uint64(34)) ^ np.uint64(op) ^ np.uint64(mate << 56)
            value = (value ^ word) * np.uint64(1099511628211)
        if kind != bam.INSERTION and kind != bam.SOFT_CLIP and kind != bam.HARD_CLIP:
            at += op >> 4
    return value


@njit_views
def _end(data: Bytes, record: Int, circle: Circle) -> Int:
    """Outer end of a read and its strand as one number; 0 for one that is not aligned."""
    flag = bam.get_u16(data, record + bam.O_FLAG)
    if flag & bam.UNMAPPED:
        return np.int64(0)
    return 2 * (outer_end(data, record, circle) + 1) + (flag & bam.REVERSE != 0)


@njit
def _describe(
    data: Bytes, offsets: Ints, circle: Circle, in_name: bool, found: Ints
) -> tuple[Int, Int]:
    """Describe fragments in ``found``; returns their number and a record without a UMI, or -1."""
    count = offsets.shape[0]
    n = np.int64(0)
    begin = np.int64(0)
    while begin < count:
        first = offsets[begin]
        one = np.int64(0)
        two = np.int64(0)
        seen = np.int64(0)
        aligned = np.int64(0)
        value = np.uint64(14695981039346656037)
        end = begin
        while end < count and (end == begin or bam.same_name(data, first, offsets[end])):
            record = offsets[end]
            flag = bam.get_u16(data, record + bam.O_FLAG)
            mate = 2 if flag & _MATES == bam.READ2 else 1
            if flag & _NOT_PRIMARY == 0:
                if seen & mate:
                    break  # another read of the same name
                seen |= mate
                if mate == 2:
                    two = _end(data, record, circle)
                else:
                    one = _end(data, record, circle)
            if flag & bam.UNMAPPED == 0:
                aligned += bam.reference_span(data, record)
                value = _add_indels(data, record, mate, value)
            end += 1
        name = first + bam.O_NAME
        umi = _umi(data, name, name + np.int64(data[first + bam.O_NAME_LENGTH]) - 1, in_name)
        if umi == 0:
            return n, begin
        row = found[n]
        row[PLACE] = (one << _END_BITS) | two
        row[UMI] = umi
        row[SIGNATURE] = np.int64(value >> np.uint64(1))
        row[LENGTH] = aligned
        row[START] = first
        last = offsets[end - 1]
        row[SIZE] = last + 4 + bam.get_i32(data, last) - first
        n += 1
        begin = end
    return n, np.int64(-1)


def describe(records: Records, circle: Circle, in_name: bool) -> tuple[Ints, int]:
    """A row for each fragment of the records, and a record without a UMI (-1: none).

    Args:
        records: of whole fragments, mates next to each other.
        in_name: the UMI is at the end of the read's name; otherwise behind its last colon.
    """
    found = np.empty((len(records.offsets), _COLUMNS), np.int64)
    n, bad = _describe(records.data, records.offsets, circle, in_name, found)
    return found[:n].copy(), int(bad)


@njit
def _gather(data: Bytes, starts: Ints, sizes: Ints, order: Ints, out: Bytes) -> None:
    at = np.int64(0)
    for k in order:
        for i in range(sizes[k]):
            out[at + i] = data[starts[k] + i]
        at += sizes[k]


def gather(data: Bytes, starts: Ints, sizes: Ints, order: Ints) -> Bytes:
    """Stretches of bytes in another order."""
    out = np.empty(int(sizes.sum()), np.uint8)
    _gather(data, starts, sizes, order, out)
    return out


@njit
def _size(umi: Int) -> Int:
    """Number of bases of a UMI that is no hash."""
    size = np.int64(0)
    while umi > 1:
        umi >>= 2
        size += 1
    return size


@njit
def _join_group(umis: Ints, counts: Ints, first: Int, into: Ints, stack: Ints) -> None:
    """Join the near UMIs, in ascending order, of fragments with the same ends."""
    n = umis.shape[0]
    ranks = np.argsort(-counts, kind="mergesort")
    for rank in range(n):
        root = ranks[rank]
        if into[root] >= 0:
            continue
        into[root] = first + root
        stack[0] = root
        used = 1
        while used:
            used -= 1
            at = stack[used]
            if umis[at] <= 0:
                continue
            for base in range(_size(umis[at])):
                for change in range(1, 4):
                    near = umis[at] ^ (change << (2 * base))
                    k = np.searchsorted(umis, near)
                    free = k < n and umis[k] == near and into[k] < 0
                    if free and counts[at] >= 2 * counts[k] - 1:
                        into[k] = first + root
                        stack[used] = k
                        used += 1


@njit
def _join(places: Ints, umis: Ints, counts: Ints, into: Ints) -> None:
    n = places.shape[0]
    stack = np.empty(n + 1, np.int64)
    begin = 0
    while begin < n:
        end = begin
        plain = 0
        size = np.int64(0)
        while end < n and places[end] == places[begin]:
            if umis[end] > 0:
                plain += 1
                size = max(size, _size(umis[end]))
            end += 1
        crowded = (plain - 1) * 3.0 * size > _CROWDED * 4.0**size
        if end - begin == 1 or crowded:
            for k in range(begin, end):
                into[k] = k
        else:
            _join_group(umis[begin:end], counts[begin:end], begin, into[begin:end], stack)
        begin = end


def join_near(places: Ints, umis: Ints, counts: Ints) -> Ints:
    """For each UMI of a place the row of the UMI that it is joined to, its own for most.

    Args:
        places, umis: sorted by place, then UMI; no two rows are equal.
        counts: fragments with them.
    """
    into = np.full(len(places), -1, np.int64)
    _join(places, umis, counts, into)
    return into
