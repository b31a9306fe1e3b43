"""The immune samples of one patient, assessed with what unrelated samples teach.

The share of the patient's own samples in the cohort's background is taken out: no sample is
judged by its own patient's errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer import fraction, identity, intervals
from mitotransfer.background import CohortBackground, mean_depth, own_background
from mitotransfer.counts import Counts
from mitotransfer.errormodel import SampleErrors
from mitotransfer.explanations import Circumstances
from mitotransfer.informative import error_shapes
from mitotransfer.reference import BASES, Reference
from mitotransfer.verdict import Findings, judge

SHARED_COLUMNS = [
    "patient", "sample", "pos", "ref", "alt", "hgvs_m", "gene", "consequence", "usable",
    *(f"{role}_{kind}" for role in ("tumor", "immune", "normal")
      for kind in ("vaf", "vaf_low", "vaf_high", "depth_forward", "depth_reverse")),
    "variant_fraction", "variant_fraction_low", "variant_fraction_high", "background_rate",
    "p_value", "flags",
]  # fmt: skip
#: A variant supports the finding if it alone is this improbable without tumour mtDNA.
SUPPORT_P = 0.05
#: An allele is recurrent if it is heteroplasmic in this share of unrelated samples (or in one).
RECURRENT_SHARE = 0.005
#: Sites this many times as error-prone as the sample's others are flagged.
HIGH_BACKGROUND = 5.0
#: Variants that disagree on one fraction below this p are flagged.
DISAGREE_P = 1e-3
#: From the least to the most doubtful.
SEVERITY = ("ok", "single", "shallow", "ambiguous", "foreign", "swapped")


@dataclass(frozen=True)
class Settings:
    """Keys of the configuration that verdicts depend on."""

    confidence: float = 0.95
    max_q_value: float = 0.01
    false_positive_rate: float = 0.01
    power: float = 0.95
    max_detection_limit: float = 0.02
    min_mean_depth: float = 50.0
    max_normal_vaf: float = 0.02


@dataclass(frozen=True)
class Cohort:
    """What one patient's assessment needs of the others.

    Attributes:
        background: sums over all samples; ``spread`` is ``spread_within`` of its sites.
        usable: positions that may count, shape (16569,).
        foreign_haplotype: fixed alleles of another patient, None where unknown.
    """

    background: CohortBackground
    spread: float
    reference: Reference
    usable: NDArray[np.bool_]
    foreign_haplotype: Callable[[str], NDArray[np.int8] | None] = field(default=lambda _: None)


@dataclass(frozen=True)
class Patient:
    """One patient's data.

    Attributes:
        samples: rows of the sheet, of ``identity.tsv`` and of ``crosstalk.tsv``, joined.
        evidence, contamination: the tables of ``compare_samples``.
        counts: of every sample; errors: of the immune samples.
    """

    name: str
    design: str
    samples: pd.DataFrame
    evidence: pd.DataFrame
    contamination: pd.DataFrame
    counts: Mapping[str, Counts]
    errors: Mapping[str, SampleErrors]


@dataclass(frozen=True)
class Assessment:
    """One immune sample before q values are known."""

    row: dict[str, object]
    findings: Findings
    circumstances: Circumstances
    estimate: fraction.FractionEstimate | None
    variants: pd.DataFrame
    n_supporting: int
    flags: tuple[str, ...]


def number(cell: object) -> float:
    """A table's cell as a number, NaN where it is empty."""
    return float(str(cell)) if str(cell).strip() not in ("", "nan") else math.nan


def worst_identity(statuses: Sequence[str]) -> str:
    """The most doubtful status; shallow samples do not count beside deeper ones; '' of none."""
    deep = [status for status in statuses if status != "shallow"]
    return max(deep or statuses, key=SEVERITY.index, default="")


def _pooled_identity(patient: Patient, cohort: Cohort, role: str) -> str:
    """Status of the samples of a role whose counts were summed in the evidence."""
    samples = patient.samples
    haplotypes = [identity.haplotype(patient.counts[s].bases) for s in samples["sample"]]
    odd = identity.outsiders(patient.design, samples["role"].tolist(), haplotypes, cohort.usable)
    of_role = [i for i, r in enumerate(samples["role"]) if r == role]
    pooled = [i for i in of_role if i not in odd] or of_role
    return worst_identity([str(samples["status"].iloc[i]) for i in pooled])


