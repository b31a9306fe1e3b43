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

from mitotransfer.arrays import Floats
from mitotransfer.cells.npmle import Profile
from mitotransfer.inputs.settings import Fraction
from mitotransfer.stats.intervals import likelihood_drop

_EDGE = 1e-6


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


def share_of_receivers(
    log_likelihood: Floats, grid: Floats, threshold: float, confidence: float = Fraction.confidence
) -> Share:
    """Share of cells with a fraction above ``threshold``, with one-sided bounds.

    Args:
        log_likelihood: of the group's cells on ``grid``, shape (cells, fractions).
    """
    above = grid > threshold
    if not len(log_likelihood):
        return Share(np.nan, 0.0, 1.0, np.zeros(len(grid)))
    profile = Profile(log_likelihood, above)
    weights, best = profile.fit()
    share = float(weights[above].sum())
    # A one-sided bound of this confidence is an end of the interval with twice the error.
    drop = likelihood_drop(2 * confidence - 1)

    def lack(at: float) -> float:
        """Root of what the likelihood falls below the maximum, less that of the bound's."""
        fall = max(best - profile.fit(at)[1], 0.0)
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
    profiles = [Profile(one, above) for one in (first, second)]
    free = sum(one.fit()[1] for one in profiles)

    def loss(share: float) -> float:
        return -sum(one.fit(share)[1] for one in profiles)

    found = optimize.minimize_scalar(loss, bounds=(0.0, 1.0), method="bounded",
                                     options={"xatol": 1e-3})  # fmt: skip
    common, least = float(found.x), float(found.fun)
    for end in (0.0, 1.0):
        if (at_end := loss(end)) < least:
            common, least = end, at_end
    ratio = max(2 * (free + least), 0.0)
    return float(special.gammaincc(0.5, ratio / 2)), common
