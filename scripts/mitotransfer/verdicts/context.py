"""Facts about a patient that hold for all its immune samples, computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Mask
from mitotransfer.cohort.background import CohortBackground, own_background
from mitotransfer.cohort.species_table import finding
from mitotransfer.counts import haplotypes
from mitotransfer.errors.site_sums import spread_within
from mitotransfer.flags import FOREIGN_IN_NORMAL, OTHER_SPECIES, REJECTED, TUMOR_ALLELES_IN_NORMAL
from mitotransfer.genome.bundle import Genome
from mitotransfer.patient import parties, pooling
from mitotransfer.patient.immune_variants import private_variants, tumor_alleles_in_normal
from mitotransfer.patient.pooling import Patient, Pooled
from mitotransfer.verdicts.settings import Settings

#: From the least to the most doubtful.
SEVERITY = (
    "ok", "single", "shared", "shallow", "failed", "ambiguous", "foreign", "swapped", "duplicate",
)  # fmt: skip


@dataclass(frozen=True)
class Cohort:
    """Data of the cohort for the assessment of one patient.

    Attributes:
        background: sums over all samples.
        n_patients, n_immune: patients and immune samples in the whole cohort, without immune
            samples that failed.
        foreign_haplotype: fixed alleles of another patient, None where unknown.
    """

    background: CohortBackground
    genome: Genome
    n_patients: int = 0
    n_immune: int = 1
    foreign_haplotype: Callable[[str], NDArray[np.int8] | None] = field(default=lambda _: None)

    @cached_property
    def usable(self) -> Mask:
        """Positions that may count, shape (length,)."""
        return ~self.genome.artefact

    @cached_property
    def spread(self) -> float:
        """Between-site overdispersion that the background leaves (``spread_within``)."""
        return spread_within(self.background.sites)


def unrelated(patient: Patient, cohort: Cohort) -> CohortBackground:
    """The cohort's background without the patient's own samples."""
    roles = dict(zip(patient.samples["sample"], patient.samples["role"], strict=True))
    return cohort.background.without(own_background(patient.counts, roles, patient.design))


@dataclass(frozen=True)
class PatientContext:
    """A patient and the cohort that its samples are compared with.

    Attributes:
        others: background of ``unrelated`` samples. No sample is judged by the errors of its own
            patient.
    """

    patient: Patient
    cohort: Cohort
    settings: Settings
    others: CohortBackground

    @property
    def pooled(self) -> Pooled:
        """Tumours and normals whose counts are summed."""
        return self.patient.pooled

    @cached_property
    def tumor_identity(self) -> str:
        """The most doubtful status of the pooled tumours; empty if the patient has none."""
        return self._identity("tumor")

    @cached_property
    def normal_identity(self) -> str:
        """The most doubtful status of the pooled normals; empty if the patient has none."""
        return self._identity("normal")

    def _identity(self, role: str) -> str:
        samples = self.patient.samples
        of_role = samples[samples["role"] == role]
        pooled = of_role[of_role["sample"].isin(self.patient.pooled_names)]
        return worst_identity((pooled if len(pooled) else of_role)["status"].tolist())

    def failures(self, sample: str) -> str:
        """Why an immune sample, or all tumours or normals, cannot be used; empty if they can."""
        rows = self.patient.samples
        blamed = rows["sample"] == sample
        for role, status in (("tumor", self.tumor_identity), ("normal", self.normal_identity)):
            if status == "failed":
                blamed |= rows["role"] == role
        failed = rows[blamed & (rows["status"] == "failed")]
        reasons = dict(zip(failed["sample"], failed["reason"], strict=True))
        refused = self.patient.refused_counts(sample)
        found = [f"{name}: {reason}" for name, reason in reasons.items()]
        return "; ".join([*found, *([refused] if refused else [])])

    @cached_property
    def design(self) -> str:
        """``allogeneic`` if tumour and normal are of two people, in the sheet and by haplotype."""
        return shown_design(self.patient.design, self.pooled, self.cohort.usable)

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """Flags of the normals and tumours, for every immune sample of the patient."""
        found = [FOREIGN_IN_NORMAL] if self._foreign_in_normal() else []
        rows, confidence = self.patient.samples.to_dict("records"), self.settings.confidence
        if any(
            finding(
                row["role"], row.get("purity", ""), self.patient.counts[row["sample"]], confidence
            )
            for row in rows
        ):
            found.append(OTHER_SPECIES)
        if self.patient.design != "allogeneic" and tumor_alleles_in_normal(
            self.pooled.normal, self.pooled.tumor, self.cohort.usable,
            self.settings.max_normal_vaf, self.settings.confidence,
        ):  # fmt: skip
            found.append(TUMOR_ALLELES_IN_NORMAL)
        return tuple(found)

    def _foreign_in_normal(self) -> bool:
        """Whether the normals hold a second person's DNA, of the cohort or not.

        That person's alleles are in the normal and so not informative. They can hide a variant, but
        not add one.
        """
        patient = self.patient
        rows = patient.samples[~patient.samples["status"].isin(list(REJECTED))]
        normals = rows[rows["role"] == "normal"]
        if normals["foreign_patient"].any():
            return True
        if normals.empty or patient.design == "allogeneic":
            return False
        immune = rows.loc[rows["role"] == "immune", "sample"]
        found = private_variants(
            self.pooled.normal,
            normal=pooling.pool([patient.counts[name] for name in immune], len(self.cohort.usable)),
            tumor=self.pooled.tumor,
            usable=self.cohort.usable,
            max_normal_vaf=self.settings.max_normal_vaf,
            confidence=self.settings.confidence,
        )
        return found.person_variants > 0


def worst_identity(statuses: Sequence[str]) -> str:
    """The most doubtful status; shallow and failed ones do not count beside others; '' of none."""
    deep = [status for status in statuses if status not in ("shallow", "failed")]
    return max(deep or statuses, key=SEVERITY.index, default="")


def shown_design(design: str, pooled: Pooled, usable: Mask) -> str:
    """The design that the haplotypes show: tumour and normal of two people have to differ."""
    tumor, normal = (haplotypes.haplotype(one.bases) for one in (pooled.tumor, pooled.normal))
    differing, _ = haplotypes.count_differences(tumor, normal, usable)
    return design if differing > parties.POOLING_DIFFERENCES else "autologous"
