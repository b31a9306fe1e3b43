"""What is known about a finding, gathered for the explanations to be judged by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.calls.hsd import Profile
from mitotransfer.cohort.background import CohortBackground
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.fraction.estimate import FractionEstimate
from mitotransfer.patient.cleanliness import loci_needed, max_tumor_cells, without_cells
from mitotransfer.patient.immune_variants import (
    PrivateVariants,
    person_profile,
    private_variants,
    with_person_of_tumor,
)
from mitotransfer.patient.pooling import Patient
from mitotransfer.verdicts.settings import Cohort, Settings, number
from mitotransfer.verdicts.verdict import Findings, directed

#: Share of the tumour sample's mtDNA that a clone of other cells is taken not to exceed.
MAJORITY = 0.5


def circumstances(
    patient: Patient,
    row: pd.Series,
    variants: pd.DataFrame,
    supporting: NDArray[np.bool_],
    findings: Findings,
    estimate: FractionEstimate | None,
    others: CohortBackground,
    pooled: Mapping[str, Counts],
    carriers: NDArray[np.int64],
    cohort: Cohort,
    settings: Settings,
) -> Circumstances:
    """What the explanations of one sample's finding are judged by.

    Args:
        row: the sample's row of the joined sheet.
        variants: its rows of ``shared_variants.tsv``; ``supporting`` those that support f > 0.
        others: background without the patient.
        pooled: counts of the patient's tumours and normals.
        carriers: unrelated samples in which each variant's allele is heteroplasmic.
    """
    chosen = variants[supporting]
    flags = chosen["flags"].astype(str)
    counts = patient.counts[str(row["sample"])]
    left = cohort.usable.copy()
    left[variants["pos"].to_numpy(np.int64) - 1] = False
    private = PrivateVariants()
    if not row["foreign_patient"]:
        private = private_variants(
            counts, pooled["normal"], pooled["tumor"], left, settings.max_normal_vaf,
            settings.confidence,
        )  # fmt: skip
    if not patient.samples.loc[patient.samples["role"] != "normal", "foreign_patient"].any():
        unknown = variants[variants["flags"].str.contains("foreign_haplotype", regex=False)]
        private = with_person_of_tumor(private, counts, unknown, settings.confidence)
    measured = patient.contamination.set_index("sample").reindex([str(row["sample"])]).iloc[0]
    ratio = number(measured["copy_ratio_high"])
    ratio = settings.max_copy_ratio if math.isnan(ratio) else ratio
    clean = math.nan
    loci = None
    if findings.contamination_source == "unmeasured":
        rest = without_cells(findings.crosstalk_high, findings.ambient_high)
        clean = max_tumor_cells(findings.low, rest, ratio)
        loci = loci_needed(clean, NUCLEAR_DEPTH, settings.sequencing_error, settings.confidence)
    return Circumstances(
        tested=estimate is not None,
        low=findings.low,
        detection_limit=findings.detection_limit,
        baseline_excluded=findings.baseline_excluded,
        power=settings.power,
        max_detection_limit=settings.max_detection_limit,
        p_value=estimate.p_value if estimate else math.nan,
        heterogeneity_p=estimate.heterogeneity_p if estimate else math.nan,
        contamination_source=findings.contamination_source,
        tumor_cells_low=findings.tumor_cells_low,
        contamination_high=findings.contamination_high,
        ambient_high=findings.ambient_high,
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
        carriers=np.minimum(carriers[supporting], max(cohort.n_patients - 1, 0)).tolist(),
        unrelated_patients=max(cohort.n_patients - 1, 0),
        private=private,
        person=person_profile(private, pooled["normal"], cohort.reference, cohort.usable),
        max_copy_ratio=ratio,
        clean_enough=clean,
        nuclear_loci=loci,
        linked=flags.str.contains("linked", regex=False).tolist(),
        of_copy=flags.str.contains("numt", regex=False).tolist(),
        direction_shown=directed(findings),
        clone_high=_clone_high(findings.design, number(measured["immune_in_tumor_high"])),
        max_depletion=settings.max_copy_ratio,
        same_assay=_same_assay(patient, row),
        one_strand=flags.str.contains("only_one_strand", regex=False).tolist(),
        hot_spot=flags.str.contains("hot_spot", regex=False).tolist(),
    )


def _clone_high(design: str, immune_in_tumor_high: float) -> float:
    """Share of the tumour sample's mtDNA that a clone of other cells in it may bring.

    A tumour sample is taken to be the tumour's for the most part, as far as its nuclear VAFs agree.
    """
    if design == "allogeneic":
        return 0.0
    return max(MAJORITY, 0.0 if math.isnan(immune_in_tumor_high) else immune_in_tumor_high)


def _same_assay(patient: Patient, row: pd.Series) -> bool:
    """Whether the normals were sequenced as the immune sample was; so if the sheet is silent."""
    if "assay" not in patient.samples:
        return True
    normals = patient.samples.loc[patient.samples["role"] == "normal", "assay"]
    return bool((normals == row["assay"]).all())


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


#: Depth of the nuclear loci that are recommended.
NUCLEAR_DEPTH = 100.0

NAN = math.nan


@dataclass(frozen=True)
class Circumstances:
    """What is known about an immune sample beside its counts. NaN is "not known".

    Attributes:
        detected: tumour mtDNA was detected.
        tested: there were informative variants and a judged sample.
        low, detection_limit, p_value: of the tumour fraction; power: of the detection limit.
        baseline_excluded: all variants together show more than the normal may have.
        tumor_low, immune_low, immune_high, normal_high: bounds of the VAFs of the supporting
            variants (single-variant p below 0.05), one per variant.
        carriers: unrelated patients in whom each of them is heteroplasmic, at most.
        one_strand: whether each lies on one strand only in the immune sample; linked: whether its
            reads carry further mismatches; of_copy: whether a published nuclear copy has it.
        hot_spot: whether each is at a published hot spot of recurrent mutation.
        direction_shown: the immune samples have less of the variants than the tumour.
        clone_high: share of the tumour sample's mtDNA that a clone of other cells may bring.
        max_depletion: mtDNA copies of a normal cell over those of an immune cell, at most.
        same_assay: the immune sample and all normals were sequenced by the same assay.
        extra_alleles: further minor alleles of the immune sample at the fraction's level.
        private: the immune sample's own variants; person: haplotype of the person whom nobody in
            the cohort explains, where they show one.
        max_copy_ratio: mtDNA copies of a tumour cell over those of an immune cell, at most.
        clean_enough: share of tumour cells up to which an unmeasured finding would stand.
        nuclear_loci: that would show so few at ``NUCLEAR_DEPTH``; None where none would.
    """

    detected: bool = False
    tested: bool = False
    low: float = NAN
    detection_limit: float = NAN
    baseline_excluded: bool = True
    power: float = 0.95
    max_detection_limit: float = NAN
    p_value: float = NAN
    heterogeneity_p: float = NAN
    contamination_source: str = "unmeasured"
    tumor_cells_low: float = NAN
    contamination_high: float = NAN
    ambient_high: float = NAN
    crosstalk_source: str = "assumed"
    crosstalk_high: float = NAN
    identity: str = ""
    identity_reason: str = ""
    foreign_patient: str = ""
    foreign_low: float = NAN
    foreign_high: float = NAN
    unrelated_samples: int = 0
    unrelated_patients: int = 0
    extra_alleles: int = 0
    tumor_low: Sequence[float] = ()
    immune_low: Sequence[float] = ()
    immune_high: Sequence[float] = ()
    normal_high: Sequence[float] = ()
    carriers: Sequence[int] = ()
    one_strand: Sequence[bool] = ()
    linked: Sequence[bool] = ()
    of_copy: Sequence[bool] = ()
    direction_shown: bool = False
    clone_high: float = 1.0
    max_depletion: float = NAN
    same_assay: bool = True
    hot_spot: Sequence[bool] = ()
    private: PrivateVariants = field(default_factory=PrivateVariants)
    person: Profile | None = None
    max_copy_ratio: float = NAN
    clean_enough: float = NAN
    nuclear_loci: int | None = None

    @property
    def supporting(self) -> int:
        return len(self.immune_low)

    @property
    def again(self) -> int:
        """Supporting variants that an unrelated patient has, too."""
        return sum(k > 0 for k in self.carriers)
