"""The immune samples of one patient, assessed with what unrelated samples teach.

The share of the patient's own samples in the cohort's background is taken out: no sample is
judged by its own patient's errors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.cohort.background import CohortBackground
from mitotransfer.counts import haplotypes
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import mean_depth
from mitotransfer.fraction import estimate as fraction_estimate
from mitotransfer.fraction.estimate import DISAGREE_P, FractionEstimate, detection_limit
from mitotransfer.fraction.shared_fragments import clumps, design_effect, fragment_bases
from mitotransfer.fraction.tumor_mixtures import mixtures
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.patient import parties, pooling
from mitotransfer.patient.evidence import counts_of
from mitotransfer.patient.immune_variants import (
    MOSAIC_VAF,
    private_variants,
    tumor_alleles_in_normal,
)
from mitotransfer.patient.pooling import Patient, pooled_counts, pooled_samples
from mitotransfer.stats import intervals
from mitotransfer.verdicts.circumstances import Circumstances, circumstances
from mitotransfer.verdicts.settings import Cohort, Settings, number
from mitotransfer.verdicts.unrelated import with_background
from mitotransfer.verdicts.verdict import REJECTED, Findings, judge, shares_reads

SHARED_COLUMNS = [
    "patient", "sample", "pos", "ref", "alt", "hgvs_m", "gene", "consequence", "usable",
    *(f"{role}_{kind}" for role in ("tumor", "immune", "normal")
      for kind in ("vaf", "vaf_low", "vaf_high", "depth_forward", "depth_reverse")),
    "variant_fraction", "variant_fraction_low", "variant_fraction_high", "background_rate",
    "recurrence", "p_value", "flags",
]  # fmt: skip
#: A variant supports the finding if it alone is this improbable without tumour mtDNA.
SUPPORT_P = 0.05
#: From the least to the most doubtful.
SEVERITY = (
    "ok", "single", "shared", "shallow", "ambiguous", "foreign", "swapped", "duplicate",
)  # fmt: skip


@dataclass(frozen=True)
class Assessment:
    """One immune sample before q values are known."""

    row: dict[str, object]
    findings: Findings
    circumstances: Circumstances
    estimate: FractionEstimate | None
    variants: pd.DataFrame
    n_supporting: int
    flags: tuple[str, ...]


def worst_identity(statuses: Sequence[str]) -> str:
    """The most doubtful status; shallow samples do not count beside deeper ones; '' of none."""
    deep = [status for status in statuses if status != "shallow"]
    return max(deep or statuses, key=SEVERITY.index, default="")


def _pooled_identity(patient: Patient, cohort: Cohort, role: str) -> str:
    """Status of the samples of a role whose counts were summed in the evidence."""
    samples = patient.samples.set_index("sample")
    pooled = pooled_samples(patient, cohort.usable, role) or samples.index[samples["role"] == role]
    return worst_identity([str(samples.loc[name, "status"]) for name in pooled])


def assess_patient(
    patient: Patient, others: CohortBackground, cohort: Cohort, settings: Settings
) -> list[Assessment]:
    """Every immune sample of a patient, in the order of the sheet.

    Args:
        others: background ``verdicts.unrelated`` to the patient.
    """
    tumor = _pooled_identity(patient, cohort, "tumor")
    normal = _pooled_identity(patient, cohort, "normal")
    pooled = {role: pooled_counts(patient, cohort.usable, role) for role in ("tumor", "normal")}
    tumors = [patient.counts[name] for name in pooled_samples(patient, cohort.usable, "tumor")]
    strange = _foreign_in_normal(patient, pooled, cohort, settings)
    if patient.design != "allogeneic" and tumor_alleles_in_normal(
        pooled["normal"], pooled["tumor"], cohort.usable, settings.max_normal_vaf,
        settings.confidence,
    ):  # fmt: skip
        strange += ("tumor_alleles_in_normal",)
    shown = shown_design(patient.design, pooled["tumor"], pooled["normal"], cohort.usable)
    results = []
    for _, row in patient.samples[patient.samples["role"] == "immune"].iterrows():
        found = _assess_sample(
            patient, row, shown, tumor, normal, others, pooled, tumors, cohort, settings
        )
        results.append(replace(found, flags=(*found.flags, *strange)))
    return results


def _foreign_in_normal(
    patient: Patient, pooled: Mapping[str, Counts], cohort: Cohort, settings: Settings
) -> tuple[str, ...]:
    """Whether the normals hold a second person's DNA, of the cohort or not, as a flag.

    Their alleles are in the normal and so not informative: they can hide a variant, feign none.
    """
    rows = patient.samples[~patient.samples["status"].isin(REJECTED)]
    normals = rows[rows["role"] == "normal"]
    known = bool(normals["foreign_patient"].any())
    if not known and len(normals) and patient.design != "allogeneic":
        rest = [patient.counts[name] for name in rows.loc[rows["role"] == "immune", "sample"]]
        found = private_variants(
            pooled["normal"], pooling.pool(rest), pooled["tumor"], cohort.usable,
            settings.max_normal_vaf, settings.confidence,
        )  # fmt: skip
        known = found.person_variants > 0
    return ("foreign_in_normal",) if known else ()


def crosstalk_bound(from_tumor: float, hopped: NDArray[np.float64]) -> float:
    """Tumour fraction that cross-talk brings or feigns at most; NaN where that is unknown.

    Args:
        from_tumor: bound of what comes from the patient's own tumour library.
        hopped: what other patients' haplotypes feign at each usable variant
        (``verdicts.unrelated``).
    """
    bound = from_tumor + float(hopped.max(initial=0.0))
    return bound if math.isnan(bound) else min(1.0, bound)


def _assess_sample(
    patient: Patient,
    row: pd.Series,
    design: str,
    tumor_identity: str,
    normal_identity: str,
    others: CohortBackground,
    pooled: Mapping[str, Counts],
    tumors: Sequence[Counts],
    cohort: Cohort,
    settings: Settings,
) -> Assessment:
    sample = str(row["sample"])
    evidence = patient.evidence[patient.evidence["sample"] == sample].reset_index(drop=True)
    evidence = with_background(evidence, patient, sample, others, cohort)
    usable = evidence["usable"].to_numpy(bool)
    measured = patient.contamination.set_index("sample").reindex([sample]).iloc[0]
    source = measured["source"] if isinstance(measured["source"], str) else "unmeasured"
    findings = Findings(
        design=design,
        immune_identity=str(row["status"]),
        tumor_identity=tumor_identity,
        normal_identity=normal_identity,
        deep_enough=mean_depth(patient.counts[sample]) >= settings.min_mean_depth,
        n_informative=int(usable.sum()),
        contamination_source=source,
        tumor_cells_low=number(measured["tumor_cells_low"]),
        contamination_high=number(measured["mtdna_high"]),
        crosstalk_high=crosstalk_bound(
            number(row["from_tumor_high"]), evidence.loc[usable, "hopped"].to_numpy(float)
        ),
        ambient_high=number(row.get("ambient_mtdna_high", "")),
    )
    judged = judge(findings, settings.max_q_value, settings.max_detection_limit)
    estimate, alone = None, np.full((4, len(evidence)), np.nan)
    if usable.any() and judged.verdict not in ("failed_qc", "uninformative"):
        counts = variant_counts(evidence[usable])
        mixed = _tumor_mixtures(counts, evidence[usable], tumors)
        pos = evidence.loc[usable, "pos"].to_numpy(np.int64)
        tumor_vaf = np.asarray(counts.tumor_alt) / np.maximum(np.asarray(counts.tumor_depth), 1)
        fragment = fragment_bases(patient.counts[sample])
        estimate = fraction_estimate.estimate(
            counts,
            settings.confidence,
            others=mixed,
            design_effect=design_effect(
                pos,
                np.asarray(counts.immune_alt),
                np.asarray(counts.immune_depth),
                tumor_vaf,
                fragment,
            ),
        )
        findings = replace(
            findings,
            fraction=estimate.fraction,
            low=estimate.low,
            high=estimate.high,
            baseline_excluded=estimate.p_hidden < (1 - settings.confidence) / 2,
            power=settings.power,
            detection_limit=detection_limit(
                counts,
                settings.false_positive_rate,
                settings.power,
                clumps(pos, tumor_vaf, fragment),
            ),
        )
        alone[:, usable] = (
            estimate.variant_fraction, estimate.variant_low, estimate.variant_high,
            estimate.variant_p,
        )  # fmt: skip
    supporting = np.nan_to_num(alone[3], nan=1.0) < SUPPORT_P
    variants = shared_variants(evidence, alone, settings.confidence)
    carrying = supporting & (alone[2] >= findings.low)
    findings = replace(
        findings,
        more_in_immune=_more_in_immune(patient, evidence[carrying], settings.confidence),
    )
    known = circumstances(
        patient, row, variants, supporting, findings, estimate, others, pooled,
        evidence["carriers"].to_numpy(np.int64), cohort, settings,
    )  # fmt: skip
    flags = _flags(evidence[usable], estimate, measured, row, known.private.person_variants > 0)
    flags += carrier_flags(variants[carrying])
    flags += ("reads_in_common",) if shares_reads(findings) else ()
    if findings.low > 0 and not max(known.tumor_low, default=0.0) > known.clone_high:
        flags += ("maybe_immune_clone",)
    return Assessment(
        {"patient": patient.name, "sample": sample, "cell_type": row["cell_type"],
         "timepoint": row["timepoint"]},
        findings, known, estimate, variants, int(supporting.sum()), flags,
    )  # fmt: skip


def shown_design(design: str, tumor: Counts, normal: Counts, usable: NDArray[np.bool_]) -> str:
    """The design as the haplotypes bear it out: tumour and normal of two people have to differ."""
    own, other = haplotypes.haplotype(tumor.bases), haplotypes.haplotype(normal.bases)
    differing, _ = haplotypes.count_differences(own, other, usable)
    return design if differing > parties.POOLING_DIFFERENCES else "autologous"


def _more_in_immune(patient: Patient, evidence: pd.DataFrame, confidence: float) -> bool:
    """Whether of each of these variants an immune sample of the patient has more than the tumour.

    Args:
        evidence: rows of the variants that carry a finding.
    """
    rows = patient.samples
    judged = (rows["role"] == "immune") & ~rows["status"].isin(REJECTED)
    tumor = variant_counts(evidence)
    _, most = intervals.clopper_pearson(tumor.tumor_alt, tumor.tumor_depth, confidence)
    more = np.zeros(len(evidence), bool)
    for name in rows.loc[judged, "sample"]:
        seen = counts_of(patient.counts[name], evidence)
        low, _ = intervals.clopper_pearson(
            seen[:, :2].sum(axis=1), seen[:, 2:].sum(axis=1), confidence
        )
        more |= low > most
    return more.size > 0 and bool(more.all())


def carrier_flags(variants: pd.DataFrame) -> tuple[str, ...]:
    """What is doubtful about the variants that carry a finding, rows of ``shared_variants.tsv``."""
    if variants.empty:
        return ()
    again = variants["flags"].str.contains("recurrent|hot_spot")
    seen = variants["normal_vaf_low"] > np.maximum(MOSAIC_VAF, 3 * variants["background_rate"])
    flags = ("recurrent_only",) if again.all() else ()
    return (*flags, "inherited_only") if len(variants) == 1 and seen.all() else flags


def _tumor_mixtures(
    counts: VariantCounts, evidence: pd.DataFrame, tumors: Sequence[Counts]
) -> list[VariantCounts]:
    """The counts for each mixture of several tumour samples that differ; none otherwise."""
    if len(tumors) < 2:
        return []
    each = [counts_of(one, evidence) for one in tumors]
    return mixtures(
        counts, [one[:, :2].sum(axis=1) for one in each], [one[:, 2:].sum(axis=1) for one in each]
    )


def variant_counts(evidence: pd.DataFrame) -> VariantCounts:
    """Evidence rows as the fraction's likelihood wants them, strands joined."""

    def both(column: str) -> NDArray[np.int64]:
        strands = evidence[[f"{column}_forward", f"{column}_reverse"]]
        return strands.to_numpy(np.int64).sum(axis=1)

    return VariantCounts(
        both("tumor_alt"), both("tumor_depth"), both("immune_alt"), both("immune_depth"),
        both("normal_alt"), both("normal_depth"),
        evidence["error_alpha"].to_numpy(float), evidence["error_beta"].to_numpy(float),
        evidence["overdispersion"].to_numpy(float),
        evidence["recurrence"].to_numpy(float),
    )  # fmt: skip


