"""How error-prone the sites of one sample are: the distribution of the site factor theta.

K false fragments of an allele over both strands, where E are expected from the sample's mean rates
of the substitution, are Poisson with mean ``E theta``. The tail of theta decides what can be called
without other samples; the sample's thousands of sites show it. Three families are fitted to the
sample's own counts:

    gamma       theta = m G,  G gamma of mean 1 and variance v
    lognormal   theta = m exp(s Z - s^2 / 2),  v = exp(s^2) - 1
    spots       gamma for a share 1 - h of the sites; the others are r times as error-prone on
                average, exponentially distributed

and averaged with their posterior weights (BIC: Schwarz 1978, doi 10.1214/aos/1176344136), so that
the heavier tail contributes where the counts cannot distinguish the families. Real variants would
look like a heavy tail; so alleles that a gamma finds improbable (``IMPROBABLE``), at most the share
``TRIMMED`` of all, are cut off: no error is expected among them, and the tail beyond is
extrapolated, never fitted. Below the cut an allele may be a variant too, of any frequency: at 60x
one of 5 % looks like any error. Their share is fitted with the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.genome.reference import CODE_N
from mitotransfer.stats.nelder_mead import nelder_mead

# Alleles with a smaller p value may be variants, at most this share: 100 of a mitogenome's 49,700.
IMPROBABLE, TRIMMED = 1e-4, 0.002
# Counts are thinned to this median expectation; more would add work and no information.
MAX_EXPECTED = 20.0
# Alleles are binned by expectation.
_BINS = 48
# With fewer alleles no distribution is fitted.
_MIN_ALLELES = 1000
# log v is 0 (v = 1) give or take this where the data are silent, log r this around log 8.
_PRIOR_LOG_V, _PRIOR_LOG_R, _TYPICAL_R = 1.5, 0.7, 8.0
# The log odds that an allele is a variant: six of a mitogenome's, give or take a factor of seven.
_TYPICAL_LOG_ODDS, _PRIOR_LOG_ODDS = -9.0, 2.0
# Variance that the first cut assumes: a low one, so that it is not set by the variants.
_FIRST_V = 0.3
_MIN_V, _MAX_V = 1e-4, 100.0
# Normal quantiles at which the lognormal is summed: coarsely for the fit, finely for tails.
_COARSE = np.arange(-5.0, 6.01, 0.25)
_FINE = np.arange(-6.0, 9.01, 0.05)
# Probabilities above this are those of the gamma alone: they decide nothing.
NO_MATTER = 0.05


@dataclass(frozen=True)
class SiteFactor:
    """Fitted distribution of theta.

    Attributes:
        weights: posterior probability of the families gamma, lognormal, spots.
        gamma, lognormal: mean m and variance v (relative to m squared).
        spots: m, v, share h of error-prone sites, their factor r.
    """

    weights: tuple[float, float, float] = (1.0, 0.0, 0.0)
    gamma: tuple[float, float] = (1.0, 1.0)
    lognormal: tuple[float, float] = (1.0, 1.0)
    spots: tuple[float, float, float, float] = (1.0, 1.0, 0.0, 1.0)

    def upper_tail(self, k: ArrayLike, expected: ArrayLike) -> Floats:
        """``P(K >= k)`` for integer k and E > 0, element by element."""
        ks, es = np.broadcast_arrays(np.asarray(k, np.float64), np.asarray(expected, np.float64))
        m, v = self.gamma
        tail = _gamma_tail(ks, m * es, v)
        rows = tail < NO_MATTER
        if not rows.any():
            return tail
        ks, es = ks[rows], es[rows]
        mixed = self.weights[0] * tail[rows]
        if self.weights[1] > 0.0:
            mixed += self.weights[1] * _lognormal_tail(ks, es, *self.lognormal)
        if self.weights[2] > 0.0:
            m, v, share, factor = self.spots
            mixed += self.weights[2] * (
                (1.0 - share) * _gamma_tail(ks, m * es, v)
                + share * _gamma_tail(ks, m * factor * es, 1.0)
            )
        tail[rows] = mixed
        return tail

    def as_dict(self) -> dict[str, Any]:
        return {name: list(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class SiteFactors:
    """Distributions of theta: of usual substitutions and, apart from them, of damaged ones.

    Formalin and oxidation make some substitutions far more frequent than others, and have their
    own preferences for sites.

    Attributes:
        usual: of the substitutions that are not damaged.
        damage: of the damaged ones; None where there are none.
        damaged: mask of these by own and false base, shape (4, 4), or by site and false base,
            (sites, 4); None where there are none.
    """

    usual: SiteFactor
    damage: SiteFactor | None = None
    damaged: Mask | None = None

    def at_sites(self, own: NDArray[np.integer]) -> SiteFactors:
        """The same by site instead of own base; ``own``: codes, 4 where unknown."""
        if self.damaged is None:
            return self
        damaged = (own < CODE_N)[:, None] & self.damaged[np.minimum(own, 3)]
        return SiteFactors(self.usual, self.damage, damaged)

    def is_damaged(self, row: NDArray[np.integer], allele: NDArray[np.integer]) -> Mask:
        """Of alleles in rows of ``damaged``."""
        return np.zeros(len(row), bool) if self.damaged is None else self.damaged[row, allele]

    def upper_tail(self, k: NDArray[np.integer], expected: Floats, damaged: Mask) -> Floats:
        """``P(K >= k)`` where E are expected; ``damaged`` says by which distribution."""
        tail = self.usual.upper_tail(k, expected)
        if self.damage is not None:
            tail[damaged] = self.damage.upper_tail(k[damaged], expected[damaged])
        return tail


def from_dict(document: dict[str, Any]) -> SiteFactor:
    """The inverse of ``SiteFactor.as_dict``."""
    parts = {name: tuple(float(x) for x in values) for name, values in document.items()}
    factor = SiteFactor(**parts)  # type: ignore[arg-type]
    if [len(part) for part in astuple(factor)] != [3, 2, 2, 4]:
        raise ValueError("not a distribution of site factors")
    return factor


# ---------------------------------------------------------------- tails


def _gamma_tail(k: Floats | Ints, mean: Floats, v: float) -> Floats:
    """Upper tail of the negative binomial of shape 1 / v."""
    return np.where(k > 0, special.betainc(np.maximum(k, 1.0), 1.0 / v, mean / (mean + 1 / v)), 1.0)


def _lognormal_tail(k: Floats, expected: Floats, m: float, v: float) -> Floats:
    weights = np.exp(-0.5 * _FINE**2)
    s = np.sqrt(np.log1p(v))
    theta = m * np.exp(s * _FINE - 0.5 * s * s)
    out = np.empty(k.shape)
    for start in range(0, k.size, 2000):  # pieces of some megabytes
        rows = slice(start, start + 2000)
        at = special.gammainc(np.maximum(k[rows], 1.0)[:, None], expected[rows, None] * theta)
        out[rows] = at @ (weights / weights.sum())
    return np.where(k > 0, out, 1.0)


# ---------------------------------------------------------------- fit


@dataclass(frozen=True)
class _Histogram:
    """Counts below the cut: alleles of a bin of expectation with a count.

    Attributes:
        expected, cut: by bin, the mean expectation and the highest count that is kept.
        total, above: by bin, alleles, and those of them above the cut.
        variant: by bin, the probability of any count of a variant, per share of variants.
        bin, k, times: cells that are not empty.
        log_factorial: of ``k``.
    """

    expected: Floats
    cut: Ints
    total: Floats
    above: Floats
    variant: Floats
    bin: Ints
    k: Ints
    times: Floats
    log_factorial: Floats


def _histogram(k: Ints, expected: Floats, variant: Floats, v: float, trimmed: int) -> _Histogram:
    order = np.argsort(expected, kind="stable")
    bins = np.empty(k.size, np.int64)
    bins[order] = np.arange(k.size) * _BINS // k.size
    mean = np.bincount(bins, expected) / np.bincount(bins)
    tail = _gamma_tail(k.astype(np.float64), expected, v)
    least = min(np.partition(tail, trimmed)[trimmed], IMPROBABLE)
    cut = np.ones(_BINS, np.int64)
    upto = np.arange(1.0, k.max() + 2.0)
    for i in range(_BINS):
        cut[i] = max(1, int(np.sum(_gamma_tail(upto, mean[i], v) >= least)))
    kept = k <= cut[bins]
    width = int(cut.max()) + 1
    cells, times = np.unique(bins[kept] * width + k[kept], return_counts=True)
    total = np.bincount(bins).astype(np.float64)
    return _Histogram(
        expected=mean,
        cut=cut,
        total=total,
        above=np.bincount(bins[~kept], minlength=_BINS).astype(np.float64),
        variant=np.bincount(bins, variant) / total,
        bin=cells // width,
        k=cells % width,
        times=times.astype(np.float64),
        log_factorial=special.gammaln(cells % width + 1.0),
    )


def _gamma_pmf(cells: _Histogram, mean: Floats, v: float) -> Floats:
    """Probability of each cell's count by the negative binomial; ``mean`` is of each bin."""
    a, k, mean = 1.0 / v, cells.k, mean[cells.bin]
    return np.exp(
        special.gammaln(k + a) - special.gammaln(a) - cells.log_factorial
        + a * np.log(a / (a + mean)) + k * np.log(mean / (a + mean))
    )  # fmt: skip


