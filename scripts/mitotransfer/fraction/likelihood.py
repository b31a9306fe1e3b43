"""Likelihood of the tumour fraction at one variant, nuisance parameters integrated out.

Three VAFs matter at an informative variant: t in the tumour, b in the baseline of the immune cells
as sequenced, and p = (1 - f) b + f t in the immune sample. Given its VAF, a sample's count is
beta-binomial with intra-class correlation rho.

Baseline. b = e + h (+ g t): the site's error rate e ~ Beta(error_alpha, error_beta), and a true
heteroplasmy h >= 0 that the normal may have been too shallow to show, h ~ Beta(a, 1). With a = 1, h
is flat, and the prior of b is the Beta distribution function I_b(error_alpha, error_beta): a
baseline below the plausible error rate is penalised, one above it is not: only the normal's own
counts argue against it. Under a flat prior a clean normal of depth n leaves P(h > x) = (1 - x)^(n +
1). Several variants share the pseudo-count: their a add up to 1 or less, because a flat prior for
each would suppose a hidden heteroplasmy at every variant. Common to all is g, the level of tumour
mtDNA in the baseline (``fraction.zero_test``).

The prior of b is written as a mixture of Beta distributions, so that the normal's counts update
it in closed form, and the count of the immune sample is a mixture of beta-binomials:

    L(f) = sum_j w_j BetaBinomial(k_I; n_I, mean = (1 - f) m_j + f m_t,
                                  variance = (1 - f)^2 v_j + f^2 v_t, widened by rho)

where (m_t, v_t) are mean and variance of t ~ Beta(1 + k_T, 1/2 + n_T - k_T): 1 / E[t] is then
nearly unbiased for 1 / t, at low counts as well as near t = 1. Counts of tumour and normal are
divided by their design effect 1 + (n - 1) rho. Integrated rather than maximised nuisance
parameters: Berger, Liseo and Wolpert 1999, doi 10.1214/ss/1009211804; dozens of maximised
baselines, each with a count or two behind it, would bias f (Neyman and Scott 1948).

Where the tumour has a deletion, its molecules that lack a variant's position neither show nor
dilute it. With c of them left for each that has the rest of the circle, f there is
f c / (1 - f + f c) (``local_fraction``); t is the VAF among those that are left.
"""

from __future__ import annotations

from math import exp, log
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mitotransfer.arrays import Floats, Ints
from mitotransfer.compiled import njit
from mitotransfer.quick_scipy import special
from mitotransfer.stats.beta_binomial import MAX_CONCENTRATION, log_rising

# Grid of hidden heteroplasmy: geometric steps, each component a Beta as wide as the step is
# long, so that their sum is smooth.
STEP = 1.5
SPREAD = 0.25
LOWEST = 0.05
NEGLIGIBLE = 1e-13
# VAF of a recurrent allele: equally likely in each doubling, down to 1 in 1,024.
AGAIN: Floats = np.exp2(-np.arange(10) - 0.5)


class Known(NamedTuple):
    """What is known of V variants without the immune sample's counts; each of shape (V,).

    Attributes:
        tumor_alt, tumor_depth, normal_alt, normal_depth: fragments.
        error_alpha, error_beta: Beta distribution of the immune sample's error rate.
        rho: intra-class correlation of counts between samples.
    """

    tumor_alt: Floats
    tumor_depth: Floats
    normal_alt: Floats
    normal_depth: Floats
    error_alpha: Floats
    error_beta: Floats
    rho: Floats

    def repeated(self, times: int) -> Known:
        """The variants, repeated."""
        return Known(*(np.tile(values, times) for values in self))


class Mixture(NamedTuple):
    """Posterior of baseline and tumour VAF at V variants.

    Attributes:
        weight, mean, variance: shape (V, J): posterior of the baseline b as J Beta components;
            components of weight 0 come last.
        tumor_mean, tumor_variance: shape (V,): posterior of t.
        rho: shape (V,): intra-class correlation.
        evidence: shape (V,): log probability of the normal's counts, up to a constant.
        copies: shape (V,): tumour molecules that have the position, over those outside deletions.
    """

    weight: Floats
    mean: Floats
    variance: Floats
    tumor_mean: Floats
    tumor_variance: Floats
    rho: Floats
    evidence: Floats
    copies: Floats


class Observed(NamedTuple):
    """The immune sample's counts at V variants, shape (V,), and their model."""

    alt: Ints
    depth: Ints
    model: Mixture

    def rows(self, index: slice | NDArray[np.int64]) -> Observed:
        """Some of the variants."""
        model = Mixture(*(values[index] for values in self.model))
        return Observed(self.alt[index], self.depth[index], model)


