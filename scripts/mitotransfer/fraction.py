"""Share of an immune sample's mtDNA that comes from the tumour: estimate, interval, test, limit.

E[VAF_immune] = (1 - f) VAF_baseline + f VAF_tumor at every informative variant, with one f. The
model and its likelihood are in ``likelihood``, the test of f = 0 and the detection limit in
``detection``. Intervals are likelihood intervals: where the log likelihood has fallen by half
the chi-squared quantile of 1 degree of freedom (Wilks); a lower bound above zero needs the
test's consent, which holds at low counts where the chi-squared distribution does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from mitotransfer import detection
from mitotransfer.likelihood import Array, IntArray, Mixture, log_likelihoods, maximum, mixture

GRID: Array = np.concatenate([[0.0], np.geomspace(1e-6, 0.5, 40), np.linspace(0.55, 1.0, 10)])
# Hidden heteroplasmy that the best guess of the baseline allows for.
SMALL = 1e-3


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

    def mixture(self, pseudo_count: ArrayLike) -> Mixture:
        return mixture(
            self.tumor_alt,
            self.tumor_depth,
            self.normal_alt,
            self.normal_depth,
            self.error_alpha,
            self.error_beta,
            self.rho,
            pseudo_count,
        )

    def shares(self) -> Array:
        """How the one pseudo-count of hidden heteroplasmy is divided: by information on f."""
        effect = 1 + np.maximum(self.normal_depth - 1, 0) * self.rho
        seen = self.normal_alt / effect
        reads = self.normal_depth / effect + 1
        error = self.error_alpha / (self.error_alpha + self.error_beta)
        base = error + (seen + 1) / reads
        t = (self.tumor_alt + 1) / (self.tumor_depth + 1.5)
        information = t**2 / (base * (1 / self.depth + self.rho) + (seen + 1) / reads**2)
        return information / information.sum()


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
        *(
            raw[name][kept].astype(float)
            for name in ("tumor_alt", "tumor_depth", "normal_alt", "normal_depth")
        ),
        alpha[kept],
        beta[kept],
        rho[kept].astype(float),
    )


def _arrays(m: Mixture, rows: slice | NDArray[np.int64]) -> tuple[Array, ...]:
    return (
        m.weight[rows],
        m.mean[rows],
        m.variance[rows],
        m.tumor_mean[rows],
        m.tumor_variance[rows],
        m.rho[rows],
    )


def estimate(counts: VariantCounts, confidence: float = 0.95) -> FractionEstimate:
    """Estimate f, with its interval, the test of f = 0 and the agreement between variants.

    Args:
        counts: the sample's counts at its V informative variants.
        confidence: level of all intervals.

    Raises:
        ValueError: counts outside 0..depth, shapes that differ, impossible parameters.
    """
    data = _checked(counts)
    total = len(data.kept)
    if not data.kept.any():
        missing = np.full(total, nan)
        return FractionEstimate(
            nan, 0.0, 1.0, 1.0, 0.0, nan, missing, missing, missing, missing, nan, nan
        )
    size = len(data.alt)
    drop = float(chi2.ppf(confidence, 1)) / 2
    allowed = (1 - confidence) / 2
    model = data.mixture(data.shares())
    every = slice(None)
    table = log_likelihoods(GRID, data.alt, data.depth, *_arrays(model, every))
    joint = table.sum(axis=0)
    fraction, low, high, top = maximum(
        GRID, joint, drop, data.alt, data.depth, *_arrays(model, every)
    )
    p = detection.p_value(detection.build(data.depth, model), data.alt)

    alone = data.mixture(1.0)
    single = np.full((4, total), nan)
    tops = 0.0
    for v, place in enumerate(np.flatnonzero(data.kept)):
        one = slice(v, v + 1)
        own_alt, own_depth = data.alt[one], data.depth[one]
        tops += maximum(GRID, table[v], 0.0, own_alt, own_depth, *_arrays(model, one))[3]
        own = _arrays(alone, one)
        own_table = log_likelihoods(GRID, own_alt, own_depth, *own)[0]
        f, f_low, f_high, _ = maximum(GRID, own_table, drop, own_alt, own_depth, *own)
        own_p = detection.p_value(detection.build(own_depth, Mixture(*own)), own_alt)
        single[:, place] = f, f_low if own_p < allowed else 0.0, f_high, own_p

    left_out = [nan]
    if size > 1:
        left_out = []
        for v in range(size):
            others = np.delete(np.arange(size), v)
            left_out.append(
                maximum(
                    GRID,
                    joint - table[v],
                    0.0,
                    data.alt[others],
                    data.depth[others],
                    *_arrays(model, others),
                )[0]
            )
    return FractionEstimate(
        fraction=fraction,
        low=low if p < allowed else 0.0,
        high=high,
        p_value=p,
        statistic=max(2 * (top - float(joint[0])), 0.0),
        heterogeneity_p=float(chi2.sf(max(2 * (tops - top), 0.0), size - 1)) if size > 1 else nan,
        variant_fraction=single[0],
        variant_low=single[1],
        variant_high=single[2],
        variant_p=single[3],
        leave_one_out_low=min(left_out),
        leave_one_out_high=max(left_out),
    )


def profile(counts: VariantCounts, grid: ArrayLike) -> Array:
    """Log likelihood at the fractions of ``grid``, relative to its maximum over [0, 1]."""
    data = _checked(counts)
    fractions = np.asarray(grid, float)
    if not data.kept.any():
        return np.zeros(len(fractions))
    arrays = _arrays(data.mixture(data.shares()), slice(None))
    joint = log_likelihoods(GRID, data.alt, data.depth, *arrays).sum(axis=0)
    top = maximum(GRID, joint, 0.0, data.alt, data.depth, *arrays)[3]
    return log_likelihoods(fractions, data.alt, data.depth, *arrays).sum(axis=0) - top


def detection_limit(
    counts: VariantCounts, false_positive_rate: float = 0.01, power: float = 0.95
) -> float:
    """Smallest f that this design would have detected (p < rate) with this power; 1 if none.

    Does not depend on the immune sample's alternative counts.
    """
    data = _checked(counts)
    if not data.kept.any():
        return 1.0
    test = detection.build(data.depth, data.mixture(data.shares()))
    return detection.limit(test, data.depth, data.mixture(SMALL), false_positive_rate, power)


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
