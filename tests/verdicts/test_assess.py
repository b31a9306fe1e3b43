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
from mitotransfer.fraction.tumor_cells import Loci, of_nuclear_reads
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import SampleFacts
from mitotransfer.patient.nuclear_loci import NuclearReads
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
    given = {"facts": SampleFacts(purity=Measured(1.0))} | changes
    found = assess.assess_patient(context(counts, roles, tuple(TUMOR), **given))
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
    cells = {"immune_in_tumor_high": 0.95, "flags": "tumor_vaf_assumed"}
    row = {
        "ambient_mtdna_high": "0.03",
        "foreign_patient": "B",
        "foreign_low": "0.1",
        "foreign_high": "0.2",
        "from_tumor_high": "0.004",
    }
    a = assessed(cells=cells, rows={"I": row}, reads=clean_reads())["I"]
    found, who = a.case.findings, a.case.sample
    sources = found.sources
    assert (sources.source, sources.bounded) == ("nuclear_counts", True)
    assert sources.contamination_low == 0 < sources.contamination_high < 0.2
    assert sources.immune_in_tumor_high == 0.95
    assert sources.strongest_needed == pytest.approx(0.004 * 0.8 + 0.03, rel=1e-3)
    assert (found.ambient_high, found.crosstalk_high) == (0.03, 0.004)
    assert (who.foreign_patient, who.foreign_low, who.foreign_high) == ("B", 0.1, 0.2)
    assert (who.identity, who.tumor_identity, who.normal_identity) == ("ok", "ok", "ok")
    assert a.case.cohort.n_patients == 5
    # The strongest variant's VAF in the tumour is not above the 0.95 of other cells in it.
    assert a.flags == ("foreign_dna", "tumor_vaf_assumed", "maybe_immune_clone")


def clean_reads(loci: int = 2000, tumor_vaf: float = 0.4) -> NuclearReads:
    """Nuclear reads of a preparation without tumour cells, of a tumour and of a normal."""
    size = (loci, 100.0)
    reads = loci * 100.0
    curve = of_nuclear_reads(
        Loci(
            np.array([1e-3 * reads]), np.array([reads]), np.array([tumor_vaf]), 1e-3 * reads, reads
        )
    )
    return NuclearReads(curve, True, *size, tumor_vaf * reads, reads)


def test_an_unmeasured_sample_says_what_would_bound_its_cells() -> None:
    a = assessed(n_patients=0)["I"]
    assert a.case.findings.sources.source == "unmeasured"
    assert math.isnan(a.case.findings.sources.excess_low)
    (clause,) = a.case.findings.turning
    assert "nuclear SNVs of the tumour at depth 100" in clause
    assert a.case.cohort.n_patients == 0


MEASURED = {
    "facts": SampleFacts(purity=Measured(1.0), copies=Measured(1000.0)),
    "own_facts": SampleFacts(copies=Measured(300.0), input_cells=20_000),
}


def test_what_is_left_is_the_fraction_less_the_cells() -> None:
    a = assessed(reads=clean_reads(), **MEASURED)["I"]
    sources, low = a.case.findings.sources, a.case.estimate.low
    # At one-sided 1 %, the fraction's bound at 2.5 %.
    assert 0.9 * low - sources.contamination_high < sources.excess_low < low
    assert sources.excess_high > SHARE and a.case.findings.turning == ()
    # Three loci leave less, and the model says that more would turn the verdict.
    few = assessed(reads=clean_reads(3), **MEASURED)["I"].case.findings
    assert few.sources.excess_low < sources.excess_low
    assert any("times the nuclear reads" in clause for clause in few.turning)


def test_molecules_bound_the_certainty_of_amplicons() -> None:
    plain = assessed()["I"].case.estimate
    few = assessed(rows={"I": {"assay": "amplicon", "mtdna_molecules": "200"}})["I"]
    assert few.case.estimate.high - few.case.estimate.low > 2 * (plain.high - plain.low)
    assert "molecules_assumed" not in few.flags
    unknown = assessed(rows={"I": {"assay": "amplicon", "mtdna_molecules": ""}})["I"]
    assert "molecules_assumed" in unknown.flags
    assert unknown.case.estimate.low < plain.low


def test_many_samples_raise_the_detection_limit() -> None:
    """The limit is stated at the p value that detects whatever the others show."""
    one, many = (assessed(n_immune=n)["I"].case.findings.detection_limit for n in (1, 300))
    assert many > 1.2 * one


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
        (None, {"facts": SampleFacts()}, {"maybe_immune_clone"}),
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
        normal = sample({}, 1000)
        return assess.extra_alleles(sample(mixed(alleles), 1000), normal, variants, low, usable)

    seen = {1000: 0.3, 5000: 0.04, 6000: 0.038, 7000: 0.046}
    # From half of 8 % of 1,000 reads on: 40, at positions that are not informative.
    assert extra(seen, 0.08) == 2
    usable = USABLE.copy()
    usable[7000 - 1] = False
    assert extra(seen, 0.08, usable) == 1
    assert extra(seen, 0.0) == extra(seen, math.nan) == 0
    # The normal has one of them, too.
    has = sample(mixed({5000: 0.03}), 1000)
    seen_in = sample(mixed(seen), 1000)
    assert assess.extra_alleles(seen_in, has, variants, 0.08, USABLE) == 1
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


def test_a_rare_stranger_is_found_and_the_limit_stated() -> None:
    none = assessed({})["I"].case.private
    assert none.person_variants == 0 and 0 < none.person_limit < 0.02
    # Transitions in a sample of 2,000x, each too rare to be above the cap of errors.
    a = assessed(dict.fromkeys(range(500, 16000, 620), 0.01))["I"]
    assert a.case.private.person_variants >= 10 and "foreign_dna" in a.flags
    assert 0.005 < a.case.private.person_low < 0.01 < a.case.private.person_high < 0.015


def test_crosstalk_bound_grows_and_stays_unknown() -> None:
    assert assess.crosstalk_bound(0.001, np.array([0.0, 0.002])) == pytest.approx(0.003)
    assert assess.crosstalk_bound(0.001, np.zeros(0)) == 0.001
    assert assess.crosstalk_bound(0.9, np.array([0.5])) == 1.0
    assert np.isnan(assess.crosstalk_bound(np.nan, np.array([0.1])))
