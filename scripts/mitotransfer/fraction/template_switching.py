"""Template switching: molecules joined from two during amplification, and how many there are.

A haplotype is a number: bit v is set where it has the tumour's allele at variant v. With weights
w of the haplotypes before amplification and a share s of molecules joined from two that are drawn
at random, haplotype h is found with

    P(h) = (1 - s) w_h + s sum_b c_b w(h left of b) w(h right of b),

where w(.) sums over the haplotypes alike on that side, and the break b lies between two variants
next to each other with a probability c_b by their distance. Double breaks are left out.

mtDNA does not recombine, so that the haplotypes of a tumour form a tree whose root has no allele:
of the four combinations at two variants three are there at most (four-gamete test: Hudson and
Kaplan, Genetics 1985, doi 10.1093/genetics/111.1.147). The fourth, beyond errors, is switched. With
s fixed, the weights of the tree's haplotypes are found by the EM algorithm, in which both parts of
a joined molecule count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.fraction.patterns import Haplotypes

#: Shares of switched molecules that are compared.
GRID: Floats = np.linspace(0.0, 0.6, 31)
#: Mean of the exponential prior: libraries without amplification have none.
PRIOR_MEAN = 0.2
_ROUNDS, _ENOUGH = 300, 1e-6
_SMALLEST_F = 1e-6


class Breaks(NamedTuple):
    """Where molecules are joined.

    Attributes:
        left: int64, shape (b,): bits of the variants on one side of each break.
        shares: of the breaks, shape (b,); they add up to 1.
        size: number of variants.
    """

    left: Ints
    shares: Floats
    size: int

    @property
    def right(self) -> Ints:
        """Bits of the variants on the other side."""
        return np.asarray((1 << self.size) - 1 - self.left)


def breaks_between(pos: Ints, length: int) -> Breaks:
    """Breaks between variants on a circle, but for their largest gap, where molecules may end.

    Args:
        pos: positions of two or more variants.
        length: of the circle.
    """
    order = np.argsort(pos, kind="stable")
    gaps = np.diff(pos[order], append=pos[order[0]] + length)
    start = int(gaps.argmax()) + 1
    order, gaps = np.roll(order, -start), np.roll(gaps, -start)[:-1].astype(float)
    if not gaps.sum() > 0:
        gaps = np.ones(len(gaps))
    return Breaks(np.cumsum(1 << order[:-1].astype(np.int64)), gaps / gaps.sum(), len(pos))


def joined(first: Floats, second: Floats, breaks: Breaks) -> Floats:
    """Haplotypes of molecules with the left part of one sample and the right part of another.

    Args:
        first, second: weights of the haplotypes, shape (2^k,).
    """
    every = np.arange(len(first))
    found = np.zeros(len(first))
    for left, right, share in zip(breaks.left, breaks.right, breaks.shares, strict=True):
        one = np.bincount(every & left, first, len(first))
        other = np.bincount(every & right, second, len(first))
        found += share * one[every & left] * other[every & right]
    return found


def tree_of(haplotypes: Haplotypes) -> Mask:
    """Haplotypes of a tree, the heaviest first as long as they fit it, with that of no allele.

    A variant that a haplotype lacks says nothing.
    """
    chosen = np.zeros(len(haplotypes.weights), bool)
    chosen[0] = True
    for at in np.argsort(-haplotypes.weights, kind="stable"):
        trial = chosen.copy()
        trial[at] = True
        alleles = haplotypes.alleles[trial]
        has, lacks = (
            (which & ~haplotypes.absent[trial]).astype(np.int64) for which in (alleles, ~alleles)
        )
        both, one = has.T @ has > 0, has.T @ lacks > 0
        if not (both & one & one.T).any():
            chosen = trial
    return chosen


def _fit_tree(
    likelihood: Floats, molecules: Ints, weights: Floats, switched: float, breaks: Breaks
) -> tuple[Floats, float]:
    """Weights of the tree's haplotypes and the log likelihood, for one share of switched ones.

    Args:
        likelihood: of each pattern given each haplotype, shape (m, 2^k).
        weights: to start from; those of 0 stay so.
    """
    every = np.arange(len(weights))
    for _ in range(_ROUNDS):
        shares = (1 - switched) * weights + switched * joined(weights, weights, breaks)
        ratio = likelihood.T @ (molecules / (likelihood @ shares))
        slope = (1 - switched) * ratio
        for left, right, share in zip(breaks.left, breaks.right, breaks.shares, strict=True):
            for own, other in ((left, right), (right, left)):
                partner = np.bincount(every & other, weights, len(weights))[every & other]
                gain = np.bincount(every & own, ratio * partner, len(weights))
                slope = slope + switched * share * gain[every & own]
        updated = weights * slope
        updated /= updated.sum()
        moved = np.abs(updated - weights).max()
        weights = updated
        if moved < _ENOUGH:
            break
    shares = (1 - switched) * weights + switched * joined(weights, weights, breaks)
    return weights, float(molecules @ np.log(likelihood @ shares))


class TumorFit(NamedTuple):
    """A tumour sample's haplotypes before switching, for each share of ``GRID``.

    Attributes:
        weights: shape (s, 2^k).
        log_p: log probability of each share with the prior, up to a constant, shape (s,).
    """

    weights: Floats
    log_p: Floats


def fit_tumor(likelihood: Floats, molecules: Ints, plain: Haplotypes, breaks: Breaks) -> TumorFit:
    """Haplotypes of the tumour sample, and what it says of the share of switched molecules.

    Args:
        likelihood: of each of the tumour's patterns given each haplotype, shape (m, 2^k).
        plain: haplotypes without switching.
    """
    tree = tree_of(plain)
    weights = np.where(tree, plain.weights + 1e-4, 0.0)
    weights /= weights.sum()
    found, log_p = [], []
    for switched in GRID:
        weights, value = _fit_tree(likelihood, molecules, weights, float(switched), breaks)
        found.append(weights)
        log_p.append(value - switched / PRIOR_MEAN)
        weights = np.where(tree, weights + 1e-6, 0.0) / (1 + 1e-6 * tree.sum())
    return TumorFit(np.array(found), np.array(log_p))


class Parts(NamedTuple):
    """What the molecules of a sample with little tumour mtDNA are, shape (s, 2^k) each.

    Attributes:
        whole: haplotypes of the tumour.
        mixed: of molecules joined from one of the tumour and one of others, both ways: 2 in sum.
        within: of molecules joined from two of the tumour.
    """

    whole: Floats
    mixed: Floats
    within: Floats

    def of_tumor(self, at: int, fraction: float = 0.0) -> Floats:
        """Haplotypes with a part of the tumour, by fraction f: the sum is 1 + s at f = 0."""
        s = GRID[at]
        other = (1 - fraction) * self.mixed[at] + fraction * self.within[at]
        return np.asarray((1 - s) * self.whole[at] + s * other)


def parts_of(fit: TumorFit, breaks: Breaks) -> Parts:
    """The parts for each share of ``GRID``."""
    none = np.zeros(fit.weights.shape[1])
    none[0] = 1.0
    mixed = [joined(w, none, breaks) + joined(none, w, breaks) for w in fit.weights]
    within = [joined(w, w, breaks) for w in fit.weights]
    return Parts(fit.weights, np.array(mixed), np.array(within))


def fit_immune(likelihood: Floats, molecules: Ints, parts: Parts) -> tuple[Floats, Floats]:
    """Log likelihood of each share of ``GRID`` at its best fraction, and these fractions.

    Args:
        likelihood: of each of the immune sample's patterns given each haplotype, shape (m, 2^k).
    """
    log_p, fractions = [], []
    none = likelihood[:, 0]

    def loss(log_f: float, s: float, whole: Floats, mixed: Floats, within: Floats) -> float:
        f = float(np.exp(log_f))
        p = (1 - s) * ((1 - f) * none + f * whole)
        p = p + s * ((1 - f) ** 2 * none + f * (1 - f) * mixed + f * f * within)
        return -float(molecules @ np.log(p))

    from scipy.optimize import minimize_scalar  # only long reads need its slow import

    for at, switched in enumerate(GRID):
        best = minimize_scalar(
            loss,
            args=(float(switched), *(likelihood @ part[at] for part in parts)),
            bounds=(np.log(_SMALLEST_F), 0.0),
            method="bounded",
        )
        log_p.append(-float(best.fun))
        fractions.append(float(np.exp(best.x)))
    return np.array(log_p), np.array(fractions)


def normalised(log_p: Floats) -> Floats:
    """Probabilities of the shares of ``GRID``."""
    p = np.exp(log_p - log_p.max())
    return np.asarray(p / p.sum())
