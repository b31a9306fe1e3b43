"""Error rates of one sample, by substitution and strand, from its own sites.

A site's "own base" is the sample's most frequent one: at a homoplasmic variant the errors are
those of the variant's base.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors import site_factor, strand_factors
from mitotransfer.errors.site_factor import SiteFactors, Sites
from mitotransfer.errors.strand_factors import StrandFactors
from mitotransfer.genome.reference import CODE_N
from mitotransfer.quick_scipy import special

# Alleles of a higher VAF are never taken for errors.
VARIANT_VAF = 0.2
# Prior probability that a strand is a hot spot of its own.
HOT_SPOT_PRIOR = 1e-3
# Rates shrink towards one error in a thousand bases with the weight of as many bases.
PRIOR_ERRORS, PRIOR_BASES = 1.0, 1000.0
# Of the three alleles to test at a site one is a transition: how much more often than the average
# each is a variant. Of mtDNA mutations 93 % are transitions (Ju et al., eLife 2014, doi
# 10.7554/eLife.02935), and two transversions have 3.5 % each.
TRANSITION, TRANSVERSION = 2.8, 0.1
# Share of a substitution's alleles, those with the most fragments, that its first rate leaves out.
SUSPECTED = 0.01
# At least so many are left out, up to half: in an amplicon several of a few dozen can be variants.
SUSPECTED_SITES = 20
# Share of the usual depth from which sites show what errors a sample has. At fewer fragments no
# variant of few per cent shows either, so that stray reads would say that there are none.
SHALLOW = 0.05
# A strand that errs so many times as often as the other is no evidence of variants.
NOISY = 6.0
# Two-sided probability below which the strands of an allele disagree.
UNEVEN = 0.01
# Rates and site factors are fitted in turn, so many times; they change by less than 1 % after.
_ROUNDS = 3
_SUBSTITUTIONS = tuple(permutations(range(4), 2))
# Transitions 0, transversions 1; codes A, C, G, T.
_KIND = np.array([int(own ^ allele != 2) for own, allele in _SUBSTITUTIONS])


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
        site_factors: distributions of the sites' error-proneness, over the strands that are
            evidence (``noisy_strands``), with tails that ``rho`` lacks. None: by ``rho`` alone.
        strand_factors: the same on each strand, and which substitutions the strands show better.
    """

    rate: NDArray[np.float64]
    rho: NDArray[np.float64]
    strand_correlation: float
    hot_spots: float
    site_factors: SiteFactors | None = None
    strand_factors: StrandFactors | None = None


