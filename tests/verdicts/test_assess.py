"""From hand-made evidence of a patient to the case of each immune sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from minor_variants import sample
from patients import context, mixed
from places import RCRS

from mitotransfer.flags import OF_SAMPLES
from mitotransfer.verdicts import assess
from mitotransfer.verdicts.assess import Assessment
from mitotransfer.verdicts.case import NOT_TESTED
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS

USABLE = np.ones(RCRS.length, bool)
ROLES = {"T": "tumor", "I": "immune", "N": "normal"}
#: VAFs of three informative variants in the tumour.
TUMOR = {5000: 0.8, 9000: 0.7, 12000: 0.6}
SHARE = 0.1


def assessed(
    immune: dict[int, float] | None = None,
    others: dict[str, dict[int, float]] | None = None,
    **changes: Any,
) -> dict[str, Assessment]:
    """Immune samples by name: ``I`` and others, with these VAFs; by default a tenth is tumoural."""
    seen = {pos: SHARE * vaf for pos, vaf in TUMOR.items()} if immune is None else immune
    vafs = {"T": TUMOR, "I": seen, "N": {}} | (others or {})
    roles = ROLES | dict.fromkeys(others or {}, "immune")
    counts = {name: sample(mixed(own), 2000) for name, own in vafs.items()}
    found = assess.assess_patient(context(counts, roles, tuple(TUMOR), **changes))
    return {str(a.row["sample"]): a for a in found}


def test_the_share_that_was_mixed_in_is_found() -> None:
    a = assessed()["I"]
    estimate, support = a.case.estimate, a.case.support
    assert estimate.fraction == pytest.approx(SHARE, rel=0.02)
    assert estimate.low < SHARE < estimate.high and estimate.p_value < 1e-9
    assert 0 < a.case.findings.detection_limit < 0.02
    assert a.case.findings.n_informative == support.n == 3
    assert support.carriers == [0, 0, 0] and not support.more_in_immune
    assert a.case.tested and a.case.baseline_excluded
    assert a.row == {"patient": "P", "sample": "I", "cell_type": "CD8", "timepoint": ""}
    assert list(a.variants.columns) == SHARED_VARIANTS.names
    assert np.allclose(a.variants["variant_fraction"], SHARE, rtol=0.02)
    assert a.flags == ()


def test_every_immune_sample_is_assessed_by_itself() -> None:
    both = assessed(others={"I2": {}})
    assert list(both) == ["I", "I2"]
    assert both["I2"].case.estimate.low == 0 and both["I2"].case.support.n == 0
    assert both["I"].case.estimate.fraction == pytest.approx(SHARE, rel=0.02)


@pytest.mark.parametrize("status", ["swapped", "foreign", "shallow"])
def test_a_sample_that_is_not_judged_is_not_tested(status: str) -> None:
    a = assessed(rows={"I": {"status": status}})["I"]
    assert not a.case.tested and a.case.estimate == NOT_TESTED
    assert a.variants["p_value"].isna().all() and a.case.support.n == 0
    # Measurements are stated all the same.
    assert a.case.findings.n_informative == 3 and len(a.variants) == 3
    assert math.isnan(a.case.findings.detection_limit)


def test_without_informative_variants_nothing_is_tested() -> None:
    counts = {name: sample({}, 2000) for name in ROLES}
    (a,) = assess.assess_patient(context(counts, ROLES))
    assert a.case.findings.n_informative == 0 and not a.case.tested
    assert a.variants.empty and list(a.variants.columns) == SHARED_VARIANTS.names


def test_measurements_are_in_the_case() -> None:
    cells = {
        "source": "nuclear_counts",
        "tumor_cells_low": 0.01,
        "mtdna_high": 0.05,
        "copy_ratio_high": 2.0,
        "immune_in_tumor_high": 0.8,
        "flags": "tumor_vaf_assumed",
    }
    row = {
        "ambient_mtdna_high": "0.03",
        "foreign_patient": "B",
        "foreign_low": "0.1",
        "foreign_high": "0.2",
        "from_tumor_high": "0.004",
    }
    a = assessed(cells=cells, rows={"I": row})["I"]
    found, who = a.case.findings, a.case.sample
    assert (found.contamination_source, found.tumor_cells_low) == ("nuclear_counts", 0.01)
    assert (found.contamination_high, found.copy_ratio_high) == (0.05, 2.0)
    assert (found.clone_high, found.ambient_high, found.crosstalk_high) == (0.8, 0.03, 0.004)
    assert (who.foreign_patient, who.foreign_low, who.foreign_high) == ("B", 0.1, 0.2)
    assert (who.identity, who.tumor_identity, who.normal_identity) == ("ok", "ok", "ok")
    assert a.case.cohort.n_patients == 5
    # The variants' tumour VAFs are above 0.5, but not above the 0.8 of other cells in the tumour.
    assert a.flags == ("foreign_dna", "tumor_vaf_assumed", "maybe_immune_clone")


def test_unmeasured_ratios_are_those_of_the_settings() -> None:
    a = assessed(cells={"copy_ratio_high": math.nan, "source": math.nan}, n_patients=0)["I"]
    assert a.case.findings.copy_ratio_high == 10.0
    assert a.case.findings.contamination_source == "unmeasured"
    assert a.case.cohort.n_patients == 0


@pytest.mark.parametrize(
    ("design", "in_tumor", "clone"),
    [("autologous", math.nan, 0.5), ("autologous", 0.3, 0.5), ("autologous", 0.8, 0.8),
     ("allogeneic", 0.8, 0.0)],
)  # fmt: skip
def test_what_a_clone_in_the_tumour_may_bring(design: str, in_tumor: float, clone: float) -> None:
    assert assess.clone_high(design, in_tumor) == clone


def test_whether_normals_were_sequenced_alike() -> None:
    assert assessed()["I"].case.sample.same_assay
    assert not assessed(rows={"N": {"assay": "wgs"}})["I"].case.sample.same_assay


def test_an_immune_sample_with_more_than_the_tumour_denies_the_direction() -> None:
    """Of all variants that carry the finding; a sample of somebody else says nothing."""
    clone = dict.fromkeys(TUMOR, 0.95)
    assert assessed(others={"C": clone})["I"].case.support.more_in_immune
    swapped = {"C": {"status": "swapped"}}
    assert not assessed(others={"C": clone}, rows=swapped)["I"].case.support.more_in_immune
    part = clone | {12000: 0.3}
    assert not assessed(others={"C": part})["I"].case.support.more_in_immune


@pytest.mark.parametrize(
    ("immune", "changes", "expected"),
    [
        ({5000: 0.08}, {}, {"variants_disagree"}),
        (None, {"rows": {"I": {"source": "assumed"}}}, {"crosstalk_assumed"}),
        (None, {"rows": {"I": {"source": "assumed", "from_tumor_high": "0"}}}, set()),
        (None, {"rows": {"N": {"status": "shared"}}}, {"reads_in_common"}),
        (None, {"rows": {"N": {"foreign_patient": "B"}}}, {"foreign_in_normal"}),
        (None, {"cells": {"immune_in_tumor_high": 0.9}}, {"maybe_immune_clone"}),
    ],
)
def test_flags(
    immune: dict[int, float] | None, changes: dict[str, Any], expected: set[str]
) -> None:
    flags = set(assessed(immune, **changes)["I"].flags)
    assert flags >= expected and flags <= set(OF_SAMPLES)
    assert expected or not flags


def test_what_the_supporting_variants_are() -> None:
    rows = pd.DataFrame(
        {"normal_vaf_low": [0.004, 0.0],
         "background_rate": [5e-4, 5e-4], "flags": ["recurrent", "hot_spot;linked"]}
    )  # fmt: skip
    assert assess.carrier_flags(rows) == ("recurrent_only",)
    assert assess.carrier_flags(rows[:1]) == ("recurrent_only", "inherited_only")
    assert assess.carrier_flags(rows[1:]) == ("recurrent_only",)
    noisy = rows[:1].assign(background_rate=2e-3, flags="")
    assert assess.carrier_flags(noisy) == ()
    assert assess.carrier_flags(rows.assign(flags=["", "linked"])) == ()
    assert assess.carrier_flags(rows[:0]) == ()


def test_alleles_beside_the_tumours() -> None:
    variants = pd.DataFrame({"pos": [1000, 2000, 3000]})

    def extra(alleles: dict[int, float], low: float, usable: np.ndarray = USABLE) -> int:
        return assess.extra_alleles(sample(mixed(alleles), 1000), variants, low, usable)

    seen = {1000: 0.3, 5000: 0.04, 6000: 0.038, 7000: 0.046}
    # From half of 8 % of 1,000 reads on: 40, at positions that are not informative.
    assert extra(seen, 0.08) == 2
    usable = USABLE.copy()
    usable[7000 - 1] = False
    assert extra(seen, 0.08, usable) == 1
    assert extra(seen, 0.0) == extra(seen, math.nan) == 0
    # Two reads are an allele, however low the fraction; none is not.
    assert extra({6000: 0.002}, 1e-4) == 1 and extra({}, 1e-4) == 0


def test_own_variants_are_not_looked_for_beside_a_foreign_haplotype() -> None:
    own = {5000: 0.08, 6000: 0.2, 7000: 0.15}
    assert assessed(own)["I"].case.private.n == 2  # informative variants are none of its own
    foreign = assessed(own, rows={"I": {"foreign_patient": "B"}})["I"].case.private
    assert foreign.n == foreign.person_variants == 0


def test_a_stranger_in_the_immune_sample_is_described() -> None:
    stranger = dict.fromkeys(range(1000, 4000, 200), 0.1)
    a = assessed(stranger)["I"]
    assert a.case.private.person_variants == 15 and "foreign_dna" in a.flags
    assert a.case.private.person is not None and len(a.case.private.person.variants) == 15


def test_crosstalk_bound_grows_and_stays_unknown() -> None:
    assert assess.crosstalk_bound(0.001, np.array([0.0, 0.002])) == pytest.approx(0.003)
    assert assess.crosstalk_bound(0.001, np.zeros(0)) == 0.001
    assert assess.crosstalk_bound(0.9, np.array([0.5])) == 1.0
    assert np.isnan(assess.crosstalk_bound(np.nan, np.array([0.1])))
