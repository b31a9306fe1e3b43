"""The immune sample's own variants: clones that grew, and whether they are in the tumour.

An immune clone carries variants that neither normal nor tumour of the patient has. They show how
far clones have grown, and they are tracers in the other direction: immune mtDNA in the tumour
sample, by infiltrating cells or by transfer, brings them along.

Clones carry a variant or a few. A dozen variants at one level are another person's haplotype: a
haplotype that nobody else in the cohort needs to have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mitotransfer import intervals
from mitotransfer.background import MIN_FRAGMENTS
from mitotransfer.counts import Counts
from mitotransfer.errormodel import ERROR_CAP, own_bases

#: Variants at one level from which they are another person's, not a clone's.
MIN_PERSON_VARIANTS = 10
#: Extra-binomial dispersion (intra-class correlation) allowed between variants of one level.
DISPERSION = 1e-3


@dataclass(frozen=True)
class PrivateVariants:
    """What the immune sample's own variants say. NaN without any.

    Attributes:
        n: number of variants.
        highest: highest VAF in the immune sample.
        in_tumor: how many of them the tumour has for certain, beyond the normal's bound.
        tumor_share_high: upper bound of the share of immune mtDNA in the tumour sample.
        person_variants: how many at one level are another person's, 0 for none; the rest is then
            of the others alone.
        person_low, person_high: bounds of that person's share.
    """

    n: int = 0
    highest: float = math.nan
    in_tumor: int = 0
    tumor_share_high: float = math.nan
    person_variants: int = 0
    person_low: float = math.nan
    person_high: float = math.nan


def private_variants(
    immune: Counts,
    normal: Counts,
    tumor: Counts,
    usable: NDArray[np.bool_],
    max_normal_vaf: float,
    confidence: float,
) -> PrivateVariants:
    """Variants of the immune sample that the normal lacks and the tumour does not have more of.

    An allele counts that is too frequent in the immune sample for errors, on both strands, and more
    frequent there than the upper bounds of the normal and the lower bound of the tumour. The
    share of immune mtDNA in the tumour is bounded by the sum of the tumour's fragments with
    these alleles over that expected of the immune sample's mtDNA alone; errors count as immune.

    Args:
        normal, tumor: pooled over the patient's samples.
        usable: positions to look at, shape (16569,): without tracts and informative variants.
    """
    own = own_bases(normal)
    alleles = immune.bases.sum(axis=2, dtype=np.int64)
    wanted = (alleles >= MIN_FRAGMENTS) & (immune.bases.min(axis=2) > 0)
    wanted &= alleles > ERROR_CAP * alleles.sum(axis=1, keepdims=True)
    wanted &= usable[:, None] & (own[:, None] != np.arange(4))
    pos, allele = np.nonzero(wanted)

    def of(counts: Counts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        alt = counts.bases[pos, allele].sum(axis=1, dtype=np.int64)
        return alt, counts.depth[pos].sum(axis=1).astype(np.int64)

    alt, depth = of(immune)
    normal_high = intervals.upper_bound(*of(normal), confidence)
    tumor_alt, tumor_depth = of(tumor)
    immune_low = intervals.lower_bound(alt, depth, confidence)
    tumor_low = intervals.lower_bound(tumor_alt, tumor_depth, confidence)
    kept = (normal_high < max_normal_vaf) & (immune_low > normal_high)
    kept &= alt / np.maximum(depth, 1) > tumor_low
    person = one_level(alt[kept], depth[kept])
    found = PrivateVariants()
    if person.sum() >= MIN_PERSON_VARIANTS:
        low, high = level_bounds(alt[kept][person], depth[kept][person], confidence)
        found = replace(found, person_variants=int(person.sum()), person_low=low, person_high=high)
        kept[np.flatnonzero(kept)[person]] = False
    if not kept.any():
        return found
    vaf = (alt / np.maximum(depth, 1))[kept]
    expected = float((tumor_depth[kept] * vaf).sum())
    reads = float(tumor_depth[kept].sum())
    high = float(intervals.upper_bound(tumor_alt[kept].sum(), reads, confidence)) * reads
    return replace(
        found,
        n=int(kept.sum()),
        highest=float(vaf.max()),
        in_tumor=int((tumor_low > normal_high)[kept].sum()),
        tumor_share_high=min(1.0, high / expected) if expected > 0 else 1.0,
    )


def one_level(alt: NDArray[np.int64], depth: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The largest set of variants whose VAFs agree within three standard deviations, mask (V,)."""
    if not len(alt):
        return np.zeros(0, bool)
    vaf = alt / depth
    noise = vaf * (1 - vaf) * (1 / depth + DISPERSION)
    close = np.abs(vaf[:, None] - vaf) <= 3 * np.sqrt(noise[:, None] + noise)
    return np.asarray(close[close.sum(axis=1).argmax()])


def level_bounds(
    alt: NDArray[np.int64], depth: NDArray[np.int64], confidence: float
) -> tuple[float, float]:
    """Interval of the common VAF, as much wider than binomial as the variants' spread says."""
    vaf = alt.sum() / depth.sum()
    pearson = float(((alt - depth * vaf) ** 2 / (depth * vaf * (1 - vaf) + 1e-12)).sum())
    effect = max(1.0, pearson / max(len(alt) - 1, 1))
    low, high = intervals.clopper_pearson(alt.sum() / effect, depth.sum() / effect, confidence)
    return float(low), float(high)
