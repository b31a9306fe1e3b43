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


@pytest.mark.parametrize(("depth", "times"), [(2_000, 3), (900, 10), (300, 30), (100, 100)])
def test_more_reads_are_the_fewest_that_are_enough(depth: int, times: int) -> None:
    few = cells(reads(0, depth), IMMUNE, TUMOR)
    whole = fraction(0.05)
    clauses = turning.advice(few, whole, OTHER, SETTINGS, 0.4)
    assert f"with {times} times the nuclear reads" in clauses
    fewer = [1, *turning.TIMES][turning.TIMES.index(times)]
    assert stands(replace(few, curve=few.curve * times), whole, OTHER)
    assert not stands(replace(few, curve=few.curve * fewer), whole, OTHER)


def test_more_cells_are_the_fewest_that_are_enough() -> None:
    small = cells(reads(0, 60_000), replace(IMMUNE, input_cells=100), TUMOR)
    whole = fraction(0.05)
    (more,) = [c for c in turning.advice(small, whole, OTHER, SETTINGS, 0.4) if "input_cells" in c]
    number = int(more.removeprefix("if input_cells is ").split()[0].replace(",", ""))
    fewer = [small.portion, *turning.CELLS][turning.CELLS.index(number)]
    assert stands(replace(small, portion=number), whole, OTHER)
    assert not stands(replace(small, portion=fewer), whole, OTHER)


def test_counted_cells_need_a_purity() -> None:
    counted = replace(IMMUNE, counted=Measured(0.0, high=0.002), cells_counted=100_000)
    blind = SampleFacts(copies=TUMOR.copies)
    found = cells(NuclearReads(), counted, blind)
    assert found.source == "tumor_cell_fraction" and not found.bounded
    (clause,) = turning.advice(found, fraction(0.1), OTHER, SETTINGS, float("nan"))
    assert "purity is stated and at least" in clause


@pytest.mark.parametrize(("share", "loci"), [(0.3, 300), (0.5, 100)])
def test_an_unmeasured_preparation_is_told_how_many_loci(share: float, loci: int) -> None:
    (clause,) = turning.advice(Cells(), fraction(share), OTHER, SETTINGS, float("nan"))
    assert clause.startswith(f"if {loci} nuclear SNVs of the tumour at depth 100, in all samples")
    assert "mtdna_copies" not in clause
    unknown = Factor(*SETTINGS.copy_ratio)
    fewer = turning.LOCI[turning.LOCI.index(loci) - 1]
    assert stands(turning.clean_cells(loci, SETTINGS, unknown), fraction(share), OTHER)
    assert not stands(turning.clean_cells(fewer, SETTINGS, unknown), fraction(share), OTHER)


def test_an_unmeasured_preparation_of_a_low_share_needs_the_copies_too() -> None:
    whole = fraction(0.1)
    (clause,) = turning.advice(Cells(), whole, OTHER, SETTINGS, float("nan"))
    clean = turning.clean_cells(300, SETTINGS, Factor(*SETTINGS.copy_ratio)).moved()
    highest = turning.highest_ratio(clean, whole, OTHER, SETTINGS)
    assert highest is not None
    assert "if 300 nuclear SNVs" in clause and f"show at most {highest:.2g} times" in clause
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
    assert "up to 60 %" in told and "purity above 70 %, by its lower bound, at equal" in told
    measured = Sources(tumor_vaf_low=0.8, immune_in_tumor_high=1, purity_for_direction=0.52)
    assert "above 52 %, by its lower bound, with the copies as measured" in turning.direction(
        measured
    )


def test_a_stated_purity_is_not_asked_for() -> None:
    found = cells(reads(0, 60_000, 0.4), UNMEASURED_COPIES, replace(TUMOR, purity=Measured(0.3)))

    def kinds(*, stated: bool) -> set[str]:
        asked = turning.turns(found, fraction(0.05), OTHER, SETTINGS, 0.4, purity_stated=stated)
        return {turn.kind for turn in asked}

    assert kinds(stated=False) == kinds(stated=True) | {"purity"} != kinds(stated=True)


@pytest.mark.parametrize(("vaf", "share"), [(0.2, 0.1), (0.4, 0.05), (0.5, 0.05)])
def test_a_purity_that_is_enough(vaf: float, share: float) -> None:
    found = cells(reads(0, 60_000, vaf), UNMEASURED_COPIES, replace(TUMOR, purity=Measured()))
    whole = fraction(share)
    assert not stands(found, whole, OTHER)
    lowest = turning.lowest_purity(found, whole, OTHER, vaf)
    assert lowest is not None and 0.3 < lowest < 0.8
    for purity, held in ((lowest, True), (0.95 * lowest, False)):
        stated = replace(TUMOR, purity=Measured(purity, purity, purity))
        now = cells(reads(0, 60_000, vaf), UNMEASURED_COPIES, stated)
        assert stands(now, whole, OTHER) == held


def test_no_purity_is_enough_for_a_low_share() -> None:
    found = cells(reads(0, 60_000), UNMEASURED_COPIES, replace(TUMOR, purity=Measured()))
    assert turning.lowest_purity(found, fraction(0.03), OTHER, 0.4) is None
