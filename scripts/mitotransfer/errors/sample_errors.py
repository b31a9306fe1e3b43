"""Error rates of one sample, by substitution and strand, from its own sites.

A site's "own base" is the sample's most frequent one: at a homoplasmic variant the errors are
those of the variant's base.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors.site_factor import NO_MATTER, SiteFactor, SiteFactors, fit, from_dict
from mitotransfer.genome.reference import CODE_N
from mitotransfer.stats import beta_binomial

# Alleles of a higher VAF are never taken for errors.
VARIANT_VAF = 0.2
# Prior probability that an allele at a site is a real variant, when rates are estimated.
VARIANT_PRIOR = 1e-3
# Rates shrink towards one error in a thousand bases with the weight of as many bases.
PRIOR_ERRORS, PRIOR_BASES = 1.0, 1000.0
# Relative variance of the rate between sites without data, and its weight as a number of pairs of
# errors at one site: such pairs show the variance.
DEFAULT_SPREAD, PRIOR_PAIRS = 1.0, 10.0
# Of the three alleles to test at a site one is a transition: how much more often than the average
# each is a variant. Of mtDNA mutations 93 % are transitions (Ju et al., eLife 2014, doi
# 10.7554/eLife.02935), and two transversions have 3.5 % each.
TRANSITION, TRANSVERSION = 2.8, 0.1
# Share of a substitution's alleles, those with the most fragments, that its first rate leaves out.
SUSPECTED = 0.01
# A substitution so many times as frequent as the median one is due to damage.
DAMAGE = 5.0
# Two-sided probability below which the strands of an allele disagree.
UNEVEN = 0.01
_ROUNDS = 8


@dataclass(frozen=True)
class SampleErrors:
    """Error rates of one sample.

    Attributes:
        rate: mean error rate over sites, shape (4, 4, 2): own base, false base, strand; 0 on the
            diagonal.
        rho: overdispersion of that rate between sites as intra-class correlation, same shape.
        strand_correlation: correlation of the rates of the two strands at one site, 0 to 1.
        hot_spots: share of (position, allele) with an error rate on one strand alone that is far
            outside the distribution of ``rate`` and ``rho``.
        site_factors: distributions of the sites' error-proneness, over both strands, with tails
            that ``rho`` lacks. None: by ``rho`` alone.
    """

    rate: NDArray[np.float64]
    rho: NDArray[np.float64]
    strand_correlation: float
    hot_spots: float
    site_factors: SiteFactors | None = None


def weights(own: NDArray[np.int64], allele: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much more often alleles are variants, by the base that they replace; codes A, C, G, T."""
    return np.where((own ^ allele) == 2, TRANSITION, TRANSVERSION)


def robust_fit(
    k: NDArray[np.int64], n: NDArray[np.int64]
) -> tuple[beta_binomial.Fit, NDArray[np.bool_]]:
    """Beta-binomial fit to the sites that are errors, and which sites those are.

    A site is left out where a real variant (any VAF equally probable, so that each count has
    probability 1 / (n + 1)) with prior ``VARIANT_PRIOR`` explains its count better than the
    current fit does. Fit and choice alternate until they agree (classification EM, Celeux and
    Govaert 1992, doi 10.1016/0167-9473(92)90042-E), from a start without the highest tenth.
    """
    errors = k <= max(float(np.quantile(k, 0.9)), 3.0) if k.size else np.zeros(0, bool)
    estimate = beta_binomial.fit(k[errors], n[errors])
    for _ in range(_ROUNDS):
        explained = _explained(k, n, estimate)
        if np.array_equal(explained, errors):
            break
        errors = explained
        estimate = beta_binomial.fit(k[errors], n[errors])
    return estimate, errors


def _explained(
    k: NDArray[np.int64], n: NDArray[np.int64], estimate: beta_binomial.Fit
) -> NDArray[np.bool_]:
    """Sites whose counts errors explain at least as well as variants."""
    few = k <= n * estimate.mean
    if not 0.0 < estimate.mean < 1.0:
        return few
    log_odds = np.log(VARIANT_PRIOR / (1.0 - VARIANT_PRIOR))
    log_error = beta_binomial.log_pmf(k, n, *beta_binomial.shapes(estimate.mean, estimate.rho))
    return few | (log_error + np.log1p(n) >= log_odds)


class _Substitution(NamedTuple):
    """What the sites of one substitution show.

    Attributes:
        rate, spread: mean and relative variance over sites by strand, (2,).
        pairs: pairs of errors at one site that the rate lets expect, by strand, (2,).
        covered, one_strand: sites that both strands cover, and hot spots of one strand among them.
        cross, expected: over sites, sums of products of the strands' errors: of their deviations
            from what is expected, and of what is expected.
    """

    rate: NDArray[np.float64]
    spread: NDArray[np.float64]
    pairs: NDArray[np.float64]
    covered: int
    one_strand: int
    cross: float
    expected: float


