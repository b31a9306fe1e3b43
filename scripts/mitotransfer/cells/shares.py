"""The share of receivers in a group of cells, from the distribution of the cells' tumour fractions.

Counting called cells would compare depths: in deeper cells more receivers are called. Here the
distribution of the fraction over cells is estimated without a form, by nonparametric maximum
likelihood (Laird, J Am Stat Assoc 1978) on a grid of fractions. The share of receivers is its mass
above a threshold. A bound of the share is where the profile likelihood, maximal over all
distributions with that mass, falls (Wilks 1938).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from mitotransfer.arrays import Floats, Mask
from mitotransfer.stats.intervals import likelihood_drop

#: Log likelihood that a fit may fall short of the maximum.
TOLERANCE = 0.005
_STEPS = 100
#: Share of a step that is taken: less than all keeps weights from 0, where slopes are endless.
_LARGEST, _SMALLEST = 0.98, 1e-3
_EDGE = 1e-6
_FLOOR = 1e-12


@dataclass(frozen=True)
class Share:
    """Share of receivers with its interval, and the distribution of the tumour fraction.

    Attributes:
        share, low, high: the share; each bound holds by itself with the given confidence.
        weights: mass at each fraction of the grid.
    """

    share: float
    low: float
    high: float
    weights: Floats


def fit(log_likelihood: Floats, above: Mask, share: float | None = None) -> tuple[Floats, float]:
    """Distribution over the grid of greatest likelihood, and its log likelihood.

    Sequential quadratic programming: each step maximises the likelihood's quadratic approximation
    by non-negative least squares (Wang, J R Stat Soc B 2007, doi
    10.1111/j.1467-9868.2007.00583.x). It ends where concavity bounds what is left to gain.

    Args:
        log_likelihood: of each cell at each fraction, shape (cells, fractions).
        above: fractions of receivers.
        share: mass above; None: free.
    """
    top = log_likelihood.max(axis=1)
    # The floor tells no distributions apart that are near the best one.
    scaled = np.maximum(np.exp(log_likelihood - top[:, None]), _FLOOR)
    constant = float(top.sum())
    groups = [np.ones(len(above), bool)] if share is None else [~above, above]
    masses = np.array([1.0] if share is None else [1 - share, share])
    kept = np.zeros(len(above), bool)
    for group, mass in zip(groups, masses, strict=True):
        kept |= group & (mass > 0)
    sums = np.array([g[kept] for g, m in zip(groups, masses, strict=True) if m > 0], float)
    masses = masses[masses > 0]
    found, value = _maximum(scaled[:, kept], sums, masses)
    weights = np.zeros(len(above))
    weights[kept] = found
    return weights, value + constant


def _maximum(density: Floats, sums: Floats, masses: Floats) -> tuple[Floats, float]:
    """Weights of greatest log likelihood with given sums of groups, and that likelihood."""
    weights = (masses / sums.sum(axis=1)) @ sums
    mean = density @ weights
    value = float(np.log(np.maximum(mean, 1e-300)).sum())
    for _ in range(_STEPS):
        ratio = density / np.maximum(mean, 1e-300)[:, None]
        slope = ratio.sum(axis=0)
        best = np.array([slope[group > 0].max() for group in sums])
        if masses @ best - slope @ weights < TOLERANCE:
            break
        step = _quadratic(ratio, slope, sums, masses) - weights
        gain, size = float(slope @ step), _LARGEST
        while size > _SMALLEST:
            moved = density @ (weights + size * step)
            new = float(np.log(np.maximum(moved, 1e-300)).sum())
            if gain > 0 and new >= value + size * gain / 4:
                weights = weights + size * step
                break
            size /= 2
        else:
            weights = _em_step(weights, slope, sums, masses)
        mean = density @ weights
        value = float(np.log(np.maximum(mean, 1e-300)).sum())
    return weights, value


def _em_step(weights: Floats, slope: Floats, sums: Floats, masses: Floats) -> Floats:
    """A step of the EM algorithm, which never lowers the likelihood."""
    new = weights * slope
    return (masses / (sums @ new)) @ (sums * new)


def _quadratic(ratio: Floats, slope: Floats, sums: Floats, masses: Floats) -> Floats:
    """Weights that maximise the quadratic approximation of the log likelihood."""
    values, vectors = np.linalg.eigh(ratio.T @ ratio)
    kept = values > values[-1] * 1e-10
    root = np.sqrt(values[kept])
    matrix = root[:, None] * vectors[:, kept].T
    target = (vectors[:, kept].T @ (2 * slope)) / root
    # Equations weigh so much that least squares keep them.
    heavy = 100 * root[-1]
    found, _ = optimize.nnls(
        np.vstack([matrix, heavy * sums]), np.concatenate([target, heavy * masses])
    )
    for group, mass in zip(sums > 0, masses, strict=True):
        total = found[group].sum()
        found[group] = found[group] * mass / total if total > 0 else mass / group.sum()
    return found


def share_of_receivers(
    log_likelihood: Floats, grid: Floats, threshold: float, confidence: float = 0.95
) -> Share:
    """Share of cells with a fraction above ``threshold``, with one-sided bounds.

    Args:
        log_likelihood: of the group's cells on ``grid``, shape (cells, fractions).
    """
    above = grid > threshold
    if not len(log_likelihood):
        return Share(np.nan, 0.0, 1.0, np.zeros(len(grid)))
    weights, best = fit(log_likelihood, above)
    share = float(weights[above].sum())
    # A one-sided bound of this confidence is an end of the interval with twice the error.
    drop = likelihood_drop(2 * confidence - 1)

    def lack(at: float) -> float:
        """Root of what the likelihood falls below the maximum, less that of the bound's."""
        fall = max(best - fit(log_likelihood, above, at)[1], 0.0)
        return float(np.sqrt(fall) - np.sqrt(drop))

    low = 0.0
    if share > _EDGE and lack(0.0) > 0:
        low = float(optimize.brentq(lack, 0.0, share, xtol=1e-4, rtol=1e-3))
    high = 1.0
    if share < 1 - _EDGE and lack(1.0) > 0:
        high = float(optimize.brentq(lack, share, 1.0, xtol=1e-4, rtol=1e-3))
    return Share(share, min(low, share), max(high, share), weights)


def compare(first: Floats, second: Floats, grid: Floats, threshold: float) -> tuple[float, float]:
    """p value of equal shares of receivers in two groups of cells, and the common share.

    The likelihood ratio against chi-squared with one degree of freedom (Wilks 1938). Each group has
    a distribution of its own within receivers and within the others, so that depths may differ.
    """
    above = grid > threshold
    free = sum(fit(one, above)[1] for one in (first, second))

    def loss(share: float) -> float:
        return -sum(fit(one, above, share)[1] for one in (first, second))

    found = optimize.minimize_scalar(loss, bounds=(0.0, 1.0), method="bounded",
                                     options={"xatol": 1e-3})  # fmt: skip
    common, least = float(found.x), float(found.fun)
    for end in (0.0, 1.0):
        if (at_end := loss(end)) < least:
            common, least = end, at_end
    ratio = max(2 * (free + least), 0.0)
    return float(special.gammaincc(0.5, ratio / 2)), common
