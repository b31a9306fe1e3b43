"""Unrelated samples: cross-talk from other haplotypes, recurrence and flags."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest
from minor_variants import genome_with
from places import LENGTH

from mitotransfer.cohort import crosstalk
from mitotransfer.cohort.background import CohortBackground
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.counts.haplotypes import haplotype
from mitotransfer.errors.junction_sums import no_junctions
from mitotransfer.errors.sample_errors import SampleErrors
from mitotransfer.errors.site_sums import empty_sites
from mitotransfer.patient.evidence_table import EVIDENCE
from mitotransfer.patient.pooling import Patient
from mitotransfer.verdicts import unrelated
from mitotransfer.verdicts.context import Cohort, PatientContext
from mitotransfer.verdicts.settings import Settings

NAMES = ["a-tumor", "a-TIL", "a-blood", "b-blood", "b-tumor"]
NOBODY: frozenset[str] = frozenset()


def sample(depth: int, fixed: dict[int, int]) -> Counts:
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[:, 0] = depth // 2
    for pos, allele in fixed.items():
        bases[pos, 0], bases[pos, allele] = 0, depth // 2
    return Counts(bases, empty_indels(), {})


@pytest.fixture
def counts() -> dict[str, Counts]:
    # Position 30 is the tumour's and b's haplotype's, 40 the tumour's alone, 50 b's tumour's, too.
    fixed = [{30: 2, 40: 2, 50: 2}, {}, {}, {30: 2, 99: 1}, {30: 2, 50: 2, 99: 1}]
    depths = [400, 1000, 600, 300, 500]
    return {n: sample(d, f) for n, d, f in zip(NAMES, depths, fixed, strict=True)}


@pytest.fixture
def batch(counts: dict[str, Counts]) -> crosstalk.BatchAlleles:
    haplotypes = np.stack([haplotype(c.bases) for c in counts.values()])
    sizes = np.array([float(c.depth.sum()) for c in counts.values()])
    roles = ["tumor", "immune", "normal", "normal", "tumor"]
    return crosstalk.Batch(list("aaabb"), roles, sizes, haplotypes).alleles()


def test_crosstalk_from_other_haplotypes_as_a_fraction(
    counts: dict[str, Counts], batch: crosstalk.BatchAlleles
) -> None:
    everyone = CohortBackground(
        empty_sites(LENGTH),
        np.zeros((LENGTH, 4), np.uint32),
        0,
        no_junctions(LENGTH),
        {"run": batch},
    )
    cohort = Cohort(everyone, genome_with())
    rows = pd.DataFrame(
        {"sample": NAMES[:3], "role": ["tumor", "immune", "normal"], "batch": "run",
         "rate_high": "0.01"}
    )  # fmt: skip
    patient = Patient("a", "autologous", rows, NOBODY, rows, rows, rows, counts, {})
    evidence = pd.DataFrame(
        {"pos": [31, 41, 51], "alt": ["G", "G", "G"], "type": "SNV", "tumor_alt_forward": 100,
         "tumor_alt_reverse": 100, "tumor_depth_forward": 200, "tumor_depth_reverse": 200}
    )  # fmt: skip
    found = unrelated.hopped_fraction(within(patient, cohort), "a-TIL", evidence)
    # b's 800 of the other libraries' 1,800 reads, and its tumour's 500; half the tumour has it.
    assert found == pytest.approx([0.01 * 800 / 1800 / 0.5, 0.0, 0.01 * 500 / 1800 / 0.5])
    other_batch = patient.samples.assign(batch="elsewhere")
    alone = Patient("a", "autologous", other_batch, NOBODY, rows, rows, rows, counts, {})
    assert not unrelated.hopped_fraction(within(alone, cohort), "a-TIL", evidence).any()


def within(patient: Patient, cohort: Cohort) -> PatientContext:
    return PatientContext(patient, cohort, Settings(), others=cohort.background)


@pytest.mark.parametrize("alone", [False, True])
def test_flags_name_recurrence_and_other_haplotypes(
    counts: dict[str, Counts], batch: crosstalk.BatchAlleles, alone: bool
) -> None:
    heteroplasmic = np.zeros((LENGTH, 4), np.uint32)
    heteroplasmic[[30, 60], 2] = 1
    hot_spots = np.zeros(LENGTH)
    hot_spots[[40, 60]] = 0.02
    others = CohortBackground(
        empty_sites(LENGTH), heteroplasmic, 9, no_junctions(LENGTH), {"run": batch}
    )
    cohort = Cohort(
        others, genome_with(hot_spots=hot_spots),
        foreign_haplotype={"c": np.where(np.arange(LENGTH) == 70, 2, 0).astype(np.int8)}.get,
    )  # fmt: skip
    rows = pd.DataFrame(
        {"sample": NAMES[:3], "role": ["tumor", "immune", "normal"], "batch": "run",
         "rate_high": "0.01", "foreign_patient": ["c", "", ""]}
    )  # fmt: skip
    errors = SampleErrors(np.full((4, 4, 2), 1e-4), np.full((4, 4, 2), 1e-6), 0.0, 1e-6)
    patient = Patient("a", "autologous", rows, NOBODY, rows, rows, rows, counts, {"a-TIL": errors})
    half = {f"{role}_{which}_{strand}": 100 * (1 + (which == "depth"))
            for role in ("tumor", "immune", "normal") for which in ("alt", "depth")
            for strand in ("forward", "reverse")}  # fmt: skip
    evidence = pd.DataFrame(
        {"pos": [31, 41, 61, 71], "ref": "A", "alt": ["G", "G", "GA", "G"], "flags": "linked",
         "type": ["SNV", "SNV", "insertion", "SNV"], "usable": [True, True, False, True],
         "error_alpha": 1.0, "error_beta": 9999.0, **half}
    )  # fmt: skip
    if alone:
        evidence = evidence.iloc[[0, 2, 3]]
    context = within(patient, cohort)
    found = unrelated.with_background(context, "a-TIL", evidence).set_index("pos")
    said = {
        31: "batch_haplotype;linked;recurrent", 41: "hot_spot;linked", 61: "linked",
        71: "foreign_haplotype;linked",
    }  # fmt: skip
    assert found["flags"].to_dict() == {pos: said[pos] for pos in found.index}
    # An allele of the batch's haplotypes counts only where no other is left.
    usable = {31: alone, 41: True, 61: False, 71: False}
    assert found["usable"].to_dict() == {pos: usable[pos] for pos in found.index}
    assert found["carriers"].to_dict() == {pos: int(pos == 31) for pos in found.index}
    # One of nine others has it; PhyloTree's hot spot; an indel is no evidence.
    again = {31: 0.15, 41: 0.02, 61: 0.0, 71: 0.0}
    assert found["recurrence"].to_dict() == pytest.approx({pos: again[pos] for pos in found.index})
    assert (found["hopped"] > 0).to_dict() == {pos: pos == 31 for pos in found.index}


def test_no_variant_no_background() -> None:
    """Columns are present, and neither patient nor cohort is used."""
    context = PatientContext(None, None, Settings(), others=None)  # type: ignore[arg-type]
    found = unrelated.with_background(context, "a-TIL", EVIDENCE.frame())
    assert found.empty and {"usable", "carriers", "recurrence", "hopped"} <= set(found.columns)
    assert found["usable"].dtype == bool


def test_the_probability_is_jeffreys_mean_or_the_hot_spots() -> None:
    found = unrelated.recurrence(
        np.array([0, 0, 1, 1, 3, 3]), 9, np.array([0.0, 0.04, 0.0, 0.02, 0.0, 0.5])
    )
    assert found == pytest.approx([0.0, 0.04, 0.15, 0.15, 0.35, 0.5])
    assert (unrelated.recurrence(np.array([0, 7]), 7, np.zeros(2)) < 1).all()


@pytest.mark.parametrize(
    ("assays", "amplified"),
    [
        (("capture", "wgs", "capture", ""), False),
        (("amplicon", "wgs", "capture", ""), True),
        (("capture", "amplicon", "capture", ""), True),
        (("capture", "wgs", "amplicon", ""), False),  # of another immune sample
        (("capture", "wgs", "capture", "amplicon"), True),
    ],
)
def test_samples_of_amplicons(assays: tuple[str, ...], amplified: bool) -> None:
    names, roles = ["I", "T", "I2", "N"], ["immune", "tumor", "immune", "normal"]
    samples = pd.DataFrame({"sample": names, "role": roles, "assay": assays})
    context = cast(PatientContext, SimpleNamespace(patient=SimpleNamespace(samples=samples)))
    assert unrelated._amplified(context, "I") == amplified
    context.patient.samples.pop("assay")
    assert not unrelated._amplified(context, "I")
