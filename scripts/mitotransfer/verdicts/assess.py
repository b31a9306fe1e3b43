"""From the evidence of one patient to the case of each immune sample.

Four steps: ``gather`` the measurements, ``estimate`` the tumour fraction, find the variants that
``support`` it, and raise the ``flags``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import mean_depth, own_bases
from mitotransfer.errors.background import background
from mitotransfer.flag_words import has, split
from mitotransfer.flags import (
    BATCH_HAPLOTYPE,
    CROSSTALK_ASSUMED,
    FOREIGN_DNA,
    FOREIGN_HAPLOTYPE,
    HOT_SPOT,
    INHERITED_ONLY,
    LOW_TUMOR_VAF_SHALLOW_NORMAL,
    MAYBE_IMMUNE_CLONE,
    MAYBE_INHERITED,
    OF_RNA,
    ONE_INFORMATIVE_VARIANT,
    ONE_VARIANT_CARRIES,
    READ_LENGTHS_DIFFER,
    READS_IN_COMMON,
    RECURRENT,
    RECURRENT_ONLY,
    REJECTED,
    VARIANTS_DISAGREE,
)
from mitotransfer.fraction import estimate as fraction_estimate
from mitotransfer.fraction.curves import Curves, curves
from mitotransfer.fraction.estimate import DISAGREE_P, detection_limit
from mitotransfer.fraction.shared_fragments import clumps, design_effect, fragment_bases
from mitotransfer.fraction.tumor_mixtures import mixtures
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.patient.evidence import counts_of
from mitotransfer.patient.immune_variants import (
    MOSAIC_VAF,
    PrivateVariants,
    private_variants,
    with_haplotype,
    with_person_of_tumor,
    with_rare_person,
)
from mitotransfer.patient.pooling import Patient
from mitotransfer.patient.rare_person import RarePerson, possible_alleles, rare_person
from mitotransfer.stats import intervals
from mitotransfer.verdicts import turning
from mitotransfer.verdicts.by_molecules import Fit, better
from mitotransfer.verdicts.case import Case, Findings, Sample, Unrelated, support_of
from mitotransfer.verdicts.context import PatientContext
from mitotransfer.verdicts.one_tumor import judge_tumor, molecules_of, of_tumor
from mitotransfer.verdicts.settings import number
from mitotransfer.verdicts.shared_variants import (
    SHARED_VARIANTS,
    carries,
    shared_variants,
    supports,
    variant_counts,
)
from mitotransfer.verdicts.sources import weakest
from mitotransfer.verdicts.unrelated import batch_alleles, with_background
from mitotransfer.verdicts.verdict import shares_reads, untestable


@dataclass(frozen=True)
class Assessment:
    """One immune sample before q values are known.

    Attributes:
        row: the first columns of its row of ``transfer.tsv``.
        variants: its rows of ``shared_variants.tsv``.
        flags: doubts that do not depend on the verdict.
        curves: likelihoods of its fraction, by tumour sample; for contrasts within the patient.
    """

    row: dict[str, object]
    case: Case
    variants: pd.DataFrame
    flags: tuple[str, ...]
    curves: Mapping[str, Curves] = field(default_factory=dict)


def assess_patient(context: PatientContext) -> list[Assessment]:
    """Assessments of a patient's immune samples, in the order of the sheet."""
    samples = context.patient.samples
    return [
        assess_sample(context, row) for _, row in samples[samples["role"] == "immune"].iterrows()
    ]


def assess_sample(context: PatientContext, row: pd.Series) -> Assessment:
    """Assessment of one immune sample, given its row of the joined sheet."""
    name = str(row["sample"])
    own = context.patient.evidence
    own = own[own["sample"] == name].reset_index(drop=True)
    evidence = with_background(context, name, own)
    case = gather(context, row, evidence)
    likelihoods: dict[str, Curves] = {}
    if untestable(case) is None:
        case, likelihoods = estimate(context, case, name, evidence)
    variants = shared_variants(evidence, case.estimate, context.settings.confidence)
    case = support(context, case, name, variants)
    first: dict[str, object] = {"patient": context.patient.name, "sample": name}
    first |= {"cell_type": row["cell_type"], "timepoint": row["timepoint"]}
    found = (*flags(context, case, name, variants), *context.flags)
    return Assessment(first, case, variants[SHARED_VARIANTS.names], found, likelihoods)


