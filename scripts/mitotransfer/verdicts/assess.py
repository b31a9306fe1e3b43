"""From the evidence of one patient to the case of each immune sample.

Four steps: ``gather`` the measurements, ``estimate`` the tumour fraction, find the variants that
support it (``support``), and raise the flags (``sample_flags``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.counts.minor_alleles import mean_depth
from mitotransfer.fraction import estimate as fraction_estimate
from mitotransfer.fraction.curves import Curves, curves
from mitotransfer.fraction.estimate import detection_limit
from mitotransfer.fraction.shared_fragments import clumps, design_effect, fragment_bases
from mitotransfer.fraction.tumor_mixtures import mixtures
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.patient.pooling import Patient
from mitotransfer.verdicts import turning
from mitotransfer.verdicts.by_molecules import Fit, better
from mitotransfer.verdicts.case import Case, Findings, Sample, Unrelated
from mitotransfer.verdicts.context import PatientContext
from mitotransfer.verdicts.one_tumor import judge_tumor, molecules_of, of_tumor
from mitotransfer.verdicts.sample_flags import sample_flags
from mitotransfer.verdicts.settings import number
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS, shared_variants, variant_counts
from mitotransfer.verdicts.sources import weakest
from mitotransfer.verdicts.support import with_support
from mitotransfer.verdicts.unrelated import with_background
from mitotransfer.verdicts.verdict import untestable


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
    case = with_support(context, case, name, variants)
    first: dict[str, object] = {"patient": context.patient.name, "sample": name}
    first |= {"cell_type": row["cell_type"], "timepoint": row["timepoint"]}
    found = (*sample_flags(context, case, name, variants), *context.flags)
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
    tumor_vaf = tumor_vaf * np.asarray(counts.copies)
    fragment = fragment_bases(context.patient.counts[sample])
    length = context.cohort.genome.reference.length
    effect = design_effect(
        pos, immune_alt, immune_depth, tumor_vaf, fragment=fragment, length=length
    )
    reference = context.cohort.genome.reference
    each = [of_tumor(counts, usable, one, reference) for one in context.pooled.tumors]
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
