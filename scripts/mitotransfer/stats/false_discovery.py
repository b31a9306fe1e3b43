"""False discovery rates: q values and the step-up rule of Benjamini and Hochberg."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mitotransfer.arrays import Floats


def step_up(p: Floats, expected: Callable[[Floats], Floats]) -> Floats:
    """q values: errors ``expected`` at each p value over the number of p values up to it."""
    order = np.argsort(p, kind="stable")
    return _monotone(order, expected(p[order]) / np.arange(1, p.size + 1))


def _monotone(order: NDArray[np.intp], ratio: Floats) -> Floats:
    """Ratios of ordered p values as q values in the order of the tests."""
    q = np.empty(ratio.size)
    q[order] = np.minimum(np.minimum.accumulate(ratio[::-1])[::-1], 1.0)
    return q


def q_values(p_values: ArrayLike) -> Floats:
    """Benjamini-Hochberg q values of those p values that are not NaN; NaN stays NaN."""
    p = np.asarray(p_values, float)
    q = np.full(p.shape, np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        found = p[tested]
        order = np.argsort(found)
        q[tested] = _monotone(order, found[order] * (found.size / np.arange(1, found.size + 1)))
    return q
