"""Duplicates among read pairs, and how many are expected by chance.

A pair is a duplicate if an earlier pair has the same outer ends on the circle. The strand of mate 1
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

LONGEST = 2000  # inserts of this size or more are ignored
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
def _mark(
    data: Bytes,
    offsets: Ints,
    circle: Circle,
    seen: Bytes,
    starts: Ints,
    inserts: Ints,
    flagged: bool,
) -> Int:
    """Count, and flag if asked, duplicates among the records of whole pairs, mates adjacent."""
    found = np.int64(0)
    begin = np.int64(0)
    count = offsets.shape[0]
    while begin < count:
        end = begin + 1
        while end < count and bam_records.same_name(data, offsets[begin], offsets[end]):
            end += 1
        forward = np.int64(-1)
        reverse = np.int64(-1)
        for r in range(begin, end):
            flag = bam_records.get_u16(data, offsets[r] + bam_records.O_FLAG)
            other = (
                bam_records.UNMAPPED
                | bam_records.MATE_UNMAPPED
                | bam_records.SECONDARY
                | bam_records.SUPPLEMENTARY
            )
            if flag & other == 0 and flag & bam_records.PAIRED:
                at = outer_end(data, offsets[r], circle)
                if flag & bam_records.REVERSE:
                    reverse = at
                else:
                    forward = at
        size = (reverse - forward) % circle.length + 1
        if forward >= 0 and reverse >= 0 and size < LONGEST:
            starts[forward] += 1
            inserts[size] += 1
            if seen[forward, size]:
                found += 1
                if flagged:
                    for r in range(begin, end):
                        data[offsets[r] + bam_records.O_FLAG + 1] |= bam_records.DUPLICATE >> 8
            seen[forward, size] = 1
        begin = end
    return found


class Duplicates:
    """Counts duplicates among pairs that come in batches.

    Args:
        circle: that the records lie on.
        flagged: also flag them in the records.
    """

    def __init__(self, circle: Circle, flagged: bool) -> None:
        self._circle, self._flagged = circle, flagged
        self._seen = np.zeros((circle.length, LONGEST), np.uint8)
        self._starts = np.zeros(circle.length, np.int64)
        self._inserts = np.zeros(LONGEST, np.int64)
        self.found = 0

    def look(self, records: Records) -> None:
        """Examine records of whole pairs on the reference, in the order of the reads."""
        self.found += _mark(
            records.data, records.offsets, self._circle, self._seen, self._starts, self._inserts,
            self._flagged,
        )  # fmt: skip

    @property
    def by_chance(self) -> int:
        """Duplicates expected among independent fragments at this depth."""
        return round(by_chance(self._starts, self._inserts, self.found))


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