def _log_likelihood(cells: _Histogram, pmf: Floats, above: Floats, log_odds: float) -> float:
    """Log likelihood of counts of errors and variants; above the cut there are no errors."""
    share = float(special.expit(log_odds))
    variant = share * cells.variant
    seen = (1.0 - share) * pmf + variant[cells.bin]
    possible = 1.0 - (1.0 - share) * above
    return float(
        cells.times @ np.log(np.maximum(seen, 1e-300))
        + cells.above @ np.log(np.maximum(variant, 1e-300))
        - cells.total @ np.log(np.maximum(possible, 1e-300))
    )


def _gamma_objective(cells: _Histogram) -> Callable[[Floats], float]:
    def loss(x: Floats) -> float:
        m, v = _mean_variance(x)
        pmf = _gamma_pmf(cells, m * cells.expected, v)
        above = _gamma_tail(cells.cut + 1, m * cells.expected, v)
        return -_log_likelihood(cells, pmf, above, x[-1]) + _prior(x)

    return loss


def _lognormal_objective(cells: _Histogram) -> Callable[[Floats], float]:
    weights = np.exp(-0.5 * _COARSE**2)
    weights /= weights.sum()

    def loss(x: Floats) -> float:
        m, v = _mean_variance(x)
        s = np.sqrt(np.log1p(v))
        theta = m * np.exp(s * _COARSE - 0.5 * s * s)
        mean = np.outer(cells.expected, theta)
        # exp(-mean) mean^k / k!
        log_mean = np.log(mean)[cells.bin]
        log_pmf = cells.k[:, None] * log_mean - mean[cells.bin] - cells.log_factorial[:, None]
        above = special.gammainc(cells.cut[:, None] + 1.0, mean) @ weights
        return -_log_likelihood(cells, np.exp(log_pmf) @ weights, above, x[-1]) + _prior(x)

    return loss