def _substitution(
    k: NDArray[np.int64], n: NDArray[np.int64], error: NDArray[np.bool_]
) -> _Substitution:
    """Of fragments and depth, (sites, 2); ``error``: sites that both strands together explain."""
    rate, spread, pairs = np.zeros((3, 2))
    usual = np.ones(k.shape, bool)
    for strand in range(2):
        ks, ns = np.ascontiguousarray(k[:, strand]), np.ascontiguousarray(n[:, strand])
        found, _ = robust_fit(ks[error], ns[error])
        usual[:, strand] = _explained(ks, ns, found)
        clean = error & usual[:, strand]
        mean = (ks[clean].sum() + PRIOR_ERRORS) / (ns[clean].sum() + PRIOR_BASES)
        rate[strand], spread[strand] = mean, found.rho * (1.0 - mean) / mean
        pairs[strand] = 0.5 * np.sum((ns * mean) ** 2)
    covered = np.all(n > 0, axis=1)
    both = covered & error & usual.all(axis=1)
    expected = n[both] * rate
    return _Substitution(
        rate,
        spread,
        pairs,
        covered=int(covered.sum()),
        one_strand=_one_strand_outliers(k[covered], n[covered], usual[covered]),
        cross=float(np.prod(k[both] - expected, axis=1).sum()),
        expected=float(np.prod(expected, axis=1).sum()),
    )


def estimate_errors(counts: Counts) -> SampleErrors:
    """Error rates of a sample from its own non-variant sites (every position is a site).

    Means are shrunk towards 0.1 % by the weight of 1,000 bases, which matters for samples with
    next to no reads. The relative variance between sites of each substitution is shrunk towards
    the sample's average over substitutions, and that towards one, by the weight of ten pairs of
    errors: a rate that is low for the depth shows no variance, however large it is.
    """
    own = own_bases(counts)
    depth = counts.depth
    vaf = counts.bases.sum(axis=2) / np.maximum(depth.sum(axis=1), 1)[:, None]
    # High heteroplasmies never enter, at any error rate.
    minor = (own[:, None] != np.arange(4)) & (own < CODE_N)[:, None] & (vaf <= VARIANT_VAF)
    errors = _errors(counts, own, minor)
    rate, spread, pairs = np.zeros((3, 4, 4, 2))
    one_strand, covered = 0, 0
    cross, cross_noise, scale = 0.0, 0.0, 0.0
    for base, allele in permutations(range(4), 2):
        sites = np.flatnonzero((own == base) & minor[:, allele])
        k = counts.bases[sites, allele].astype(np.int64)
        one = _substitution(k, depth[sites], errors[sites, allele])
        at = base, allele
        rate[at], spread[at], pairs[at] = one.rate, one.spread, one.pairs
        one_strand += one.one_strand
        covered += one.covered
        cross += one.cross
        cross_noise += one.expected
        scale += one.expected * float(np.sqrt(one.spread.prod()))
    # One standard error is added: without data, the strands err together.
    upper = (cross + np.sqrt(cross_noise)) / scale if scale > 0.0 else 1.0
    site_factors, _ = _site_factors(counts, own, rate, minor)
    return SampleErrors(
        rate=rate,
        rho=_shrunken_rho(rate, spread, pairs),
        strand_correlation=float(np.clip(upper, 0.0, 1.0)),
        hot_spots=(one_strand + 0.5) / (covered + 1.0),
        site_factors=site_factors,
    )


