"""The distribution of a fraction over cells, without a form: nonparametric maximum likelihood.

The constrained Newton method (Wang, J R Stat Soc B 2007, doi 10.1111/j.1467-9868.2007.00583.x): the
distribution has mass at a few points. Each step adds the points at which the likelihood rises most,
maximises its quadratic approximation over these points by non-negative least squares, and goes
there as far as the likelihood rises.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from mitotransfer.arrays import Floats, Mask

#: Log likelihood that a fit may fall short of the maximum.
TOLERANCE = 0.005
_STEPS = 200
_SMALLEST = 1e-3  # step below which another direction is taken
_HALVINGS = 60
_FLOOR = 1e-12


class Profile:
    """The likelihood of the cells of a group, maximal over distributions with a given mass.

    A fit starts where the one before has ended, since bounds and comparisons ask for masses near
    each other.

    Args:
        log_likelihood: of each cell at each fraction, shape (cells, fractions).
        above: fractions of receivers.
    """

    def __init__(self, log_likelihood: Floats, above: Mask) -> None:
        top = log_likelihood.max(axis=1)
        # The floor tells no distributions apart that are near the best one.
        scaled = np.maximum(np.exp(log_likelihood - top[:, None]), _FLOOR)
        self._density = np.ascontiguousarray(scaled.T)
        self._constant = float(top.sum())
        self._above = above
        self._weights = np.full(len(above), 1 / len(above))

    def fit(self, share: float | None = None) -> tuple[Floats, float]:
        """Distribution over the grid of greatest likelihood, and its log likelihood.

        It ends where concavity bounds what is left to gain.

        Args:
            share: mass above; None: free.
        """
        everywhere = np.ones(len(self._above), np.bool_)
        groups = [everywhere] if share is None else [~self._above, self._above]
        masses = [1.0] if share is None else [1 - share, share]
        parts = [(group, mass) for group, mass in zip(groups, masses, strict=True) if mass > 0]
        sums = np.array([group for group, _ in parts], float)
        mass = np.array([mass for _, mass in parts])
        self._weights, value = _maximum(self._density, _with_sums(self._weights, sums, mass), sums,
                                        mass)  # fmt: skip
        return self._weights, value + self._constant


def fit(log_likelihood: Floats, above: Mask, share: float | None = None) -> tuple[Floats, float]:
    """Distribution of greatest likelihood, and its log likelihood, as of ``Profile.fit``."""
    return Profile(log_likelihood, above).fit(share)


def _with_sums(weights: Floats, sums: Floats, masses: Floats) -> Floats:
    """Weights near the given ones that have the sums of groups."""
    found = np.zeros(len(weights))
    for group, mass in zip(sums > 0, masses, strict=True):
        total = weights[group].sum()
        found[group] = weights[group] * (mass / total) if total > 1e-9 else mass / group.sum()
    return found


def _maximum(
    density: Floats, weights: Floats, sums: Floats, masses: Floats
) -> tuple[Floats, float]:
    """Weights of greatest log likelihood with given sums of groups, and that likelihood.

    Args:
        density: shape (fractions, cells).
        weights: to start from.
    """
    mean = weights @ density
    value = _log_likelihood(mean)
    for _ in range(_STEPS):
        slope = density @ (1 / mean)
        best = np.array([int(np.argmax(np.where(group > 0, slope, -1.0))) for group in sums])
        if masses @ slope[best] - slope @ weights < TOLERANCE:
            break
        active = np.flatnonzero((weights > 0) | _peaks(slope, sums))
        target = np.zeros(len(weights))
        target[active] = _quadratic(density[active] / mean, slope[active], sums[:, active], masses)
        moved = _towards(density, slope, (weights, mean, value), target, _SMALLEST)
        if moved is None:
            # Where the approximation does not hold: to the steepest points, then a step of EM.
            target = np.zeros(len(weights))
            target[best] = masses
            moved = _towards(density, slope, (weights, mean, value), target, 0.5**_HALVINGS)
            if moved is None:
                break
            weights, mean, value = moved
            new = weights * (density @ (1 / mean))
            weights = (masses / (sums @ new)) @ (sums * new)
            mean = weights @ density
            value = _log_likelihood(mean)
        else:
            weights, mean, value = moved
    return weights, value


def _log_likelihood(mean: Floats) -> float:
    return float(np.log(mean).sum())


def _towards(
    density: Floats, slope: Floats, at: tuple[Floats, Floats, float], target: Floats, least: float
) -> tuple[Floats, Floats, float] | None:
    """Weights, their density and likelihood after a step; None if steps down to ``least`` fall."""
    weights, mean, value = at
    step = target - weights
    gain, ahead, size = float(slope @ step), step @ density, 1.0
    while gain > 0 and size > least:
        moved = mean + size * ahead
        if moved.min() > 0 and (new := _log_likelihood(moved)) >= value + size * gain / 4:
            # Mass that a whole step takes away is gone.
            return np.maximum(weights + size * step, 0.0), moved, new
        size /= 2
    return None


def _peaks(slope: Floats, sums: Floats) -> NDArray[np.bool_]:
    """Points at which the slope is highest among neighbours of the group."""
    found = np.zeros(len(slope), np.bool_)
    for group in sums:
        inside = np.where(group > 0, slope, -np.inf)
        left = np.concatenate([[-np.inf], inside[:-1]])
        right = np.concatenate([inside[1:], [-np.inf]])
        found |= (inside >= left) & (inside >= right) & (group > 0)
    return found


def _quadratic(ratio: Floats, slope: Floats, sums: Floats, masses: Floats) -> Floats:
    """Weights that maximise the quadratic approximation of the log likelihood.

    Args:
        ratio: density over that of the mixture, shape (points, cells).
    """
    values, vectors = np.linalg.eigh(ratio @ ratio.T)
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
