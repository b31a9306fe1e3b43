"""Error rates: of one sample by substitution and strand, and of each site across samples.

The number of false fragments of an allele at one site, strand and sample is modelled as

    k | p ~ Binomial(n, p),    p = mu theta epsilon

``mu``: the sample's mean rate of that substitution on that strand (``SampleErrors.rate``);
``theta``: how error-prone the site is, relative to others of its kind, the same in all samples;
``epsilon``: what differs between samples at one site. ``theta`` and ``epsilon`` have mean one. One
sample alone shows the spread of their product over its thousands of sites; unrelated samples
(``SiteSums``) show each site's own ``theta``. Since ``theta`` is relative, samples of a better or
worse run than this one inform it all the same. This is the idea of deepSNV and shearwater
(Gerstung et al., Nat Commun 2012, doi 10.1038/ncomms1814; Bioinformatics 2014, doi
10.1093/bioinformatics/btt750) with the sample's own rates as the prior, so that a sample without
a cohort has a background too, only a wider one.

A site's "own base" is the sample's most frequent one: at a homoplasmic variant the errors are
those of the variant's base.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mitotransfer import betabinom
from mitotransfer.compiled import njit
from mitotransfer.counts import Counts
from mitotransfer.reference import CODE_N, LENGTH, Reference
from mitotransfer.sampleerrors import (
    ERROR_CAP,
    PRIOR_BASES,
    PRIOR_ERRORS,
    SampleErrors,
    estimate_errors,
    load_errors,
    own_bases,
    save_errors,
)
from mitotransfer.sitefactor import SiteFactor

__all__ = [
    "ERROR_CAP",
    "Background",
    "SampleErrors",
    "SiteSums",
    "background",
    "empty_sites",
    "estimate_errors",
    "joined",
    "load_carriers",
    "load_errors",
    "load_sites",
    "own_bases",
    "save_errors",
    "save_sites",
    "site_contribution",
    "spread_within",
]

# Relative variance between samples at one site where the samples cannot tell.
DEFAULT_SPREAD_WITHIN = 0.25
# Samples of a panel from which on recurrence among them means something.
MIN_PANEL = 5
# Groups of positions for the median of means in ``spread_within``.
_GROUPS = 61


@dataclass(frozen=True)
class SiteSums:
    """Errors at each site, summed over samples; every field can be added and subtracted.

    Attributes, float64, shape (16569, 4, 2) (position, false base, strand):
        error: error fragments.
        depth: depth of the samples that contribute.
        expected: errors that the samples' own mean rates let expect there.
        error_squares, expected_squares: sums over samples of the squares.
        n_samples: number of samples.
    """

    error: NDArray[np.float64]
    depth: NDArray[np.float64]
    expected: NDArray[np.float64]
    error_squares: NDArray[np.float64]
    expected_squares: NDArray[np.float64]
    n_samples: int

    def __add__(self, other: SiteSums) -> SiteSums:
        return SiteSums(
            self.error + other.error,
            self.depth + other.depth,
            self.expected + other.expected,
            self.error_squares + other.error_squares,
            self.expected_squares + other.expected_squares,
            self.n_samples + other.n_samples,
        )

    def __sub__(self, other: SiteSums) -> SiteSums:
        # Differences of sums that should cancel can leave a rounding error below zero.
        return SiteSums(
            np.maximum(self.error - other.error, 0.0),
            np.maximum(self.depth - other.depth, 0.0),
            np.maximum(self.expected - other.expected, 0.0),
            np.maximum(self.error_squares - other.error_squares, 0.0),
            np.maximum(self.expected_squares - other.expected_squares, 0.0),
            self.n_samples - other.n_samples,
        )

    def at(self, positions: NDArray[np.integer]) -> SiteSums:
        """The sums at some positions (0-based) alone, arrays (positions, 4, 2)."""
        return SiteSums(
            self.error[positions],
            self.depth[positions],
            self.expected[positions],
            self.error_squares[positions],
            self.expected_squares[positions],
            self.n_samples,
        )


@dataclass(frozen=True)
class Background:
    """Predicted error rate of one sample at each site.

    Attributes:
        alpha, beta: parameters of the Beta distribution of the rate, float64, shape
            (16569, 4, 2). The own base's entries are those of the most frequent error into it.
        strand_correlation, hot_spots: as in ``SampleErrors``.
        site_factor: as in ``SampleErrors``; None where other samples have shown the sites' own
            factors, which ``alpha`` and ``beta`` hold.
        damaged: sites and alleles with the site factor ``damage_factor``, shape (16569, 4).
        carriers: share of the panel's samples in which an allele is heteroplasmic, shape (16569,
            4); None without a panel. Above ``ERROR_CAP`` an allele does not count as error in a
            sample, so that its site sums do not show an artefact that all samples have.
    """

    alpha: NDArray[np.float64]
    beta: NDArray[np.float64]
    strand_correlation: float
    hot_spots: float
    site_factor: SiteFactor | None = None
    damaged: NDArray[np.bool_] | None = None
    damage_factor: SiteFactor | None = None
    carriers: NDArray[np.float64] | None = None

    def site_tail(
        self, k: NDArray[np.integer], expected: NDArray[np.float64], damaged: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """``P(K >= k)`` by the site factors, where ``expected`` errors are."""
        assert self.site_factor is not None
        tail = self.site_factor.upper_tail(k, expected)
        if self.damage_factor is not None:
            tail[damaged] = self.damage_factor.upper_tail(k[damaged], expected[damaged])
        return tail

    def is_damaged(
        self, pos: NDArray[np.integer], allele: NDArray[np.integer]
    ) -> NDArray[np.bool_]:
        """Of alleles at 0-based positions."""
        return np.zeros(len(pos), bool) if self.damaged is None else self.damaged[pos, allele]


# ---------------------------------------------------------------- sites across samples


def empty_sites() -> SiteSums:
    """Sums over no sample."""
    zero = np.zeros((LENGTH, 4, 2))
    return SiteSums(zero, zero, zero, zero, zero, 0)


def site_contribution(counts: Counts) -> SiteSums:
    """What one sample adds to ``SiteSums``; depends on that sample alone.

    An allele counts as error where it is not the sample's own base and its VAF over both strands
    is at most ``ERROR_CAP``; elsewhere it is a variant of the sample, which adds neither errors
    nor depth. Errors are expected from the mean rate of the substitution over those sites.
    """
    error, covered, expected = np.zeros((3, LENGTH, 4, 2))
    bases = counts.bases.astype(np.int64)
    _fill_sites(bases, counts.depth, own_bases(counts), error, covered, expected)
    return SiteSums(error, covered, expected, error**2, expected**2, 1)


@njit
def _fill_sites(bases, depth, own, error, covered, expected):  # type: ignore[no-untyped-def]
    """Errors, depth and expected errors of one sample; the arrays come filled with zeros."""
    errors = np.full((4, 4, 2), float(PRIOR_ERRORS))
    depths = np.full((4, 4, 2), float(PRIOR_BASES))
    for pos in range(len(own)):
        base = own[pos]
        if base >= 4:
            continue
        total = max(depth[pos, 0] + depth[pos, 1], 1)
        for allele in range(4):
            vaf = (bases[pos, allele, 0] + bases[pos, allele, 1]) / total
            if allele == base or vaf > ERROR_CAP:
                continue
            for strand in range(2):
                error[pos, allele, strand] = bases[pos, allele, strand]
                covered[pos, allele, strand] = depth[pos, strand]
                errors[base, allele, strand] += bases[pos, allele, strand]
                depths[base, allele, strand] += depth[pos, strand]
    rates = errors / depths
    for pos in range(len(own)):
        if own[pos] < 4:
            for allele in range(4):
                for strand in range(2):
                    rate = rates[own[pos], allele, strand]
                    expected[pos, allele, strand] = covered[pos, allele, strand] * rate


def save_sites(sites: SiteSums, path: str | Path) -> None:
    """Write site sums as a compressed ``.npz``."""
    with open(path, "wb") as handle:
        np.savez_compressed(
            handle,
            error=sites.error,
            depth=sites.depth,
            expected=sites.expected,
            error_squares=sites.error_squares,
            expected_squares=sites.expected_squares,
            n_samples=np.asarray(sites.n_samples),
        )


def load_sites(path: str | Path) -> SiteSums:
    """Site sums as ``save_sites`` wrote them; other arrays in the file are ignored."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return SiteSums(
                archive["error"],
                archive["depth"],
                archive["expected"],
                archive["error_squares"],
                archive["expected_squares"],
                int(archive["n_samples"]),
            )
    except (KeyError, ValueError, EOFError, BadZipFile) as error:
        raise ValueError(f"{path}: not a file of site sums") from error