def gather(context: PatientContext, row: pd.Series, evidence: pd.DataFrame) -> Case:
    """The case of a sample with all measurements but its tumour fraction.

    Args:
        row: of the joined sheet.
        evidence: of the sample, ``with_background``.
    """
    patient, settings, name = context.patient, context.settings, str(row["sample"])
    usable = evidence["usable"].to_numpy(bool)
    return Case(
        sample=Sample(
            design=context.design,
            identity=str(row["status"]),
            identity_reason=str(row["reason"]),
            same_haplotype=int(row.get("same_haplotype") or 0),
            tumor_identity=context.tumor_identity,
            normal_identity=context.normal_identity,
            failures=context.failures(name),
            nuclear_refused=bool(patient.refused_counts(name)),
            deep_enough=mean_depth(patient.counts[name], context.cohort.genome.circle)
            >= settings.qc.min_mean_depth,
            same_assay=_same_assay(patient, row),
            rna=patient.counts[name].rna,
            foreign_patient=str(row["foreign_patient"]),
            foreign_low=number(row["foreign_low"]),
            foreign_high=number(row["foreign_high"]),
        ),
        findings=Findings(
            n_informative=int(usable.sum()),
            crosstalk_source=str(row["source"]),
            crosstalk_high=crosstalk_bound(
                number(row["from_tumor_high"]), evidence.loc[usable, "hopped"].to_numpy(float)
            ),
            ambient_high=number(row.get("ambient_mtdna_high", "")),
        ),
        cohort=Unrelated(
            n_samples=context.others.sites.n_samples,
            n_patients=max(context.cohort.n_patients - 1, 0),
        ),
        settings=settings,
    )


def _same_assay(patient: Patient, row: pd.Series) -> bool:
    """Whether the immune sample and all normals had the same assay; true if the sheet has none."""
    if "assay" not in patient.samples:
        return True
    normals = patient.samples.loc[patient.samples["role"] == "normal", "assay"]
    return bool((normals == row["assay"]).all())


def crosstalk_bound(from_tumor: float, hopped: NDArray[np.float64]) -> float:
    """Upper bound of the real or apparent tumour fraction from cross-talk; NaN where unknown.

    Args:
        from_tumor: bound of the share from the patient's own tumour library.
        hopped: apparent fraction from other patients' haplotypes at each usable variant
            (``verdicts.unrelated``).
    """
    bound = from_tumor + float(hopped.max(initial=0.0))
    return bound if math.isnan(bound) else min(1.0, bound)


def estimate(
    context: PatientContext, case: Case, sample: str, evidence: pd.DataFrame
) -> tuple[Case, dict[str, Curves]]:
    """The case with the tumour fraction, the detection limit and what tumour cells bring.

    Also the likelihoods of the fraction, by tumour sample.
    """
    settings = context.settings
    usable = evidence[evidence["usable"].to_numpy(bool)]
    molecules, _ = molecules_of(context, sample)
    counts = variant_counts(usable, settings.contamination, molecules)
    pos = usable["pos"].to_numpy(np.int64)
    immune_alt, immune_depth = np.asarray(counts.immune_alt), np.asarray(counts.immune_depth)
    tumor_vaf = np.asarray(counts.tumor_alt) / np.maximum(np.asarray(counts.tumor_depth), 1)
    fragment = fragment_bases(context.patient.counts[sample])
    length = context.cohort.genome.reference.length
    effect = design_effect(
        pos, immune_alt, immune_depth, tumor_vaf, fragment=fragment, length=length
    )
    each = [of_tumor(counts, usable, one) for one in context.pooled.tumors]
    found = fraction_estimate.estimate(
        counts,
        settings.confidence,
        others=_tumor_mixtures(counts, each),
        design_effect=effect,
    )
    limit = detection_limit(
        counts,
        # With this p value a sample is detected, whatever the others show (Benjamini-Hochberg).
        settings.verdict.max_q_value / max(context.cohort.n_immune, 1),
        settings.verdict.power,
        clumps(pos, tumor_vaf, fragment, length),
    )
    fit = better(context, sample, usable, Fit(counts, found, limit, effect))
    case = fit.added_to(case)
    likelihoods = {
        name: curves(one, settings.confidence, fit.effect)
        for name, one in zip(context.patient.pooled_tumors, fit.by_tumor(each), strict=True)
    }
    judged = [judge_tumor(context, case, sample, *pair) for pair in likelihoods.items()]
    sources = weakest([one for one, _ in judged])
    clauses = turning.common([turns for _, turns in judged])
    case = replace(case, findings=replace(case.findings, sources=sources, turning=clauses))
    return case, {name: one for name, one in likelihoods.items() if one is not None}