def _foreign_rows(
    patient: Patient, sample: str, evidence: pd.DataFrame, cohort: Cohort
) -> NDArray[np.bool_]:
    """Evidence rows whose allele a foreign haplotype in the tumour or this sample explains."""
    rows = patient.samples
    involved = rows[(rows["role"] == "tumor") | (rows["sample"] == sample)]
    found = np.zeros(len(evidence), bool)
    at = evidence["pos"].to_numpy(np.int64) - 1
    allele = np.array([BASES.find(a[0]) for a in evidence["alt"]], np.int64)
    for other in sorted(set(involved["foreign_patient"]) - {""}):
        alleles = cohort.foreign_haplotype(other)
        if alleles is not None:
            found |= alleles[at] == allele
    return found


def unrelated(patient: Patient, cohort: Cohort) -> CohortBackground:
    """The cohort's background without the patient's own samples."""
    roles = dict(zip(patient.samples["sample"], patient.samples["role"], strict=True))
    own = own_background(patient.counts, roles, patient.design)
    return CohortBackground(
        cohort.background.sites - own.sites,
        cohort.background.heteroplasmic - own.heteroplasmic,
    )


def assess_patient(
    patient: Patient, others: CohortBackground, cohort: Cohort, settings: Settings
) -> list[Assessment]:
    """Every immune sample of a patient, in the order of the sheet.

    Args:
        others: background ``unrelated`` to the patient.
    """
    tumor = _pooled_identity(patient, cohort, "tumor")
    normal = _pooled_identity(patient, cohort, "normal")
    results = []
    for _, row in patient.samples[patient.samples["role"] == "immune"].iterrows():
        results.append(_assess_sample(patient, row, tumor, normal, others, cohort, settings))
    return results


def _assess_sample(
    patient: Patient,
    row: pd.Series,
    tumor_identity: str,
    normal_identity: str,
    others: CohortBackground,
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
        design=patient.design,
        immune_identity=str(row["status"]),
        tumor_identity=tumor_identity,
        normal_identity=normal_identity,
        deep_enough=mean_depth(patient.counts[sample]) >= settings.min_mean_depth,
        n_informative=int(usable.sum()),
        contamination_source=source,
        tumor_cells_low=number(measured["tumor_cells_low"]),
        contamination_high=number(measured["mtdna_high"]),
        crosstalk_high=number(row["from_tumor_high"]),
    )
    judged = judge(findings, settings.max_q_value, settings.max_detection_limit)
    estimate, alone = None, np.full((4, len(evidence)), np.nan)
    if usable.any() and judged.verdict not in ("failed_qc", "uninformative"):
        counts = variant_counts(evidence[usable])
        estimate = fraction.estimate(counts, settings.confidence)
        findings = replace(
            findings,
            fraction=estimate.fraction,
            low=estimate.low,
            high=estimate.high,
            detection_limit=fraction.detection_limit(
                counts, settings.false_positive_rate, settings.power
            ),
        )
        alone[:, usable] = (
            estimate.variant_fraction, estimate.variant_low, estimate.variant_high,
            estimate.variant_p,
        )  # fmt: skip
    supporting = np.nan_to_num(alone[3], nan=1.0) < SUPPORT_P
    variants = shared_variants(evidence, alone, settings.confidence)
    flags = _flags(evidence[usable], estimate, measured, row)
    circumstances = _circumstances(
        patient, row, variants, supporting, findings, estimate, others, cohort, settings
    )
    return Assessment(
        {"patient": patient.name, "sample": sample, "cell_type": row["cell_type"],
         "timepoint": row["timepoint"]},
        findings, circumstances, estimate, variants, int(supporting.sum()), flags,
    )  # fmt: skip


def with_background(
    evidence: pd.DataFrame,
    patient: Patient,
    sample: str,
    others: CohortBackground,
    cohort: Cohort,
) -> pd.DataFrame:
    """Evidence with the background that unrelated samples teach, and what they say in flags."""
    if evidence.empty:
        return evidence.assign(usable=pd.Series(dtype=bool))
    alpha, beta = error_shapes(
        evidence, patient.errors[sample], cohort.reference, None, others.sites, cohort.spread
    )
    prior = evidence["error_alpha"] / (evidence["error_alpha"] + evidence["error_beta"])
    at = evidence["pos"].to_numpy(np.int64) - 1
    allele = np.array([BASES.find(a[0]) for a in evidence["alt"]], np.int64)
    snv = (evidence["type"] == "SNV").to_numpy(bool)
    carriers = others.heteroplasmic[at, allele]
    limit = max(1.0, RECURRENT_SHARE * others.sites.n_samples)
    foreign = snv & _foreign_rows(patient, sample, evidence, cohort)
    marks = {
        "recurrent": snv & (carriers >= limit),
        "high_background": alpha / (alpha + beta) > HIGH_BACKGROUND * prior.to_numpy(float),
        "foreign_haplotype": foreign,
    }
    flags = [set(str(text).split(";")) - {""} for text in evidence["flags"]]
    for name, rows in marks.items():
        for i in np.flatnonzero(rows):
            flags[i].add(name)
    return evidence.assign(
        error_alpha=alpha,
        error_beta=beta,
        usable=evidence["usable"].to_numpy(bool) & ~foreign,
        flags=[";".join(sorted(found)) for found in flags],
    )