def load_carriers(path: str | Path) -> NDArray[np.float64] | None:
    """``Background.carriers`` of a cohort's ``background.npz``.

    None where the file holds site sums alone, or fewer samples than ``MIN_PANEL``.
    """
    with np.load(path, allow_pickle=False) as archive:
        # Up to version 0.1.0 tumours were among those asked.
        asked = int(archive["n_asked" if "n_asked" in archive else "n_samples"])
        if "heteroplasmic" not in archive or asked < MIN_PANEL:
            return None
        return np.asarray(archive["heteroplasmic"], np.float64) / asked


def spread_within(sites: SiteSums) -> float:
    """Relative variance of the error rate between samples at one site (variance of epsilon).

    With Poisson counts of mean ``E theta epsilon``, the factorial moments of each site are
    ``E[sum k (k - 1)] = theta^2 (1 + phi) sum E^2`` over samples and
    ``E[(sum k)^2 - sum k^2] = theta^2 ((sum E)^2 - sum E^2)`` over pairs of samples, so that
    their ratio gives ``1 + phi`` whatever theta is. Sites are summed within groups of positions
    and the groups' median is taken, so that low variants hiding in some samples do not count.
    """
    squares = sites.expected_squares
    pairs = sites.expected**2 - squares
    usable = (pairs > 1e-12) & (squares > 0.0)
    if sites.n_samples < 2 or not usable.any():
        return DEFAULT_SPREAD_WITHIN
    weight = np.where(usable, 1.0 / (1.0 + sites.expected) ** 2, 0.0)
    within = (sites.error_squares - sites.error) * weight
    ratio = squares / np.where(usable, pairs, 1.0)
    between = (sites.error**2 - sites.error_squares) * ratio * weight
    group = np.arange(len(within)) % _GROUPS
    top = np.bincount(group, within.sum(axis=(1, 2)), minlength=_GROUPS)
    bottom = np.bincount(group, between.sum(axis=(1, 2)), minlength=_GROUPS)
    seen = bottom > 0.0
    if seen.sum() < _GROUPS // 2:
        return DEFAULT_SPREAD_WITHIN
    return max(float(np.median(top[seen] / bottom[seen])) - 1.0, 0.0)


