"""What is left after tumour cells, and that a missing measurement never helps."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from cases import case
from cell_likelihoods import IMMUNE, OTHER, TUMOR, cells, cells_row, fraction, reads
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mitotransfer.fraction import tumor_cells
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import Cells, SampleFacts
from mitotransfer.patient.nuclear_loci import NuclearReads
from mitotransfer.verdicts.sources import Other, Sources, numbers, stands, strongest_low, weakest
from mitotransfer.verdicts.verdict import judge


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
    some = cells(reads(100, 60_000), IMMUNE, TUMOR)
    found = numbers(some, fraction(0.1), OTHER, 0.95)
    assert 0 < found["strongest_low"] < found["excess_low"]


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
    # Pairs of numbers are of the tumour sample with the least between them.
    near = replace(two, tumor_vaf_low=0.95, immune_in_tumor_high=0.9, purity_for_direction=0.3)
    direction = weakest([one, near])
    assert (direction.tumor_vaf_low, direction.immune_in_tumor_high) == (0.95, 0.9)
    assert direction.purity_for_direction == 0.3
    needy = replace(one, strongest_low=0.08, strongest_needed=0.07)
    strongest = weakest([one, needy])
    assert (strongest.strongest_low, strongest.strongest_needed) == (0.08, 0.07)
    unknown = weakest([one, Sources()])
    assert unknown.source == "unmeasured" and not unknown.bounded
    assert math.isnan(unknown.excess_low)
    assert weakest([one]) is one and weakest([]) == Sources()


Measurement = tuple[float, float, NuclearReads, SampleFacts, SampleFacts]


def measurement(
    f: float = 0.1, of_all: float = 1.0, alt: float = 0.0, depth: float = 60_000, vaf: float = 0.4,
    ratio: float = 4.0, purity: float = 0.8, width: float = 1.05, n: int = 20_000,
    own: bool = False, wgs: bool = False, ploidy: float = 2.0,
    counted: tuple[float, float, float] = (0.0, math.nan, 2e-4),
) -> Measurement:  # fmt: skip
    """The fraction, the tumour's VAFs, tumour cells in the preparation, and what was measured."""
    immune = SampleFacts(
        copies=Measured(300.0, 300 / width, 300 * width), input_cells=n, own_nuclear_reads=own,
        counted=Measured(*counted), cells_counted=20_000.0,
    )  # fmt: skip
    copies = 300.0 * ratio
    tumor = SampleFacts(
        copies=Measured(copies, copies / width, copies * width),
        purity=Measured(purity, purity / width, min(purity * width, 1.0)),
        from_depths=wgs, whole_genome=wgs, ploidy=ploidy,
    )  # fmt: skip
    return f, of_all, reads(alt * depth, depth, vaf), immune, tumor


#: Intervals are narrower than those that count where none is stated.
measured = st.builds(
    measurement,
    st.floats(0.005, 0.9), st.sampled_from([1.0, 0.6, 0.3]), st.floats(0.0, 0.02),
    st.floats(300, 2e5), st.floats(0.05, 0.5), st.floats(1.9, 9.0), st.floats(0.1, 1.0),
    st.floats(1.01, 1.3), st.integers(1000, 10**6), st.booleans(), st.booleans(),
    st.floats(2.0, 4.0),
    st.sampled_from([(0.0, math.nan, 2e-4), (0.002, math.nan, 0.0028), (0.02, math.nan, 0.022)]),
)  # fmt: skip
SUPPORTED = "transfer_supported"
#: Clean, with cells, and with variants that immune cells of the tumour sample may hold.
CLEAN, CONTAMINATED, MIXED = (
    measurement(), measurement(0.02, alt=0.004), measurement(of_all=0.3, purity=0.3, ratio=1.9),
)  # fmt: skip
DEPTHS = measurement(wgs=True, own=True, purity=1.0, ploidy=3.0)


