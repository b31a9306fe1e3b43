"""What is gathered for the explanations, of a patient made up by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from even_counts import counts_of_depth
from places import RCRS

from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.patient import cleanliness
from mitotransfer.patient.pooling import Patient
from mitotransfer.verdicts.circumstances import Circumstances, circumstances, extra_alleles
from mitotransfer.verdicts.settings import Settings
from mitotransfer.verdicts.verdict import Findings

USABLE = np.ones(RCRS.length, bool)
#: Positions (1-based) of informative variants; the second one supports nothing.
POSITIONS = [1000, 2000, 3000]
SUPPORTING = np.array([True, False, True])
FOUND = Findings(
    n_informative=3, fraction=0.1, low=0.08, high=0.12, detection_limit=0.004,
    baseline_excluded=True, crosstalk_high=0.001, tumor_cells_low=0.01, contamination_high=0.05,
)  # fmt: skip


def with_minor(alleles: dict[int, int], depth: int = 1000) -> Counts:
    """Counts of rCRS with reads of another base at some positions (1-based), on both strands."""
    bases = counts_of_depth(depth // 2, depth // 2)
    for pos, reads in alleles.items():
        own = int(RCRS.codes[pos - 1])
        both = reads // 2, reads - reads // 2
        bases[pos - 1, (own + 1) % 4] += np.array(both, np.uint32)
        bases[pos - 1, own] -= np.array(both, np.uint32)
    return Counts(bases, empty_indels(), {})


def gathered(
    immune: Counts | None = None,
    contamination: dict[str, float] | None = None,
    row: dict[str, Any] | None = None,
    assays: tuple[str, str] = ("capture", "capture"),
    n_patients: int = 6,
    **changes: Any,
) -> Circumstances:
    samples = pd.DataFrame(
        {"sample": ["T", "I", "N"], "role": ["tumor", "immune", "normal"], "foreign_patient": "",
         "assay": ["capture", *assays], "status": "ok", "reason": "alike", "source": "measured",
         "foreign_low": "", "foreign_high": ""}
    )  # fmt: skip
    variants = pd.DataFrame(
        {"pos": POSITIONS, "flags": ["linked;hot_spot", "numt", "only_one_strand;numt"],
         "tumor_vaf_low": [0.5, 0.6, 0.7], "immune_vaf_low": [0.05, 0.06, 0.07],
         "immune_vaf_high": [0.08, 0.09, 0.1], "normal_vaf_high": [0.001, 0.002, 0.003]}
    )  # fmt: skip
    measured = {"copy_ratio_high": math.nan, "immune_in_tumor_high": math.nan}
    counts = {"T": with_minor({}), "I": immune or with_minor({}), "N": with_minor({})}
    patient = Patient(
        "P", "autologous", samples, pd.DataFrame(),
        pd.DataFrame([{"sample": "I"} | measured | (contamination or {})]), counts, {},
    )  # fmt: skip
    others: Any = SimpleNamespace(sites=SimpleNamespace(n_samples=12))
    cohort: Any = SimpleNamespace(usable=USABLE, n_patients=n_patients, reference=RCRS)
    return circumstances(
        patient, pd.Series(samples.iloc[1].to_dict() | (row or {})), variants, SUPPORTING,
        Findings(**(vars(FOUND) | changes)), None, others,
        {"tumor": counts["T"], "normal": counts["N"]}, np.array([0, 3, 9]), cohort, Settings(),
    )  # fmt: skip


def test_the_supporting_variants_alone_are_told_of() -> None:
    x = gathered()
    assert (x.supporting, x.again) == (2, 1)
    assert (x.tumor_low, x.immune_low) == ([0.5, 0.7], [0.05, 0.07])
    assert (x.immune_high, x.normal_high) == ([0.08, 0.1], [0.001, 0.003])
    assert (x.linked, x.hot_spot) == ([True, False], [True, False])
    assert (x.of_copy, x.one_strand) == ([False, True], [False, True])
    # Nine samples are of the five other patients at most.
    assert x.carriers == [0, 5] and x.unrelated_patients == 5 and x.unrelated_samples == 12
    assert gathered(n_patients=0).carriers == [0, 0]
    assert gathered(n_patients=0).unrelated_patients == 0
    assert not x.tested and math.isnan(x.p_value) and x.max_depletion == 10


def test_how_clean_it_has_to_be_is_asked_where_cells_were_not_measured() -> None:
    x = gathered(contamination_source="unmeasured", ambient_high=0.02)
    assert x.max_copy_ratio == 10
    assert x.clean_enough == cleanliness.max_tumor_cells(0.08, 0.021, 10)
    assert x.nuclear_loci == cleanliness.loci_needed(x.clean_enough, 100, 1e-3)
    known = gathered(contamination={"copy_ratio_high": 2.0}, contamination_source="unmeasured")
    assert known.clean_enough == cleanliness.max_tumor_cells(0.08, 0.001, 2)
    counted = gathered(contamination_source="nuclear_counts")
    assert math.isnan(counted.clean_enough) and counted.nuclear_loci is None


@pytest.mark.parametrize(
    ("design", "in_tumor", "clone"),
    [("autologous", math.nan, 0.5), ("autologous", 0.3, 0.5), ("autologous", 0.8, 0.8),
     ("allogeneic", 0.8, 0.0)],
)  # fmt: skip
def test_what_a_clone_in_the_tumour_may_bring(design: str, in_tumor: float, clone: float) -> None:
    x = gathered(contamination={"immune_in_tumor_high": in_tumor}, design=design)
    assert x.clone_high == clone


def test_whether_normals_were_sequenced_alike() -> None:
    assert gathered().same_assay and not gathered(assays=("capture", "wgs")).same_assay


def test_alleles_beside_the_tumours() -> None:
    variants = pd.DataFrame({"pos": POSITIONS})
    immune = with_minor({1000: 300, 5000: 40, 6000: 39, 7000: 45})
    # From half of 8 % of 1,000 reads on: 40, at positions that are not informative.
    assert extra_alleles(immune, variants, 0.08, USABLE) == 2
    usable = USABLE.copy()
    usable[7000 - 1] = False
    assert extra_alleles(immune, variants, 0.08, usable) == 1
    assert extra_alleles(immune, variants, 0.0, USABLE) == 0
    assert extra_alleles(immune, variants, math.nan, USABLE) == 0
    # A single read is none, however low the fraction.
    assert extra_alleles(with_minor({5000: 1, 6000: 2}), variants, 1e-4, USABLE) == 1
    assert gathered(immune).extra_alleles == 2


def test_own_variants_are_not_looked_for_beside_a_foreign_haplotype() -> None:
    immune = with_minor({5000: 200, 6000: 150})
    assert gathered(immune).private.n == 2
    assert gathered(immune, row={"foreign_patient": "B"}).private.n == 0
    # Informative variants are none of its own.
    assert gathered(with_minor({1000: 200, 6000: 150})).private.n == 1
