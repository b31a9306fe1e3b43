"""One axis for all fractions: 0, 0.1 % and 90 % can all be read."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

LINEAR = 0.001  # about linear below this fraction, logarithmic above
TICKS = (0.0, 0.001, 0.01, 0.1, 1.0)
MINOR_TICKS = tuple(float(step * decade) for decade in (0.001, 0.01, 0.1) for step in range(2, 10))


def position(fraction: ArrayLike) -> NDArray[np.float64]:
    """Place of fractions (0 to 1) on the axis, 0 to 1: log(1 + x / 0.1 %), rescaled.

    >>> [round(float(position(x)), 2) for x in (0, 0.001, 0.01, 0.1, 1)]
    [0.0, 0.1, 0.35, 0.67, 1.0]
    """
    clipped = np.clip(np.asarray(fraction, np.float64), -0.5 * LINEAR, None)
    return np.log1p(clipped / LINEAR) / np.log1p(1 / LINEAR)


def fraction(place: ArrayLike) -> NDArray[np.float64]:
    """Inverse of ``position``."""
    return LINEAR * np.expm1(np.asarray(place, np.float64) * np.log1p(1 / LINEAR))