def _errors(counts: Counts, own: NDArray[np.int64], minor: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Minor alleles (masks, (16569, 4)) that errors explain, by both strands together.

    Many variants of a shallow sample would raise the rates, and neither strand alone shows that
    they are variants. So the first rates leave out the alleles with the most fragments.
    """
    k = counts.alleles
    most = np.ones((CODE_N + 1, 4))
    for base in range(4):
        for allele in range(4):
            seen = k[(own == base) & minor[:, allele], allele]
            if seen.size:
                most[base, allele] = max(1.0, float(np.quantile(seen, 1.0 - SUSPECTED)))
    errors = minor & (k <= most[own])
    for _ in range(2):
        _, errors = _site_factors(counts, own, _mean_rates(counts, own, errors), minor)
    return errors


def _site_factors(
    counts: Counts, own: NDArray[np.int64], rate: NDArray[np.float64], minor: NDArray[np.bool_]
) -> tuple[SiteFactors, NDArray[np.bool_]]:
    """Site factors fitted to the minor alleles (mask, (16569, 4)), and those that they explain."""
    total = rate.sum(axis=2)
    damaged = total > DAMAGE * np.median(total[~np.eye(4, dtype=bool)])
    site, allele = np.nonzero(minor)
    n = counts.depth[site]
    expected = np.sum(n * rate[own[site], allele], axis=1)
    covered = expected > 0.0
    site, allele, n, expected = site[covered], allele[covered], n[covered], expected[covered]
    k = counts.bases[site, allele].sum(axis=1, dtype=np.int64)
    variant = weights(own[site], allele) / (VARIANT_VAF * n.sum(axis=1) + 1.0)
    errors = minor.copy()

    def fitted(rows: NDArray[np.bool_]) -> SiteFactor:
        """The site factor of some of the alleles, which it separates in errors and others."""
        factor = fit(k[rows], expected[rows], variant[rows])
        many = np.flatnonzero(rows & (k > expected))
        tail = factor.upper_tail(k[many], expected[many])
        rare, tail = many[tail < NO_MATTER], tail[tail < NO_MATTER]
        probability = tail - factor.upper_tail(k[rare] + 1, expected[rare])
        errors[site[rare], allele[rare]] = probability >= VARIANT_PRIOR * variant[rare]
        return factor

    apart = damaged[own[site], allele]
    usual = fitted(~apart)
    if not apart.any():
        return SiteFactors(usual), errors
    return SiteFactors(usual, fitted(apart), damaged), errors


def _mean_rates(
    counts: Counts, own: NDArray[np.int64], kept: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Errors over bases by own base, false base and strand, where the mask (16569, 4) holds."""
    errors = np.where(kept[..., None], counts.bases, 0).astype(np.int64)
    total = np.where(kept[..., None], counts.depth[:, None, :], 0)
    rate = np.zeros((4, 4, 2))
    for base in range(4):
        sites = own == base
        rate[base] = (errors[sites].sum(axis=0) + PRIOR_ERRORS) / (
            total[sites].sum(axis=0) + PRIOR_BASES
        )
        rate[base, base] = 0.0
    return rate


def _shrunken_rho(
    rate: NDArray[np.float64], spread: NDArray[np.float64], pairs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Intra-class correlation from relative variances, after shrinkage by ``PRIOR_PAIRS``."""
    weight = np.minimum(pairs, 10.0 * PRIOR_PAIRS)
    typical = (np.sum(weight * spread) + PRIOR_PAIRS * DEFAULT_SPREAD) / (
        np.sum(weight) + PRIOR_PAIRS
    )
    shrunken = (pairs * spread + PRIOR_PAIRS * typical) / (pairs + PRIOR_PAIRS)
    return np.minimum(shrunken * rate / (1.0 - rate), 0.9)


def _one_strand_outliers(
    k: NDArray[np.int64], n: NDArray[np.int64], usual: NDArray[np.bool_]
) -> int:
    """Sites (n_sites, 2) with an outlying count on one strand and a usual one on the other.

    Usual also means far too low: with the two strands' rates the same, so uneven a split of the
    fragments would have a probability below ``UNEVEN``. A variant of ten fragments has one now
    and then on the weaker strand.
    """
    single = np.flatnonzero(usual[:, 0] != usual[:, 1])
    k, n = k[single], n[single]
    weak = np.argmin(k / np.maximum(n, 1), axis=1)
    row = np.arange(len(single))
    share = n[row, weak] / np.maximum(n.sum(axis=1), 1)
    return int(np.sum(2.0 * special.bdtr(k[row, weak], k.sum(axis=1), share) < UNEVEN))


def save_errors(errors: SampleErrors, path: str | Path) -> None:
    """Write the error rates as JSON."""
    factors = errors.site_factors
    damage = factors.damage if factors else None
    damaged = factors.damaged if factors else None
    document = {
        "rate": errors.rate.tolist(),
        "rho": errors.rho.tolist(),
        "strand_correlation": errors.strand_correlation,
        "hot_spots": errors.hot_spots,
        "site_factor": factors.usual.as_dict() if factors else None,
        "damaged": None if damaged is None else damaged.tolist(),
        "damage_factor": damage.as_dict() if damage else None,
    }
    Path(path).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load_errors(path: str | Path) -> SampleErrors:
    """Error rates as ``save_errors`` wrote them."""
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    try:
        usual, damage = document["site_factor"], document["damage_factor"]
        damaged = document["damaged"]
        factors = (
            SiteFactors(
                from_dict(usual),
                from_dict(damage) if damage else None,
                np.array(damaged, bool).reshape(4, 4) if damaged else None,
            )
            if usual
            else None
        )
        return SampleErrors(
            rate=np.array(document["rate"], np.float64).reshape(4, 4, 2),
            rho=np.array(document["rho"], np.float64).reshape(4, 4, 2),
            strand_correlation=float(document["strand_correlation"]),
            hot_spots=float(document["hot_spots"]),
            site_factors=factors,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a file of error rates; call the sample again") from error
