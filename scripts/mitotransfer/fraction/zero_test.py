"""Exact test of f = 0 and the detection limit: one statistic, one computed distribution.

At the low counts that matter here (an error rate of 5e-4 at depth 200 is a tenth of a fragment)
the chi-squared mixture of the likelihood-ratio test is anti-conservative: up to twice its nominal
rate with a known baseline, far more behind a shallow normal. So the test uses

    S = sum_v log [m_v(K_v | f*) / m_v(K_v | 0)]

where m_v(k | f) is the probability of k immune fragments at variant v with the baseline expected
from normal and background, and computes the distribution of S under f = 0 by convolution over the
variants, averaged over what the baseline may be. f* is set by the design alone, near the detection
limit: the observed immune counts do not tune S, and S is the most powerful score at f*. The same
distribution under f > 0 gives the power, and so the detection limit, discreteness included.

What the baseline may be. One variant: b = e + h with h >= 0 that the normal may have been too
shallow to show; for h flat and no error the p value P(K >= k) is the exact conditional test of
two Poisson counts. Several variants: b_v = e_v + g t_v with one g, the level at which tumour
alleles are in the baseline for any reason (cross-talk of libraries, tumour cells in the normal, a
common ancestor), known from the normals of all variants together; a variant whose normal shows
more than that has its own. Giving each variant its own h without g is no substitute: with 30
variants at 0.3 % in normal and immune sample alike, such a test was significant nearly always.

Two priors, one statistic. The p value takes h or g from Beta(a, 1) with a small a: most baselines
are clean, one in thirty hides something, on any scale. The second prior is flat. Its p value keeps
its level at the worst baseline behind a shallow normal, at the price of power (0.05 % of false
positives at a nominal 1 % where the baseline is clean). It decides whether the lower bound of f is
above zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import numpy as np

from mitotransfer.arrays import Floats, Ints
from mitotransfer.compiled import njit
from mitotransfer.fraction.likelihood import (
    Mixture,
    beta_shapes,
    local_fraction,
    log_likelihood,
)
from mitotransfer.quick_scipy import special
from mitotransfer.stats.beta_binomial import log_pmf_scalar

BINS = 2048
# With more variants than this sums are dense, and half of the bins is enough.
FEW_VARIANTS = 8
# Counts up to here have a cell each, higher ones share cells of one per cent.
SINGLE_COUNTS = 256
CELL = 1.01
# Largest score beyond the reach of the nulls that still has bins.
CLIP = 40.0
# Upper tail of a variant's distribution that is left out.
NEGLIGIBLE = 1e-15
# False-positive rate at whose detection limit the score weighs the variants.
SCORE_RATE = 0.01
# Smallest p value: masses below NEGLIGIBLE are left out, so that smaller ones would be wrong.
SMALLEST = 1e-12
# The search does not distinguish normal quantiles of power beyond these.
STEEPEST = 8.0
_LOWEST = -30.0  # logarithm of a fraction that no sample shows


@dataclass(frozen=True)
class Test:
    """The test of one immune sample, fixed before its alternative counts are used.

    Attributes:
        starts: first count of each cell, closed by one beyond the last; shape (C + 1,).
        scores: of each variant and cell, whole numbers, shape (V, C); non-decreasing in the count.
        tails: P(S >= s | f = 0) under each prior of the baseline, shape (T, bins).
    """

    starts: Ints
    scores: Ints
    tails: Floats


def _cell_starts(depth: int) -> Ints:
    starts = list(range(min(depth, SINGLE_COUNTS) + 1))
    while starts[-1] < depth:
        starts.append(int(starts[-1] * CELL) + 1)
    return np.array([*starts[:-1], min(starts[-1], depth), depth + 1], np.int64)


@njit
def _masses(f: float, starts: Ints, depth: Ints, model: Mixture) -> Floats:
    """Probability of each count cell at fraction f, shape (V, C): all but ``NEGLIGIBLE`` of it."""
    cells = starts.size - 1
    out = np.zeros((depth.size, cells))
    for v in range(depth.size):
        n = depth[v]
        local = local_fraction(f, model.copies[v])
        for j in range(model.weight.shape[1]):
            if model.weight[v, j] <= 0.0:
                break
            m = (1.0 - local) * model.mean[v, j] + local * model.tumor_mean[v]
            spread = (1.0 - local) ** 2 * model.variance[v, j]
            spread += local * local * model.tumor_variance[v]
            alpha, beta = beta_shapes(m, spread + model.rho[v] * (m * (1.0 - m) - spread))
            before = -2
            log_p = 0.0
            for c in range(cells):
                first, after = starts[c], min(starts[c + 1], n + 1)
                if first > n:
                    break
                k = (first + after - 1) // 2
                if k == before + 1:
                    # Neighbouring counts: the ratio of their beta-binomial probabilities.
                    log_p += log((n - before) / k * ((alpha + before) / (beta + (n - k))))
                else:
                    log_p = log(model.weight[v, j]) + log_pmf_scalar(k, n, alpha, beta)
                before = k
                mass = (after - first) * exp(log_p)
                out[v, c] += mass
                if mass < NEGLIGIBLE and k > n * m:
                    break
    return out


@njit
def _scores(f: float, starts: Ints, depth: Ints, model: Mixture) -> Floats:
    """log m(k | f) / m(k | 0) of each variant and count cell, shape (V, C)."""
    out = np.full((depth.size, starts.size - 1), -np.inf)
    for v in range(depth.size):
        for c in range(starts.size - 1):
            first, after = starts[c], min(starts[c + 1], depth[v] + 1)
            if first > depth[v]:
                break
            k = (first + after - 1) // 2
            out[v, c] = log_likelihood(f, k, depth[v], model, v)
            out[v, c] -= log_likelihood(0.0, k, depth[v], model, v)
    return out


@njit
def _kernels(scores: Ints, masses: Floats, bins: int) -> Floats:
    """Distribution of each variant's score over bins, shape (V, bins).

    The last bin includes all higher scores; a variant's last cell has the remaining probability.
    """
    kernels = np.zeros((scores.shape[0], bins))
    last = scores.shape[1] - 1
    for v in range(scores.shape[0]):
        left = 1.0
        for c in range(last + 1):
            mass = left if c == last else min(masses[v, c], left)
            left -= mass
            kernels[v, min(scores[v, c], bins - 1)] += mass
    return kernels


def _tail(scores: Ints, masses: Floats, bins: int) -> Floats:
    """P(S >= bin) of the sum S of the variants' scores, shape (bins,).

    By Fourier transform over twice the bins: nothing that has probability reaches beyond.
    """
    kernels = _kernels(scores, masses, bins)
    if len(kernels) == 1:
        total = kernels[0]
    else:
        total = np.fft.irfft(np.fft.rfft(kernels, 2 * bins, axis=1).prod(axis=0), 2 * bins)
        total[bins - 1] += total[bins:].sum()
        total = np.clip(total[:bins], 0.0, None)
    return np.minimum(np.cumsum(total[::-1])[::-1], 1.0)


@njit
def _below(kernels: Floats) -> float:
    """P(S < bins) for kernels cut off at ``bins``, shape (V, bins): what lies beyond is lost."""
    bins = kernels.shape[1]
    total = np.zeros(bins)
    total[0] = 1.0
    for v in range(kernels.shape[0]):
        out = np.zeros(bins)
        for j in range(bins):
            mass = kernels[v, j]
            if mass > 1e-18:
                for i in range(bins - j):
                    out[i + j] += total[i] * mass
        total = out
    return float(total.sum())


def score_fraction(depth: Ints, null: Mixture) -> float:
    """f*: near the detection limit, by normal approximation with room for low counts."""
    base = (null.weight * null.mean).sum(axis=1)
    spread = (null.weight * (null.variance + null.mean**2)).sum(axis=1) - base**2
    gain = np.maximum(null.tumor_mean - base, 1e-3) * null.copies
    information = (gain**2 / (spread + base * (1 - base) * (1 / depth + null.rho))).sum()
    z = 1.64 - float(special.ndtri(SCORE_RATE))
    return float(np.clip(z / np.sqrt(information) + 3 / (depth * gain).sum(), 1e-6, 0.99))


def _known(m: Mixture) -> Mixture:
    """The baseline at its mean, as if known: the score then goes on growing with the counts.

    With an uncertain one it would level off where it has to distinguish baselines.
    """
    mean = (m.weight * m.mean).sum(axis=1, keepdims=True)
    return m._replace(weight=np.ones_like(mean), mean=mean, variance=np.zeros_like(mean))


def _reach(scores: Floats, masses: list[Floats]) -> float:
    """Score beyond which the probability of every null is negligible."""
    reach = 0.0
    for mass in masses:
        mean = (mass * scores).sum(axis=1)
        variance = (mass * scores**2).sum(axis=1) - mean**2
        reach = max(reach, float(mean.sum() + 8 * np.sqrt(max(variance.sum(), 0.0))))
    return min(reach + CLIP, float(scores[:, -1].sum()))


def build(
    depth: Ints,
    nulls: list[Mixture],
    weights: Floats,
    reference: Mixture,
    recurrence: Floats | None = None,
) -> Test:
    """The test for a design.

    Args:
        depth: immune depths, shape (V,).
        nulls: N baselines that may be true under f = 0.
        weights: their probabilities under each of T priors, shape (T, N), rows add up to 1.
        reference: the baseline on which the score is built.
        recurrence: probability that the sample has an allele independently, shape (V,), as in the
            nulls. The score then compares f* with a mixture: f* with this probability, else the
            baseline. It grows with the count up to the logarithm of 1 / recurrence.
    """
    starts = _cell_starts(int(depth.max()))
    masses = [_masses(0.0, starts, depth, null) for null in nulls]
    # Probability that wide cells miss or count twice must not go to higher counts.
    masses = [mass / mass.sum(axis=1, keepdims=True) for mass in masses]
    used = max(int((mass > 0).any(axis=0).sum()) for mass in masses)
    masses = [np.ascontiguousarray(mass[:, :used]) for mass in masses]
    starts = np.append(starts[:used], depth.max() + 1)
    if len(depth) == 1:
        # Any increasing score is the same test: the cell's number keeps the bins exact.
        scores, bins = np.arange(used)[None], used + 1
    else:
        bins = BINS if len(depth) <= FEW_VARIANTS else BINS // 2
        known = _known(reference)
        exact = _scores(score_fraction(depth, reference), starts, depth, known)
        exact = np.maximum.accumulate(exact - exact[:, :1], axis=1)
        if recurrence is not None and recurrence.any():
            with np.errstate(divide="ignore"):
                own = np.log(recurrence)[:, None]
            exact = -np.logaddexp(own, np.log1p(-recurrence)[:, None] - exact)
        # Rounded to bins, so that the distribution of their sum is computed exactly.
        unit = max(_reach(exact, masses) / (bins - 1), 1e-12)
        scores = np.rint(np.minimum(exact / unit, bins - 1)).astype(np.int64)
    tails = np.array([_tail(scores, mass, bins) for mass in masses])
    # Rounded weights must not give a probability above 1.
    return Test(starts, scores, np.minimum(weights @ tails, 1.0))


def p_values(test: Test, alt: Ints) -> Floats:
    """P(S >= observed | f = 0) for immune alternative counts (V,), by prior: shape (T,).

    SMALLEST at least.
    """
    cell = np.searchsorted(test.starts, alt, side="right") - 1
    last = test.scores.shape[1] - 1
    score = test.scores[np.arange(len(alt)), np.minimum(cell, last)].sum()
    if last:
        # The score goes on rising beyond the counts of the nulls, for a variant far above others.
        slope = test.scores[:, last] - test.scores[:, last - 1]
        score += (slope * np.maximum(alt - test.starts[last], 0)).sum()
    return np.maximum(test.tails[:, min(score, test.tails.shape[1] - 1)], SMALLEST)


def _clumped(test: Test, depth: Ints, size: Floats) -> tuple[Ints, Ints]:
    """Fewer fragments with larger scores: depths (V,), and scores of each count cell (V, C).

    Fragments with alleles of ``size`` variants at once, shape (V,), give a sum of scores as
    variable as ``size`` times fewer independent ones with ``size`` times larger counts.
    """
    first = test.starts[:-1]
    scores = [
        np.interp(one * first, first, row) for one, row in zip(size, test.scores, strict=True)
    ]
    return np.rint(depth / size).astype(np.int64), np.rint(scores).astype(np.int64)


def limit(
    test: Test,
    depth: Ints,
    truth: Mixture,
    clumps: Floats,
    *,
    false_positive_rate: float,
    power: float,
) -> float:
    """Smallest f with P(p < false_positive_rate | f) = power; 1 if there is none.

    ``p`` is that of the test's first prior; ``truth`` is the best guess of baseline and tumour VAF;
    ``clumps``, shape (V,), is how many variants' alleles a tumour fragment with one of them has
    (``fraction.shared_fragments``).
    """
    below = np.flatnonzero(test.tails[0] < false_positive_rate)
    if not len(below):
        return 1.0
    critical = int(below[0])
    baseline = (truth.weight * truth.mean).sum(axis=1)

    def surplus(log_f: float) -> float:
        f = float(np.exp(log_f))
        # Errors come alone, the tumour's alleles in clumps.
        share = f * (truth.tumor_mean * truth.copies)
        of_tumor = share / (share + (1 - f) * baseline)
        reads, scores = _clumped(test, depth, 1 + (clumps - 1) * of_tumor)
        masses = _masses(f, test.starts, reads, truth)
        kernels = _kernels(scores, masses, critical + 1)[:, :critical]
        reached = 1 - _below(np.ascontiguousarray(kernels))
        return float(np.clip(special.ndtri(np.clip(reached, 0, 1)), -STEEPEST, STEEPEST)) - goal

    goal = float(special.ndtri(power))
    if surplus(0.0) < 0:
        return 1.0
    from scipy.optimize import brentq  # a fifth of a CPU second, which most steps do without

    low = -3.0
    while surplus(low) > 0:
        low -= 2.5
        if low < _LOWEST:  # the baseline alone would be found
            return 1.0
    return float(np.exp(brentq(surplus, low, min(low + 2.5, 0.0) if low < -3 else 0.0, xtol=5e-3)))
