"""How many of the tumour's molecules have a position: fewer inside its deletions.

A junction that a share d of the molecules has leaves 1 - d of them with the positions inside. With
o the odds of split to intact fragments this is 1 / (1 + o); of several deletions that lack the same
positions, about 1 / (1 + the sum of their odds). It holds for a duplication of the rest of the
circle, too: a position inside then has one copy where the others have 1 + o.

The tumour's depth shows the same share by itself: inside over outside, against the normal's, so
that uneven coverage cancels. Where the two disagree by more than ``DISAGREEMENT``, what lies inside
the deletion is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.junctions import intact
from mitotransfer.counts.minor_alleles import MIN_FRAGMENTS
from mitotransfer.genome.junction_alleles import covered
from mitotransfer.patient.cell_ratios import Measured

#: Deletions of a smaller share change no fraction by more than this.
MIN_SHARE = 0.05
#: Factor between the copies by junctions and by depth beyond which neither is trusted.
DISAGREEMENT = 1.5


def deletions(tumor: Counts) -> tuple[Ints, Ints, Floats]:
    """Ends (1-based) and odds of the junctions of ``MIN_SHARE`` or more, shape (J,) each."""
    table = tumor.junctions
    start, end = (table[column].to_numpy(np.int64) for column in ("start", "end"))
    split = table[["forward", "reverse"]].to_numpy(np.int64).sum(axis=1)
    bonds = intact(tumor.spanning, start, end)
    whole = np.add(*(one.sum(axis=1, dtype=np.int64) for one in bonds)) / 2
    # Half a fragment: no number of split fragments shows that no molecule is whole.
    odds = split / (whole + 0.5)
    kept = (split >= MIN_FRAGMENTS) & (odds >= MIN_SHARE / (1 - MIN_SHARE))
    return start[kept], end[kept], np.asarray(odds[kept], float)


def copies(tumor: Counts, pos: Ints) -> Floats:
    """Share of the tumour's molecules that have each position (1-based), shape (V,)."""
    start, end, odds = deletions(tumor)
    inside = covered(start, end, pos, len(tumor.bases))
    return np.asarray(1 / (1 + inside @ odds), float)


def mean_copies(tumor: Counts) -> float:
    """Mean of ``copies`` over the circle: mean depth over the depth outside deletions."""
    return float(copies(tumor, np.arange(1, len(tumor.bases) + 1)).mean())


def of_whole(measured: Measured, tumor: Counts) -> Measured:
    """mtDNA copies outside a tumour's deletions, from those that its mean depth shows.

    The fraction is one of the molecules there, and so has to be what tumour cells bring.
    """
    mean = mean_copies(tumor)
    return Measured(*(value / mean for value in (measured.value, measured.low, measured.high)))


def unclear(tumor: Counts, normal: Counts, pos: Ints) -> Mask:
    """Positions inside a deletion with which the depths do not agree, shape (V,).

    Without depth, or with no position outside, nothing agrees.
    """
    start, end, _ = deletions(tumor)
    length = len(tumor.bases)
    every = np.arange(1, length + 1)
    inside = covered(start, end, every, length)
    ratio = _relative_depth(tumor, normal, np.asarray(~inside.any(axis=1)))
    expected = copies(tumor, every)
    disagree = np.zeros(len(start), bool)
    for j, within in enumerate(inside.T):
        seen = float(np.median(ratio[within])) / float(expected[within].mean())
        disagree[j] = not 1 / DISAGREEMENT < seen < DISAGREEMENT
    return np.asarray((covered(start, end, pos, length) & disagree).any(axis=1))


def _relative_depth(tumor: Counts, normal: Counts, outside: Mask) -> NDArray[np.float64]:
    """Depth of the tumour over the normal's, 1 outside its deletions, shape (length,)."""
    depths = [one.depth.sum(axis=1) for one in (tumor, normal)]
    if not outside.any() or any(not one[outside].any() for one in depths):
        return np.full(len(outside), np.nan)
    ratio = depths[0] / np.maximum(depths[1], 1)
    level = float(np.median(ratio[outside]))
    return np.asarray(ratio / level if level > 0 else np.full(len(outside), np.nan))
