"""How the bases of a minor allele differ from those of the sample's own base at its position.

Real variants are read as well, as far from the ends of reads, and with as few further mismatches
as the sample's own base there; errors of sequencing have lower qualities, artefacts of alignment
and of library preparation gather at read ends, nuclear copies and chimeras bring mismatches along.
Both are compared on the same strand, so that amplicons, primers and the neighbouring sequence
affect them alike. Effects are measured with their uncertainty: at high depth, p values would reject
any difference, however small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mitotransfer.counts.allele_counts import BaseSums, Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.quick_scipy import special

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Qualities and distances by rows and columns of ``BaseSums.profile``.
_QUALITIES, _DISTANCES = np.arange(64.0), 4.0 * np.arange(32.0) + 1.5


@dataclass(frozen=True)
class Bias:
    """Minor alleles against the own bases; NaN where there are no sums or no own base to compare.

    Attributes, float64, shape (n_alleles,):
        quality, quality_high: mean base quality above the floor over that of the own base, and its
            upper confidence bound.
        distance, distance_high: the same of the distance to the read's end.
        linked, linked_low: further mismatches per read, more than reads with the own base have.
    """

    quality: Floats
    quality_high: Floats
    distance: Floats
    distance_high: Floats
    linked: Floats
    linked_low: Floats


def compare(
    counts: Counts, reference_codes: NDArray[np.integer], pos: Ints, allele: Ints, confidence: float
) -> Bias:
    """Bias of alleles at 0-based positions; bounds are one-sided ends of a two-sided interval."""
    sums = counts.sums
    if sums is None:
        return Bias(*np.full((6, pos.size), np.nan))
    own = np.minimum(own_bases(counts)[pos], 3)
    k, n = counts.bases[pos, allele].astype(np.float64), counts.bases[pos, own].astype(np.float64)
    z = float(special.ndtri((1.0 + confidence) / 2.0))
    by_quality, by_distance = _spreads(sums)

    def mean_and_expected(total: NDArray[np.uint32]) -> tuple[Floats, Floats]:
        """Mean of the allele, and of own bases that are split over the strands as the allele is."""
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = np.where(k > 0, k * (total[pos, own] / n), 0.0).sum(axis=1) / k.sum(axis=1)
            return total[pos, allele].sum(axis=1) / k.sum(axis=1), expected

    def ratio(total: NDArray[np.uint32], floor: float, spread: float) -> tuple[Floats, Floats]:
        mean, expected = mean_and_expected(total)
        with np.errstate(divide="ignore", invalid="ignore"):
            margin = z * spread / np.sqrt(k.sum(axis=1))
            above = np.where(expected > floor, expected - floor, np.nan)
            return (mean - floor) / above, (mean + margin - floor) / above

    quality = ratio(sums.qualities, counts.meta["min_base_quality"], by_quality)
    distance = ratio(sums.distances, counts.meta["read_end"], by_distance)
    mean, expected = mean_and_expected(sums.mismatches)
    # The bases themselves can be mismatches.
    codes = reference_codes[pos]
    usual = np.maximum(expected - (own != codes), 0.0)
    further = np.maximum(mean - (allele != codes), 0.0)
    fragments = k.sum(axis=1)
    low = special.gammaincinv(np.maximum(further * fragments, 1e-9), (1.0 - confidence) / 2.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Bias(*quality, *distance, further - usual, low / fragments - usual)


def _spreads(sums: BaseSums) -> tuple[float, float]:
    """Standard deviations of quality and distance over the sample's bases."""

    def deviation(values: Floats, weight: NDArray[np.integer]) -> float:
        if not weight.any():
            return float(np.ptp(values))
        mean = np.average(values, weights=weight)
        return float(np.sqrt(np.average((values - mean) ** 2, weights=weight)))

    return (
        deviation(_QUALITIES, sums.profile.sum(axis=1, dtype=np.int64)),
        deviation(_DISTANCES, sums.profile.sum(axis=0, dtype=np.int64)),
    )
