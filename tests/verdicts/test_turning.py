"""What would turn a verdict: each number is just enough in the model."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cell_likelihoods import IMMUNE, OTHER, SETTINGS, TUMOR, cells, fraction, reads

from mitotransfer.fraction.tumor_cells import Factor
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import Cells, SampleFacts
from mitotransfer.patient.nuclear_loci import NuclearReads
from mitotransfer.verdicts import turning
from mitotransfer.verdicts.sources import Sources, stands
from mitotransfer.verdicts.turning import Turn

UNMEASURED_COPIES = replace(IMMUNE, copies=Measured())


def test_the_copy_ratio_is_the_highest_that_stands() -> None:
    found = cells(reads(0, 60_000), UNMEASURED_COPIES, TUMOR)
    whole = fraction(0.02)
    assert not stands(found, whole, OTHER)
    highest = turning.highest_ratio(found, whole, OTHER, SETTINGS)
    assert highest is not None and 1 < highest < 20
    for ratio, held in ((0.95 * highest, True), (1.1 * highest, False)):
        measured = replace(found, ratio=turning.measured_ratio(ratio, SETTINGS))
        assert stands(measured, whole, OTHER) == held
    clauses = turning.advice(found, whole, OTHER, SETTINGS, 0.4)
    assert f"at most {highest:.2g} times the copies" in clauses[0]
    assert turning.highest_ratio(found, fraction(0.002), OTHER, SETTINGS) is None


def test_more_reads_and_cells_are_the_fewest_that_are_enough() -> None:
    few = cells(reads(0, 900), IMMUNE, TUMOR)
    whole = fraction(0.05)
    clauses = turning.advice(few, whole, OTHER, SETTINGS, 0.4)
    (times,) = [c for c in clauses if "times the nuclear reads" in c]
    number = int(times.split()[1])
    at = turning.TIMES.index(number)
    assert stands(replace(few, curve=few.curve * number), whole, OTHER)
    if at:
        assert not stands(replace(few, curve=few.curve * turning.TIMES[at - 1]), whole, OTHER)
    small = cells(reads(0, 60_000), replace(IMMUNE, input_cells=100), TUMOR)
    (more,) = [c for c in turning.advice(small, whole, OTHER, SETTINGS, 0.4) if "input_cells" in c]
    assert more.startswith("if input_cells is ")


def test_counted_cells_need_a_purity() -> None:
    counted = replace(IMMUNE, counted=Measured(0.0, high=0.002), cells_counted=100_000)
    blind = SampleFacts(copies=TUMOR.copies)
    found = cells(NuclearReads(), counted, blind)
    assert found.source == "tumor_cell_fraction" and not found.bounded
    (clause,) = turning.advice(found, fraction(0.1), OTHER, SETTINGS, float("nan"))
    assert "purity is stated and at least" in clause


def test_an_unmeasured_preparation_is_told_how_many_loci() -> None:
    clauses = turning.advice(Cells(), fraction(0.3), OTHER, SETTINGS, float("nan"))
    assert clauses and "nuclear SNVs of the tumour at depth 100" in clauses[0]
    loci = int(clauses[0].split()[1])
    unknown = Factor(*SETTINGS.copy_ratio)
    if "mtdna_copies" not in clauses[0]:
        assert stands(turning.clean_cells(loci, SETTINGS, unknown), fraction(0.3), OTHER)
    assert turning.advice(Cells(), fraction(0.001), OTHER, SETTINGS, float("nan")) == ()


def test_against_several_tumours_the_hardest_need_of_each_kind_counts() -> None:
    few = (Turn("copies", -3.0, "few copies"), Turn("nuclear reads", 3, "3 times"))
    many = (Turn("nuclear reads", 30, "30 times"), Turn("copies", -5.0, "more copies"))
    assert turning.common([few]) == ("few copies", "3 times")
    assert turning.common([few, many]) == ("few copies", "30 times")
    # One that stands already asks for nothing; one that nothing turns leaves nothing to say.
    assert turning.common([few, None]) == ("few copies", "3 times")
    assert turning.common([few, many[:1]]) == ("30 times",)
    assert turning.common([few, ()]) == turning.common([None]) == turning.common([]) == ()


def test_the_direction_is_told_in_numbers() -> None:
    told = turning.direction(Sources(tumor_vaf_low=0.3, immune_in_tumor_high=0.6))
    assert "up to 60 %" in told and "purity above 70 %" in told


@pytest.mark.parametrize("vaf", [0.2, 0.4])
def test_a_purity_that_is_enough(vaf: float) -> None:
    found = cells(reads(0, 60_000, vaf), UNMEASURED_COPIES, replace(TUMOR, purity=Measured()))
    whole = fraction(0.2)
    lowest = turning.lowest_purity(found, whole, OTHER, vaf)
    if lowest is not None and lowest > 0.06:
        stated = replace(TUMOR, purity=Measured(lowest, lowest, lowest))
        assert stands(cells(reads(0, 60_000, vaf), UNMEASURED_COPIES, stated), whole, OTHER)