def answers(
    x: Measurement, *, by_flow: bool = False, ambient: bool = False
) -> tuple[bool, bool, bool]:
    """Whether the excess stands, the direction is shown, and the verdict is support."""
    f, of_all, nuclear, immune, tumor = x
    if by_flow:
        nuclear = NuclearReads()
    else:
        immune = replace(immune, counted=Measured())
    whole, other = fraction(f, of_all=of_all), Other(0.0005, 0.002 if ambient else 0.0)
    one, row = cells_row(nuclear, immune, tumor)
    found = Sources(
        **numbers(one, whole, other, 0.95),  # type: ignore[arg-type]
        immune_in_tumor_high=float(str(row["immune_in_tumor_high"])),
    )
    sample = case(
        n_informative=3, fraction=f, low=0.9 * f, high=min(1.1 * f, 0.99), q_value=1e-6,
        detection_limit=0.001, crosstalk_high=0.0005, sources=found,
    )  # fmt: skip
    left = one.bounded and stands(one, whole, other)
    return left, found.direction_shown, judge(sample).verdict == SUPPORTED


@pytest.mark.parametrize("by_flow", [False, True])
def test_the_examples_reach_every_answer(by_flow: bool) -> None:
    assert answers(CLEAN, by_flow=by_flow) == (True, True, True)
    assert answers(DEPTHS, by_flow=by_flow) == (True, True, True)
    assert answers(MIXED, by_flow=by_flow) == (True, False, False)
    assert answers(CONTAMINATED) == (False, True, False)


@settings(max_examples=20)
@example(x=CLEAN, by_flow=False, ambient=False)
@example(x=CLEAN, by_flow=True, ambient=True)
@example(x=CONTAMINATED, by_flow=False, ambient=False)
@example(x=MIXED, by_flow=False, ambient=False)
@example(x=DEPTHS, by_flow=False, ambient=False)
@given(x=measured, by_flow=st.booleans(), ambient=st.booleans())
def test_leaving_out_a_measurement_never_helps(
    x: Measurement, by_flow: bool, ambient: bool
) -> None:
    """Purity, copies, intervals, cells, loci and nuclear reads never make a verdict stronger.

    Nuclear reads or flow cytometry, copies of the sheet or of depths. Ratios are within the
    plausible range, and their lower bounds above 1, which the direction assumes where they are
    unknown. The number of input cells is at least the one that counts where it is unknown.
    """
    f, of_all, nuclear, immune, tumor = x

    def verdict(own: NuclearReads, i: SampleFacts, t: SampleFacts) -> tuple[bool, bool, bool]:
        return answers((f, of_all, own, i, t), by_flow=by_flow, ambient=ambient)

    full = verdict(nuclear, immune, tumor)
    unmeasured = Measured()
    without = {
        "purity": verdict(nuclear, immune, replace(tumor, purity=unmeasured)),
        "interval of the purity": verdict(
            nuclear, immune, replace(tumor, purity=Measured(tumor.purity.value))
        ),
        "copies of the tumour": verdict(nuclear, immune, replace(tumor, copies=unmeasured)),
        "copies": verdict(nuclear, replace(immune, copies=unmeasured), tumor),
        "intervals of the copies": verdict(
            nuclear,
            replace(immune, copies=Measured(immune.copies.value)),
            replace(tumor, copies=Measured(tumor.copies.value)),
        ),
        "input_cells": verdict(nuclear, replace(immune, input_cells=math.nan), tumor),
        "cells_counted": verdict(nuclear, replace(immune, cells_counted=math.nan), tumor),
        "one library": verdict(nuclear, replace(immune, own_nuclear_reads=False), tumor),
        "nuclear reads": verdict(NuclearReads(), replace(immune, counted=unmeasured), tumor),
        "ploidy": verdict(nuclear, immune, replace(tumor, ploidy=math.nan)),
        "loci over the genome": verdict(nuclear, immune, replace(tumor, whole_genome=False)),
        "all but the reads": verdict(
            nuclear,
            SampleFacts(counted=immune.counted),
            SampleFacts(from_depths=tumor.from_depths),
        ),
    }  # fmt: skip
    if not by_flow:
        assumed = replace(nuclear, measured=False, curve=tumor_cells.at_most(nuclear.curve))
        without["tumour's reads"] = verdict(assumed, immune, replace(tumor, purity=unmeasured))
        assert not without["tumour's reads"][0]
        for share in (0.5, 0.1):
            few = replace(nuclear, curve=nuclear.curve * share)
            without[f"{share} of the loci"] = verdict(few, immune, tumor)
    for name, found in without.items():
        for was, now in zip(full, found, strict=True):
            assert now <= was, name
    assert not without["nuclear reads"][0]
