"""Junctions of a long read, and the bonds that it runs across without a break.

minimap2 aligns the parts of a read beside a junction one by one, or as one record with a long
deletion. The parts of a read are put in the order in which it was sequenced. Where two that follow
each other are not neighbours on the circle, the read shows a junction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.clip_places import to_leftmost
from mitotransfer.counts.junctions import LONG_MARGIN, MIN_SIZE
from mitotransfer.counts.mates import hash_name
from mitotransfer.counts.records import Limits, parse
from mitotransfer.counts.split_reads import (
    COLUMNS,
    END,
    KEY,
    LEFT,
    RIGHT,
    START,
    STRAND,
    Splits,
)
from mitotransfer.genome.circle import deleted_bases
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import NIBBLE_CODES, Records, reference_span

_GAP = 30  # most bases of a read between two parts of it that a junction joins
_MOST_PARTS = 256
# Columns of a part: its bases in the order of sequencing, its places on the circle, its strand, and
# where its record starts.
_FROM, _TO, _PLACE, _STOP, _REVERSE, _RECORD = range(6)


class Parts(NamedTuple):
    """Room for the parts of one read.

    Attributes:
        table: int64, shape (parts, 6).
        cover: differences of the bonds that they run across, shape (circle + 1,).
    """

    table: Ints
    cover: Ints


def new_parts(circle: int) -> Parts:
    """Empty room."""
    return Parts(np.zeros((_MOST_PARTS, 6), np.int64), np.zeros(circle + 1, np.int64))


@njit_views
def _add_part(
    parts: Parts, count: Int, bases: tuple[Int, Int], places: tuple[Int, Int],
    source: tuple[Int, Int],
) -> Int:  # fmt: skip
    """Insert a part where it comes in the read; returns the new number of parts.

    Args:
        source: its strand, and where its record starts.
    """
    table = parts.table
    if bases[0] >= bases[1] or count >= table.shape[0]:
        return count
    k = count
    while k > 0 and table[k - 1, _FROM] > bases[0]:
        for column in range(table.shape[1]):
            table[k, column] = table[k - 1, column]
        k -= 1
    table[k, _FROM], table[k, _TO] = bases
    table[k, _PLACE], table[k, _STOP] = places
    table[k, _REVERSE], table[k, _RECORD] = source
    return count + 1


@njit_views
def _add_record(data: Bytes, at: Int, limits: Limits, parts: Parts, count: Int) -> Int:
    """Add the parts of a record, between its long deletions."""
    record = parse(data, at, reference_span(data, at), limits.circle, np.int64(0))
    reverse = np.int64(1) if record.flag & bam.REVERSE else np.int64(0)
    cigar = record.at + bam.O_NAME + record.name_length
    place, query = record.start, np.int64(0)
    begin, first = place, record.first
    for i in range(record.n_ops + 1):
        kind, size = np.int64(bam.DELETION), np.int64(MIN_SIZE)
        if i < record.n_ops:
            op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
            kind, size = op & 15, op >> 4
        if kind == bam.DELETION or kind == bam.SKIP:
            real = deleted_bases(place, size, limits.circle)
            if real >= MIN_SIZE or i == record.n_ops:
                end = min(query, record.last)
                bases = (record.length - end, record.length - first) if reverse else (first, end)
                count = _add_part(parts, count, bases, (begin, place), (reverse, at))
                begin, first = place + real, query
            place += real
        elif kind == bam.INSERTION or kind == bam.SOFT_CLIP:
            query += size
        elif kind != bam.HARD_CLIP:
            place += size
            query += size
    return count


@njit_views
def _follows(parts: Parts, one: Int, other: Int, circle: Int) -> bool:
    """Whether a part goes on across the origin as another one."""
    table = parts.table
    if table[one, _STOP] != circle or table[other, _PLACE] != 0:
        return False
    if table[one, _REVERSE] != table[other, _REVERSE]:
        return False
    if table[one, _REVERSE]:
        return table[other, _TO] == table[one, _FROM]
    return table[one, _TO] == table[other, _FROM]


@njit_views
def _span(parts: Parts, count: Int, strand: Int, spans: Ints) -> None:
    """Add the bonds that a read runs across, each once."""
    cover, circle = parts.cover, np.int64(parts.cover.shape[0] - 1)
    for i in range(circle + 1):
        cover[i] = 0
    for k in range(count):
        before, after = np.int64(0), np.int64(0)
        for other in range(count):
            size = parts.table[other, _TO] - parts.table[other, _FROM]
            before = size if _follows(parts, other, np.int64(k), circle) else before
            after = size if _follows(parts, np.int64(k), other, circle) else after
        start, stop = parts.table[k, _PLACE], parts.table[k, _STOP]
        first = max(start, start + LONG_MARGIN - 1 - before)
        last = min(stop - 1, stop - 1 - LONG_MARGIN + after)
        if 0 <= first <= last < circle:
            cover[first] += 1
            cover[last + 1] -= 1
    covered = np.int64(0)
    for i in range(circle):
        covered += cover[i]
        if covered > 0:
            spans[i, strand] += 1
            spans[i + 1, strand] -= 1


@njit_views
def _bases(parts: Parts, count: Int, k: Int, other: Int, circle: Int) -> Int:
    """Bases of part k, with those of another one if the read goes on there across the origin."""
    table = parts.table
    size = table[k, _TO] - table[k, _FROM]
    if 0 <= other < count and (
        _follows(parts, k, other, circle) or _follows(parts, other, k, circle)
    ):
        size += table[other, _TO] - table[other, _FROM]
    return size


@njit_views
def _change(data: Bytes, parts: Parts, left: Int, right: Int, shared: Int, codes: Bytes) -> Int:
    """Bases, of those that two parts share, before the junction: the fewest mismatches, the least.

    Both parts can reach beyond the junction, over a mismatch too, where bases happen to fit.
    """
    table, circle = parts.table, codes.shape[0]
    record = table[left, _RECORD]
    name = np.int64(data[record + bam.O_NAME_LENGTH])
    sequence = record + bam.O_NAME + name + 4 * bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
    end = table[left, _TO]
    if table[left, _REVERSE]:
        end = bam.get_i32(data, record + bam.O_SEQ_LENGTH) - table[left, _FROM]
    best, fewest, more = np.int64(0), np.int64(0), np.int64(0)
    for i in range(shared):
        code = NIBBLE_CODES[bam.get_base(data, sequence, end - shared + i)]
        more += codes[(table[left, _STOP] - shared + i) % circle] != code
        more -= codes[(table[right, _PLACE] + i) % circle] != code
        if more < fewest:
            best, fewest = np.int64(i + 1), more
    return best


@njit_views
def _note(data: Bytes, parts: Parts, count: Int, k: Int, key: Int, splits: Splits) -> None:
    """Note the junction between part k and the next one, if there is one."""
    table, codes = parts.table, splits.kmers.codes
    circle = codes.shape[0]
    reverse = table[k, _REVERSE]
    shared = table[k, _TO] - table[k + 1, _FROM]
    if table[k + 1, _REVERSE] != reverse or shared < -_GAP:
        return
    left, right = (k + 1, k) if reverse else (k, k + 1)
    before = _bases(parts, count, k, k - 1, circle)
    after = _bases(parts, count, k + 1, k + 2, circle)
    if max(shared, 0) + LONG_MARGIN > min(before, after):
        return
    kept = _change(data, parts, left, right, shared, codes)
    start = (table[left, _STOP] - 1 - max(shared, 0) + kept) % circle
    end = (table[right, _PLACE] + kept) % circle
    if not MIN_SIZE <= (end - start - 1) % circle <= circle - MIN_SIZE:
        return
    moved = to_leftmost(start, end, codes)
    row = splits.rows[splits.used[0]]
    for column in range(COLUMNS):
        row[column] = 0
    row[KEY], row[STRAND] = key, reverse
    row[START], row[END] = (start - moved) % circle, (end - moved) % circle
    row[LEFT], row[RIGHT] = (after, before) if reverse else (before, after)
    splits.used[0] += 1


@njit_views
def split_molecule(
    records: Records, limits: Limits, parts: Parts, splits: Splits, spans: Ints
) -> bool:
    """Note the junctions of a read, and add the bonds that it runs across.

    Args:
        records: all of the read, its primary one first.
        spans: int64, shape (circle + 1, 2): differences, by strand.

    Returns:
        Whether there was room.
    """
    data, offsets = records.data, records.offsets
    if splits.used[0] + parts.table.shape[0] > splits.rows.shape[0]:
        return False
    count = np.int64(0)
    for k in range(offsets.shape[0]):
        flag = bam.get_u16(data, offsets[k] + bam.O_FLAG)
        quality = np.int64(data[offsets[k] + bam.O_MAPQ])
        if flag & (bam.UNMAPPED | bam.SECONDARY) == 0 and quality >= limits.min_mapping_quality:
            count = _add_record(data, offsets[k], limits, parts, count)
    first = offsets[0]
    reverse = bam.get_u16(data, first + bam.O_FLAG) & bam.REVERSE
    _span(parts, count, np.int64(1) if reverse else np.int64(0), spans)
    name = np.int64(data[first + bam.O_NAME_LENGTH]) - 1
    key = np.int64(hash_name(data, first + bam.O_NAME, name) >> np.uint64(1))
    for k in range(count - 1):
        _note(data, parts, count, np.int64(k), key, splits)
    return True