def _spots_objective(cells: _Histogram) -> Callable[[Floats], float]:
    def loss(x: Floats) -> float:
        m, v, share, factor = _spots(x)
        mean = m * cells.expected
        pmf = (1.0 - share) * _gamma_pmf(cells, mean, v)
        pmf += share * _gamma_pmf(cells, factor * mean, 1.0)
        above = (1.0 - share) * _gamma_tail(cells.cut + 1, mean, v)
        above += share * _gamma_tail(cells.cut + 1, factor * mean, 1.0)
        usual = 0.5 * ((x[3] - np.log(_TYPICAL_R)) / _PRIOR_LOG_R) ** 2
        return -_log_likelihood(cells, pmf, above, x[-1]) + _prior(x) + usual

    return loss


def _mean_variance(x: Floats) -> tuple[float, float]:
    return float(np.exp(np.clip(x[0], -3, 3))), float(np.clip(np.exp(x[1]), _MIN_V, _MAX_V))


def _spots(x: Floats) -> tuple[float, float, float, float]:
    return (*_mean_variance(x), float(special.expit(x[2])), float(np.exp(np.clip(x[3], 0, 5))))


def _prior(x: Floats) -> float:
    """Of the parameters that all families have: the second, log v, and the last, log odds."""
    odds = (x[-1] - _TYPICAL_LOG_ODDS) / _PRIOR_LOG_ODDS
    return float(0.5 * (x[1] / _PRIOR_LOG_V) ** 2 + 0.5 * odds**2)