def shared_variants(
    evidence: pd.DataFrame, alone: NDArray[np.float64], confidence: float
) -> pd.DataFrame:
    """Rows of ``shared_variants.tsv``.

    Args:
        alone: fraction, low, high and p of each variant by itself, shape (4, rows).
    """
    table = evidence.copy()
    for role in ("tumor", "immune", "normal"):
        alt = evidence[f"{role}_alt_forward"] + evidence[f"{role}_alt_reverse"]
        depth = evidence[f"{role}_depth_forward"] + evidence[f"{role}_depth_reverse"]
        low, high = intervals.clopper_pearson(
            alt.to_numpy(float), depth.to_numpy(float), confidence
        )
        table[f"{role}_vaf"] = (alt / depth.where(depth > 0)).astype(float)
        table[f"{role}_vaf_low"], table[f"{role}_vaf_high"] = low, high
    table["variant_fraction"], table["variant_fraction_low"] = alone[0], alone[1]
    table["variant_fraction_high"], table["p_value"] = alone[2], alone[3]
    shapes = evidence["error_alpha"].astype(float), evidence["error_beta"].astype(float)
    table["background_rate"] = shapes[0] / (shapes[0] + shapes[1])
    return table[SHARED_COLUMNS]


def _flags(
    usable: pd.DataFrame,
    estimate: FractionEstimate | None,
    measured: pd.Series,
    row: pd.Series,
    unknown_person: bool,
) -> tuple[str, ...]:
    """What is doubtful about a sample whatever its verdict."""
    notes = measured.get("flags", "")
    flags = set(str(notes).split(";")) if isinstance(notes, str) else set()
    if row["source"] == "assumed" and number(row["from_tumor_high"]) > 0:
        flags.add("crosstalk_assumed")
    if row["foreign_patient"] or unknown_person:
        flags.add("foreign_dna")
    if estimate is not None:
        if len(usable) == 1:
            flags.add("one_informative_variant")
        if estimate.heterogeneity_p < DISAGREE_P:
            flags.add("variants_disagree")
        if estimate.low > 0 and estimate.leave_one_out_low < estimate.low / 2:
            flags.add("one_variant_carries")
        if usable["flags"].str.contains("batch_haplotype", regex=False).any():
            flags.add("batch_haplotype")
        if usable["flags"].str.contains("low_tumor_vaf_shallow_normal", regex=False).any():
            flags.add("maybe_inherited")
    return tuple(sorted(flags - {""}))
