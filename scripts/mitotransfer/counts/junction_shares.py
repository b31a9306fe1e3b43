"""Share of a sample's molecules that have a junction, with its interval."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mitotransfer.arrays import Floats
from mitotransfer.stats.intervals import clopper_pearson


class Shares(NamedTuple):
    """Shares of molecules with a junction, and the ends of their intervals."""

    share: Floats
    low: Floats
    high: Floats


def share(
    split: ArrayLike, intact_start: ArrayLike, intact_end: ArrayLike, confidence: float
) -> Shares:
    """Share of molecules with a junction: split fragments of split and intact ones.

    A molecule with the deletion can show one split fragment where one without it can show one at
    either end. The intact fragments are therefore the mean of the two ends, not their sum. The
    interval is that of a proportion (Clopper and Pearson 1934) of so many fragments. It is on the
    wide side, since the mean of two counts varies less than one.

    Of a duplication this is the share of junctions among the connections at its ends; with d
    duplicated copies per molecule it is d / (1 + d).

    Args:
        split: fragments whose reads are split at the junction; 0 is fine.
        intact_start, intact_end: fragments that run across the first and the second end without a
            break, with as many bases on each side. All broadcast.
        confidence: of the interval, 0 to 1.

    Returns:
        NaN with an interval of 0 to 1 where no fragment was seen.

    >>> found = share(10, 30, 10, 0.95)
    >>> print(f"{found.share:.3f} {found.low:.3f} {found.high:.3f}")
    0.333 0.173 0.528
    """
    k = np.asarray(split, float)
    n = k + (np.asarray(intact_start, float) + np.asarray(intact_end, float)) / 2
    k, n = np.broadcast_arrays(k, n)
    low, high = clopper_pearson(k, n, confidence)
    point = np.divide(k, n, out=np.full(n.shape, np.nan), where=n > 0)
    return Shares(point, low, high)
