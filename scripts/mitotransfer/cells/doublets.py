"""Droplets with a tumour cell beside an immune cell: how many are to be expected."""

from __future__ import annotations

import numpy as np
from scipy import special

from mitotransfer.arrays import Floats
from mitotransfer.inputs.settings import Fraction


def rate(cells: int, per_thousand: float) -> float:
    """Share of droplets with two cells or more, of a library of so many cells.

    >>> rate(10_000, 0.008)
    0.08
    """
    return min(per_thousand * cells / 1000, 1.0)


def with_tumor_cell(doublet_rate: float, tumor_share: float) -> float:
    """Share of droplets of a kind of immune cell that also hold a tumour cell.

    Of r droplets in a hundred with two cells, 2 q p hold a tumour cell (share p) and a cell of the
    kind (q); all of them are taken to be annotated as the kind, of which there are q.
    """
    return min(2 * doublet_rate * tumor_share, 1.0)


def expected(
    score: Floats, prior: float, max_score: float, confidence: float = Fraction.confidence
) -> tuple[float, float]:
    """Expected doublets with a tumour cell among cells that are not excluded, and an upper bound.

    A cell with a score at or above ``max_score`` is left out: it counts among no receivers. One
    with a lower score is a doublet with the score's probability, one without score with the
    prior. The bound is the Poisson quantile of that number.

    Args:
        score: probability that a droplet holds two cells, NaN where unknown, shape (cells,).
        prior: of ``with_tumor_cell``.
    """
    kept = score[~(score >= max_score)]
    mean = float(np.where(np.isnan(kept), prior, np.minimum(kept, max_score)).sum())
    return mean, upper_count(mean, confidence)


def upper_count(mean: float, confidence: float) -> float:
    """Least count that a Poisson variable exceeds with at most the remaining probability."""
    if mean <= 0:
        return 0.0
    count = float(np.floor(mean))
    while special.gammaincc(count + 1, mean) < confidence:
        count += 1
    return count