def mixture(
    known: Known, pseudo_count: ArrayLike, shared: ArrayLike = 0.0, *, step: float = STEP
) -> Mixture:
    """Posterior of baseline and tumour VAF.

    Args:
        pseudo_count: parameter a of the hidden heteroplasmy's prior Beta(a, 1), shape (V,).
        shared: share g of tumour mtDNA that is part of the baseline, shape (V,).
        step: ratio of neighbouring components of h; wider where only ``evidence`` is wanted.
    """
    tumor_alt, tumor_depth, normal_alt, normal_depth, error_alpha, error_beta, rho = known
    effect = 1 + np.maximum(tumor_depth - 1, 0) * rho
    tumor_alpha, tumor_beta = 1 + tumor_alt / effect, 0.5 + (tumor_depth - tumor_alt) / effect
    tumor_mean = tumor_alpha / (tumor_alpha + tumor_beta)

    prior = _baseline_prior(
        error_alpha, error_beta, pseudo_count, np.asarray(shared, float) * tumor_mean, step
    )
    effect = 1 + np.maximum(normal_depth - 1, 0) * rho
    alt, ref = normal_alt / effect, (normal_depth - normal_alt) / effect
    log_weight = _log_posterior(*prior, alt, ref)
    highest = log_weight.max(axis=1, keepdims=True, initial=-np.inf)
    weight = np.exp(log_weight - highest)
    evidence = highest[:, 0] + np.log(weight.sum(axis=1))
    weight /= weight.sum(axis=1, keepdims=True)
    weight[weight < NEGLIGIBLE] = 0
    weight /= weight.sum(axis=1, keepdims=True)
    alpha, beta = prior[1] + alt[:, None], prior[2] + ref[:, None]
    total = alpha + beta
    mean = alpha / total
    return _sorted(
        Mixture(
            weight,
            mean,
            mean * (1 - mean) / (total + 1),
            tumor_mean,
            tumor_mean * (1 - tumor_mean) / (tumor_alpha + tumor_beta + 1),
            np.ascontiguousarray(rho, float),
            evidence,
            np.ones(len(tumor_mean)),
        )
    )


def _sorted(model: Mixture) -> Mixture:
    """The mixture with the components of the largest weight first."""
    order = np.argsort(-model.weight, axis=1, kind="stable")
    weight, mean, variance = (
        np.ascontiguousarray(np.take_along_axis(part, order, 1))
        for part in (model.weight, model.mean, model.variance)
    )
    return model._replace(weight=weight, mean=mean, variance=variance)


def with_recurrence(model: Mixture, probability: Floats) -> Mixture:
    """Baselines in which an allele may have arisen in the immune sample independently.

    The sample then has the allele at a VAF x of density 1 / x, regardless of normal and errors. So
    a recurrent variant can raise the odds of a finding by 1 / ``probability`` at most, or by a few
    times that at its own VAF: bounded influence instead of a cut (Box and Tiao, Biometrika 1968,
    doi 10.1093/biomet/55.1.119).

    Args:
        probability: of recurrence, shape (V,); 0 leaves a variant unchanged.
    """
    if not probability.any():
        return model
    again = np.broadcast_to(AGAIN, (len(probability), len(AGAIN)))
    share = np.broadcast_to(probability[:, None] / len(AGAIN), again.shape)
    return _sorted(
        model._replace(
            weight=np.hstack([model.weight * (1 - probability[:, None]), share]),
            mean=np.hstack([model.mean, again]),
            variance=np.hstack([model.variance, (SPREAD * again * (1 - again)) ** 2]),
        )
    )


def _baseline_prior(
    error_alpha: Floats, error_beta: Floats, pseudo_count: ArrayLike, shared: Floats, step: float
) -> tuple[Floats, Floats, Floats]:
    """Weights and Beta parameters of the components of b = e + h + shared, shape (V, J)."""
    pseudo = np.broadcast_to(np.asarray(pseudo_count, float), error_alpha.shape)[:, None]
    error_mean = error_alpha / (error_alpha + error_beta)
    error_variance = error_mean * (1 - error_mean) / (error_alpha + error_beta + 1)
    lowest = LOWEST * np.clip(error_mean, 1e-5, 0.1)
    steps = int(np.ceil(np.log(0.7 / lowest.min(initial=0.005)) / np.log(step)))
    edges = np.minimum(lowest[:, None] * step ** np.arange(steps + 1.0), 1.0)
    center = np.sqrt(edges[:, 1:] * edges[:, :-1])
    mass = edges[:, 1:] ** pseudo - edges[:, :-1] ** pseudo
    prior = np.concatenate([edges[:, :1] ** pseudo, mass], axis=1)
    hidden = np.concatenate([0 * edges[:, :1], center], axis=1)

    level = (error_mean + shared)[:, None]
    mean = np.minimum(level + (1 - error_mean[:, None]) * hidden, 0.999)
    variance = error_variance[:, None] + (SPREAD * hidden * (1 - hidden)) ** 2
    variance = np.minimum(variance, 0.5 * mean * (1 - mean))
    total = mean * (1 - mean) / variance - 1
    return prior, mean * total, (1 - mean) * total


def _log_posterior(prior: Floats, alpha: Floats, beta: Floats, alt: Floats, ref: Floats) -> Floats:
    """Log weights (V, J), not normalised, after the normal's counts (V,)."""
    with np.errstate(divide="ignore"):
        log_prior = np.log(prior)
    return (
        log_prior
        + special.betaln(alpha + alt[:, None], beta + ref[:, None])
        - special.betaln(alpha, beta)
    )


