"""Decoding of single reads: their bases and indels by position on the circle.

Coordinates are those of the circle without the placeholder (``reads.fold`` undone), so that
neither 3107 nor, for indels, the origin needs special care.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.junctions import MIN_SIZE
from mitotransfer.counts.records import Limits, Record, is_primary
from mitotransfer.genome.circle import deleted_bases
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import NIBBLE_CODES

# A base that counts is its code, 0 to 3. One of enough quality where none counts (read end,
# primer) is its code plus UNCOUNTED: it can still be a mismatch. NOTHING is any other.
UNCOUNTED, NOTHING = 4, 9

# Columns of an event (indel). The size is above zero for inserted bases, below for deleted
# ones; the inserted bases are packed two bits each into two words, the first one lowest.
# A read that covers left to right without the indel is evidence against it. The quality is UNSURE
# where the read does not count and is no evidence against its mate either.
E_ANCHOR, E_SIZE, E_LOW, E_HIGH, E_STRAND, E_QUALITY, E_LEFT, E_RIGHT = range(8)
EVENT_COLUMNS = 8
UNSURE = -1
_WORD = 31  # bases in a word
_BLOCK = 128  # bases whose mismatches fit a byte

# Columns of a decoded read: where it starts, how far it goes, its strand, the first and
# last position with a base that may count, its indels, which mate it is, its mismatches,
# how many it may have, insertions that were too long or ambiguous to note, whether it is
# the read's only or first record, its insert size (0: none, or the mate tells it), the
# aligned bases of a read across the origin that lie before and after this record, and its longest
# deletion of at least ``junctions.MIN_SIZE`` bases: where it starts and ends (0 without one).
(
    R_START, R_SPAN, R_STRAND, R_FIRST, R_LAST, R_EVENTS, R_MATE, R_MISMATCHES, R_ALLOWED,
    R_UNNOTED, R_PRIMARY, R_INSERT, R_BEFORE, R_AFTER, R_BREAK, R_BREAK_END,
) = range(16)  # fmt: skip
READ_COLUMNS = 16


_ALWAYS_ALLOWED = 3  # mismatches of a read


class Read(NamedTuple):
    """A decoded read.

    Attributes:
        row: its columns R_START, ...
        bases, qualities: of each position from its start on.
        events: its indels.
    """

    row: Ints
    bases: Bytes
    qualities: Bytes
    events: Ints


@njit_views
def _base(data: Bytes, sequence: Int, index: Int) -> Int:
    return np.int64(NIBBLE_CODES[bam.get_base(data, sequence, index)])


@njit_views
def indel(
    data: Bytes, sequence: Int, query: Int, at: Int, size: Int, codes: Bytes, event: Ints
) -> bool:
    """Describe an indel before circle position ``at``, left-normalised on the circle.

    Sets the anchor, the size, the inserted bases, and the positions that a read must cover to show
    that it lacks the indel. False if an insertion is too long or ambiguous.
    """
    circle = codes.shape[0]
    length = abs(size)
    anchor = at - 1
    left = np.int64(0)
    right = np.int64(0)
    low = np.int64(0)
    high = np.int64(0)
    if size < 0:
        while left < circle and (
            codes[(anchor - left) % circle] == codes[(anchor - left + length) % circle]
        ):
            left += 1
        while right < circle and (
            codes[(at + right) % circle] == codes[(at + right + length) % circle]
        ):
            right += 1
        event[E_RIGHT] = at + right + length
    else:
        if length > 2 * _WORD:
            return False
        for i in range(length):
            if _base(data, sequence, query + i) > 3:
                return False
        # Moving an insertion left by one turns its last base to the front: after ``left``
        # steps it starts at -left of the repeated insertion.
        while left < circle and (
            codes[(anchor - left) % circle]
            == _base(data, sequence, query + (length - 1 - left) % length)
        ):
            left += 1
        while right < circle and (
            codes[(at + right) % circle] == _base(data, sequence, query + right % length)
        ):
            right += 1
        for i in range(length):
            code = _base(data, sequence, query + (i - left) % length)
            if i < _WORD:
                low |= code << (2 * i)
            else:
                high |= code << (2 * (i - _WORD))
        event[E_RIGHT] = at + right
    event[E_ANCHOR] = (anchor - left) % circle
    event[E_SIZE] = size
    event[E_LOW] = low
    event[E_HIGH] = high
    event[E_LEFT] = anchor - left
    return True


@njit_views
def _nibbles(data: Bytes, sequence: Int, query: Int, size: Int, bases: Bytes, to: Int) -> None:
    """The 4-bit bases of a stretch, two from a byte."""
    odd = query & 1
    if odd and size:
        bases[to] = data[sequence + (query >> 1)] & 15
    source = np.uint64(sequence + ((query + odd) >> 1))
    target = np.uint64(to + odd)
    left = max(size - odd, 0)
    for i in range(np.uint64(left >> 1)):
        both = data[source + i]
        bases[target + np.uint64(2) * i] = both >> 4
        bases[target + np.uint64(2) * i + np.uint64(1)] = both & 15
    if left & 1:
        bases[to + size - 1] = data[sequence + ((query + size - 1) >> 1)] >> 4


@njit_views
def _match(
    data: Bytes, sequence: Int, quality: Int, query: Int, size: Int, codes: Bytes, at: Int,
    floor: Int, read: Read, to: Int,
) -> Int:  # fmt: skip
    """Enter bases (none counts yet) and qualities of an aligned stretch; returns its mismatches.

    Unsigned places and no branches: the compiler can then work on many bases at once.
    """
    bases, qualities = read.bases, read.qualities
    _nibbles(data, sequence, query, size, bases, to)
    a, q, b = np.uint64(at), np.uint64(quality + query), np.uint64(to)
    least = np.uint8(floor)
    mismatches = np.int64(0)
    for block in range(np.uint64(0), np.uint64(size), np.uint64(_BLOCK)):
        found = np.uint8(0)
        for j in range(block, min(block + np.uint64(_BLOCK), np.uint64(size))):
            nibble = bases[b + j]
            score = data[q + j]
            code = np.uint8((nibble >> 1) - (nibble >> 3))  # 1, 2, 4, 8 to 0, 1, 2, 3
            known = (nibble != 0) & ((nibble & np.uint8(nibble - 1)) == 0) & (score >= least)
            found = np.uint8(found + np.uint8(known & (codes[a + j] != code)))
            bases[b + j] = np.uint8(code + UNCOUNTED) if known else np.uint8(NOTHING)
            qualities[b + j] = score
        mismatches += np.int64(found)
    return mismatches


@njit_views
def _tract(start: Int, end: Int, spans: bool, limits: Limits, read: Read, n_events: Int) -> Int:
    """Leave out what a read over [start, end) shows of the poly-C tract unless it spans the tract.

    Its indels there count if the base before them does, so that the depth there gives their share.
    Only reads that span the tract are evidence against them.

    Returns:
        The number of events that are left.
    """
    bases, events = read.bases, read.events
    first, last = limits.circle.tract_start, limits.circle.tract_end
    floor = limits.min_base_quality
    if not spans:
        for k in range(max(first - 1 - start, 0), min(last + 1, end) - start):
            bases[k] = np.uint8(bases[k] + UNCOUNTED) if bases[k] < UNCOUNTED else bases[k]
    kept = np.int64(0)
    for i in range(n_events):
        event = events[i]
        anchor = event[E_ANCHOR]
        inside = first - 1 <= anchor <= last
        if (inside and not spans) or (not inside and event[E_QUALITY] < floor):
            continue
        if inside:
            before = anchor - start
            known = bases[before] < NOTHING
            event[E_QUALITY] = np.int64(read.qualities[before]) if known else np.int64(UNSURE)
            event[E_LEFT] = min(event[E_LEFT], first - 1)
            event[E_RIGHT] = max(event[E_RIGHT], last + 1)
        for column in range(EVENT_COLUMNS):
            events[kept, column] = event[column]
        kept += 1
    return kept


@njit_views
def _note_break(row: Ints, at: Int, size: Int) -> None:
    """Keep the longest deletion of a read."""
    if size >= MIN_SIZE and size > row[R_BREAK_END] - row[R_BREAK]:
        row[R_BREAK], row[R_BREAK_END] = at, at + size


@njit_views
def decode(
    record: Record, inner: tuple[Int, Int], codes: Bytes, limits: Limits, read: Read
) -> None:
    """Decode a record: base and quality for each position of its span on the circle.

    ``read.bases`` gets codes, UNCOUNTED or NOTHING. No base counts outside the positions ``inner``,
    nor in the poly-C tract unless the read spans it. Mismatches are those against the reference.
    """
    data, n_ops, start = record.data, record.n_ops, record.start
    first, last = record.first, record.last
    bases, events, row = read.bases, read.events, read.row
    floor = limits.min_base_quality
    tract_start, tract_end = limits.circle.tract_start, limits.circle.tract_end
    strand = np.int64(1) if record.flag & bam.REVERSE else np.int64(0)
    cigar = record.at + bam.O_NAME + record.name_length
    sequence = cigar + 4 * n_ops
    quality = sequence + ((record.length + 1) >> 1)
    # A read that goes on beyond the origin has its end there.
    low = first + max(0, limits.read_end - record.before)
    high = last - max(0, limits.read_end - record.after)
    at = start
    query = np.int64(0)
    mismatches = np.int64(0)
    unnoted = np.int64(0)
    n_events = np.int64(0)
    row[R_BREAK] = row[R_BREAK_END] = 0
    judged_from = np.int64(-1)
    judged_to = np.int64(-2)
    for i in range(n_ops):
        op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        kind = op & 15
        size = op >> 4
        if kind == bam.MATCH or kind == bam.EQUAL or kind == bam.MISMATCH:
            inner_from = max(low - query, inner[0] - at, 0)
            inner_to = min(high - query, inner[1] - at, size)
            if inner_from < inner_to:
                if judged_from < 0:
                    judged_from = at + inner_from
                judged_to = at + inner_to - 1
            mismatches += _match(
                data, sequence, quality, query, size, codes, at, floor, read, at - start
            )
            for k in range(
                np.uint64(at - start + inner_from),
                np.uint64(at - start + max(inner_from, inner_to)),
            ):
                bases[k] = np.uint8(bases[k] - UNCOUNTED) if bases[k] < NOTHING else bases[k]
            at += size
            query += size
        elif kind == bam.INSERTION or kind == bam.DELETION:
            taken = size if kind == bam.INSERTION else np.int64(0)
            real = size
            if kind == bam.DELETION:
                real = deleted_bases(at, size, limits.circle)
                for j in range(real):
                    bases[at - start + j] = NOTHING
                _note_break(row, at, real)
            inside = query - low >= 0 and high - query - taken >= 0
            inside = inside and inner[0] < at and at + (0 if taken else real) < inner[1]
            if real > 0 and inside and query > first and query + taken < last:
                sure = min(
                    np.int64(data[quality + query - 1]), np.int64(data[quality + query + taken])
                )
                if sure >= floor or start < tract_start <= at <= tract_end + 1:
                    signed = real if kind == bam.INSERTION else -real
                    event = events[n_events]
                    if indel(data, sequence, query, at, signed, codes, event):
                        event[E_STRAND] = strand
                        event[E_QUALITY] = sure
                        n_events += 1
                    else:
                        unnoted += 1
            query += taken
            if kind == bam.DELETION:
                at += real
        elif kind == bam.SKIP:
            for j in range(size):
                bases[at - start + j] = NOTHING
            _note_break(row, at, size)
            at += size
        elif kind == bam.SOFT_CLIP:
            query += size
    if start <= tract_end and at >= tract_start:
        spans = bool(0 <= judged_from < tract_start and judged_to > tract_end)
        n_events = _tract(start, at, spans, limits, read, n_events)
    row[R_START] = start
    row[R_SPAN] = at - start
    row[R_STRAND] = strand
    row[R_FIRST] = judged_from
    row[R_LAST] = judged_to
    row[R_EVENTS] = n_events
    row[R_MATE] = record.flag & (bam.READ1 | bam.READ2)
    row[R_MISMATCHES] = mismatches
    allowed = np.int64(limits.max_mismatches_per_100 * (last - first) / 100)
    row[R_ALLOWED] = allowed if allowed > _ALWAYS_ALLOWED else _ALWAYS_ALLOWED
    row[R_UNNOTED] = unnoted
    primary = is_primary(record.flag)
    row[R_PRIMARY] = primary
    template = bam.get_i32(data, record.at + bam.O_TEMPLATE)
    row[R_INSERT] = template if primary and record.flag & bam.PROPER else np.int64(0)
    row[R_BEFORE] = record.before
    row[R_AFTER] = record.after
