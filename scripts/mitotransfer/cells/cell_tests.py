"""Tests of a cell: whether it has more of the tumour's alleles than a given fraction brings."""

from __future__ import annotations

import numpy as np
from scipy import special

from mitotransfer.arrays import Floats, Ints
from mitotransfer.cells.mixture import Library, expected

#: Power at which the detection limit of a cell is stated.
POWER = 0.95
#: Counts of alleles up to which the number that a test needs is searched.
_DOUBLINGS = 40


def upper_tail(counts: Ints, means: Floats, weights: Floats) -> Floats:
    """P(X >= count) of a Poisson variable whose mean is mixed, shape (cells,).

    Args:
        counts: shape (cells,); ``means``: (cells, nodes); ``weights``: (nodes,).
    """
    tail = special.gammainc(np.maximum(counts, 1)[:, None], means) @ weights
    return np.where(counts > 0, np.minimum(tail, 1.0), 1.0)


def p_values(library: Library, fraction: float) -> Floats:
    """p value of each cell of a tumour fraction of at most ``fraction``, shape (cells,).

    The exact tail of the sum of the tumour's alleles over variants, Poisson with a gamma-mixed mean
    (binomial counts have lighter tails). NaN for cells without a fragment at the variants.
    """
    means, weights = expected(library, fraction)
    p = upper_tail(library.alt.sum(axis=1), means, weights)
    return np.where(library.depth.sum(axis=1) > 0, p, np.nan)


def needed(means: Floats, weights: Floats, p_value: float) -> Ints:
    """Least count with an upper tail of at most ``p_value``, shape (cells,)."""
    low = np.zeros(len(means), np.int64)
    high = np.ones(len(means), np.int64)
    for _ in range(_DOUBLINGS):
        short = upper_tail(high, means, weights) > p_value
        if not short.any():
            break
        high = np.where(short, 2 * high, high)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        enough = upper_tail(middle, means, weights) <= p_value
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high


def detection_limits(library: Library, fraction: float, p_value: float) -> Floats:
    """Least tumour fraction of each cell that the test of ``fraction`` would find, shape (cells,).

    At the level ``p_value``, with power ``POWER``, for binomial counts and a droplet of mean load.
    NaN where even a cell of tumour mtDNA alone would be missed.
    """
    means, weights = expected(library, fraction)
    least = needed(means, weights, p_value)
    n = library.depth.sum(axis=1)
    found = np.full(len(n), np.nan)
    open_ = least <= n
    few = library.of(open_)
    k, trials = least[open_].astype(float), n[open_].astype(float)

    def chance(at: Floats) -> Floats:
        mean = _mean(few, at) / trials
        return special.betainc(k, trials - k + 1, np.clip(mean, 0.0, 1.0))

    low, high = np.zeros(len(k)), np.ones(len(k))
    reached = chance(high) >= POWER
    for _ in range(24):
        middle = (low + high) / 2
        enough = chance(middle) >= POWER
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    found[open_] = np.where(reached, high, np.nan)
    return found


def _mean(library: Library, fraction: Floats) -> Floats:
    """Mean number of the tumour's alleles in a droplet of mean load, shape (cells,)."""
    ambient = library.ambient
    load = np.minimum(library.per_load, 1.0)
    own = np.maximum(1 - load - ambient.swap, 0.0)
    tumor = own * fraction + load * ambient.tumor_share + ambient.swap * ambient.swap_tumor_share
    return tumor * (library.depth @ library.donors.vaf) + library.depth @ library.error


def without_each(library: Library) -> Floats:
    """p values of f = 0 with each variant left out, (cells, variants); 1 where nothing is left."""
    count = len(library.error)
    if count < 2:
        return np.ones((len(library.total), count))
    left = [np.nan_to_num(p_values(library.without(v), 0.0), nan=1.0) for v in range(count)]
    return np.stack(left, axis=1)
