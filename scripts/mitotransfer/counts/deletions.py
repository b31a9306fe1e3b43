"""Deletions of a sample, and how many of its molecules have a position.

A junction that a share d of the molecules has leaves 1 - d of them with the positions inside. With
o the odds of split to intact fragments this is 1 / (1 + o); of several deletions that lack the same
positions, about 1 / (1 + the sum of their odds). It holds for a duplication of the rest of the
circle, too: a position inside then has one copy where the others have 1 + o.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.counts.junctions import intact
from mitotransfer.counts.minor_alleles import MIN_FRAGMENTS
from mitotransfer.genome.junction_alleles import covered

#: Deletions of a smaller share change no fraction and no depth by more than this.
MIN_SHARE = 0.05


class Deletions(NamedTuple):
    """The deletions of a sample: ends (1-based), and odds of split to intact fragments, (J,)."""

    start: Ints
    end: Ints
    odds: Floats

    @property
    def share(self) -> Floats:
        """Share of the molecules that have each."""
        return self.odds / (1 + self.odds)

    def inside(self, pos: Ints, length: int) -> Mask:
        """Which of them lack positions (1-based), shape (V, J)."""
        return covered(self.start, self.end, pos, length)

    def copies(self, pos: Ints, length: int) -> Floats:
        """Share of the molecules that have each position, shape (V,)."""
        return np.asarray(1 / (1 + self.inside(pos, length) @ self.odds), float)


def deletions(junctions: Ints, spanning: NDArray[np.uint32]) -> Deletions:
    """The junctions of ``MIN_SHARE`` of the molecules or more.

    Args:
        junctions: rows of ``counts.junctions.COLUMNS``, shape (n, 5).
        spanning: of ``counts.allele_counts.Counts``.
    """
    start, end, split = junctions[:, 0], junctions[:, 1], junctions[:, 3:].sum(axis=1)
    bonds = intact(spanning, start, end)
    whole = np.add(*(one.sum(axis=1, dtype=np.int64) for one in bonds)) / 2
    # Half a fragment: no number of split fragments shows that no molecule is whole.
    odds = split / (whole + 0.5)
    kept = (split >= MIN_FRAGMENTS) & (odds >= MIN_SHARE / (1 - MIN_SHARE))
    return Deletions(start[kept], end[kept], np.asarray(odds[kept], float))
