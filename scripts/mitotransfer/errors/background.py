"""Error rates: of one sample by substitution and strand, and of each site across samples.

The number of false fragments of an allele at one site, strand and sample is modelled as

    k | p ~ Binomial(n, p),    p = mu theta epsilon

``mu``: the sample's mean rate of that substitution on that strand (``SampleErrors.rate``);
``theta``: how error-prone the site is, relative to others of its kind, the same in all samples;
``epsilon``: variation between samples at one site. ``theta`` and ``epsilon`` have mean one. One
sample alone shows the spread of their product over its thousands of sites; unrelated samples
(``SiteSums``) show each site's own ``theta``. Since ``theta`` is relative, samples of better or
worse runs can be used. This is the idea of deepSNV and shearwater (Gerstung et al., Nat Commun
2012, doi 10.1038/ncomms1814; Bioinformatics 2014, doi 10.1093/bioinformatics/btt750) with the
sample's own rates as the prior, so that a sample without a cohort has a background too, only a
wider one.

A site's "own base" is the sample's most frequent one: at a homoplasmic variant the errors are
those of the variant's base.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Ints
from mitotransfer.errors import strand_factors
from mitotransfer.errors.sample_errors import SampleErrors, noisy_strands
from mitotransfer.errors.site_factor import SiteFactors
from mitotransfer.errors.site_sums import SiteSums, spread_within
from mitotransfer.errors.strand_factors import StrandFactors
from mitotransfer.genome.reference import CODE_N, Reference
from mitotransfer.stats import beta_binomial


@dataclass(frozen=True)
class Background:
    """Predicted error rate of one sample at each site.

    Attributes:
        alpha, beta: parameters of the Beta distribution of the rate, float64, shape
            (length, 4, 2). The own base's entries are those of the most frequent error into it.
        strand_correlation, hot_spots: as in ``SampleErrors``.
        site_factors: as in ``SampleErrors``, by site; None where other samples have shown the
            sites' own factors, which ``alpha`` and ``beta`` hold.
        carriers: share of the panel's samples in which an allele is heteroplasmic, shape (length,
            4); None without a panel. Above ``ERROR_CAP`` an allele does not count as error in a
            sample, so that its site sums do not show an artefact that all samples have.
    """

    alpha: NDArray[np.float64]
    beta: NDArray[np.float64]
    strand_correlation: float
    hot_spots: float
    site_factors: SiteFactors | None = None
    strand_factors: StrandFactors | None = None
    carriers: NDArray[np.float64] | None = None


class Alleles(NamedTuple):
    """Alleles of a sample, each with its place in a ``Background``.

    Attributes:
        pos, allele: 0-based positions and allele codes, shape (n_alleles,).
        depth: fragments there by strand, (n_alleles, 2).
    """

    pos: Ints
    allele: Ints
    depth: Ints

    def rows(self, kept: NDArray[Any]) -> Alleles:
        """Some of the alleles, by a mask or indices."""
        return Alleles(self.pos[kept], self.allele[kept], self.depth[kept])


# ---------------------------------------------------------------- prediction


def background(
    errors: SampleErrors,
    reference: Reference,
    sites: SiteSums | None = None,
    *,
    within: float | None = None,
    own: NDArray[np.integer] | None = None,
    at: NDArray[np.integer] | None = None,
) -> Background:
    """Predictive Beta distribution of one sample's error rate at every site.

    With ``c2 = rho (1 - mu) / mu`` the relative variance of the rate over the sample's sites,
    ``phi`` that between samples at one site, and a Gamma(a, a) prior of theta with
    ``1 / a = (c2 - phi) / (1 + phi)``, K errors where E were expected give

        theta | K ~ Gamma(a + K / D, a + E / D),   D = 1 + phi theta (sum E^2) / E
        mean = mu E[theta],   relative variance = V + phi (1 + V),   V = 1 / (a + K / D)

    D, the design effect, keeps many fragments of few samples from counting as many samples; phi
    remains however many samples there are. Mean and variance are matched by a Beta distribution.

    Args:
        errors: of the sample that is predicted.
        reference: gives the base whose errors are meant where ``own`` does not.
        sites: sums over samples of other patients; None or without samples: the prior alone.
        within: phi; None: ``spread_within(sites)``.
        own: the sample's ``own_bases``, where they are known.
        at: positions (0-based) to predict, all by default; the arrays are then of these alone.
    """
    codes = np.asarray(reference.codes, np.int64)
    if own is not None:
        codes = np.where((own < CODE_N) & (codes < CODE_N), own, codes)
    if at is not None:
        codes = codes[at]
    mean_of, spread_of = _tables(errors)
    mean, spread = mean_of[codes], spread_of[codes]
    factors, strands = errors.site_factors, errors.strand_factors
    if sites is not None and sites.n_samples > 0:
        factors = strands = None
        phi = spread_within(sites) if within is None else within
        sites = sites if at is None else sites.at(at)
        site_spread = np.maximum(spread - phi, 0.1 * spread) / (1.0 + phi)
        a = 1.0 / np.maximum(site_spread, 1e-9)
        crude = (a + sites.error) / (a + sites.expected)
        design = 1.0 + phi * crude * sites.expected_squares / np.maximum(sites.expected, 1e-300)
        shape = a + sites.error / design
        mean = np.minimum(mean * shape / (a + sites.expected / design), 0.5)
        spread = 1.0 / shape + phi * (1.0 + 1.0 / shape)
    alpha, beta = _matched(mean, mean**2 * spread)
    return Background(
        alpha,
        beta,
        errors.strand_correlation,
        errors.hot_spots,
        factors.at_sites(codes) if factors else None,
        strands.at_sites(codes) if strands else None,
    )


def _tables(errors: SampleErrors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and relative variance by own base (row 4: unknown), false base and strand."""
    mean = np.zeros((5, 4, 2))
    spread = np.zeros((5, 4, 2))
    mean[:4] = errors.rate
    off = errors.rate > 0.0
    spread[:4][off] = (errors.rho * (1.0 - errors.rate))[off] / errors.rate[off]
    for allele in range(4):
        for strand in range(2):
            worst = int(errors.rate[:, allele, strand].argmax())
            for row in (allele, CODE_N):
                mean[row, allele, strand] = errors.rate[worst, allele, strand]
                spread[row, allele, strand] = spread[worst, allele, strand]
    return mean, spread


