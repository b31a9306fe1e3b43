"""Duplicates among read pairs, and how many are expected by chance.

A pair is a duplicate if an earlier pair has the same outer ends on the circle, however far apart:
mates on both sides of a deletion are the ends of a fragment like any others. The strand of mate 1
does not matter, since both strands of a molecule are sequenced. PCR copies of one molecule are
duplicates. At high depth independent molecules are too: a deep library fills most of the 16,568
starts and some hundred insert sizes. The number expected by chance distinguishes the two.
"""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit
from mitotransfer.genome.circle import Circle, to_circle
from mitotransfer.reads import bam_records
from mitotransfer.reads.bam_records import Records, aligned_part, reference_span

LONGEST = 2000  # inserts of this size or more are those of pairs across a deletion, or chimeras
_WINDOW = 64  # starts over which the depth is taken as even


@njit
def outer_end(data: Bytes, record: Int, circle: Circle) -> Int:
    """Circle position of a read's first base as sequenced, clipped bases included."""
    name = np.int64(data[record + bam_records.O_NAME_LENGTH])
    n_ops = bam_records.get_u16(data, record + bam_records.O_CIGAR_LENGTH)
    length = bam_records.get_i32(data, record + bam_records.O_SEQ_LENGTH)
    first, last = aligned_part(data, record + bam_records.O_NAME + name, n_ops, length)
    start = bam_records.get_i32(data, record + bam_records.O_POS)
    if bam_records.get_u16(data, record + bam_records.O_FLAG) & bam_records.REVERSE:
        end = to_circle(start + reference_span(data, record) - 1, circle)
        return (end + length - last) % circle.length
    return (to_circle(start, circle) - first) % circle.length


@njit
def _clipped(data: Bytes, record: Int) -> Int:
    """Bases of a read that were sequenced before those of a record."""
    name = np.int64(data[record + bam_records.O_NAME_LENGTH])
    n_ops = bam_records.get_u16(data, record + bam_records.O_CIGAR_LENGTH)
    length = bam_records.get_i32(data, record + bam_records.O_SEQ_LENGTH)
    first, last = aligned_part(data, record + bam_records.O_NAME + name, n_ops, length)
    reverse = bam_records.get_u16(data, record + bam_records.O_FLAG) & bam_records.REVERSE
    return length - last if reverse else first


@njit
def _ends(data: Bytes, offsets: Ints, begin: Int, end: Int, circle: Circle) -> tuple[Int, Int]:
    """First bases, as sequenced, of the forward and of the reverse read of a pair; -1 without one.

    Where the parts of a read are aligned apart, at a deletion, that which was sequenced first tells
    its end: which of them is the primary one can differ between copies.
    """
    forward, reverse = np.int64(-1), np.int64(-1)
    without = bam_records.UNMAPPED | bam_records.MATE_UNMAPPED | bam_records.SECONDARY
    for mate in (bam_records.READ1, bam_records.READ2):
        best = np.int64(-1)
        for r in range(begin, end):
            flag = bam_records.get_u16(data, offsets[r] + bam_records.O_FLAG)
            if flag & without or not flag & bam_records.PAIRED or not flag & mate:
                continue
            if best < 0 or _clipped(data, offsets[r]) < _clipped(data, best):
                best = offsets[r]
        if best >= 0:
            at = outer_end(data, best, circle)
            if bam_records.get_u16(data, best + bam_records.O_FLAG) & bam_records.REVERSE:
                reverse = at
            else:
                forward = at
    return forward, reverse


@njit
def _mark(
    data: Bytes,
    offsets: Ints,
    circle: Circle,
    seen: Bytes,
    starts: Ints,
    inserts: Ints,
    flagged: bool,
) -> tuple[Int, Int]:
    """Count, and flag if asked, duplicates among the records of whole pairs, mates adjacent.

    Returns:
        Duplicates of less than ``LONGEST`` bases, and others.
    """
    near, far = np.int64(0), np.int64(0)
    begin = np.int64(0)
    count = offsets.shape[0]
    while begin < count:
        end = begin + 1
        while end < count and bam_records.same_name(data, offsets[begin], offsets[end]):
            end += 1
        forward, reverse = _ends(data, offsets, begin, end, circle)
        if forward >= 0 and reverse >= 0:
            size = (reverse - forward) % circle.length + 1
            short = size < LONGEST
            if short:
                starts[forward] += 1
                inserts[size] += 1
            bit = np.uint8(1 << (reverse & 7))
            if seen[forward, reverse >> 3] & bit:
                near += short
                far += not short
                if flagged:
                    for r in range(begin, end):
                        data[offsets[r] + bam_records.O_FLAG + 1] |= bam_records.DUPLICATE >> 8
            seen[forward, reverse >> 3] |= bit
        begin = end
    return near, far


class Duplicates:
    """Counts duplicates among pairs that come in batches.

    Args:
        circle: that the records lie on.
        flagged: also flag them in the records.
    """

    def __init__(self, circle: Circle, flagged: bool) -> None:
        self._circle, self._flagged = circle, flagged
        # A bit for each pair of ends. The system gives memory to the pages that are used.
        self._seen = np.zeros((circle.length, circle.length // 8 + 1), np.uint8)
        self._starts = np.zeros(circle.length, np.int64)
        self._inserts = np.zeros(LONGEST, np.int64)
        self._near = self._far = 0

    def look(self, records: Records) -> None:
        """Examine records of whole pairs on the reference, in the order of the reads."""
        near, far = _mark(
            records.data, records.offsets, self._circle, self._seen, self._starts, self._inserts,
            self._flagged,
        )  # fmt: skip
        self._near += near
        self._far += far

    @property
    def found(self) -> int:
        """Duplicates."""
        return self._near + self._far

    @property
    def by_chance(self) -> int:
        """Duplicates expected among independent fragments at this depth.

        Of the few across a deletion as large a part as of the others.
        """
        near = max(self._near, 1)
        return round(by_chance(self._starts, self._inserts, self._near) * (near + self._far) / near)


def by_chance(starts: Ints, inserts: Ints, found: int) -> float:
    """Duplicates expected among independent fragments.

    The model takes start and insert size as independent and starts as uniform over 64 positions.
    The number of fragments with one start and size is then Poisson. PCR copies are not independent:
    their number (found less expected) is subtracted, and the estimate repeated until it settles.

    Args:
        starts: fragments by start, shape (circle,).
        inserts: fragments by size.
        found: duplicates among them.
    """
    total = int(starts.sum())
    if not total:
        return 0.0
    sizes = inserts[inserts > 0] / total
    edges = np.arange(0, len(starts), _WINDOW)
    widths = np.diff(np.append(edges, len(starts)))
    rates = np.add.reduceat(starts, edges) / widths
    expected = 0.0
    for _ in range(20):
        independent = total - max(found - expected, 0.0)
        filled = -np.expm1(-np.outer(rates * independent / total, sizes)).sum(axis=1)
        expected = independent - float((widths * filled).sum())
    return expected