def _tumor_mixtures(counts: VariantCounts, each: Sequence[VariantCounts]) -> list[VariantCounts]:
    """The counts for each mixture of several tumour samples that differ; none otherwise."""
    if len(each) < 2:
        return []
    return mixtures(
        counts,
        [np.asarray(one.tumor_alt, float) for one in each],
        [np.asarray(one.tumor_depth, float) for one in each],
    )


def support(context: PatientContext, case: Case, sample: str, variants: pd.DataFrame) -> Case:
    """The case with the variants that support its fraction, and the other alleles of the sample.

    Args:
        variants: of ``shared_variants``.
    """
    patient, cohort, settings = context.patient, context.cohort, context.settings
    counts = patient.counts[sample]
    chosen = variants[supports(variants)]
    more = more_in_immune(
        patient, variants[carries(variants, case.estimate.low)], settings.confidence
    )
    extra = extra_alleles(counts, context.pooled.normal, variants, case.estimate.low, cohort.usable)
    return replace(
        case,
        support=support_of(chosen, case.cohort.n_patients, more_in_immune=more),
        findings=replace(case.findings, extra_alleles=extra),
        private=own_variants(context, sample, variants),
    )


def more_in_immune(patient: Patient, carriers: pd.DataFrame, confidence: float) -> bool:
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
        seen = counts_of(patient.counts[name], carriers)
        low, _ = intervals.clopper_pearson(
            seen[:, :2].sum(axis=1), seen[:, 2:].sum(axis=1), confidence
        )
        more |= low > most
    return more.size > 0 and bool(more.all())


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
    """The immune sample's own variants, and a person who is not in the cohort."""
    samples, settings = context.patient.samples, context.settings
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
        unknown = variants[has(variants["flags"], FOREIGN_HAPLOTYPE)]
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


def flags(
    context: PatientContext, case: Case, sample: str, variants: pd.DataFrame
) -> tuple[str, ...]:
    """Flags of a sample that do not depend on its verdict.

    Args:
        variants: of ``shared_variants``.
    """
    patient, found = context.patient, case.estimate
    _, molecules = molecules_of(context, sample)
    usable = variants.loc[variants["usable"].to_numpy(bool), "flags"]
    row = patient.samples.set_index("sample").loc[sample]
    raised = {
        CROSSTALK_ASSUMED: row["source"] == "assumed" and number(row["from_tumor_high"]) > 0,
        FOREIGN_DNA: bool(row["foreign_patient"]) or case.private.person_variants > 0,
        OF_RNA: case.sample.rna,
        ONE_INFORMATIVE_VARIANT: case.tested and len(usable) == 1,
        VARIANTS_DISAGREE: found.heterogeneity_p < DISAGREE_P,
        READ_LENGTHS_DIFFER: case.tested and any(has(usable, READ_LENGTHS_DIFFER)),
        ONE_VARIANT_CARRIES: found.low > 0 and found.leave_one_out_low < found.low / 2,
        BATCH_HAPLOTYPE: case.tested and any(has(usable, BATCH_HAPLOTYPE)),
        MAYBE_INHERITED: case.tested and any(has(usable, LOW_TUMOR_VAF_SHALLOW_NORMAL)),
    }
    measured = [
        flag
        for tumor in patient.pooled_tumors
        if (found_row := patient.contamination_of(sample, tumor)) is not None
        for flag in split(found_row["flags"])
    ]
    if molecules and case.tested:
        measured.append(molecules)
    sorted_flags = sorted({*measured, *(flag for flag, on in raised.items() if on)})
    own_clone = (
        found.low > 0
        and case.sample.design != "allogeneic"
        and not case.findings.sources.direction_shown
    )
    return (
        *sorted_flags,
        *carrier_flags(variants[carries(variants, found.low)]),
        *((READS_IN_COMMON,) if shares_reads(case) else ()),
        *((MAYBE_IMMUNE_CLONE,) if own_clone else ()),
    )


def carrier_flags(variants: pd.DataFrame) -> tuple[str, ...]:
    """Flags of the variants that carry a finding, given as rows of ``shared_variants``."""
    if variants.empty:
        return ()
    again = has(variants["flags"], RECURRENT, HOT_SPOT)
    seen = variants["normal_vaf_low"] > np.maximum(MOSAIC_VAF, 3 * variants["background_rate"])
    found = (RECURRENT_ONLY,) if all(again) else ()
    return (*found, INHERITED_ONLY) if len(variants) == 1 and seen.all() else found
