"""Exact test of f = 0 and the detection limit: one statistic, one computed distribution.

At the low counts that matter here (an error rate of 5e-4 at depth 200 is a tenth of a fragment)
the chi-squared mixture of the likelihood-ratio test claims too much: up to twice its nominal
rate with a known baseline, far more with a baseline known from a shallow normal only. So the
test uses

    S = sum_v log [m_v(K_v | f*) / m_v(K_v | 0)]

where m_v(k | f) is the probability of k immune fragments at variant v with the baseline that is
expected from normal and background, and computes the distribution of S under f = 0 by convolution
over the variants, averaged over what the baseline may be. f* is set by the design alone, near
the detection limit: the observed immune counts do not tune S, and S is the most powerful score
at f*. The same distribution under f > 0 gives the power, and so the detection limit,
discreteness included.

What the baseline may be. One variant: b = e + h with h flat (``likelihood``); the p value is the
predictive tail P(K >= k), for an error rate of zero the exact conditional test of two Poisson
counts. Several variants: b_v = e_v + g t_v with one flat g, the level at which tumour alleles are
in the baseline for any reason (cross-talk of libraries, tumour cells in the normal, a common
ancestor), known from the normals of all variants together; a variant whose normal shows more than
that has its own. Giving each variant its own h without g is no substitute: with 30 variants at
0.3 % in normal and immune sample alike, such a test was significant nearly always.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, lgamma, log

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from mitotransfer.betabinom import log_rising
from mitotransfer.compiled import njit
from mitotransfer.likelihood import Array, IntArray, Mixture, log_likelihood

BINS = 2048
# With more variants than this sums are dense, and half of the bins is enough.
FEW_VARIANTS = 8
# Counts up to here each for themselves, above in cells of one per cent.
SINGLE_COUNTS = 256
CELL = 1.01
# Score above the reach of the nulls that still has bins.
CLIP = 40.0
# Upper tail of a variant's distribution that is left out.
NEGLIGIBLE = 1e-15
# Masses below NEGLIGIBLE are left out: smaller p values would be made of what remains.
SMALLEST = 1e-12
# Low enough that every count is gone through.
NEVER = 1e-320
# Bins by which a sum of split masses may lie below its value: counts against significance.
SLACK = 2
# Normal quantiles of power beyond these are all the same to the search.
STEEPEST = 8.0


@dataclass(frozen=True)
class Test:
    """The test of one immune sample, fixed before its alternative counts are looked at.

    Attributes:
        starts: first count of each cell, closed by one beyond the last; shape (C + 1,).
        scores: bin position of each variant and cell, shape (V, C); non-decreasing in the count.
        tail: P(S >= bin | f = 0), shape (BINS,).
        slack: bins by which an observed S is lowered before its tail is read.
    """

    starts: IntArray
    scores: Array
    tail: Array
    slack: int


def _cell_starts(depth: int) -> IntArray:
    starts = list(range(min(depth, SINGLE_COUNTS) + 1))
    while starts[-1] < depth:
        starts.append(int(starts[-1] * CELL) + 1)
    return np.array([*starts[:-1], min(starts[-1], depth), depth + 1], np.int64)


@njit
def _log_masses(
    f: float,
    cells: int,
    starts: IntArray,
    depth: IntArray,
    weight: Array,
    mean: Array,
    variance: Array,
    tumor_mean: Array,
    tumor_variance: Array,
    rho: Array,
    negligible: float,
) -> Array:
    """Log probability of each count cell at fraction f, shape (V, cells).

    Cells beyond those with all but ``negligible`` of the probability are left at minus infinity.
    """
    out = np.full((depth.size, cells), -np.inf)
    for v in range(depth.size):
        n = depth[v]
        peak = -np.inf
        total = 0.0
        for c in range(cells):
            first, after = starts[c], min(starts[c + 1], n + 1)
            if first > n:
                break
            k = (first + after - 1) // 2
            out[v, c] = (
                log_rising(float(n - k + 1), k)
                - lgamma(k + 1.0)
                + log(after - first)
                + log_likelihood(
                    f,
                    k,
                    n,
                    weight[v],
                    mean[v],
                    variance[v],
                    tumor_mean[v],
                    tumor_variance[v],
                    rho[v],
                )
            )
            peak = max(peak, out[v, c])
            total += exp(out[v, c])
            if total > 0.5 and out[v, c] < min(peak, log(negligible)):
                break
    return out


@njit
def _distribution(scores: Array, log_masses: Array, bins: int) -> Array:
    """Distribution of the sum of the variants' scores over bins, shape (bins,).

    A mass between two bins is split between them, which keeps the mean. The last bin takes what
    lies beyond it; a variant's last cell takes the probability that the other cells leave.
    """
    total = np.zeros(bins)
    total[0] = 1.0
    top = 0
    for v in range(scores.shape[0]):
        kernel = np.zeros(bins + 1)
        left = 1.0
        last = scores.shape[1] - 1
        reach = 0
        for c in range(last + 1):
            mass = min(exp(log_masses[v, c]), left)
            if c == last:
                mass = left
            left -= mass
            if mass > 0.0:
                position = min(scores[v, c], bins - 1.0)
                j = int(position)
                kernel[j] += mass * (1.0 - (position - j))
                kernel[j + 1] += mass * (position - j)
                reach = max(reach, j + 1)
        out = np.zeros(bins)
        for j in range(reach + 1):
            if kernel[j] > 1e-18:
                for i in range(top + 1):
                    out[min(i + j, bins - 1)] += total[i] * kernel[j]
        top = min(top + reach, bins - 1)
        total = out
    return total


def score_fraction(depth: IntArray, null: Mixture, false_positive_rate: float = 0.01) -> float:
    """f*: near the detection limit, by normal approximation with room for low counts."""
    base = (null.weight * null.mean).sum(axis=1)
    spread = (null.weight * (null.variance + null.mean**2)).sum(axis=1) - base**2
    gain = np.maximum(null.tumor_mean - base, 1e-3)
    information = (gain**2 / (spread + base * (1 - base) * (1 / depth + null.rho))).sum()
    z = 1.64 - float(ndtri(false_positive_rate))
    return float(np.clip(z / np.sqrt(information) + 3 / (depth * gain).sum(), 1e-6, 0.99))


def _known(m: Mixture) -> Mixture:
    """The baseline at its mean, as if known: the score then goes on growing with the counts.

    An uncertain one would let it level off where it has to tell levels of a baseline apart.
    """
    mean = (m.weight * m.mean).sum(axis=1, keepdims=True)
    return replace(m, weight=np.ones_like(mean), mean=mean, variance=np.zeros_like(mean))


def _reach(scores: Array, masses: list[Array]) -> float:
    """Score beyond which no null has probability worth counting."""
    reach = 0.0
    for log_mass in masses:
        mass = np.exp(log_mass[:, : scores.shape[1]])
        mean = (mass * scores).sum(axis=1)
        variance = (mass * scores**2).sum(axis=1) - mean**2
        reach = max(reach, float(mean.sum() + 8 * np.sqrt(max(variance.sum(), 0.0))))
    return min(reach + CLIP, float(scores[:, -1].sum()))


def build(depth: IntArray, nulls: list[Mixture], shares: Array, reference: Mixture) -> Test:
    """The test for a design.

    Args:
        depth: immune depths, shape (V,).
        nulls: what may be true where f = 0, with probabilities ``shares`` that add up to 1.
        reference: the baseline on which the score is built.
    """
    starts = _cell_starts(int(depth.max()))
    cells = len(starts) - 1
    masses = [_log_masses(0.0, cells, starts, depth, *null.arrays(), NEGLIGIBLE) for null in nulls]
    # What wide cells miss or count twice must not pass for probability of higher counts.
    masses = [m - np.log(np.exp(m).sum(axis=1, keepdims=True)) for m in masses]
    used = max(int(np.isfinite(m).any(axis=0).sum()) for m in masses)
    starts = np.append(starts[:used], depth.max() + 1)
    if len(depth) == 1:
        # Any increasing score is the same test: the cell's number keeps the bins exact.
        scores, bins, slack = np.arange(used, dtype=float)[None], BINS, 0
    else:
        bins, slack = BINS if len(depth) <= FEW_VARIANTS else BINS // 2, SLACK
        known = _known(reference)
        f = score_fraction(depth, reference)
        without = _log_masses(0.0, used, starts, depth, *known.arrays(), NEVER)
        with_f = _log_masses(f, used, starts, depth, *known.arrays(), NEVER)
        with np.errstate(invalid="ignore"):
            scores = np.where(np.isfinite(without), with_f - without, -np.inf)
        scores = np.maximum.accumulate(scores - scores[:, :1], axis=1)
        width = _reach(scores, masses) / (bins - 1)
        scores /= max(width, 1e-12)
    distribution = np.zeros(bins)
    for mass, share in zip(masses, shares, strict=True):
        distribution += share * _distribution(scores, mass[:, :used], bins)
    tail = np.minimum(np.cumsum(distribution[::-1])[::-1], 1.0)
    return Test(starts, scores, tail, slack)


def p_value(test: Test, alt: IntArray) -> float:
    """P(S >= observed | f = 0) for immune alternative counts, shape (V,); SMALLEST at least."""
    cell = np.searchsorted(test.starts, alt, side="right") - 1
    last = test.scores.shape[1] - 1
    position = test.scores[np.arange(len(alt)), np.minimum(cell, last)].sum()
    if last:
        # Counts that no null reaches go on scoring, for a variant that is far above others.
        slope = test.scores[:, last] - test.scores[:, last - 1]
        position += (slope * np.maximum(alt - test.starts[last], 0)).sum()
    observed = int(min(position + 1e-6, len(test.tail) - 1)) - test.slack
    return max(float(test.tail[max(observed, 0)]), SMALLEST)


def limit(
    test: Test, depth: IntArray, truth: Mixture, false_positive_rate: float, power: float
) -> float:
    """Smallest f with P(p < false_positive_rate | f) = power; 1 if there is none.

    ``truth`` is the best guess of baseline and tumour VAF, without the test's allowance for
    hidden heteroplasmy.
    """
    below = np.flatnonzero(test.tail < false_positive_rate)
    if not len(below) or below[0] + test.slack >= len(test.tail):
        return 1.0
    critical = int(below[0]) + test.slack
    cells = test.scores.shape[1]

    def surplus(log_f: float) -> float:
        masses = _log_masses(
            float(np.exp(log_f)), cells, test.starts, depth, *truth.arrays(), NEGLIGIBLE
        )
        reached = _distribution(test.scores, masses, len(test.tail))[critical:].sum()
        return float(np.clip(ndtri(np.clip(reached, 0, 1)), -STEEPEST, STEEPEST)) - goal

    goal = float(ndtri(power))
    if surplus(0.0) < 0:
        return 1.0
    low = -3.0
    while surplus(low) > 0:
        low -= 2.5
    return float(np.exp(brentq(surplus, low, min(low + 2.5, 0.0) if low < -3 else 0.0, xtol=5e-3)))
