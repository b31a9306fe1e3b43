"""Reads that leave the circle's order: where the clipped end of a read fits.

The aligner gives one part of a read that is split at a junction, and clips the other. The clipped
bases are looked up on the circle (``counts.clip_places``). All reads of a junction within a repeat
are given its leftmost place. A clip that is too short for a place of its own is kept: it counts
where another read shows its junction (``counts.junction_finder``).

All clipped bases are in the primary record, so that chimeric records are not needed and the order
of the records does not matter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.clip_places import (
    K,
    Kmers,
    change,
    code_of,
    find_line,
    fits,
    follow,
    kmers_of,
    to_leftmost,
)
from mitotransfer.counts.junctions import MIN_SIZE
from mitotransfer.counts.mates import hash_name
from mitotransfer.counts.records import Limits, Record, is_primary
from mitotransfer.genome.circle import Circle, deleted_bases
from mitotransfer.reads import bam_records as bam

_REACH = 60  # most bases by which the aligner can have gone beyond the break, by chance or repeat
#: Fewest clipped bases that are kept.
MIN_CLIP = 6
#: Most clipped bases of a short clip that are kept, two bits each.
WORD = 31
_MISMATCHES = 9  # that a read may have: three to a column

# Columns of a row: hash of the read's name, whether it is mate 2, its strand, what it is; then the
# ends of the junction on the circle; its bases before and after them; the clipped bases of one
# without a place; and its mismatches, place * 8 + base + 1, three in each column. KIND is AFTER or
# BEFORE for a clip after, or before, the aligned part, whose last or first base is START.
KEY, MATE, STRAND, KIND, START, END, LEFT, RIGHT, CLIP, MISMATCHES = range(10)
COLUMNS = 12
PLACED, AFTER, BEFORE = range(3)


class Splits(NamedTuple):
    """Reads that are split.

    Attributes:
        kmers: of the circle.
        rows: room for reads; ``used[0]`` of them are filled.
    """

    kmers: Kmers
    rows: Ints
    used: Ints


def new_splits(codes: Bytes, size: int) -> Splits:
    """Room for ``size`` reads."""
    return Splits(kmers_of(codes), np.zeros((size, COLUMNS), np.int64), np.zeros(1, np.int64))


@njit_views
def _note_mismatch(row: Ints, found: Int, record: Record, query: Int, place: Int) -> Int:
    if found < _MISMATCHES:
        value = place << 3 | code_of(record, query) + 1
        row[MISMATCHES + found // 3] |= value << 18 * (found % 3)
    return found + 1


@njit_views
def _aligned_mismatches(
    record: Record, begin: Int, end: Int, found: Int, codes: Bytes, circle: Circle, row: Ints
) -> Int:
    """Add the mismatches of the aligned bases in read[begin:end]; returns their new number."""
    cigar = record.at + bam.O_NAME + record.name_length
    at, query = record.start, np.int64(0)
    for i in range(record.n_ops):
        op = bam.get_i32(record.data, cigar + 4 * i) & 0xFFFFFFFF
        kind, size = op & 15, op >> 4
        if kind == bam.MATCH or kind == bam.EQUAL or kind == bam.MISMATCH:
            for k in range(max(begin - query, 0), min(end - query, size)):
                if not fits(record, query + k, at - query, codes):
                    place = (at + k) % codes.shape[0]
                    found = _note_mismatch(row, found, record, query + k, place)
            at += size
            query += size
        elif kind == bam.DELETION or kind == bam.SKIP:
            at += deleted_bases(at, size, circle)
        elif kind != bam.HARD_CLIP:
            query += size
    return found


@njit_views
def _line_mismatches(
    record: Record, begin: Int, end: Int, line: Int, found: Int, codes: Bytes, row: Ints
) -> Int:
    for query in range(begin, end):
        if not fits(record, query, line, codes):
            place = (query + line) % codes.shape[0]
            found = _note_mismatch(row, found, record, query, place)
    return found


@njit_views
def _describe(record: Record, kind: Int, row: Ints) -> None:
    for column in range(COLUMNS):
        row[column] = 0
    row[KEY] = np.int64(
        hash_name(record.data, record.at + bam.O_NAME, record.name_length - 1) >> np.uint64(1)
    )
    row[MATE] = 1 if record.flag & bam.READ2 else 0
    row[STRAND] = 1 if record.flag & bam.REVERSE else 0
    row[KIND] = kind


@njit_views
def _note_junction(
    record: Record, lines: tuple[Int, Int], change: Int, parts: tuple[Int, Int], limits: Limits,
    splits: Splits,
) -> None:  # fmt: skip
    """Note a read that goes over from one line to another at a base.

    Args:
        parts: the bases of the read that fit: [begin, end).
    """
    codes = splits.kmers.codes
    circle = codes.shape[0]
    left, right = lines
    start, end = (change - 1 + left) % circle, (change + right) % circle
    moved = to_leftmost(start, end, codes)
    row = splits.rows[splits.used[0]]
    _describe(record, np.int64(PLACED), row)
    row[START], row[END] = (start - moved) % circle, (end - moved) % circle
    before = record.before if parts[0] == record.first else np.int64(0)
    after = record.after if parts[1] == record.last else np.int64(0)
    row[LEFT] = change - moved - parts[0] + before
    row[RIGHT] = parts[1] - change + moved + after
    found = np.int64(0)
    if parts[0] < record.first:
        found = _line_mismatches(record, parts[0], change, left, found, codes, row)
    else:
        found = _aligned_mismatches(record, parts[0], change, found, codes, limits.circle, row)
    if parts[1] > record.last:
        found = _line_mismatches(record, change, parts[1], right, found, codes, row)
    else:
        found = _aligned_mismatches(record, change, parts[1], found, codes, limits.circle, row)
    if found <= _MISMATCHES:
        splits.used[0] += 1


@njit_views
def _note_clip(record: Record, begin: Int, end: Int, limits: Limits, splits: Splits) -> None:
    """Note a clip read[begin:end] without a place of its own."""
    after = begin > 0 and begin == record.last
    row = splits.rows[splits.used[0]]
    _describe(record, np.int64(AFTER if after else BEFORE), row)
    word = np.int64(0)
    for k in range(min(end - begin, WORD)):
        code = code_of(record, begin + k if after else end - 1 - k)
        if code > 3:
            return
        word |= code << 2 * k
    row[CLIP] = word
    aligned = record.last - record.first + record.before + record.after
    row[START] = record.stop - 1 if after else record.start
    row[LEFT] = aligned if after else end - begin
    row[RIGHT] = end - begin if after else aligned
    found = _aligned_mismatches(
        record, record.first, record.last, np.int64(0), splits.kmers.codes, limits.circle, row
    )
    if found <= _MISMATCHES:
        splits.used[0] += 1


@njit_views
def _far(left: Int, right: Int, circle: Int) -> bool:
    """Whether two lines are as far apart, either way round, as those of a junction."""
    return MIN_SIZE <= (right - left) % circle <= circle - MIN_SIZE


@njit_views
def _clip_after(record: Record, limits: Limits, splits: Splits) -> None:
    kmers = splits.kmers
    codes, length = kmers.codes, record.length
    left = record.stop - record.last
    seed, right = find_line(record, record.last, length, kmers, False)
    if seed < 0:
        _note_clip(record, record.last, length, limits, splits)
        return
    if not _far(left, right, codes.shape[0]):
        return
    end = follow(record, seed + K, np.int64(1), length, right, codes)
    begin = max(record.last - _REACH, record.first)
    at = change(record, begin, seed, left, right, codes)
    # A repeat at the origin can reach into the other half of the read.
    if begin < at or (begin == record.first and record.before > 0):
        parts = record.first, end
        _note_junction(record, (left, right), at, parts, limits, splits)


@njit_views
def _clip_before(record: Record, limits: Limits, splits: Splits) -> None:
    kmers = splits.kmers
    codes = kmers.codes
    right = record.start - record.first
    seed, left = find_line(record, np.int64(0), record.first, kmers, True)
    if seed < 0:
        _note_clip(record, np.int64(0), record.first, limits, splits)
        return
    if not _far(left, right, codes.shape[0]):
        return
    begin = follow(record, seed - 1, np.int64(-1), np.int64(-1), left, codes) + 1
    end = min(record.first + _REACH, record.last)
    at = change(record, seed + K, end, left, right, codes)
    if at < end:
        parts = begin, record.last
        _note_junction(record, (left, right), at, parts, limits, splits)


@njit_views
def _deletions(record: Record, limits: Limits, splits: Splits) -> None:
    """Note the long deletions inside the aligned part of a read."""
    cigar = record.at + bam.O_NAME + record.name_length
    circle = splits.kmers.codes.shape[0]
    at, query = record.start, np.int64(0)
    for i in range(record.n_ops):
        op = bam.get_i32(record.data, cigar + 4 * i) & 0xFFFFFFFF
        kind, size = op & 15, op >> 4
        if kind == bam.DELETION:
            real = deleted_bases(at, size, limits.circle)
            left = at - query
            if MIN_SIZE <= real <= circle - MIN_SIZE:
                parts = record.first, record.last
                _note_junction(record, (left, left + real), query, parts, limits, splits)
            at += real
        elif kind == bam.SKIP:
            at += size
        elif kind == bam.INSERTION or kind == bam.SOFT_CLIP:
            query += size
        elif kind != bam.HARD_CLIP:
            at += size
            query += size


@njit_views
def room_for_splits(n_ops: Int, splits: Splits) -> bool:
    """Whether there is room for what a read with so many operations can show."""
    return splits.used[0] + n_ops + 2 <= splits.rows.shape[0]


@njit_views
def _clips(record: Record) -> tuple[Int, Int, Int]:
    """Bases clipped at either end of a read, and bases of the circle missing between its ends."""
    left = np.int64(0) if record.before > 0 else record.first
    right = np.int64(0) if record.after > 0 else record.length - record.last
    return left, right, record.stop - record.start - (record.last - record.first)


@njit_views
def is_split(record: Record, limits: Limits) -> bool:
    """Whether a read can show a junction, and passes the filters that do not ask for clips."""
    flag = record.flag
    left, right, inside = _clips(record)
    if left < MIN_CLIP and right < MIN_CLIP and (inside < MIN_SIZE or record.n_ops < 3):
        return False
    contig = bam.get_i32(record.data, record.at + bam.O_REF)
    if flag & (bam.UNMAPPED | bam.SECONDARY | bam.QC_FAIL) or contig != 0:
        return False
    if not is_primary(flag) and record.before == 0:
        return False
    if flag & bam.DUPLICATE and limits.skip_duplicates:
        return False
    quality = np.int64(record.data[record.at + bam.O_MAPQ])
    return bool(quality >= limits.min_mapping_quality)


@njit_views
def note_splits(record: Record, limits: Limits, splits: Splits) -> None:
    """Note where a read is split."""
    if not is_split(record, limits):
        return
    left, right, inside = _clips(record)
    if left >= MIN_CLIP:
        _clip_before(record, limits, splits)
    if right >= MIN_CLIP:
        _clip_after(record, limits, splits)
    if inside >= MIN_SIZE:
        _deletions(record, limits, splits)
