"""Reads that leave the circle's order: where the clipped end of a read fits.

The aligner gives one part of a read that is split at a junction, and clips the other. The clipped
bases are looked up on the circle by the k-mers in them. Of the places at which the read can change
from one part's line to the other's, the one with the fewest mismatches is taken, of equals the
leftmost, so that all reads of a junction within a repeat agree. A clip that is too short for a
place of its own is kept: it counts where another read shows its junction
(``counts.junction_finder``).

All clipped bases are in the primary record, so that chimeric records are not needed and the order
of the records does not matter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.junctions import MIN_SIZE
from mitotransfer.counts.mates import hash_name
from mitotransfer.counts.records import Limits, Record, is_primary
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import NIBBLE_CODES

K = 16
_SEEDS = 64  # bases of a clip, from the break on, that are looked up
_REACH = 60  # most bases by which the aligner can have gone beyond the break, by chance or repeat
_PENALTY, _DROP = 3, 9  # for a mismatch, and at most, when the clipped bases are followed
#: Fewest clipped bases that are kept.
MIN_CLIP = 6
#: Most clipped bases of a short clip that are kept, two bits each.
WORD = 31
_MISMATCHES = 9  # that a read may have: three to a column

# Columns of a row: hash of the read's name, whether it is mate 2, its strand, what it is; then the
# ends of the junction on the circle; its bases before and after them; the clipped bases of one
# without a place; and its mismatches, place * 4 + base + 1, three in each column. ``Kind`` AFTER
# and BEFORE: a clip after, or before, the aligned part, whose last or first base is START.
KEY, MATE, STRAND, KIND, START, END, LEFT, RIGHT, CLIP, MISMATCHES = range(10)
COLUMNS = 12
PLACED, AFTER, BEFORE = range(3)


class Kmers(NamedTuple):
    """Places of the k-mers of the circle.

    Attributes:
        codes: bases of the circle.
        keys: k-mers that it has once, sorted.
        places: of their first bases.
    """

    codes: Bytes
    keys: Ints
    places: Ints


class Splits(NamedTuple):
    """Reads that are split.

    Attributes:
        kmers: of the circle.
        rows: room for reads; ``used[0]`` of them are filled.
    """

    kmers: Kmers
    rows: Ints
    used: Ints


def kmers_of(codes: Bytes) -> Kmers:
    """The k-mers of the circle on its forward strand, to which all aligned reads are turned."""
    keys = np.zeros(len(codes), np.int64)
    for i in range(K):
        keys = keys << 2 | np.roll(codes, -i).astype(np.int64)
    found, places, times = np.unique(keys, return_index=True, return_counts=True)
    once = times == 1
    return Kmers(codes, found[once], places[once].astype(np.int64))


def new_splits(codes: Bytes, size: int) -> Splits:
    """Room for ``size`` reads."""
    return Splits(kmers_of(codes), np.zeros((size, COLUMNS), np.int64), np.zeros(1, np.int64))


@njit_views
def _place_of(key: Int, kmers: Kmers) -> Int:
    """Place of a k-mer; -1 if the circle does not have it exactly once."""
    low, high = np.int64(0), np.int64(kmers.keys.shape[0])
    while low < high:
        middle = (low + high) >> 1
        if kmers.keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    if low < kmers.keys.shape[0] and kmers.keys[low] == key:
        return np.int64(kmers.places[low])
    return np.int64(-1)


@njit_views
def _code(record: Record, query: Int) -> Int:
    sequence = record.at + bam.O_NAME + record.name_length + 4 * record.n_ops
    return np.int64(NIBBLE_CODES[bam.get_base(record.data, sequence, query)])


@njit_views
def _fits(record: Record, query: Int, line: Int, codes: Bytes) -> bool:
    """Whether a base of the read is that of the circle on a line (place minus query)."""
    return _code(record, query) == codes[(query + line) % codes.shape[0]]


@njit_views
def _find_line(record: Record, begin: Int, end: Int, kmers: Kmers, back: bool) -> tuple[Int, Int]:
    """First k-mer of read[begin:end] with a place: where it starts in the read, and its line.

    Args:
        back: look from the end on backwards.

    Returns:
        -1 and 0 where none has a place.
    """
    mask = (np.int64(1) << 2 * K) - 1
    key = np.int64(0)
    known = np.int64(0)
    for i in range(min(end - begin, _SEEDS)):
        query = end - 1 - i if back else begin + i
        code = _code(record, query)
        if code > 3:
            known = np.int64(0)
            continue
        known += 1
        key = (key >> 2 | code << 2 * (K - 1)) if back else ((key << 2 | code) & mask)
        if known >= K:
            place = _place_of(key, kmers)
            if place >= 0:
                first = query if back else query - K + 1
                return first, place - first
    return np.int64(-1), np.int64(0)


@njit_views
def _follow(record: Record, query: Int, step: Int, end: Int, line: Int, codes: Bytes) -> Int:
    """Go from a base on along a line while it fits; returns the base after the last that fits.

    Args:
        step: 1 or -1.
        end: where the bases that may be gone through end.
    """
    best, score, most = query, np.int64(0), np.int64(0)
    while query != end and score > most - _DROP:
        score += 1 if _fits(record, query, line, codes) else -_PENALTY
        query += step
        if score > most:
            most, best = score, query
    return best


@njit_views
def _change(record: Record, begin: Int, end: Int, left: Int, right: Int, codes: Bytes) -> Int:
    """First base on the right line, of read[begin:end + 1]: the fewest mismatches, the leftmost."""
    wrong = np.int64(0)
    for query in range(begin, end):
        wrong += not _fits(record, query, right, codes)
    best, fewest = begin, wrong
    for query in range(begin, end):
        wrong += not _fits(record, query, left, codes)
        wrong -= not _fits(record, query, right, codes)
        if wrong < fewest:
            best, fewest = query + 1, wrong
    return best


@njit_views
def _note_mismatch(row: Ints, found: Int, record: Record, query: Int, place: Int) -> Int:
    if found < _MISMATCHES:
        value = place << 3 | _code(record, query) + 1
        row[MISMATCHES + found // 3] |= value << 18 * (found % 3)
    return found + 1


@njit_views
def _aligned_mismatches(
    record: Record, begin: Int, end: Int, found: Int, codes: Bytes, gap: Int, row: Ints
) -> Int:
    """Add the mismatches of the aligned bases in read[begin:end]; returns their new number."""
    cigar = record.at + bam.O_NAME + record.name_length
    at, query = record.start, np.int64(0)
    for i in range(record.n_ops):
        op = bam.get_i32(record.data, cigar + 4 * i) & 0xFFFFFFFF
        kind, size = op & 15, op >> 4
        if kind == bam.MATCH or kind == bam.EQUAL or kind == bam.MISMATCH:
            for k in range(max(begin - query, 0), min(end - query, size)):
                if not _fits(record, query + k, at - query, codes):
                    place = (at + k) % codes.shape[0]
                    found = _note_mismatch(row, found, record, query + k, place)
            at += size
            query += size
        elif kind == bam.DELETION or kind == bam.SKIP:
            at += size - (1 if at <= gap < at + size else 0)
        elif kind != bam.HARD_CLIP:
            query += size
    return found


@njit_views
def _line_mismatches(
    record: Record, begin: Int, end: Int, line: Int, found: Int, codes: Bytes, row: Ints
) -> Int:
    for query in range(begin, end):
        if not _fits(record, query, line, codes):
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
def _allowed(bases: Int, limits: Limits) -> Int:
    return max(np.int64(limits.max_mismatches_per_100 * bases / 100), np.int64(3))


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
    moved = np.int64(0)
    while moved < circle and codes[(start - moved) % circle] == codes[(end - 1 - moved) % circle]:
        moved += 1
    row = splits.rows[splits.used[0]]
    _describe(record, np.int64(PLACED), row)
    row[START], row[END] = (start - moved) % circle, (end - moved) % circle
    before = record.before if parts[0] == record.first else np.int64(0)
    after = record.after if parts[1] == record.last else np.int64(0)
    row[LEFT] = change - moved - parts[0] + before
    row[RIGHT] = parts[1] - change + moved + after
    found = np.int64(0)
    gap = limits.circle.gap
    if parts[0] < record.first:
        found = _line_mismatches(record, parts[0], change, left, found, codes, row)
    else:
        found = _aligned_mismatches(record, parts[0], change, found, codes, gap, row)
    if parts[1] > record.last:
        found = _line_mismatches(record, change, parts[1], right, found, codes, row)
    else:
        found = _aligned_mismatches(record, change, parts[1], found, codes, gap, row)
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
        code = _code(record, begin + k if after else end - 1 - k)
        if code > 3:
            return
        word |= code << 2 * k
    row[CLIP] = word
    aligned = record.last - record.first + record.before + record.after
    row[START] = record.stop - 1 if after else record.start
    row[LEFT] = aligned if after else end - begin
    row[RIGHT] = end - begin if after else aligned
    found = _aligned_mismatches(
        record, record.first, record.last, np.int64(0), splits.kmers.codes, limits.circle.gap, row
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
    seed, right = _find_line(record, record.last, length, kmers, False)
    if seed < 0:
        _note_clip(record, record.last, length, limits, splits)
        return
    if not _far(left, right, codes.shape[0]):
        return
    end = _follow(record, seed + K, np.int64(1), length, right, codes)
    begin = max(record.last - _REACH, record.first)
    change = _change(record, begin, seed, left, right, codes)
    if begin < change:
        parts = record.first, end
        _note_junction(record, (left, right), change, parts, limits, splits)


@njit_views
def _clip_before(record: Record, limits: Limits, splits: Splits) -> None:
    kmers = splits.kmers
    codes = kmers.codes
    right = record.start - record.first
    seed, left = _find_line(record, np.int64(0), record.first, kmers, True)
    if seed < 0:
        _note_clip(record, np.int64(0), record.first, limits, splits)
        return
    if not _far(left, right, codes.shape[0]):
        return
    begin = _follow(record, seed - 1, np.int64(-1), np.int64(-1), left, codes) + 1
    end = min(record.first + _REACH, record.last)
    change = _change(record, seed + K, end, left, right, codes)
    if change < end:
        parts = begin, record.last
        _note_junction(record, (left, right), change, parts, limits, splits)


@njit_views
def _deletions(record: Record, limits: Limits, splits: Splits) -> None:
    """Note the long deletions inside the aligned part of a read."""
    cigar = record.at + bam.O_NAME + record.name_length
    gap, circle = limits.circle.gap, splits.kmers.codes.shape[0]
    at, query = record.start, np.int64(0)
    for i in range(record.n_ops):
        op = bam.get_i32(record.data, cigar + 4 * i) & 0xFFFFFFFF
        kind, size = op & 15, op >> 4
        if kind == bam.DELETION:
            real = size - (1 if at <= gap < at + size else 0)
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
def note_splits(record: Record, limits: Limits, splits: Splits) -> None:
    """Note where a read is split, if the filters that do not ask for clips let it pass."""
    flag = record.flag
    left = np.int64(0) if record.before > 0 else record.first
    right = np.int64(0) if record.after > 0 else record.length - record.last
    inside = record.stop - record.start - (record.last - record.first)
    if left < MIN_CLIP and right < MIN_CLIP and (inside < MIN_SIZE or record.n_ops < 3):
        return
    contig = bam.get_i32(record.data, record.at + bam.O_REF)
    if flag & (bam.UNMAPPED | bam.SECONDARY | bam.QC_FAIL) or contig != 0:
        return
    if not is_primary(flag) and record.before == 0:
        return
    if flag & bam.DUPLICATE and limits.skip_duplicates:
        return
    if np.int64(record.data[record.at + bam.O_MAPQ]) < limits.min_mapping_quality:
        return
    if left >= MIN_CLIP:
        _clip_before(record, limits, splits)
    if right >= MIN_CLIP:
        _clip_after(record, limits, splits)
    if inside >= MIN_SIZE:
        _deletions(record, limits, splits)