def weights(own: NDArray[np.int64], allele: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much more often alleles are variants, by the base that they replace; codes A, C, G, T."""
    return np.where((own ^ allele) == 2, TRANSITION, TRANSVERSION)


def noisy_strands(rate: Floats, depth: Ints) -> Mask:
    """Strands that err more than ``NOISY`` times as often as the other, (n, 2).

    Oxidised bases, for example, make errors on one strand. Such a strand adds errors rather than
    evidence, unless no read of the other covers the site.

    Args:
        rate, depth: error rate and depth by strand, (n, 2).
    """
    return (rate > NOISY * rate[:, ::-1]) & (depth[:, ::-1] > 0)


def deep(depth: Ints) -> Mask:
    """Sites of a depth that shows what errors a sample has; depth and result (sites,).

    Usual is the depth that half of all fragments have: that of the amplicons, if there are any.
    """
    ordered = np.sort(depth)
    before = np.cumsum(ordered, dtype=np.float64)
    usual = ordered[np.searchsorted(before, 0.5 * before[-1])] if depth.any() else 0
    return np.asarray(depth >= max(SHALLOW * usual, 1.0))


class Rates(NamedTuple):
    """Error rates of groups of sites.

    Attributes:
        rate: errors over bases, (groups, strands).
        variance: relative variance of the sites' rate over all strands, (groups,).
        errors: sites that errors explain, (sites,).
    """

    rate: Floats
    variance: Floats
    errors: Mask


def fitted_rates(k: Ints, n: Ints, group: Ints, n_groups: int, weight: Floats) -> Rates:
    """Error rates of groups of sites of which some are variants.

    Many variants of a shallow sample would raise the rates, and neither strand alone shows that
    they are variants. So rates are those of the sites that errors explain, by all strands
    together. Rates and the distributions of site factors, which say what errors explain, are fitted
    in turn, from a start without the sites with the most fragments.

    Args:
        k, n: fragments and depth, (sites, strands), at most a fifth of them (``VARIANT_VAF``).
        group: group of each site, 0 to ``n_groups - 1``.
        weight: how much more often than the average each site is a variant.
    """
    fragments = k.sum(axis=1)
    variant = weight * site_factor.variant_scale(VARIANT_VAF * n.sum(axis=1))
    errors = np.ones(len(k), bool)
    for one in range(n_groups):
        seen, depth = fragments[group == one], n[group == one].sum(axis=1, dtype=np.float64)
        if depth.any():
            # Sites count by depth: thousands with a stray read beside an amplicon's are as none.
            sites = depth.sum() ** 2 / np.sum(depth**2)
            suspected = np.clip(SUSPECTED_SITES / sites, SUSPECTED, 0.5)
            order = np.argsort(seen, kind="stable")
            before = np.cumsum(depth[order])
            last = np.searchsorted(before, (1.0 - suspected) * before[-1])
            errors[group == one] = seen <= max(1, int(seen[order[last]]))
    for _ in range(_ROUNDS):
        rate = _mean_rates(k, n, group, n_groups, errors)
        expected = np.sum(n * rate[group], axis=1)
        alleles = Sites(fragments, expected, variant, group)
        found = site_factor.fit(alleles, np.zeros(n_groups, np.int64), heavy=False)
        odds = found.share / (1.0 - found.share) * variant / np.maximum(fragments, 1)
        errors = _explained(fragments, expected, found.gamma[group], odds)
    return Rates(_mean_rates(k, n, group, n_groups, errors), found.gamma, errors)


def _mean_rates(k: Ints, n: Ints, group: Ints, n_groups: int, kept: Mask) -> Floats:
    """Errors over bases, (groups, strands), of the sites in a mask."""

    def sums(values: Ints) -> Floats:
        columns = [np.bincount(group[kept], column[kept], n_groups) for column in values.T]
        return np.stack(columns, axis=1)

    return (sums(k) + PRIOR_ERRORS) / (sums(n) + PRIOR_BASES)


def _explained(k: Ints, expected: Floats, variance: Floats, least: Floats) -> Mask:
    """Counts that are as expected, or have at least a probability by the negative binomial."""
    out = k <= expected
    many = np.flatnonzero(~out)
    mean = np.maximum(expected[many], 1e-12)
    out[many] = site_factor.gamma_pmf(k[many], mean, variance[many]) >= least[many]
    return out


def estimate_errors(counts: Counts) -> SampleErrors:
    """Error rates of a sample from its own non-variant sites (every deep position is a site).

    An allele that one strand alone shows is the strand test's business: it counts among
    ``hot_spots``, and enters neither rates nor tails.

    Means are shrunk towards 0.1 % by the weight of 1,000 bases, which matters for samples with
    next to no reads.
    """
    own, depth = own_bases(counts), counts.depth
    # High heteroplasmies never enter, at any error rate.
    minor = counts.alleles <= VARIANT_VAF * depth.sum(axis=1)[:, None]
    minor &= (own[:, None] != np.arange(4)) & (own < CODE_N)[:, None]
    minor &= deep(depth.sum(axis=1))[:, None]
    site, allele = np.nonzero(minor)
    k, n = counts.bases[site, allele].astype(np.int64), depth[site]
    size = len(_SUBSTITUTIONS)
    group = _by_substitution(np.arange(size))[own[site], allele]
    weight = weights(own[site], allele)
    rates = fitted_rates(k, n, group, size, weight)
    expected = n * rates.rate[group]
    strands = [
        _of_strand(
            Sites(
                k[:, strand],
                expected[:, strand],
                site_factor.variant_scale(VARIANT_VAF * n[:, strand]),
                group,
            ),
            rates.errors,
        )
        for strand in range(2)
    ]
    variance = np.stack([one.factors.gamma for one in strands], axis=1)
    least = HOT_SPOT_PRIOR / np.maximum(n, 1)
    usual = np.stack([one.explains(least[:, strand]) for strand, one in enumerate(strands)], axis=1)
    covered = np.all(n > 0, axis=1)
    single = _one_strand_outliers(k, n, usual) & covered
    evidence = ~noisy_strands(rates.rate[group], n)
    tested = Sites(
        np.sum(k * evidence, axis=1),
        np.sum(expected * evidence, axis=1),
        weight * site_factor.variant_scale(VARIANT_VAF * np.sum(n * evidence, axis=1)),
        group,
    )
    tested = tested.rows(~single)
    factors = _table(site_factor.predictive(site_factor.fit(tested, _KIND), tested))
    kept = covered & rates.errors & usual.all(axis=1)
    rate = _by_substitution(rates.rate)
    correlation = strand_factors.correlations(k[kept], expected[kept], variance, group[kept])
    of_strands = StrandFactors(
        _table(strands[0].factors),
        _table(strands[1].factors),
        _by_substitution(correlation),
        np.zeros((4, 4), bool),
    )
    usual_depth = np.zeros((4, 2), np.int64)
    for base in np.unique(own[site[covered]]):
        usual_depth[base] = np.median(n[covered & (own[site] == base)], axis=0)
    apart = strand_factors.shown_apart(of_strands, factors, usual_depth, rate)
    return SampleErrors(
        rate=rate,
        rho=_by_substitution(np.minimum(variance * rates.rate / (1.0 - rates.rate), 0.9)),
        strand_correlation=_correlation(k[kept], expected[kept], variance[group[kept]]),
        hot_spots=(int(single.sum()) + 0.5) / (int(covered.sum()) + 1.0),
        site_factors=factors,
        strand_factors=replace(of_strands, apart=apart),
    )


class _Strand(NamedTuple):
    """Alleles on one strand, and the distribution of their site factors."""

    sites: Sites
    factors: site_factor.Fitted

    def explains(self, least: Floats) -> Mask:
        """Counts that are as expected, or have at least a probability by either distribution."""
        k, mean, group = self.sites.k, self.sites.expected, self.sites.group
        out = _explained(k, mean, self.factors.gamma[group], least)
        rows = np.flatnonzero(~out)
        rows = rows[mean[rows] > 0.0]
        v = self.factors.lognormal[group[rows]]
        seen = k[rows].astype(np.float64)
        at = [site_factor.lognormal_tail(seen + i, mean[rows], v) for i in (0.0, 1.0)]
        out[rows] = self.factors.heavy[group[rows]] * (at[0] - at[1]) >= least[rows]
        return out


def _of_strand(sites: Sites, errors: Mask) -> _Strand:
    return _Strand(sites, site_factor.fit(sites.rows(errors), _KIND))


def _table(found: site_factor.Fitted) -> SiteFactors:
    return SiteFactors(*map(_by_substitution, (found.gamma, found.lognormal, found.heavy)))


def _by_substitution(values: NDArray[Any]) -> NDArray[Any]:
    """Values of substitutions (12, ...) by own and false base, (4, 4, ...); 0 on the diagonal."""
    out = np.zeros((4, 4, *values.shape[1:]), values.dtype)
    out[tuple(np.transpose(_SUBSTITUTIONS))] = values
    return out


def _correlation(k: Ints, expected: Floats, variance: Floats) -> float:
    """Correlation of the strands' rates by moments, all (sites, 2).

    One standard error is added: without data, the strands err together.
    """
    products = expected.prod(axis=1)
    scale = float(np.sum(products * np.sqrt(variance.prod(axis=1))))
    if scale <= 0.0:
        return 1.0
    upper = float(np.prod(k - expected, axis=1).sum()) + np.sqrt(float(products.sum()))
    return float(np.clip(upper / scale, 0.0, 1.0))


def _one_strand_outliers(k: Ints, n: Ints, usual: Mask) -> Mask:
    """Sites (n_sites, 2) with an outlying count on one strand and a usual one on the other.

    Usual also means far too low: with the two strands' rates the same, so uneven a split of the
    fragments would have a probability below ``UNEVEN``. A variant of ten fragments has one now
    and then on the weaker strand.
    """
    out = np.zeros(len(k), bool)
    single = np.flatnonzero(usual[:, 0] != usual[:, 1])
    k, n = k[single], n[single]
    weak = np.argmin(k / np.maximum(n, 1), axis=1)
    row = np.arange(len(single))
    share = n[row, weak] / np.maximum(n.sum(axis=1), 1)
    out[single] = 2.0 * special.bdtr(k[row, weak], k.sum(axis=1), share) < UNEVEN
    return out


def save_errors(errors: SampleErrors, path: str | Path) -> None:
    """Write the error rates as JSON."""
    strands = errors.strand_factors
    document = {
        "rate": errors.rate.tolist(),
        "rho": errors.rho.tolist(),
        "strand_correlation": errors.strand_correlation,
        "hot_spots": errors.hot_spots,
        "site_factors": _factors_document(errors.site_factors),
        "forward": _factors_document(strands.forward if strands else None),
        "reverse": _factors_document(strands.reverse if strands else None),
        "correlation": strands.correlation.tolist() if strands else None,
        "apart": strands.apart.tolist() if strands else None,
    }
    Path(path).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _factors_document(factors: SiteFactors | None) -> dict[str, Any] | None:
    if factors is None:
        return None
    return {
        "gamma": factors.gamma.tolist(),
        "lognormal": factors.lognormal.tolist(),
        "heavy": factors.heavy.tolist(),
    }


def load_errors(path: str | Path) -> SampleErrors:
    """Error rates as ``save_errors`` wrote them."""
    document = json.loads(Path(path).read_text(encoding="utf-8"))

    def array(values: Any, *shape: int) -> NDArray[np.float64]:
        return np.array(values, np.float64).reshape(shape)

    def factors(name: str) -> SiteFactors:
        of = document[name]
        return SiteFactors(*(array(of[part], 4, 4) for part in ("gamma", "lognormal", "heavy")))

    try:
        strands = None
        if document["apart"] is not None:
            strands = StrandFactors(
                factors("forward"),
                factors("reverse"),
                array(document["correlation"], 4, 4),
                array(document["apart"], 4, 4).astype(bool),
            )
        return SampleErrors(
            rate=array(document["rate"], 4, 4, 2),
            rho=array(document["rho"], 4, 4, 2),
            strand_correlation=float(document["strand_correlation"]),
            hot_spots=float(document["hot_spots"]),
            site_factors=factors("site_factors") if document["site_factors"] else None,
            strand_factors=strands,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a file of error rates; call the sample again") from error