@njit
def beta_shapes(mean: float, variance: float) -> tuple[float, float]:
    """Parameters of the Beta distribution with this mean and variance."""
    concentration = MAX_CONCENTRATION
    spread = mean * (1.0 - mean)
    if variance * MAX_CONCENTRATION > spread:
        concentration = max(spread / variance - 1.0, 1e-3)
    return mean * concentration, (1.0 - mean) * concentration


@njit
def log_kernel(k: int, n: int, mean: float, variance: float) -> float:
    """Beta-binomial log probability from the VAF's mean and variance, no binomial coefficient."""
    alpha, beta = beta_shapes(mean, variance)
    return log_rising(alpha, k) + log_rising(beta, n - k) - log_rising(alpha + beta, n)


@njit
def local_fraction(f: float, copies: float) -> float:
    """f among the molecules that have a position, of which the tumour's have ``copies``."""
    if copies == 1.0:
        return f
    return f * copies / (1.0 - f + f * copies)


@njit
def log_likelihood(f: float, k: int, n: int, model: Mixture, v: int) -> float:
    """log L(f) of variant ``v`` alone, with ``k`` of ``n`` immune fragments."""
    f = local_fraction(f, model.copies[v])
    top = -np.inf
    total = 0.0
    for j in range(model.weight.shape[1]):
        if model.weight[v, j] <= 0.0:
            break
        m = (1.0 - f) * model.mean[v, j] + f * model.tumor_mean[v]
        spread = (1.0 - f) ** 2 * model.variance[v, j] + f * f * model.tumor_variance[v]
        spread += model.rho[v] * (m * (1.0 - m) - spread)
        x = log(model.weight[v, j]) + log_kernel(k, n, m, spread)
        if x > top:
            total = total * exp(top - x) + 1.0
            top = x
        else:
            total += exp(x - top)
    return top + log(total)


@njit
def log_likelihoods(fractions: Floats, observed: Observed) -> Floats:
    """log L of V variants at G fractions, shape (V, G)."""
    alt, depth, model = observed
    out = np.empty((alt.size, fractions.size))
    for v in range(alt.size):
        for g in range(fractions.size):
            out[v, g] = log_likelihood(fractions[g], alt[v], depth[v], model, v)
    return out


@njit
def _total(f: float, observed: Observed) -> float:
    """log L(f) of all variants."""
    alt, depth, model = observed
    result = 0.0
    for v in range(alt.size):
        result += log_likelihood(f, alt[v], depth[v], model, v)
    return result


@njit
def _crossing(inside: float, outside: float, level: float, observed: Observed) -> float:
    """Where the joint log likelihood crosses ``level``, by bisection."""
    while abs(outside - inside) > 1e-4 * abs(inside) + 1e-9:
        middle = 0.5 * (inside + outside)
        if _total(middle, observed) >= level:
            inside = middle
        else:
            outside = middle
    return inside


@njit
def maximum(
    grid: Floats, table: Floats, drop: float, observed: Observed
) -> tuple[float, float, float, float]:
    """Maximum of the joint log likelihood and where it has fallen by ``drop`` on either side.

    Args:
        grid: increasing fractions from 0 to 1 on which the maximum is bracketed, shape (G,).
        table: joint log likelihood on the grid, shape (G,).
        drop: half the chi-squared quantile; 0 leaves the bounds at the estimate.

    Returns:
        estimate, lower bound, upper bound, log likelihood at the estimate.
    """
    last = grid.size - 1
    best = int(np.argmax(table))
    lo, hi = grid[max(best - 1, 0)], grid[min(best + 1, last)]
    ratio = 0.6180339887498949
    x1, x2 = hi - ratio * (hi - lo), lo + ratio * (hi - lo)
    y1, y2 = _total(x1, observed), _total(x2, observed)
    while hi - lo > 1e-4 * hi + 1e-9:
        if y1 >= y2:
            hi, x2, y2 = x2, x1, y1
            x1 = hi - ratio * (hi - lo)
            y1 = _total(x1, observed)
        else:
            lo, x1, y1 = x1, x2, y2
            x2 = lo + ratio * (hi - lo)
            y2 = _total(x2, observed)
    estimate, top = (x1, y1) if y1 > y2 else (x2, y2)
    # On the boundary the grid point itself is the maximum.
    if table[best] >= top:
        estimate, top = grid[best], table[best]
    if drop <= 0.0:
        return estimate, estimate, estimate, top

    level = top - drop
    low, high = 0.0, 1.0
    # From the far ends inwards, so that the interval includes a second mode.
    left = 0
    while left < last and table[left] < level:
        left += 1
    if left > 0:
        inside = min(grid[left], estimate)
        while left > 0 and grid[left] >= inside:
            left -= 1
        low = _crossing(inside, grid[left], level, observed)
    right = last
    while right > 0 and table[right] < level:
        right -= 1
    if right < last:
        inside = max(grid[right], estimate)
        while right < last and grid[right] <= inside:
            right += 1
        high = _crossing(inside, grid[right], level, observed)
    return estimate, low, high, top
