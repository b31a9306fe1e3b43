"""Intervals of proportions, and of parameters by their likelihood.

From ``scipy.special``: the import of ``scipy.stats`` would take longer than most steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mitotransfer.arrays import Floats
from mitotransfer.quick_scipy import special


def lower_bound(successes: ArrayLike, trials: ArrayLike, confidence: float) -> Floats:
    """One-sided lower confidence bound of a proportion (Clopper and Pearson 1934).

    Args:
        successes, trials: counts, any shapes that broadcast.
        confidence: probability that the bound is below the true proportion, 0 to 1.

    Returns:
        The bound, 0 where there are no successes or no trials.
    """
    k, n = np.broadcast_arrays(np.asarray(successes, float), np.asarray(trials, float))
    known = (n > 0) & (k > 0)
    bound = np.zeros(k.shape)
    bound[known] = special.betaincinv(k[known], n[known] - k[known] + 1, 1 - confidence)
    return bound


def upper_bound(successes: ArrayLike, trials: ArrayLike, confidence: float) -> Floats:
    """One-sided upper confidence bound of a proportion (Clopper and Pearson 1934).

    The bound is 1 where every trial succeeded and where there are no trials: nothing
    has been excluded then.
    """
    k, n = np.broadcast_arrays(np.asarray(successes, float), np.asarray(trials, float))
    known = (n > 0) & (k < n)
    bound = np.ones(k.shape)
    bound[known] = special.betaincinv(k[known] + 1, n[known] - k[known], confidence)
    return bound


def clopper_pearson(
    successes: ArrayLike, trials: ArrayLike, confidence: float
) -> tuple[Floats, Floats]:
    """Two-sided exact interval of a proportion; (0, 1) where there are no trials.

    >>> low, high = clopper_pearson(2, 10, 0.95)
    >>> print(f"{low:.4f} {high:.4f}")
    0.0252 0.5561
    """
    tail = (1 + confidence) / 2
    return lower_bound(successes, trials, tail), upper_bound(successes, trials, tail)


def likelihood_drop(confidence: float) -> float:
    """Fall of the log likelihood at the ends of an interval (Wilks 1938, one parameter).

    Half the quantile of chi-squared with one degree of freedom.

    >>> print(f"{likelihood_drop(0.95):.4f}")
    1.9207
    """
    return float(special.gammaincinv(0.5, confidence))


def vaf_interval(
    k: NDArray[np.int64], n: NDArray[np.int64], confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Jeffreys interval of k / n, closed at 0 and 1 (Brown, Cai and DasGupta, Stat Sci 2001)."""
    tail = (1.0 - confidence) / 2.0
    low = np.where(k > 0, special.betaincinv(k + 0.5, n - k + 0.5, tail), 0.0)
    high = np.where(k < n, special.betaincinv(k + 0.5, n - k + 0.5, 1.0 - tail), 1.0)
    return low, high