def _minimum(loss: Callable[[Floats], float], start: list[float]) -> tuple[Floats, float]:
    return nelder_mead(loss, start, x_tolerance=0.01, loss_tolerance=0.02, max_iterations=300)


def fit(k: ArrayLike, expected: ArrayLike, variant: ArrayLike) -> SiteFactor:
    """Fit the site factor to counts of false fragments.

    Args:
        k: false fragments of alleles over both strands, one-dimensional.
        expected: fragments that the sample's mean rates let expect there, above 0.
        variant: probability of a variant's count (all are equally probable), times how much more
            often than others the allele is a variant.

    Returns:
        The families and their weights. With next to no counts: gamma and lognormal of variance
        near one, of equal weight.
    """
    ks, es = np.asarray(k, np.int64), np.asarray(expected, np.float64)
    us = np.asarray(variant, np.float64)
    if ks.size < _MIN_ALLELES:
        return SiteFactor(weights=(0.5, 0.5, 0.0))
    middle = float(np.median(es))
    if middle > MAX_EXPECTED:
        # A binomial thinning of the counts has the same theta.
        share = MAX_EXPECTED / middle
        ks, es = np.random.default_rng(0).binomial(ks, share), es * share
        us = us / share
    trimmed = max(1, int(TRIMMED * ks.size))
    v = _FIRST_V
    for _ in range(2):  # the second cut knows the variance
        cells = _histogram(ks, es, us, v, trimmed)
        x_gamma, gamma = _minimum(_gamma_objective(cells), [0.0, np.log(v), _TYPICAL_LOG_ODDS])
        v = _mean_variance(x_gamma)[1]
    odds = float(x_gamma[-1])
    x_lognormal, lognormal = _minimum(_lognormal_objective(cells), [0.0, np.log(v), odds])
    x_spots, spots = min(
        (
            _minimum(
                _spots_objective(cells),
                [*x_gamma[:2].tolist(), special.logit(share), np.log(factor), odds],
            )
            for share, factor in ((0.003, 8.0), (0.05, 4.0))
        ),
        key=lambda found: found[1],
    )
    # Schwarz: half the logarithm of the number of alleles for each parameter more.
    losses = np.array([gamma, lognormal, spots + np.log(ks.size)])
    weights = np.exp(losses.min() - losses)
    weights = np.where(weights < 1e-9, 0.0, weights)
    weights /= weights.sum()
    return SiteFactor(
        weights=(float(weights[0]), float(weights[1]), float(weights[2])),
        gamma=_mean_variance(x_gamma),
        lognormal=_mean_variance(x_lognormal),
        spots=_spots(x_spots),
    )
