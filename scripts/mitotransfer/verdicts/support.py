"""The variants that support the fraction of an immune sample, and its alleles beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors.background import background
from mitotransfer.flag_words import has
from mitotransfer.flags import FOREIGN_HAPLOTYPE, REJECTED
from mitotransfer.fraction.curves import FIXED
from mitotransfer.genome.reference import Reference
from mitotransfer.patient.evidence import counts_of
from mitotransfer.patient.immune_variants import (
    PrivateVariants,
    private_variants,
    with_haplotype,
    with_person_of_tumor,
    with_rare_person,
)
from mitotransfer.patient.parties import POOLING_DIFFERENCES
from mitotransfer.patient.pooling import Patient
from mitotransfer.patient.rare_person import RarePerson, possible_alleles, rare_person
from mitotransfer.stats import intervals
from mitotransfer.verdicts.case import Case, support_of
from mitotransfer.verdicts.context import PatientContext
from mitotransfer.verdicts.shared_variants import carries, supports, variant_counts
from mitotransfer.verdicts.unrelated import batch_alleles

#: Share of the VAF of what all cells of a person have, below which not all have a variant: nuclear
#: copies without it, or a heteroplasmy, take less away.
SURELY_OWN = 0.8


def with_support(context: PatientContext, case: Case, sample: str, variants: pd.DataFrame) -> Case:
    """The case with the variants that support its fraction, and the other alleles of the sample.

    Args:
        variants: of ``shared_variants``.
    """
    patient, cohort, settings = context.patient, context.cohort, context.settings
    counts = patient.counts[sample]
    chosen = variants[supports(variants)]
    carriers = variants[carries(variants, case.estimate.low)]
    more = more_in_immune(patient, carriers, cohort.genome.reference, settings.confidence)
    extra = extra_alleles(counts, context.pooled.normal, variants, case.estimate.low, cohort.usable)
    found = support_of(chosen, case.cohort.n_patients, more_in_immune=more)
    # By the sheet: in a mixed tumour sample the haplotypes do not show two people.
    without = patient.design == "allogeneic" and lacks_own(variants, case.estimate.low)
    return replace(
        case,
        support=replace(found, without_own=without),
        findings=replace(case.findings, extra_alleles=extra),
        private=own_variants(context, sample, variants),
    )


def more_in_immune(
    patient: Patient, carriers: pd.DataFrame, reference: Reference, confidence: float
) -> bool:
    """Whether each of these variants is more frequent in some immune sample than in the tumour.

    Args:
        carriers: evidence rows of the variants that carry the finding.
    """
    rows = patient.samples
    judged = (rows["role"] == "immune") & ~rows["status"].isin(list(REJECTED))
    tumor = variant_counts(carriers)
    _, most = intervals.clopper_pearson(tumor.tumor_alt, tumor.tumor_depth, confidence)
    more = np.zeros(len(carriers), bool)
    for name in rows.loc[judged, "sample"]:
        seen = counts_of(patient.counts[name], carriers, reference)
        low, _ = intervals.clopper_pearson(
            seen[:, :2].sum(axis=1), seen[:, 2:].sum(axis=1), confidence
        )
        more |= low > most
    return more.size > 0 and bool(more.all())


def lacks_own(variants: pd.DataFrame, low: float) -> bool:
    """Whether variants that not all cells of the tumour's person have contradict a fraction.

    What all have is as frequent in the tumour as its most frequent variant, and as many as two
    people differ by. The VAF is less than 1 where the tumour's sample holds cells of the other
    person. A variant contradicts the fraction if its upper bound is below what the lowest fraction
    brings; where another one shows that surely not all have, none does.
    """
    usable = variants[variants["usable"].to_numpy(bool)]
    level = usable["tumor_vaf_low"].max()
    part = usable["tumor_vaf_high"] < FIXED * level
    own = usable[part]
    absent = own["immune_vaf_high"] < low * own["tumor_vaf_low"]
    shows = supports(own) & (own["tumor_vaf_high"] < SURELY_OWN * level).to_numpy()
    two_people = (~part).sum() > POOLING_DIFFERENCES
    return bool(two_people and absent.any() and not shows.any())


def extra_alleles(
    counts: Counts, normal: Counts, variants: pd.DataFrame, low: float, usable: NDArray[np.bool_]
) -> int:
    """Number of other minor alleles whose VAF is at least half the fraction's lower bound.

    Alleles that the normal has at half of that VAF do not count: errors and heteroplasmies.
    """
    if not low > 0:
        return 0
    alleles = counts.bases.sum(axis=2, dtype=np.int64)
    depth = alleles.sum(axis=1, keepdims=True)
    minor = np.arange(4) != alleles.argmax(axis=1)[:, None]
    found = minor & usable[:, None] & (alleles >= np.maximum(low / 2 * depth, 2))
    in_normal = normal.bases.sum(axis=2, dtype=np.int64)
    found &= in_normal < np.maximum(low / 4 * in_normal.sum(axis=1, keepdims=True), 1)
    found[variants["pos"].to_numpy(np.int64) - 1] = False
    return int(found.sum())


def own_variants(context: PatientContext, sample: str, variants: pd.DataFrame) -> PrivateVariants:
    """The immune sample's own variants, and a person who is not in the cohort.

    Nothing where it, or what it is compared with, is another patient's: all would be its own.
    """
    samples, settings = context.patient.samples, context.settings
    compared = (samples["sample"] == sample) | (samples["role"] != "immune")
    if (compared & (samples["status"] == "swapped")).any():
        return PrivateVariants()
    counts, pooled = context.patient.counts[sample], context.pooled
    left = context.cohort.usable.copy()
    left[variants["pos"].to_numpy(np.int64) - 1] = False
    found = PrivateVariants()
    if not samples.loc[samples["sample"] == sample, "foreign_patient"].any():
        found = private_variants(
            counts,
            normal=pooled.normal,
            tumor=pooled.tumor,
            usable=left,
            max_normal_vaf=settings.max_normal_vaf,
            confidence=settings.confidence,
        )
    if not samples.loc[samples["role"] != "normal", "foreign_patient"].any():
        foreign = np.array(has(variants["flags"], FOREIGN_HAPLOTYPE), bool)
        unknown = variants[foreign & (variants["type"] == "SNV").to_numpy(bool)]
        found = with_person_of_tumor(found, counts, unknown, settings.confidence)
    if not samples["foreign_patient"].any() and context.patient.design != "allogeneic":
        found = with_rare_person(found, _rare_person(context, sample, left))
    return with_haplotype(found, pooled.normal, context.cohort.genome)


def _rare_person(context: PatientContext, sample: str, usable: NDArray[np.bool_]) -> RarePerson:
    """A person in an immune sample whose alleles stand out only together.

    Alleles that other libraries of the batch bring by cross-talk do not count, nor those of
    nuclear copies.
    """
    counts, pooled = context.patient.counts[sample], context.pooled
    genome, confidence = context.cohort.genome, context.settings.confidence
    possible = possible_alleles(
        counts, normal=pooled.normal, tumor=pooled.tumor, usable=usable, confidence=confidence
    )
    possible &= ~genome.nuclear_alleles & ~batch_alleles(context, sample)
    predicted = background(
        context.patient.errors[sample],
        genome.reference,
        context.others.sites,
        within=context.cohort.spread,
        own=own_bases(counts),
    )
    return rare_person(counts, predicted, genome.reference, possible, confidence)
