"""Errors at each site, summed over samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mitotransfer.compiled import njit
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import ERROR_CAP, own_bases
from mitotransfer.errors.sample_errors import PRIOR_BASES, PRIOR_ERRORS

# Relative variance between samples at one site without enough data.
DEFAULT_SPREAD_WITHIN = 0.25
# Samples of a panel from which on recurrence among them means something.
MIN_PANEL = 5
# Groups of positions for the median of means in ``spread_within``.
_GROUPS = 61


@dataclass(frozen=True)
class SiteSums:
    """Errors at each site, summed over samples; every field can be added.

    Attributes, float64, shape (length, 4, 2) (position, false base, strand):
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

    def without(self, other: SiteSums, at: NDArray[np.integer] | slice = slice(None)) -> SiteSums:
        """The sums less others, at all positions or at those (0-based) that ``other`` has alone."""

        def less(own: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
            # Differences of sums that should cancel can leave a rounding error below zero.
            left = own.copy()
            left[at] = np.maximum(left[at] - others, 0.0)
            return left

        return SiteSums(
            less(self.error, other.error),
            less(self.depth, other.depth),
            less(self.expected, other.expected),
            less(self.error_squares, other.error_squares),
            less(self.expected_squares, other.expected_squares),
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


# ---------------------------------------------------------------- sites across samples


def empty_sites(length: int) -> SiteSums:
    """Sums over no sample, of a reference of this length."""
    zero = np.zeros((length, 4, 2))
    return SiteSums(zero, zero, zero, zero, zero, 0)


def site_contribution(counts: Counts) -> SiteSums:
    """What one sample adds to ``SiteSums``; depends on that sample alone.

    An allele counts as error where it is not the sample's own base and its VAF over both strands
    is at most ``ERROR_CAP``; elsewhere it is a variant of the sample, which adds neither errors
    nor depth. Errors are expected from the mean rate of the substitution over those sites.
    """
    sums = np.zeros((3, *counts.bases.shape))
    _fill_sites(counts.bases.astype(np.int64), counts.depth, own_bases(counts), sums)
    error, covered, expected = sums
    return SiteSums(error, covered, expected, error**2, expected**2, 1)


@njit
def _fill_sites(bases, depth, own, sums):  # type: ignore[no-untyped-def]
    """Errors, depth and expected errors of one sample; ``sums`` comes filled with zeros."""
    error, covered, expected = sums[0], sums[1], sums[2]
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
        # Up to version 0.1.0 tumours were counted, too.
        asked = int(archive["n_asked" if "n_asked" in archive else "n_samples"])
        if "heteroplasmic" not in archive or asked < MIN_PANEL:
            return None
        return np.asarray(archive["heteroplasmic"], np.float64) / asked


def spread_within(sites: SiteSums) -> float:
    """Relative variance of the error rate between samples at one site (variance of epsilon).

    With Poisson counts of mean ``E theta epsilon``, the factorial moments of each site are
    ``E[sum k (k - 1)] = theta^2 (1 + phi) sum E^2`` over samples and
    ``E[(sum k)^2 - sum k^2] = theta^2 ((sum E)^2 - sum E^2)`` over pairs of samples, so that
    their ratio gives ``1 + phi`` for any theta. Sites are summed within groups of positions and the
    groups' median is taken, so that low variants hiding in some samples do not count.
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
