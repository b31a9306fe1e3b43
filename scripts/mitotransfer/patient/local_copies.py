"""Copies of the tumour's molecules at a position: fewer inside its deletions.

Its junctions show them (``counts.deletions``). The tumour's depth shows the same share by itself:
inside over outside, against the normal's, so that uneven coverage cancels. Where the two disagree
by more than ``DISAGREEMENT``, what lies inside the deletion is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.deletions import Deletions, deletions
from mitotransfer.patient.cell_ratios import Measured

#: Factor between the copies by junctions and by depth beyond which neither is trusted.
DISAGREEMENT = 1.5


def of_tumor(tumor: Counts) -> Deletions:
    """The deletions of a sample's counts."""
    return deletions(tumor.junctions.to_numpy(np.int64), tumor.spanning)


def copies(tumor: Counts, pos: Ints) -> Floats:
    """Share of the tumour's molecules that have each position (1-based), shape (V,)."""
    return of_tumor(tumor).copies(pos, len(tumor.bases))


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
    found, length = of_tumor(tumor), len(tumor.bases)
    every = np.arange(1, length + 1)
    inside = found.inside(every, length)
    ratio = _relative_depth(tumor, normal, np.asarray(~inside.any(axis=1)))
    expected = found.copies(every, length)
    disagree = np.zeros(len(found.odds), bool)
    for j, within in enumerate(inside.T):
        seen = float(np.median(ratio[within])) / float(expected[within].mean())
        disagree[j] = not 1 / DISAGREEMENT < seen < DISAGREEMENT
    return np.asarray((found.inside(pos, length) & disagree).any(axis=1))


def _relative_depth(tumor: Counts, normal: Counts, outside: Mask) -> NDArray[np.float64]:
    """Depth of the tumour over the normal's, 1 outside its deletions, shape (length,)."""
    depths = [one.depth.sum(axis=1) for one in (tumor, normal)]
    if not outside.any() or any(not one[outside].any() for one in depths):
        return np.full(len(outside), np.nan)
    ratio = depths[0] / np.maximum(depths[1], 1)
    level = float(np.median(ratio[outside]))
    return np.asarray(ratio / level if level > 0 else np.full(len(outside), np.nan))
