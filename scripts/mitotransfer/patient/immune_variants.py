"""The immune sample's own variants: clones that grew, and whether they are in the tumour.

An immune clone carries variants that neither the normal nor the tumour of the patient has. They
show how far clones have grown. They also trace the other direction: immune mtDNA in the tumour
sample, from infiltrating cells or by transfer, carries them.

A clone carries one variant or a few. A dozen variants at one level are the haplotype of another
person, who need not be in the cohort. At low shares ``patient.rare_person`` finds that person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.calls.hsd import Profile, profile
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import ERROR_CAP, MIN_FRAGMENTS, own_bases
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.reference import CODE_N, allele_codes
from mitotransfer.patient.another_person import MIN_PERSON_VARIANTS, level_bounds, one_level
from mitotransfer.patient.rare_person import RarePerson
from mitotransfer.stats import intervals

#: The normal has an allele if its VAF is above this: cross-talk brings less.
MOSAIC_VAF = 0.002
#: An allele may be the tumour's own if its VAF there is this many times that in the normal.
MUCH_MORE = 5.0


@dataclass(frozen=True)
class PrivateVariants:
    """Summary of the immune sample's own variants. NaN without any.

    Attributes:
        n: number of variants.
        highest: highest VAF in the immune sample.
        in_tumor: how many of them the tumour has for certain, beyond the normal's bound.
        tumor_share_high: upper bound of the share of immune mtDNA in the tumour sample.
        person_variants: number of variants at one level, which are another person's; all attributes
            above leave them out.
        person_low, person_high: bounds of that person's share.
        person_alleles: position (0-based) and base (A, C, G, T: 0 to 3) of each.
        person_in_tumor: whether the tumour has them, too, at a higher VAF.
        person: that person's haplotype.
        person_limit: smallest share of a person of no known haplotype that would have been seen.
    """

    n: int = 0
    highest: float = math.nan
    in_tumor: int = 0
    tumor_share_high: float = math.nan
    person_variants: int = 0
    person_low: float = math.nan
    person_high: float = math.nan
    person_alleles: tuple[tuple[int, int], ...] = ()
    person_in_tumor: bool = False
    person: Profile | None = None
    person_limit: float = math.nan


def private_variants(
    immune: Counts,
    *,
    normal: Counts,
    tumor: Counts,
    usable: NDArray[np.bool_],
    max_normal_vaf: float,
    confidence: float,
) -> PrivateVariants:
    """Variants of the immune sample that the normal lacks and the tumour does not have more of.

    An allele counts if it is on both strands of the immune sample, too frequent for errors, and
    above the upper bound of the normal and the lower bound of the tumour. The bound of immune mtDNA
    in the tumour is the number of the tumour's fragments with these alleles over the number
    expected of pure immune mtDNA; errors count as immune.

    Args:
        normal, tumor: pooled over the patient's samples.
        usable: positions to look at, shape (length,): without tracts and informative variants.
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
        alleles_of = zip(pos[kept][person].tolist(), allele[kept][person].tolist(), strict=True)
        found = replace(
            found,
            person_variants=int(person.sum()),
            person_low=low,
            person_high=high,
            person_alleles=tuple(alleles_of),
        )
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


def tumor_alleles_in_normal(
    normal: Counts,
    tumor: Counts,
    usable: NDArray[np.bool_],
    max_normal_vaf: float,
    confidence: float,
) -> int:
    """Number of alleles that are not informative as the normal has some, and the tumour far more.

    Tumour cells in the normal bring such alleles, and so hide them from the test. An inherited
    heteroplasmy that drifted in the tumour looks the same; another normal tissue would distinguish
    them.

    Args:
        normal, tumor: pooled over the patient's samples.
        usable: positions to look at, shape (length,).
    """
    of_normal, of_tumor = (one.bases.sum(axis=2, dtype=np.int64) for one in (normal, tumor))
    wanted = usable[:, None] & (own_bases(normal)[:, None] != np.arange(4)) & (of_normal > 0)
    wanted &= tumor.bases.min(axis=2) >= MIN_FRAGMENTS
    pos, allele = np.nonzero(wanted)
    bounds = []
    for seen in (of_normal, of_tumor):
        alt, depth = seen[pos, allele], seen[pos].sum(axis=1)
        low = intervals.lower_bound(alt, depth, confidence)
        bounds.append((low, intervals.upper_bound(alt, depth, confidence)))
    (normal_low, normal_high), (tumor_low, _) = bounds
    own = (normal_high >= max_normal_vaf) & (normal_low > MOSAIC_VAF)
    return int((own & (tumor_low > MUCH_MORE * normal_high)).sum())


def with_person_of_tumor(
    found: PrivateVariants, immune: Counts, variants: pd.DataFrame, confidence: float
) -> PrivateVariants:
    """The variants with the person in the tumour whom nobody in the cohort explains.

    Args:
        variants: columns ``pos`` and ``alt`` of that person's alleles.
    """
    if found.person_variants or variants.empty:
        return found
    pos = variants["pos"].to_numpy(np.int64) - 1
    allele = allele_codes(variants["alt"])
    alt = immune.bases[pos, allele].sum(axis=1, dtype=np.int64)
    depth = immune.depth[pos].sum(axis=1).astype(np.int64)
    low, high = level_bounds(alt, depth, confidence)
    return replace(
        found,
        person_variants=len(variants),
        person_low=low,
        person_high=high,
        person_alleles=tuple(zip(pos.tolist(), allele.tolist(), strict=True)),
        person_in_tumor=True,
    )


def with_rare_person(found: PrivateVariants, person: RarePerson) -> PrivateVariants:
    """The variants with a person whose alleles stand out only together, unless one is known."""
    found = replace(found, person_limit=person.limit)
    if found.person_variants or not person.pos.size:
        return found
    return replace(
        found,
        person_variants=person.pos.size,
        person_low=person.low,
        person_high=person.high,
        person_alleles=tuple(zip(person.pos.tolist(), person.allele.tolist(), strict=True)),
    )


def with_haplotype(found: PrivateVariants, normal: Counts, genome: Genome) -> PrivateVariants:
    """The variants with the other person's haplotype: the patient's with that person's alleles.

    Args:
        normal: pooled over the patient's samples.
        genome: positions in its artefact tracts are left out.
    """
    if not found.person_variants:
        return found
    bases = own_bases(normal).astype(np.int64)
    for pos, allele in found.person_alleles:
        bases[pos] = allele
    return replace(
        found, person=profile(bases, ~genome.artefact & (bases < CODE_N), genome.reference)
    )