def _matched(
    mean: NDArray[np.float64], variance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Beta parameters with this mean and variance."""
    binomial = mean * (1.0 - mean)
    rho = np.clip(variance / binomial, 1.0 / beta_binomial.MAX_CONCENTRATION, 0.9)
    return beta_binomial.shapes(mean, rho)


def joined(
    predicted: Background, alleles: Alleles
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Beta parameters of the error rate of alleles over both strands.

    The mean is that of the strands weighted by depth, w; the variance
    ``sum w^2 v + 2 r w_f w_r sqrt(v_f v_r)`` with the correlation r of the strands' rates.
    Without depth the strands weigh the same.
    """
    at = alleles.pos, alleles.allele
    mean, rho = beta_binomial.mean_rho(predicted.alpha[at], predicted.beta[at])
    depth = alleles.depth.astype(np.float64)
    total = depth.sum(axis=-1, keepdims=True)
    weight = np.where(total > 0.0, depth / np.maximum(total, 1.0), 0.5)
    deviation = weight * np.sqrt(mean * (1.0 - mean) * rho)
    variance = (deviation**2).sum(axis=-1)
    variance += 2.0 * predicted.strand_correlation * deviation.prod(axis=-1)
    return _matched((weight * mean).sum(axis=-1), variance)


def evidence(predicted: Background, alleles: Alleles) -> Alleles:
    """The alleles with the depth of strands that are evidence; that of ``noisy_strands`` is 0."""
    at = alleles.pos, alleles.allele
    mean = predicted.alpha[at] / (predicted.alpha[at] + predicted.beta[at])
    return alleles._replace(depth=np.where(noisy_strands(mean, alleles.depth), 0, alleles.depth))


def expected_errors(predicted: Background, alleles: Alleles) -> NDArray[np.float64]:
    """False fragments of alleles that the mean rates let expect at their depth, (n_alleles,)."""
    return np.asarray(_expected_by_strand(predicted, alleles).sum(axis=1))


def _expected_by_strand(predicted: Background, alleles: Alleles) -> NDArray[np.float64]:
    at = alleles.pos, alleles.allele
    alpha, beta = predicted.alpha[at], predicted.beta[at]
    return np.asarray(alleles.depth * alpha / (alpha + beta))


def error_tail(predicted: Background, alleles: Alleles, k: Ints) -> NDArray[np.float64]:
    """``P(K >= k)`` of alleles over both strands, by errors alone; k and result (n_alleles,)."""
    factors = predicted.site_factors
    if factors is None:
        both = joined(predicted, alleles)
        return beta_binomial.upper_tail(k, alleles.depth.sum(axis=1), *both)
    return factors.upper_tail(k, expected_errors(predicted, alleles), alleles.pos, alleles.allele)


def by_strands(predicted: Background, alleles: Alleles) -> NDArray[np.bool_]:
    """Alleles that are tested by what both strands support (``errors.strand_factors``)."""
    if predicted.strand_factors is None:
        return np.zeros(alleles.pos.size, bool)
    return predicted.strand_factors.tested(alleles.depth, alleles.pos, alleles.allele)


def support(predicted: Background, alleles: Alleles, k: Ints) -> Ints:
    """Fragments that support alleles: of both strands, or as many as the weaker one supports.

    Args:
        alleles: with the depth of strands that are evidence.
        k: fragments by strand, (n_alleles, 2).
    """
    out = np.where(alleles.depth > 0, k, 0).sum(axis=1)
    rows = by_strands(predicted, alleles)
    out[rows] = strand_factors.support(k[rows], alleles.depth[rows])
    return np.asarray(out)


def support_tail(predicted: Background, alleles: Alleles, k: Ints) -> NDArray[np.float64]:
    """Probability that errors alone give alleles at least so much ``support``; (n_alleles,)."""
    rows = by_strands(predicted, alleles)
    if predicted.strand_factors is None or not rows.any():
        return error_tail(predicted, alleles, k)
    out = np.empty(rows.size)
    out[~rows] = error_tail(predicted, alleles.rows(~rows), k[~rows])
    some = alleles.rows(rows)
    out[rows] = predicted.strand_factors.upper_tail(
        k[rows], some.depth, _expected_by_strand(predicted, some), some.pos, some.allele
    )
    return out
