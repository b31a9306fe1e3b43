"""The joint bounds of f - K: what is left of the tumour fraction after tumour cells.

f is the tumour fraction, K what tumour cells in the preparation bring; both are shares of the
sample's mtDNA in units of the tumour sample's mtDNA. With log likelihoods l(f) and l(K), each at
most 0, the bounds of the excess are those of its profile likelihood

    L(delta) = max over f - K <= delta of l(f) + l(K) >= -DROP

and with f - K >= delta for the upper bound (Wilks 1938; profile likelihood: Barndorff-Nielsen and
Cox, Inference and Asymptotics, 1994, section 3.4). Two intervals subtracted end to end would be
wider than this bound is.
"""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Floats

#: Shares f and K: 0, then equal steps of the logarithm. Above 1 counts as 1.
STEPS, LOWEST = 240, 1e-5
GRID: Floats = np.concatenate([[0.0], np.geomspace(LOWEST, 1.0, STEPS)])
STEP = float(np.log(GRID[2] / GRID[1]))
#: Fall of the log likelihood at a bound of one-sided 1 %: half of chi-squared's 98 % quantile.
DROP = 2.7059
_HALVINGS = 30


def interval(curve: Floats, drop: float) -> tuple[float, float]:
    """Where a log likelihood on the grid has fallen by ``drop`` below its maximum.

    From the far ends inwards, so that a second mode is included; linear between grid points.
    """
    level = curve.max() - drop
    inside = np.flatnonzero(curve >= level)
    first, last = int(inside[0]), int(inside[-1])

    def between(outside: int, within: int) -> float:
        share = (level - curve[outside]) / (curve[within] - curve[outside])
        return float(GRID[outside] + share * (GRID[within] - GRID[outside]))

    low = between(first - 1, first) if first else 0.0
    return low, between(last + 1, last) if last < STEPS else 1.0


def excess_low(fractions: Floats, of_fraction: Floats, of_cells: Floats) -> float:
    """Smallest excess that both likelihoods allow, at least 0.

    Args:
        fractions: f, increasing, shape (G,).
        of_fraction: l(f), shape (G,), relative to its maximum.
        of_cells: l(K) on ``GRID``, relative to its maximum.
    """
    more = np.maximum.accumulate(of_cells[::-1])[::-1]

    def allowed(delta: float) -> bool:
        best = of_fraction + np.interp(np.maximum(fractions - delta, 0.0), GRID, more)
        return bool(best.max() >= -DROP)

    if allowed(0.0):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if allowed(middle) else (middle, high)
    # The end that is still refused: a bound from below.
    return low


def excess_high(fractions: Floats, of_fraction: Floats, of_cells: Floats) -> float:
    """Largest excess that both likelihoods allow; the mirror of ``excess_low``."""
    less = np.maximum.accumulate(of_cells)

    def allowed(delta: float) -> bool:
        cells = fractions - delta
        best = of_fraction + np.interp(np.maximum(cells, 0.0), GRID, less)
        return bool(best[cells >= -1e-12].max(initial=-np.inf) >= -DROP)

    if not allowed(0.0):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if allowed(middle) else (low, middle)
    return high
