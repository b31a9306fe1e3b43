"""Share of an immune sample's mtDNA that comes from the tumour: estimate, interval, test, limit.

E[VAF_immune] = (1 - f) VAF_baseline + f VAF_tumor at every informative variant, with one f. The
model and its likelihood are in ``likelihood``, the test of f = 0 and the detection limit in
``detection``.

Intervals are likelihood intervals: where the log likelihood has fallen by half the chi-squared
quantile of 1 degree of freedom (Wilks). Estimate and upper bound use the best guess of the
baseline, which allows for little hidden heteroplasmy; the lower bound allows for as much as the
normal's depth cannot exclude, and is above zero only where the exact test rejects f = 0 at half
of 1 - confidence.

Where the variants disagree (heterogeneity p below ``DISAGREE_P``) the likelihood of one common f
is too sharp: for the bounds its logarithm is divided by the dispersion, the heterogeneity
statistic over its V - 1 degrees of freedom (quasi-likelihood: McCullagh and Nelder, Generalized
Linear Models, 2nd ed. 1989, chapter 9). The test of f = 0 stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from mitotransfer import detection
from mitotransfer.likelihood import Array, IntArray, Mixture, log_likelihoods, maximum, mixture

Rows = slice | NDArray[np.int64]
EVERY = slice(None)
GRID: Array = np.concatenate([[0.0], np.geomspace(1e-6, 0.5, 40), np.linspace(0.55, 1.0, 10)])
KNOWN = (
    "tumor_alt", "tumor_depth", "normal_alt", "normal_depth", "error_alpha", "error_beta", "rho",
)  # fmt: skip
# Pseudo-counts of hidden heteroplasmy: of the best guess of the baseline, all variants together
# (0 would miss what a shallow normal shows, 1 pulls f down by 1 / (its depth x t)); and of each
# variant where a shared level has the whole one.
GUESS = 0.25
SPARSE = 1e-3
# Log likelihood ratio from which a shared level counts as shown: two standard deviations.
SHOWN = 2.0
# Variants disagree below this probability; then the interval is as wide as their spread says.
DISAGREE_P = 0.01
# Upper tails of the posterior of g at which it is cut into groups.
TAILS: Array = np.array(
    [0.7, 0.5, 0.35, 0.25, 0.17, 0.1, 0.06, 0.04, 0.025, 0.015, 0.01, 0.006, 0.002, 5e-4, 1e-5]
)


@dataclass(frozen=True)
class VariantCounts:
    """Counts at the V informative variants of one immune sample.

    Attributes:
        tumor_alt, tumor_depth, immune_alt, immune_depth, normal_alt, normal_depth: fragments,
            shape (V,). A depth of 0 is allowed: a variant without tumour or immune reads says
            nothing, one without normal reads cannot exclude a baseline heteroplasmy.
        error_alpha, error_beta: Beta distribution of the immune sample's error rate, shape (V,).
        overdispersion: intra-class correlation of counts between samples, shape (V,) or scalar.
    """

    tumor_alt: ArrayLike
    tumor_depth: ArrayLike
    immune_alt: ArrayLike
    immune_depth: ArrayLike
    normal_alt: ArrayLike
    normal_depth: ArrayLike
    error_alpha: ArrayLike
    error_beta: ArrayLike
    overdispersion: ArrayLike = 0.0


@dataclass(frozen=True)
class FractionEstimate:
    """What one immune sample says about f. Missing numbers are NaN.

    Attributes:
        fraction, low, high: maximum-likelihood estimate and likelihood interval.
        p_value: of f = 0, exact (``detection``).
        statistic: likelihood-ratio statistic 2 [l(fraction) - l(0)].
        heterogeneity_p: of one common f against one f per variant (V - 1 df).
        variant_fraction, variant_low, variant_high, variant_p: each variant by itself, (V,).
        leave_one_out_low, leave_one_out_high: range of the estimate as each variant is left out.
    """

    fraction: float
    low: float
    high: float
    p_value: float
    statistic: float
    heterogeneity_p: float
    variant_fraction: Array
    variant_low: Array
    variant_high: Array
    variant_p: Array
    leave_one_out_low: float
    leave_one_out_high: float


@dataclass(frozen=True)
class _Model:
    """What is known of one sample without its immune counts.

    Attributes:
        guess: baseline with little hidden heteroplasmy: estimate and upper bound.
        careful: baseline with as much as the normal cannot exclude: lower bound.
        clean: baseline with what the normal shows: detection limit.
        test: of f = 0.
    """

    guess: Mixture
    careful: Mixture
    clean: Mixture
    test: detection.Test


@dataclass(frozen=True)
class _Data:
    """Variants with tumour and immune reads, as arrays."""

    kept: NDArray[np.bool_]
    alt: IntArray
    depth: IntArray
    tumor_alt: Array
    tumor_depth: Array
    normal_alt: Array
    normal_depth: Array
    error_alpha: Array
    error_beta: Array
    rho: Array

    def known(self) -> dict[str, Array]:
        """What ``mixture`` takes of tumour, normal and background."""
        return {name: getattr(self, name) for name in KNOWN}

    def mixture(self, pseudo_count: ArrayLike, shared: float = 0.0) -> Mixture:
        return mixture(**self.known(), pseudo_count=pseudo_count, shared=shared)

    def shares(self) -> Array:
        """How one pseudo-count of hidden heteroplasmy is divided: by information on f."""
        effect = 1 + np.maximum(self.normal_depth - 1, 0) * self.rho
        seen = self.normal_alt / effect
        reads = self.normal_depth / effect + 1
        error = self.error_alpha / (self.error_alpha + self.error_beta)
        base = error + (seen + 1) / reads
        t = (self.tumor_alt + 1) / (self.tumor_depth + 1.5)
        information = t**2 / (base * (1 / self.depth + self.rho) + (seen + 1) / reads**2)
        return np.asarray(information / information.sum(), float)

    def model(self) -> _Model:
        """What is known without the immune counts, with the test that follows from it."""
        shares = self.shares()
        if len(self.alt) == 1:
            careful = self.mixture(1.0)
            test = detection.build(self.depth, [careful], np.ones(1), careful)
            return _Model(self.mixture(GUESS), careful, self.mixture(SPARSE), test)
        levels, probability, mode, shown = self.shared_levels()
        nulls = [self.mixture(SPARSE, g) for g in levels]
        reference = self.mixture(SPARSE, float(levels @ probability))
        test = detection.build(self.depth, nulls, probability, reference)
        return _Model(
            self.mixture(GUESS * shares, mode),
            self.mixture(shares, mode),
            self.mixture(SPARSE, shown),
            test,
        )

    def shared_levels(self) -> tuple[Array, Array, float, float]:
        """Posterior of the share g of tumour mtDNA in the baseline, under a flat prior.

        Returns:
            levels and their probabilities (groups of a fine grid), the likeliest level, and the
            same where the normals show it rather than noise, else 0.
        """
        reads = (self.normal_depth / (1 + self.normal_depth * self.rho)).sum()
        unit = 0.02 / (1 + reads)
        edges = np.concatenate([[0.0], np.geomspace(unit, 1.0, 1 + int(np.log(1 / unit) / 0.1))])
        levels = (edges[1:] + edges[:-1]) / 2
        levels[0] = 0.0
        size, count = len(self.alt), len(levels)
        tiled = {name: np.tile(x, count) for name, x in self.known().items()}
        evidence = mixture(**tiled, pseudo_count=SPARSE, shared=np.repeat(levels, size)).evidence
        log_p = evidence.reshape(count, size).sum(axis=1)
        mode = float(levels[int(np.argmax(log_p))])
        shown = mode if log_p.max() - log_p[0] > SHOWN else 0.0
        p = np.exp(log_p - log_p.max()) * np.diff(edges)
        p /= p.sum()
        above = np.cumsum(p[::-1])[::-1]
        group = np.searchsorted(-TAILS, -above)
        total = np.bincount(group, p)
        used = total > 0
        mean = np.bincount(group, p * levels)[used] / total[used]
        return mean.astype(float), total[used].astype(float), mode, shown


def _checked(counts: VariantCounts) -> _Data:
    names = ("tumor", "immune", "normal")
    raw = {
        f"{name}_{part}": np.atleast_1d(np.asarray(getattr(counts, f"{name}_{part}")))
        for name in names
        for part in ("alt", "depth")
    }
    size = len(raw["tumor_alt"])
    for name in names:
        alt, depth = raw[f"{name}_alt"], raw[f"{name}_depth"]
        if alt.shape != (size,) or depth.shape != (size,):
            raise ValueError(f"{name} counts have another shape than the tumour's, ({size},)")
        if (alt < 0).any() or (alt > depth).any():
            raise ValueError(f"{name} counts: alternative fragments outside 0..depth")
    alpha, beta, rho = (
        np.broadcast_to(np.asarray(x, float), (size,))
        for x in (counts.error_alpha, counts.error_beta, counts.overdispersion)
    )
    if not ((alpha > 0) & (beta > 0)).all():
        raise ValueError("error_alpha and error_beta have to be positive")
    if not ((rho >= 0) & (rho < 1)).all():
        raise ValueError("overdispersion has to be at least 0 and below 1")
    kept = (raw["tumor_depth"] > 0) & (raw["immune_depth"] > 0)
    return _Data(
        kept,
        raw["immune_alt"][kept].astype(np.int64),
        raw["immune_depth"][kept].astype(np.int64),
        raw["tumor_alt"][kept].astype(float),
        raw["tumor_depth"][kept].astype(float),
        raw["normal_alt"][kept].astype(float),
        raw["normal_depth"][kept].astype(float),
        alpha[kept],
        beta[kept],
        rho[kept].astype(float),
    )


def _maximum(
    data: _Data, model: Mixture, table: Array, drop: float, rows: Rows = EVERY
) -> tuple[float, float, float, float]:
    """Estimate, bounds and log likelihood from ``table`` (G,) of the joint log likelihood."""
    result: tuple[float, float, float, float] = maximum(
        GRID, table, drop, data.alt[rows], data.depth[rows], *model.rows(rows).arrays()
    )
    return result


def _interval(
    data: _Data,
    guess: Mixture,
    careful: Mixture,
    p: float,
    confidence: float,
    rows: Rows = EVERY,
    scale: float = 1.0,
) -> tuple[float, float, float, float, Array]:
    """Estimate, bounds, log likelihood at the estimate, and table (V, G) of log likelihoods.

    ``scale`` is the dispersion by which the log likelihood is divided for the bounds.
    """
    drop = scale * float(chi2.ppf(confidence, 1)) / 2
    alt, depth = data.alt[rows], data.depth[rows]
    table = log_likelihoods(GRID, alt, depth, *guess.rows(rows).arrays())
    fraction, _, high, top = _maximum(data, guess, table.sum(axis=0), drop, rows)
    low = 0.0
    if p < (1 - confidence) / 2:
        cautious = log_likelihoods(GRID, alt, depth, *careful.rows(rows).arrays()).sum(axis=0)
        low = min(_maximum(data, careful, cautious, drop, rows)[1], fraction)
    return fraction, low, high, top, table


def estimate(
    counts: VariantCounts, confidence: float = 0.95, details: bool = True
) -> FractionEstimate:
    """Estimate f, with its interval, the test of f = 0 and the agreement between variants.

    Args:
        counts: the sample's counts at its V informative variants.
        confidence: level of all intervals.
        details: whether to look at each variant by itself, too (NaN otherwise).

    Raises:
        ValueError: counts outside 0..depth, shapes that differ, impossible parameters.
    """
    data = _checked(counts)
    size = len(data.alt)
    single = np.full((4, len(data.kept)), nan)
    if not size:
        none = single[0]
        return FractionEstimate(nan, 0.0, 1.0, 1.0, 0.0, nan, none, none, none, none, nan, nan)
    model = data.model()
    p = detection.p_value(model.test, data.alt)
    fraction, low, high, top, table = _interval(data, model.guess, model.careful, p, confidence)
    joint = table.sum(axis=0)

    heterogeneity, left_out = nan, [nan]
    if details:
        guess, careful = data.mixture(GUESS), data.mixture(1.0)
        for v, place in enumerate(np.flatnonzero(data.kept)):
            one = slice(v, v + 1)
            test = detection.build(
                data.depth[one], [careful.rows(one)], np.ones(1), guess.rows(one)
            )
            own_p = detection.p_value(test, data.alt[one])
            f, f_low, f_high, _, _ = _interval(data, guess, careful, own_p, confidence, one)
            single[:, place] = f, f_low, f_high, own_p
    if details and size > 1:
        separate = sum(
            _maximum(data, model.guess, table[v], 0.0, slice(v, v + 1))[3] for v in range(size)
        )
        spread = max(2 * (separate - top), 0.0)
        heterogeneity = float(chi2.sf(spread, size - 1))
        if heterogeneity < DISAGREE_P:
            low, high = _interval(
                data, model.guess, model.careful, p, confidence, scale=spread / (size - 1)
            )[1:3]
        left_out = [
            _maximum(data, model.guess, joint - table[v], 0.0, np.delete(np.arange(size), v))[0]
            for v in range(size)
        ]
    return FractionEstimate(
        fraction=fraction,
        low=low,
        high=high,
        p_value=p,
        statistic=max(2 * (top - float(joint[0])), 0.0),
        heterogeneity_p=heterogeneity,
        variant_fraction=single[0],
        variant_low=single[1],
        variant_high=single[2],
        variant_p=single[3],
        leave_one_out_low=min(left_out),
        leave_one_out_high=max(left_out),
    )


def profile(counts: VariantCounts, grid: ArrayLike) -> Array:
    """Log likelihood at the fractions of ``grid``, relative to its maximum over [0, 1].

    It is that of the estimate and the upper bound; all zero where no variant has reads.
    """
    data = _checked(counts)
    fractions = np.asarray(grid, float)
    if not len(data.alt):
        return np.zeros(len(fractions))
    guess = data.model().guess
    top = _interval(data, guess, guess, 1.0, 0.95)[3]
    curve = log_likelihoods(fractions, data.alt, data.depth, *guess.arrays()).sum(axis=0) - top
    return np.minimum(curve, 0.0)


def detection_limit(
    counts: VariantCounts, false_positive_rate: float = 0.01, power: float = 0.95
) -> float:
    """Smallest f that this design would have detected (p < rate) with this power; 1 if none.

    Does not depend on the immune sample's alternative counts.
    """
    data = _checked(counts)
    if not len(data.alt):
        return 1.0
    model = data.model()
    return detection.limit(model.test, data.depth, model.clean, false_positive_rate, power)


def estimate_overdispersion(
    alt_a: ArrayLike, depth_a: ArrayLike, alt_b: ArrayLike, depth_b: ArrayLike
) -> float:
    """Intra-class correlation of allele counts between samples that share their site rates.

    At a site with rate p in both, Var(p_a - p_b) = p (1 - p) (1/n_a + 1/n_b + rho (2 - 1/n_a -
    1/n_b)); summed over sites and solved for rho, with the unbiased pooled p (1 - p). Noise
    that makes the sum smaller than binomial gives 0.

    Args:
        alt_a, depth_a, alt_b, depth_b: fragments at the same sites (and alleles, strands) in
            sample a and b, any one shape; pairs of samples are joined by concatenation.
    """
    ka, na, kb, nb = (np.asarray(x, float).ravel() for x in (alt_a, depth_a, alt_b, depth_b))
    seen = (na > 0) & (nb > 0)
    ka, na, kb, nb = ka[seen], na[seen], kb[seen], nb[seen]
    if not len(ka):
        return 0.0
    noise = 1 / na + 1 / nb
    p = (ka + kb) / (na + nb)
    # E[pooled p (1 - p)] is short by the variance of the pooled p.
    spread = p * (1 - p) * (na + nb) / np.maximum(na + nb - 1, 1)
    # Each site weighs by how much its difference tells of rho rather than of depth.
    weight = 1 / noise
    excess = (weight * ((ka / na - kb / nb) ** 2 - spread * noise)).sum()
    scale = (weight * spread * (2 - noise)).sum()
    return float(np.clip(excess / scale, 0.0, 0.99)) if scale > 0 else 0.0
