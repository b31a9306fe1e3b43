"""What is left after tumour cells, and that a missing measurement never helps."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from cell_likelihoods import IMMUNE, OTHER, SETTINGS, TUMOR, cells, fraction, reads
from hypothesis import given, settings
from hypothesis import strategies as st

from mitotransfer.fraction import tumor_cells
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import Cells, SampleFacts, measure
from mitotransfer.patient.nuclear_loci import NuclearReads
from mitotransfer.verdicts.sources import Other, Sources, numbers, stands, strongest_low, weakest


def test_numbers_are_those_of_the_joint_bounds() -> None:
    clean = cells(reads(0, 60_000), IMMUNE, TUMOR)
    found = numbers(clean, fraction(0.1), OTHER, 0.95)
    assert found["contamination_low"] == 0 < float(str(found["contamination_high"])) < 0.02
    assert 0.05 < float(str(found["excess_low"])) < 0.1 < float(str(found["excess_high"]))
    assert found["strongest_low"] == strongest_low(clean, fraction(0.1))
    assert found["strongest_needed"] == pytest.approx(0.0005 * 0.9)
    assert stands(clean, fraction(0.1), OTHER)
    assert not stands(clean, fraction(0.1), Other(0.2))
    assert not stands(clean, fraction(0.1), Other(0.0005, ambient=0.09))
    hidden = numbers(clean, fraction(0.1), OTHER, 0.95, baseline_excluded=False)
    assert hidden["excess_low"] == hidden["strongest_low"] == 0


def test_cells_with_the_variant_on_every_copy_are_allowed_for() -> None:
    """As much of the strongest variant as those cells may bring is no transfer."""
    some = cells(reads(500, 60_000), IMMUNE, TUMOR)
    found = numbers(some, fraction(0.1), OTHER, 0.95)
    assert found["excess_low"] == 0 or found["strongest_low"] < found["excess_low"]


def test_nothing_is_known_without_a_measurement() -> None:
    assert numbers(Cells(), fraction(0.1), OTHER, 0.95).keys() == {
        "source", "bounded", "tumor_vaf_low",
    }  # fmt: skip
    assert set(numbers(Cells(), None, OTHER, 0.95)) == {"source", "bounded"}


def test_the_weakest_of_several_tumours_counts() -> None:
    one = Sources("nuclear_counts", True, 0.01, 0.05, 0.04, 0.1, 0.05, 0.001, 0.9, 0.2, 0.5, 0.8)
    two = Sources("nuclear_counts", True, 0.0, 0.02, 0.06, 0.2, 0.02, 0.001, 0.5, 0.4, 0.6, 0.9)
    both = weakest([one, two])
    assert (both.contamination_low, both.contamination_high) == (0.0, 0.05)
    assert (both.excess_low, both.excess_high) == (0.04, 0.2)
    assert (both.strongest_low, both.tumor_vaf_low, both.immune_in_tumor_high) == (0.02, 0.5, 0.4)
    assert (both.pure_low, both.pure_high) == (0.5, 0.9)
    unknown = weakest([one, Sources()])
    assert unknown.source == "unmeasured" and not unknown.bounded
    assert math.isnan(unknown.excess_low)
    assert weakest([one]) is one and weakest([]) == Sources()


measured = st.builds(
    lambda low, f, alt, depth, vaf, ratio, purity, n, wgs: (
        low, f, reads(alt * depth, depth, vaf),
        replace(IMMUNE, copies=Measured(300.0), input_cells=n, own_nuclear_reads=wgs),
        SampleFacts(copies=Measured(300.0 * ratio), purity=Measured(purity), ploidy=2.0),
    ),
    st.floats(0.0, 0.02), st.floats(0.005, 0.9), st.floats(0.0, 0.01), st.floats(300, 2e5),
    st.floats(0.1, 0.5), st.floats(2.0, 9.0), st.floats(0.5, 1.0), st.integers(1000, 10**6),
    st.booleans(),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(measured)
def test_leaving_out_a_measurement_never_helps(x: tuple) -> None:
    """Purity, copies, cells and nuclear reads.

    Ratios are within the plausible range, and their lower bounds above 1, which the direction
    assumes where they are unknown.
    """
    crosstalk, f, nuclear, immune, tumor = x
    whole, other = fraction(f), Other(crosstalk)

    def left(own: NuclearReads, i: SampleFacts, t: SampleFacts) -> tuple[bool, bool]:
        row, _ = measure(own, i, t, SETTINGS, 0.95)
        one = cells(own, i, t)
        found = Sources(
            **numbers(one, whole, other, 0.95),  # type: ignore[arg-type]
            immune_in_tumor_high=float(str(row["immune_in_tumor_high"])),
        )
        return one.bounded and stands(one, whole, other), found.direction_shown

    full = left(nuclear, immune, tumor)
    without = {
        "purity": left(nuclear, immune, replace(tumor, purity=Measured())),
        "copies of the tumour": left(nuclear, immune, replace(tumor, copies=Measured())),
        "copies": left(nuclear, replace(immune, copies=Measured()), tumor),
        "input_cells": left(nuclear, replace(immune, input_cells=math.nan), tumor),
        "nuclear reads": left(NuclearReads(), immune, tumor),
        "tumour's reads": left(
            replace(nuclear, measured=False, curve=tumor_cells.at_most(nuclear.curve)),
            immune, replace(tumor, purity=Measured()),
        ),
        "half of the loci": left(replace(nuclear, curve=nuclear.curve / 2), immune, tumor),
    }  # fmt: skip
    for name, found in without.items():
        assert found[0] <= full[0], name
        assert found[1] <= full[1], name
    assert not without["nuclear reads"][0] and not without["tumour's reads"][0]
