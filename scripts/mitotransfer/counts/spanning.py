"""Fragments that run without a break across the bond between two neighbouring bases.

They are counted by differences: a read adds one where its bonds begin and takes it back behind
them. Sums along the circle give the counts.
"""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.decode import (
    R_AFTER,
    R_BEFORE,
    R_BREAK,
    R_BREAK_END,
    R_SPAN,
    R_START,
    R_STRAND,
)
from mitotransfer.counts.junctions import MARGIN

#: Aligned bases of the shortest read that counts here. From 23 bases on the longer one of the parts
#: of a split read has the mapping quality that counts. Shorter reads would show intact molecules
#: more often than split ones.
SHORTEST = 46


@njit_views
def _bonds(row: Ints, after_break: bool) -> tuple[Int, Int]:
    """First and last bond that a read covers; the last comes first where there is none.

    Bond i is that of the bases i and i + 1 of the circle.

    Args:
        after_break: those after a long deletion, not those before it.
    """
    start, stop = row[R_START], row[R_START] + row[R_SPAN]
    before, after = row[R_BEFORE], row[R_AFTER]
    if row[R_SPAN] + before + after < SHORTEST:
        return np.int64(0), np.int64(-1)
    if after_break:
        if row[R_BREAK_END] == 0:
            return np.int64(0), np.int64(-1)
        start, before = row[R_BREAK_END], np.int64(0)
    elif row[R_BREAK_END] > 0:
        stop, after = row[R_BREAK], np.int64(0)
    # The bond across the origin is that of the half before it.
    first = max(start, start + MARGIN - 1 - before)
    return first, min(stop - 1, stop - 1 - MARGIN + after)


@njit_views
def _add(first: Int, last: Int, strand: Int, spans: Ints) -> None:
    if 0 <= first <= last and last + 1 < spans.shape[0]:
        spans[first, strand] += 1
        spans[last + 1, strand] -= 1


@njit_views
def _add_without(first: Int, last: Int, other: tuple[Int, Int], strand: Int, spans: Ints) -> None:
    """Add the bonds from first to last but those that the mate covers."""
    if other[0] > other[1]:
        _add(first, last, strand, spans)
        return
    _add(first, min(last, other[0] - 1), strand, spans)
    _add(max(first, other[1] + 1), last, strand, spans)


@njit_views
def span_read(row: Ints, spans: Ints) -> None:
    """Add the bonds of a read by itself.

    Args:
        spans: int64, shape (circle + 1, 2): differences, by strand.
    """
    for part in range(2):
        first, last = _bonds(row, part == 1)
        _add(first, last, row[R_STRAND], spans)


@njit_views
def span_mates(row: Ints, mate: Ints, spans: Ints) -> None:
    """Add the bonds of two overlapping mates, each once: those of both on the strand of ``row``."""
    span_read(row, spans)
    for part in range(2):
        first, last = _bonds(mate, part == 1)
        if row[R_BREAK_END] == 0 or part == 0:
            _add_without(first, last, _bonds(row, False), mate[R_STRAND], spans)
        elif mate[R_BREAK_END] > 0:
            _add_without(first, last, _bonds(row, True), mate[R_STRAND], spans)


def summed(spans: Ints) -> Ints:
    """Fragments by bond of the circle and strand, shape (circle, 2)."""
    return np.cumsum(spans, axis=0)[:-1]
