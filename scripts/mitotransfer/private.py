"""The immune sample's own variants: clones that grew, and whether they are in the tumour.

An immune clone carries variants that neither normal nor tumour of the patient has. They show how
far clones have grown, and they are tracers in the other direction: immune mtDNA in the tumour
sample, by infiltrating cells or by transfer, brings them along.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mitotransfer import intervals
from mitotransfer.background import MIN_FRAGMENTS
from mitotransfer.counts import Counts
from mitotransfer.errormodel import ERROR_CAP, own_bases


@dataclass(frozen=True)
class PrivateVariants:
    """What the immune sample's own variants say. NaN without any.

    Attributes:
        n: number of variants.
        highest: highest VAF in the immune sample.
        in_tumor: how many of them the tumour has for certain, beyond the normal's bound.
        tumor_share_high: upper bound of the share of immune mtDNA in the tumour sample.
    """

    n: int = 0
    highest: float = math.nan
    in_tumor: int = 0
    tumor_share_high: float = math.nan


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
    if not kept.any():
        return PrivateVariants()
    vaf = (alt / np.maximum(depth, 1))[kept]
    expected = float((tumor_depth[kept] * vaf).sum())
    reads = float(tumor_depth[kept].sum())
    high = float(intervals.upper_bound(tumor_alt[kept].sum(), reads, confidence)) * reads
    return PrivateVariants(
        n=int(kept.sum()),
        highest=float(vaf.max()),
        in_tumor=int((tumor_low > normal_high)[kept].sum()),
        tumor_share_high=min(1.0, high / expected) if expected > 0 else 1.0,
    )