# ---------------------------------------------------------------- prediction


def background(
    errors: SampleErrors,
    reference: Reference,
    sites: SiteSums | None = None,
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
    factor = errors.site_factor
    if sites is not None and sites.n_samples > 0:
        factor = None
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
    damaged = None
    if factor is not None and errors.damaged is not None:
        damaged = (codes < CODE_N)[:, None] & errors.damaged[np.minimum(codes, 3)]
    return Background(
        alpha, beta, errors.strand_correlation, errors.hot_spots, factor, damaged,
        None if damaged is None else errors.damage_factor,
    )  # fmt: skip


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
    rho = np.clip(variance / binomial, 1.0 / betabinom.MAX_CONCENTRATION, 0.9)
    return betabinom.shapes(mean, rho)


def joined(
    predicted: Background,
    positions: NDArray[np.integer],
    alleles: NDArray[np.integer],
    depth_forward: NDArray[np.integer],
    depth_reverse: NDArray[np.integer],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Beta parameters of the error rate over both strands, for alleles at positions (0-based).

    The mean is that of the strands weighted by depth, w; the variance
    ``sum w^2 v + 2 r w_f w_r sqrt(v_f v_r)`` with the correlation r of the strands' rates.
    Without depth the strands weigh the same.
    """
    mean, rho = betabinom.mean_rho(
        predicted.alpha[positions, alleles], predicted.beta[positions, alleles]
    )
    depth = np.stack([depth_forward, depth_reverse], axis=-1).astype(np.float64)
    total = depth.sum(axis=-1, keepdims=True)
    weight = np.where(total > 0.0, depth / np.maximum(total, 1.0), 0.5)
    deviation = weight * np.sqrt(mean * (1.0 - mean) * rho)
    variance = (deviation**2).sum(axis=-1)
    variance += 2.0 * predicted.strand_correlation * deviation.prod(axis=-1)
    return _matched((weight * mean).sum(axis=-1), variance)
