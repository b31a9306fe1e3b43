"""A patient made by hand, as the assessment finds it: counts, evidence and cohort tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from fitted_errors import errors_of
from minor_variants import NOWHERE, base, calls, genome_with, other, snv
from places import LENGTH, RCRS

from mitotransfer.cohort.background import CohortBackground
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.errors.junction_sums import no_junctions
from mitotransfer.errors.site_sums import empty_sites
from mitotransfer.inputs.settings import Contamination, Informative
from mitotransfer.patient.contamination_table import (
    CONTAMINATION,
    TUMOR_CELLS,
    SampleFacts,
    likelihood_rows,
    measure,
)
from mitotransfer.patient.evidence import ImmuneSample, evidence_frame
from mitotransfer.patient.informative import informative_variants
from mitotransfer.patient.nuclear_loci import NuclearReads
from mitotransfer.patient.pooling import Patient, Pooled
from mitotransfer.verdicts.context import Cohort, PatientContext
from mitotransfer.verdicts.settings import Settings

Columns = Mapping[str, Mapping[str, Any]]


def mixed(vafs: Mapping[int, float]) -> dict[int, dict[str, float]]:
    """Changes for ``minor_variants.sample``: another base at each position with this share."""
    return {pos: {base(pos): 1 - vaf, other(pos): vaf} for pos, vaf in vafs.items()}


def context(
    counts: Mapping[str, Counts],
    roles: Mapping[str, str],
    positions: tuple[int, ...] = (),
    *,
    design: str = "autologous",
    cells: Mapping[str, object] | None = None,
    rows: Columns | None = None,
    n_patients: int = 6,
    n_immune: int = 1,
    reads: NuclearReads | None = None,
    facts: SampleFacts | None = None,
    own_facts: SampleFacts | None = None,
    indels: tuple[tuple[int, str, str], ...] = (),
) -> PatientContext:
    """A patient among others.

    Args:
        positions: SNVs that pass in the tumours, 1-based.
        cells: cells of ``contamination.tsv``, of every immune sample.
        rows: cells of the joined sheet, by sample.
        reads: nuclear reads of every immune sample; facts: of the tumours; own_facts: of
            the immune samples.
        indels: that pass in the tumours, too: position, ref and alt.
    """
    samples = pd.DataFrame(
        {"sample": list(roles), "role": list(roles.values()), "batch": "", "assay": "capture",
         "cell_type": "CD8", "timepoint": "", "status": "ok", "reason": "alike",
         "source": "measured", "from_tumor_high": "0.001", "rate_high": "0.001",
         "foreign_patient": "", "foreign_low": "", "foreign_high": ""}
    ).set_index("sample", drop=False)  # fmt: skip
    for name, changes in (rows or {}).items():
        for column, value in changes.items():
            samples.loc[name, column] = value

    def of_role(role: str) -> list[Counts]:
        return [counts[name] for name in roles if roles[name] == role]

    genome = genome_with(artefact=NOWHERE)
    pooled = Pooled(of_role("tumor"), of_role("normal"))
    variants = informative_variants(
        pooled, [calls(*map(snv, positions), *((*one, "PASS") for one in indels))], genome,
        Informative(), confidence=0.95, allogeneic=design == "allogeneic",
    )  # fmt: skip
    immune = {
        name: ImmuneSample(counts[name], errors_of(counts[name]))
        for name in roles
        if roles[name] == "immune"
    }
    evidence = evidence_frame(
        "P", variants, pooled, immune, reference=RCRS, overdispersion=1e-4, confidence=0.95
    )
    measured, curves = [], []
    for name in immune:
        for tumor in (one for one in roles if roles[one] == "tumor"):
            row, curve = measure(
                reads or NuclearReads(),
                own_facts or SampleFacts(),
                facts or SampleFacts(),
                Contamination(),
                0.95,
            )
            key = {"patient": "P", "sample": name, "tumor": tumor}
            measured.append(key | row | dict(cells or {}))
            curves.append(likelihood_rows("P", name, tumor, curve))
    nobody = np.zeros((LENGTH, 4), np.uint32)
    background = CohortBackground(empty_sites(LENGTH), nobody, 9, no_junctions(LENGTH))
    likelihoods = pd.concat(curves) if curves else TUMOR_CELLS.frame()
    patient = Patient(
        "P", design, samples.reset_index(drop=True),
        frozenset(name for name, role in roles.items() if role != "immune"), evidence,
        CONTAMINATION.frame(measured), likelihoods, counts,
        {name: one.errors for name, one in immune.items()},
    )  # fmt: skip
    cohort = Cohort(background, genome, n_patients, n_immune)
    return PatientContext(patient, cohort, Settings(), others=background)
