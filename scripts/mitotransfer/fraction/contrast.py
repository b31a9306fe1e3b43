"""The difference between two subsets of one preparation: excess of one less excess of the other.

Subset g has the tumour fraction f_g, and its tumour cells bring K_g = x_g R_g (in units of the
tumour sample's mtDNA, divided by the copies of the loci or the purity: ``fraction.tumor_cells``).
The tumour cells are those of one preparation, so that

- R_g is the tumour sample's copies over the subset's own copies M_g: the ratio K_1 / K_2 is
  x_1 M_2 / (x_2 M_1), and the tumour sample's copies and the loci cancel;
- portions that were drawn at random have equal x but for the Poisson numbers of their cells; the x
  of sorted ones differ at most by a factor, unless each was measured.

The contrast is (f_2 - K_2) - (f_1 - K_1), each excess at least 0, with its profile likelihood
(Wilks 1938): interval where the log likelihood has fallen by half the chi-squared quantile of one
degree of freedom, and the likelihood-ratio test of 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, nan

import numpy as np

from mitotransfer.arrays import Floats
from mitotransfer.fraction.excess import GRID, STEP
from mitotransfer.fraction.tumor_cells import Factor
from mitotransfer.quick_scipy import special
from mitotransfer.stats.intervals import likelihood_drop

#: Steps of the excess, from 0 to the largest that either subset may have.
STEPS = 150
#: Fall of the log likelihood beyond which a fraction is not looked at.
FARTHEST = 12.0
_NEVER = -1e9


@dataclass(frozen=True)
class Contrast:
    """Second less first: estimate, interval and p value of no difference."""

    difference: float = nan
    low: float = nan
    high: float = nan
    p_value: float = nan

    def turned(self) -> Contrast:
        """First less second."""
        return Contrast(-self.difference, -self.high, -self.low, self.p_value)


#: Increasing fractions and their log likelihood.
Fractions = tuple[Floats, Floats]


def drawn(first: float, second: float) -> Floats:
    """Log likelihood of the shares of two random portions, on ``GRID`` x ``GRID``.

    Both hold Poisson numbers of tumour cells with one rate, which is profiled out.

    Args:
        first, second: cells that a share of 1 means in each.
    """
    n1, n2 = GRID[:, None] * first, GRID[None] * second
    rate = (n1 + n2) / (first + second)
    safe = np.where(rate > 0, rate, 1.0)
    gap = special.xlogy(n1, np.where(n1 > 0, n1 / (first * safe), 1.0))
    gap = gap + special.xlogy(n2, np.where(n2 > 0, n2 / (second * safe), 1.0))
    return np.asarray(-gap)


def within(factor: float) -> Floats:
    """The same for shares that differ at most by a factor."""
    steps = np.arange(len(GRID) - 1)
    near = np.abs(steps[:, None] - steps[None]) <= ceil(log(factor) / STEP)
    found = np.full((len(GRID), len(GRID)), _NEVER)
    found[1:, 1:][near] = 0.0
    found[0, 0] = 0.0
    return found


def _shifted(table: Floats, steps: int, axis: int) -> Floats:
    """The table with one axis of ``GRID`` multiplied by a number of its steps.

    Above 1 counts as 1, below the grid as 0.
    """
    if steps == 0:
        return table
    table = np.moveaxis(table, axis, -1)
    found = np.full(table.shape, _NEVER)
    found[..., 0] = table[..., 0]
    positive, size = table[..., 1:], table.shape[-1] - 1
    moved = min(abs(steps), size)
    if steps > 0:
        found[..., 1 + moved :] = positive[..., : size - moved]
        beyond = positive[..., size - moved :].max(axis=-1)
        found[..., -1] = np.maximum(found[..., -1], beyond)
    else:
        found[..., 1 : 1 + size - moved] = positive[..., moved:]
        below = positive[..., :moved].max(axis=-1)
        found[..., 0] = np.maximum(found[..., 0], below)
    return np.moveaxis(found, -1, axis)


def _scaled(table: Floats, factor: Factor, axes: tuple[int, ...]) -> Floats:
    """The table with these axes multiplied by one factor, which is profiled out."""
    found = np.full(table.shape, _NEVER)
    for steps, penalty in factor.steps():
        moved = table
        for axis in axes:
            moved = _shifted(moved, steps, axis)
        np.maximum(found, moved - penalty, out=found)
    return found


def brought(shares: Floats, common: Factor, second: Factor) -> Floats:
    """Log likelihood of what tumour cells bring to both, on ``GRID`` x ``GRID``.

    Args:
        shares: of both x.
        common: from the first's share to its K.
        second: the second's factor over the first's, M_1 / M_2.
    """
    return _scaled(_scaled(shares, second, (1,)), common, (0, 1))


def _excess_table(of: Fractions, excesses: Floats) -> Floats:
    """l(f) at excess + K, for each excess and each K of ``GRID``; f may be anywhere in K's step."""
    fractions, likelihood = of
    half = np.exp(STEP / 2)
    mode = fractions[int(np.argmax(likelihood))]
    low, high = excesses[:, None] + GRID / half, excesses[:, None] + GRID * half
    at = np.clip(mode, low, high)
    found = np.interp(at, fractions, likelihood)
    return np.asarray(np.where(at <= 1.0, found, _NEVER))


def contrast(first: Fractions, second: Fractions, cells: Floats, confidence: float) -> Contrast:
    """The contrast of two subsets.

    Args:
        cells: log likelihood of what tumour cells bring to both (``brought``).
    """
    both = (first, second)
    top = max(float(f[likely >= likely.max() - FARTHEST][-1]) for f, likely in both)
    excesses = np.linspace(0.0, max(top, 1e-4), STEPS + 1)
    of_first, of_second = (_excess_table(one, excesses) for one in both)
    # max over K_1, then over K_2: rows of the excesses of both.
    left = np.array([(row[:, None] + cells).max(axis=0) for row in of_first])
    joint = np.array([(left + row).max(axis=1) for row in of_second])
    offsets = np.arange(-STEPS, STEPS + 1)
    profile = np.array([np.diagonal(joint, -k).max() for k in offsets])
    profile -= profile.max()
    differences = offsets * excesses[1]
    p = float(special.chdtrc(1, -2 * profile[STEPS]))
    inside = np.flatnonzero(profile >= -likelihood_drop(confidence))
    ends = _ends(differences, profile, (int(inside[0]), int(inside[-1])), confidence)
    return Contrast(float(differences[int(np.argmax(profile))]), *ends, p)


def _ends(
    differences: Floats, profile: Floats, inside: tuple[int, int], confidence: float
) -> tuple[float, float]:
    """Where the profile crosses its limit, linear between steps."""
    level = -likelihood_drop(confidence)
    found = []
    for at, beyond in zip(inside, (inside[0] - 1, inside[1] + 1), strict=True):
        if not 0 <= beyond < len(profile):
            found.append(float(differences[at]))
            continue
        share = (profile[at] - level) / (profile[at] - profile[beyond])
        found.append(float(differences[at] + share * (differences[beyond] - differences[at])))
    return found[0], found[1]
