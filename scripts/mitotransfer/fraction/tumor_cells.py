"""Likelihood of K: the mtDNA that tumour cells in an immune preparation bring.

Let p be the tumour cells per cell of the tumour sample, c those per cell of the preparation, x the
ratio c / p, and R the mtDNA copies per cell of the tumour sample over those of the preparation. If
the contaminating cells are like the sample's tumour cells, they bring K = x R in units of the
tumour sample's mtDNA: copies per tumour cell cancel.

Nuclear reads. At a somatic locus of VAF v in the tumour sample the preparation shows q v +
(1 - q) e, with q = x d for few tumour cells. d is half the copies of the locus per cell of the
tumour sample, so K = q R / d. Counted cells show c itself, so K = c R / p.

Both are K = (measured share) x (factor in a range). ``of_mtdna`` profiles the factor out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, exp, floor, log

import numpy as np

from mitotransfer.arrays import Floats
from mitotransfer.fraction.excess import GRID, STEP, STEPS
from mitotransfer.quick_scipy import special

#: Loci are grouped by their VAF in the tumour sample into at most this many.
GROUPS = 8
#: Error rate of the one-sided bound of counted cells.
TAIL = 0.05
#: Error rates over which the likelihood is profiled, beside 0.
ERRORS, LOWEST_ERROR = 40, 1e-6
#: Standard deviations beyond the ends of a range that count as possible.
REACH = 3.2
#: Range of a factor that nothing bounds.
_TINY, _HUGE = 1e-4, 1e6
#: Cells of a count are many beside those of a library: the count itself has their noise.
MANY = 1e9


@dataclass(frozen=True)
class Loci:
    """Reads at somatic loci of the tumour.

    Attributes:
        alt, depth: reads of the preparation, shape (L,).
        vaf: VAF in the tumour sample, shape (L,).
        normal_alt, normal_depth: reads of the normal at all loci.
        max_error: highest error per read.
    """

    alt: Floats
    depth: Floats
    vaf: Floats
    normal_alt: float = 0.0
    normal_depth: float = 0.0
    max_error: float = 0.05


@dataclass(frozen=True)
class Factor:
    """Range of the factor from a measured share to K, with the log-sd of its ends."""

    low: float
    high: float
    sd: float = 0.0

    def steps(self) -> Iterator[tuple[int, float]]:
        """Numbers of steps of ``GRID`` that the factor may be, each with its penalty.

        The penalty is dist(log phi, [log low, log high])^2 / (2 sd^2). A step that is partly within
        the range counts as within it.
        """
        low, high = log(max(self.low, _TINY)), log(min(max(self.high, _TINY), _HUGE))
        sd = max(self.sd, 1e-9)
        first, last = floor((low - REACH * sd) / STEP), ceil((high + REACH * sd) / STEP)
        for shift in range(first, last + 1):
            distance = max(low - shift * STEP, shift * STEP - high, 0.0)
            penalty = 0.5 * (max(distance - STEP, 0.0) / sd) ** 2
            if penalty <= 0.5 * REACH**2:
                yield shift, penalty


def grouped(loci: Loci) -> tuple[Floats, Floats, Floats]:
    """Alternative reads, depth and mean VAF of the loci, grouped by VAF; shape (groups,)."""
    if len(loci.alt) <= GROUPS:
        return loci.alt, loci.depth, loci.vaf
    edges = np.quantile(loci.vaf, np.linspace(0, 1, GROUPS + 1)[1:-1])
    group = np.searchsorted(edges, loci.vaf, side="right")
    depth = np.bincount(group, loci.depth, GROUPS)
    used = depth > 0
    sums = (depth, np.bincount(group, loci.alt, GROUPS))
    vaf = np.bincount(group, loci.depth * loci.vaf, GROUPS)[used] / depth[used]
    total, alt = (np.asarray(one, float)[used] for one in sums)
    return alt, total, vaf


def of_nuclear_reads(loci: Loci) -> Floats:
    """Log likelihood of q on ``GRID``, relative to its maximum; the error is profiled out."""
    alt, depth, vaf = grouped(loci)
    top = max(loci.max_error, LOWEST_ERROR)
    error = np.concatenate([[0.0], np.geomspace(min(LOWEST_ERROR, top), top, ERRORS)])
    p = GRID[:, None, None] * vaf + (1 - GRID[:, None, None]) * error[:, None]
    p = np.clip(p, 1e-12, 1 - 1e-12)
    logs = (special.xlogy(alt, p) + special.xlog1py(depth - alt, -p)).sum(axis=2)
    e = np.clip(error, 1e-12, None)
    logs += special.xlogy(loci.normal_alt, e) + special.xlog1py(
        loci.normal_depth - loci.normal_alt, -e
    )
    profile = logs.max(axis=1)
    return np.asarray(profile - profile.max())


def cells_behind(share: float, high: float) -> float:
    """Largest number of counted cells that a share and its upper bound allow.

    With this many cells the exact one-sided bound (Clopper and Pearson 1934) is ``high``. For no
    tumour cell at all: log(TAIL) / log(1 - high).
    """
    if not 0 < high < 1 or share > high:
        return 1.0

    def bound(cells: float) -> float:
        seen = share * cells
        return float(special.betaincinv(seen + 1, max(cells - seen, 1e-9), 1 - TAIL))

    low, up = 1.0, MANY
    for _ in range(80):
        middle = exp(0.5 * (log(low) + log(up)))
        low, up = (middle, up) if bound(middle) >= high else (low, middle)
    return low


def of_counted_cells(share: float, cells: float) -> Floats:
    """Log likelihood of c on ``GRID`` after a count of cells, relative to its maximum."""
    p = np.clip(GRID, 1e-12, 1 - 1e-12)
    logs = special.xlogy(share * cells, p) + special.xlog1py((1 - share) * cells, -p)
    return np.asarray(logs - logs.max())


def in_other_portion(curve: Floats, first: float, second: float) -> Floats:
    """The curve of a share in the portion of the mtDNA reads, from that of another portion.

    Both portions of a preparation hold Poisson numbers n1, n2 of tumour cells with one rate g:

        l(n2) = max over n1 of l(n1) - n1 log(n1 / (N1 g)) - n2 log(n2 / (N2 g))

    with g = (n1 + n2) / (N1 + N2).

    Args:
        curve: log likelihood of the share in the first portion.
        first, second: tumour cells in each portion for a share of 1 (N1, N2).
    """
    n1, n2 = GRID[:, None] * first, GRID[None] * second
    rate = (n1 + n2) / (first + second)
    safe = np.where(rate > 0, rate, 1.0)
    penalty = special.xlogy(n1, np.where(n1 > 0, n1 / (first * safe), 1.0))
    penalty += special.xlogy(n2, np.where(n2 > 0, n2 / (second * safe), 1.0))
    moved = (curve[:, None] - penalty).max(axis=0)
    return np.asarray(moved - moved.max())


def of_mtdna(curve: Floats, factor: Factor) -> Floats:
    """Log likelihood of K on ``GRID``: that of a share, with the factor profiled out.

        l(K) = max over phi of l(K / phi) - dist(log phi, [log low, log high])^2 / (2 sd^2)

    On the logarithmic grid a factor is a shift. K above 1 counts as 1, below the grid as 0.
    """
    positive = curve[1:]
    found = np.full(STEPS, -np.inf)
    zero = float(curve[0])
    for shift, penalty in factor.steps():
        if shift >= STEPS:
            found[-1] = max(found[-1], float(positive.max()) - penalty)
        elif shift >= 0:
            np.maximum(found[shift:], positive[: STEPS - shift] - penalty, out=found[shift:])
            if shift:
                beyond = float(positive[STEPS - shift :].max())
                found[-1] = max(found[-1], beyond - penalty)
        else:
            down = min(-shift, STEPS)
            np.maximum(found[: STEPS - down], positive[down:] - penalty, out=found[: STEPS - down])
            zero = max(zero, float(positive[:down].max()) - penalty)
    whole = np.concatenate([[zero], np.maximum(found, -1e9)])
    return np.asarray(whole - whole.max())


def at_most(curve: Floats) -> Floats:
    """The curve as an upper bound alone: everything below its maximum is as likely."""
    return np.asarray(np.maximum.accumulate(curve[::-1])[::-1])


def either(*curves: Floats) -> Floats:
    """The curve of a share that one of several measurements allows."""
    return np.asarray(np.max(curves, axis=0))