def variant_counts(evidence: pd.DataFrame) -> fraction.VariantCounts:
    """Evidence rows as the fraction's likelihood wants them, strands joined."""

    def both(column: str) -> NDArray[np.int64]:
        strands = evidence[[f"{column}_forward", f"{column}_reverse"]]
        return strands.to_numpy(np.int64).sum(axis=1)

    return fraction.VariantCounts(
        both("tumor_alt"), both("tumor_depth"), both("immune_alt"), both("immune_depth"),
        both("normal_alt"), both("normal_depth"),
        evidence["error_alpha"].to_numpy(float), evidence["error_beta"].to_numpy(float),
        evidence["overdispersion"].to_numpy(float),
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
    estimate: fraction.FractionEstimate | None,
    measured: pd.Series,
    row: pd.Series,
) -> tuple[str, ...]:
    """What is doubtful about a sample whatever its verdict."""
    notes = measured.get("flags", "")
    flags = set(str(notes).split(";")) if isinstance(notes, str) else set()
    if row["source"] == "assumed" and number(row["from_tumor_high"]) > 0:
        flags.add("crosstalk_assumed")
    if row["foreign_patient"]:
        flags.add("foreign_dna")
    if estimate is not None:
        if len(usable) == 1:
            flags.add("one_informative_variant")
        if estimate.heterogeneity_p < DISAGREE_P:
            flags.add("variants_disagree")
        if estimate.low > 0 and estimate.leave_one_out_low < estimate.low / 2:
            flags.add("one_variant_carries")
        if usable["flags"].str.contains("recurrent", regex=False).all():
            flags.add("recurrent_only")
        if usable["flags"].str.contains("low_tumor_vaf_shallow_normal", regex=False).any():
            flags.add("maybe_inherited")
    return tuple(sorted(flags - {""}))


def _circumstances(
    patient: Patient,
    row: pd.Series,
    variants: pd.DataFrame,
    supporting: NDArray[np.bool_],
    findings: Findings,
    estimate: fraction.FractionEstimate | None,
    others: CohortBackground,
    cohort: Cohort,
    settings: Settings,
) -> Circumstances:
    chosen = variants[supporting]
    flags = chosen["flags"].astype(str)
    counts = patient.counts[str(row["sample"])]
    return Circumstances(
        tested=estimate is not None,
        low=findings.low,
        detection_limit=findings.detection_limit,
        max_detection_limit=settings.max_detection_limit,
        p_value=estimate.p_value if estimate else math.nan,
        heterogeneity_p=estimate.heterogeneity_p if estimate else math.nan,
        contamination_source=findings.contamination_source,
        tumor_cells_low=findings.tumor_cells_low,
        contamination_high=findings.contamination_high,
        crosstalk_source=str(row["source"]),
        crosstalk_high=findings.crosstalk_high,
        identity=str(row["status"]),
        identity_reason=str(row["reason"]),
        foreign_patient=str(row["foreign_patient"]),
        foreign_low=number(row["foreign_low"]),
        foreign_high=number(row["foreign_high"]),
        unrelated_samples=others.sites.n_samples,
        extra_alleles=extra_alleles(counts, variants, findings.low, cohort.usable),
        tumor_low=chosen["tumor_vaf_low"].tolist(),
        immune_low=chosen["immune_vaf_low"].tolist(),
        immune_high=chosen["immune_vaf_high"].tolist(),
        normal_high=chosen["normal_vaf_high"].tolist(),
        recurrent=flags.str.contains("recurrent", regex=False).tolist(),
        one_strand=flags.str.contains("only_one_strand", regex=False).tolist(),
    )


def extra_alleles(
    counts: Counts, variants: pd.DataFrame, low: float, usable: NDArray[np.bool_]
) -> int:
    """Minor alleles, not the tumour's, with at least half the VAF of the fraction's bound."""
    if not low > 0:
        return 0
    alleles = counts.bases.sum(axis=2, dtype=np.int64)
    depth = alleles.sum(axis=1, keepdims=True)
    minor = np.arange(4) != alleles.argmax(axis=1)[:, None]
    found = minor & usable[:, None] & (alleles >= np.maximum(low / 2 * depth, 2))
    found[variants["pos"].to_numpy(np.int64) - 1] = False
    return int(found.sum())
