"""How error-prone the sites of one sample are: the distribution of the site factor theta.

K false fragments of an allele over both strands, where E are expected from the sample's mean rate
of the substitution, are Poisson with mean ``E theta``. The tail of theta decides what can be called
without other samples; the sample's thousands of sites show it. Theta has mean one and, for each
substitution, a relative variance v of its own: oxidation or formalin make some substitutions
frequent, others stay rare, and neither tells how the other scatters. The shape of the tail is one
of two for the transitions and one of two for the transversions of a sample:

    gamma       K is negative binomial of shape 1 / v
    lognormal   theta = exp(s Z - s^2 / 2),  v = exp(s^2) - 1

weighted by their posterior probabilities, so that the heavier tail contributes where the counts
cannot distinguish them. The two shapes differ with the prior probability ``DISAGREE``.

Real variants would look like a heavy tail. So each allele is either an error, with probability
1 - q, or a variant, whose VAF is log-uniform. That trims as many alleles as look like variants, and
at 60x those of 5 %, which look like any error, by halves.

The posterior is summed over a grid of v, of q and of the centre of the v of all substitutions (log
v is normal about it with standard deviation ``SCATTER``: empirical Bayes for rare substitutions,
whose own sites show no variance). So the fit has no starting point and one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.genome.reference import CODE_N
from mitotransfer.quick_scipy import special

# Counts are thinned to this usual expectation; more would add work and no information.
MAX_EXPECTED = 20.0
# Standard deviation of log v among the substitutions of a sample.
SCATTER = 0.3
# Prior probability that transitions scatter by one shape and transversions by the other. With less,
# more errors of such samples are called; with more, the sample's own variants, most of which are
# transitions, more often pass for a tail of the transitions.
DISAGREE = 1e-5
# Width of the bins of the logarithm of the expectation. Few sites of an amplicon stand beside
# thousands with a stray read: bins of as many alleles each would mix the two.
_WIDTH = 0.2
# The grids of log v and of the log odds that an allele is a variant, and the normal priors of the
# centre of log v and of the log odds: six of a mitogenome's 49,700, give or take a factor of seven.
_STEP = 0.25
_LOG_V = np.arange(-9.0, 4.6, _STEP)
_LOG_ODDS = np.arange(-14.0, -4.9, 1.0)
_PRIOR_LOG_V, _PRIOR_LOG_ODDS = (0.0, 0.75), (-9.0, 2.0)
# Normal quantiles at which the lognormal is summed: coarsely for the fit, finely for tails.
_COARSE = np.arange(-5.0, 6.01, 0.25)
_FINE = np.arange(-6.0, 9.01, 0.05)
# Alleles are called at about this probability of their counts.
LEVEL = 1e-5
# Probabilities above this are those of the gamma alone: they decide nothing.
NO_MATTER = 0.05


@dataclass(frozen=True)
class SiteFactors:
    """Distribution of theta by substitution.

    Attributes:
        gamma, lognormal: relative variance if theta has this shape, by own and false base, float64,
            shape (4, 4), or by site and false base, (sites, 4).
        heavy: posterior probability of the lognormal, same shape.
    """

    gamma: Floats
    lognormal: Floats
    heavy: Floats

    def at_sites(self, own: NDArray[np.integer]) -> SiteFactors:
        """The same by site instead of own base; ``own``: codes, 4 where unknown.

        Where the own base is unknown or the allele itself, the largest value is taken.
        """

        def by_site(values: Floats) -> Floats:
            largest = values.max(axis=0)
            table = np.vstack([np.where(np.eye(4, dtype=bool), largest, values), largest])
            return table[np.minimum(own, CODE_N)]

        return SiteFactors(by_site(self.gamma), by_site(self.lognormal), by_site(self.heavy))

    def upper_tail(
        self, k: ArrayLike, expected: ArrayLike, row: NDArray[np.integer],
        allele: NDArray[np.integer],
    ) -> Floats:  # fmt: skip
        """``P(K >= k)`` for integer k and E > 0 of alleles in rows of the variances."""
        ks, es = np.asarray(k, np.float64), np.asarray(expected, np.float64)
        tail = gamma_tail(ks, es, self.gamma[row, allele])
        rows = tail < NO_MATTER
        rows &= self.heavy[row, allele] > 0.0
        if rows.any():
            at = row[rows], allele[rows]
            heavy = self.heavy[at]
            tail[rows] *= 1.0 - heavy
            tail[rows] += heavy * lognormal_tail(ks[rows], es[rows], self.lognormal[at])
        return tail


# ---------------------------------------------------------------- tails


def gamma_tail(k: Floats, mean: Floats, v: Floats) -> Floats:
    """Upper tail of the negative binomial of shape 1 / v."""
    return np.where(k > 0, special.betainc(np.maximum(k, 1.0), 1.0 / v, mean / (mean + 1 / v)), 1.0)


def lognormal_tail(k: Floats, expected: Floats, v: Floats) -> Floats:
    """Upper tail of the Poisson distribution whose mean is lognormal."""
    weights = np.exp(-0.5 * _FINE**2)
    weights /= weights.sum()
    s = np.sqrt(np.log1p(v))[:, None]
    out = np.empty(k.shape)
    for start in range(0, k.size, 2000):  # pieces of some megabytes
        rows = slice(start, start + 2000)
        theta = np.exp(s[rows] * _FINE - 0.5 * s[rows] * s[rows])
        at = special.gammainc(np.maximum(k[rows], 1.0)[:, None], expected[rows, None] * theta)
        out[rows] = at @ weights
    return np.where(k > 0, out, 1.0)


def gamma_pmf(k: NDArray[Any], mean: Floats, v: Floats) -> Floats:
    """Probability of k by the negative binomial of shape 1 / v."""
    a = 1.0 / v
    return np.exp(
        special.gammaln(k + a) - special.gammaln(a) - special.gammaln(k + 1.0)
        + a * np.log(a / (a + mean)) + k * np.log(mean / (a + mean))
    )  # fmt: skip


# ---------------------------------------------------------------- fit


class Sites(NamedTuple):
    """Alleles at sites, all of shape (n_alleles,).

    Attributes:
        k: false fragments.
        expected: fragments that the mean rate lets expect there.
        variant: probability of a variant's count k, times k (``variant_scale``), times how much
            more often than others the allele is a variant.
        group: substitution, from 0.
    """

    k: Ints
    expected: Floats
    variant: Floats
    group: Ints

    def rows(self, kept: Mask) -> Sites:
        """Some of the alleles."""
        return Sites(self.k[kept], self.expected[kept], self.variant[kept], self.group[kept])


class Fitted(NamedTuple):
    """What ``fit`` finds.

    Attributes:
        gamma, lognormal: relative variances by substitution, (n_groups,).
        heavy: posterior probability of the lognormal, (n_groups,).
        share: of alleles that are variants.
    """

    gamma: Floats
    lognormal: Floats
    heavy: Floats
    share: float


def variant_scale(highest: ArrayLike) -> Floats:
    """k times the probability of a variant's count k, for counts up to ``highest``.

    The VAF's logarithm is uniform: of heteroplasmies and of shares of another person, low ones are
    the more frequent. The probabilities ``1 / (k H)`` sum to one with H the harmonic number.
    """
    return 1.0 / (np.log1p(np.asarray(highest, np.float64)) + np.euler_gamma)


def fit(sites: Sites, kind: Ints, *, heavy: bool = True) -> Fitted:
    """Fit the distributions of theta to the counts of a sample's substitutions.

    Without counts: variances of one, both shapes alike.

    Args:
        kind: 0 or 1 for each substitution, (n_groups,): those of one kind have one shape.
        heavy: False: theta is gamma.
    """
    sites = sites.rows(sites.expected > 0.0)
    shapes = 2 if heavy else 1
    # (substitutions, shapes, v, odds)
    likelihood = np.stack(
        [_likelihoods(sites.rows(sites.group == one), shapes) for one in range(kind.size)]
    )
    most = likelihood.max(axis=2, keepdims=True)
    relative = np.exp(likelihood - most)
    scatter = np.exp(_normal(_LOG_V[:, None], _LOG_V, SCATTER))  # (centre, v)
    scatter /= scatter.sum(axis=1, keepdims=True)
    # (substitutions, shapes, centre, odds)
    evidence = np.maximum(scatter @ relative, 1e-300)
    prior = _normal(_LOG_V[:, None], *_PRIOR_LOG_V) + _normal(_LOG_ODDS, *_PRIOR_LOG_ODDS)
    each = np.log(evidence) + most
    first, second = (each[kind == one].sum(axis=0) for one in (0, 1))
    agree = np.log(np.where(np.eye(shapes), 1.0 - DISAGREE, DISAGREE))[:, :, None, None]
    # (shapes of kind 0, shapes of kind 1, centre, odds)
    joint = first[:, None] + second + agree + prior
    posterior = np.exp(joint - joint.max())
    posterior /= posterior.sum()
    of_kind = np.array([posterior[1:].sum(), posterior[:, 1:].sum()])
    # Of log v, given the shape: (substitutions, shapes, v).
    given = (
        np.exp(joint - joint.max(axis=(1, 2, 3), keepdims=True)).sum(axis=1),
        np.exp(joint - joint.max(axis=(0, 2, 3), keepdims=True)).sum(axis=0),
    )
    weight = np.stack(given)[kind] / evidence
    of_v = np.einsum("cv,sfvo,sfco->sfv", scatter, relative, weight, optimize=True)
    v = np.exp(_vertex(np.log(np.maximum(of_v, 1e-300))))
    share = float(posterior.sum(axis=(0, 1, 2)) @ special.expit(_LOG_ODDS))
    return Fitted(v[:, 0], v[:, -1], of_kind[kind], share)


def predictive(found: Fitted, sites: Sites) -> Fitted:
    """The variances of counts at a further site: of theta, and of the estimated mean rate.

    The mean rate of a substitution has the relative variance ``v u + 1 / sum E``, with E the
    expectations of its sites and ``u = sum E^2 / (sum E)^2`` (one over their number). A gamma
    variable over the mean of others has the upper tail ``(1 + x v u) ** (-1 / (v u))`` instead of
    ``exp(-x)`` (that of F instead of the gamma distribution), x the distance in units of v: the v
    of the gamma tail that is the same at ``LEVEL`` is taken. All else adds up as variances do. In a
    mitogenome v changes by a hundredth, in an amplicon of a hundred positions by up to a half.
    """
    size = len(found.gamma)
    # One error as in the rates of a substitution without any (``sample_errors.PRIOR_ERRORS``).
    total = np.bincount(sites.group, sites.expected, size) + 1.0
    u = np.bincount(sites.group, sites.expected**2, size) / total**2
    x = np.maximum(-np.log(LEVEL) * found.gamma * u, 1e-12)
    return found._replace(
        gamma=found.gamma * x / np.log1p(x) + (1.0 + found.gamma) / total,
        lognormal=found.lognormal + (found.lognormal * u + 1.0 / total) * (1.0 + found.lognormal),
    )


def _normal(x: Floats, mean: Floats | float, deviation: float) -> Floats:
    return -0.5 * ((x - mean) / deviation) ** 2


def _vertex(log_posterior: Floats) -> Floats:
    """Log v at the maximum of the parabola through the three highest points of the last axis."""
    top = np.clip(log_posterior.argmax(axis=-1), 1, _LOG_V.size - 2)[..., None]
    left, middle, right = (
        np.take_along_axis(log_posterior, top + i, axis=-1)[..., 0] for i in (-1, 0, 1)
    )
    bend = np.minimum(left + right - 2.0 * middle, -1e-12)
    return _LOG_V[top[..., 0]] + _STEP * np.clip(0.5 * (left - right) / bend, -1.0, 1.0)


def _likelihoods(sites: Sites, shapes: int) -> Floats:
    """Log likelihood by shape, v and odds, of counts in cells of about the same expectation."""
    k, expected, variant = sites.k, sites.expected, sites.variant
    if not k.size:
        return np.zeros((shapes, _LOG_V.size, _LOG_ODDS.size))
    order = np.argsort(expected, kind="stable")
    before = np.cumsum(expected[order])
    middle = float(expected[order[np.searchsorted(before, 0.5 * before[-1])]])
    if middle > MAX_EXPECTED:
        # A binomial thinning of the counts has the same theta.
        share = MAX_EXPECTED / middle
        k, expected = np.random.default_rng(0).binomial(k, share), expected * share
    bins = np.rint(np.log(expected) / _WIDTH).astype(np.int64)
    bins -= bins.min()
    width = int(k.max()) + 1
    cells, times = np.unique(bins * width + k, return_counts=True)
    bin_of, count = np.divmod(cells, width)
    size = np.maximum(np.bincount(bins), 1)
    mean = (np.bincount(bins, expected) / size)[bin_of, None]
    scale = (np.bincount(bins, variant) / size)[bin_of]
    of_variant = np.where(count > 0, scale / np.maximum(count, 1), 0.0)[:, None, None]
    pmfs = (gamma_pmf, _lognormal_pmf)[:shapes]
    of_error = [pmf(count[:, None], mean, np.exp(_LOG_V)) for pmf in pmfs]
    share = special.expit(_LOG_ODDS)
    mixed = (1.0 - share) * np.stack(of_error)[..., None] + share * of_variant
    return np.einsum("c,fcvo->fvo", times, np.log(np.maximum(mixed, 1e-300)))


def _lognormal_pmf(k: Ints, mean: Floats, v: Floats) -> Floats:
    weights = np.exp(-0.5 * _COARSE**2)
    weights /= weights.sum()
    s = np.sqrt(np.log1p(v))[:, None]
    log_mean = np.log(mean)[..., None] + s * _COARSE - 0.5 * s * s
    log_pmf = k[..., None] * log_mean - np.exp(log_mean) - special.gammaln(k + 1.0)[..., None]
    return np.exp(log_pmf) @ weights
