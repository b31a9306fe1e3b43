"""Verdicts on cells and groups: each rule at its bounds; doubt never makes a verdict stronger."""

import math
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mitotransfer.cells import verdict
from mitotransfer.cells.verdict import Cell, Facts, Group, judge_cell, judge_group
from mitotransfer.inputs.cell_settings import Cells

NAN = math.nan
KNOWN = Facts(n_variants=3, ambient_measured=True, swap_measured=True, bulk_normal=True)
RECEIVER = Cell(120, 3, 0.12, 1e-4, 1e-6, 1e-8, 1e-4, 0.2, 0.01)
RECEIVERS = Group(500, 0.06, 0.12, 0.05, 0.005, 0.01, True)


@pytest.mark.parametrize(
    ("changes", "facts", "expected"),
    [
        ({}, {}, "transfer_supported"),
        ({"low": 0.05}, {}, "ambient_not_excluded"),
        ({"low": NAN}, {}, "ambient_not_excluded"),
        ({"q_value": 0.05}, {}, "ambient_not_excluded"),
        ({"q_value": NAN}, {}, "ambient_not_excluded"),
        ({"q_value": 0.2, "zero_q_value": 0.2}, {}, "ambient_not_excluded"),
        ({"q_value": 1, "zero_q_value": 1, "error_q_value": 1}, {}, "not_detected"),
        (
            {"q_value": 1, "zero_q_value": 1, "error_q_value": 1, "detection_limit": 0.6},
            {},
            "underpowered",
        ),
        (
            {"q_value": 1, "zero_q_value": 1, "error_q_value": 1, "detection_limit": NAN},
            {},
            "underpowered",
        ),
        ({"doublet": NAN}, {}, "doublet_not_excluded"),
        ({"doublet": 0.05}, {}, "doublet_not_excluded"),
        ({"doublet": 0.5}, {}, "explained_by_doublet"),
        ({"n_variants": 1}, {}, "single_variant"),
        ({"p_without": 0.01}, {}, "single_variant"),
        ({"p_without": NAN}, {}, "single_variant"),
        ({"fragments": 0}, {}, "underpowered"),
        ({}, {"dna": False}, "single_variant"),
        ({}, {"ambient_measured": False}, "ambient_not_excluded"),
        ({}, {"n_variants": 0}, "uninformative"),
        ({}, {"failed": True}, "failed_qc"),
    ],
)
def test_rules_of_a_cell(changes, facts, expected):
    found, flags = judge_cell(replace(RECEIVER, **changes), replace(KNOWN, **facts), Cells())
    assert found == expected and found in verdict.VERDICTS
    if expected == "transfer_supported":
        assert flags == ()


@pytest.mark.parametrize(
    ("changes", "facts", "expected"),
    [
        ({}, {}, "transfer_supported"),
        ({"doublets_high": 0.06}, {}, "doublet_not_excluded"),
        ({"doublets": 0.12}, {}, "explained_by_doublet"),
        ({"scored": False}, {}, "doublet_not_excluded"),
        ({"low_without": 0.01}, {}, "single_variant"),
        ({"low_without": NAN}, {}, "single_variant"),
        ({"low": 0.0, "high": 0.05}, {}, "not_detected"),
        ({"low": 0.0, "high": 0.051}, {}, "underpowered"),
        ({"low": NAN}, {}, "underpowered"),
        ({"cells": 0}, {}, "underpowered"),
        ({}, {"n_variants": 1}, "single_variant"),
        ({}, {"dna": False}, "single_variant"),
        ({}, {"ambient_measured": False}, "ambient_not_excluded"),
        ({}, {"n_variants": 0}, "uninformative"),
        ({}, {"failed": True}, "failed_qc"),
    ],
)
def test_rules_of_a_group(changes, facts, expected):
    found, _ = judge_group(replace(RECEIVERS, **changes), replace(KNOWN, **facts), Cells())
    assert found == expected


shares = st.one_of(st.floats(0, 1), st.just(NAN))
small = st.sampled_from([0.0, 1e-6, 0.001, 0.0099, 0.01, 0.049, 0.05, NAN])


#: Anything, and what is near the bounds of the rules: most of anything is not judged.
def near(start, **fields):
    """A case with a verdict of its own, and up to two of its facts that may be anything."""
    names = st.lists(st.sampled_from(sorted(fields)), max_size=2, unique=True)
    changes = names.flatmap(lambda some: st.fixed_dictionaries({n: fields[n] for n in some}))
    return changes.map(lambda values: replace(start, **values))


cells = st.one_of(
    st.builds(
        Cell, st.integers(0, 500), st.integers(0, 6), shares, shares, shares, shares, shares,
        shares, shares,
    ),
    near(
        RECEIVER, n_variants=st.sampled_from([1, 2, 3, 4]),
        low=st.sampled_from([0.0, 0.05, 0.06, 0.1, 0.2, NAN]), q_value=small,
        p_without=small, doublet=small,
    ),
)  # fmt: skip
groups = st.one_of(
    st.builds(Group, st.integers(0, 500), shares, shares, shares, shares, shares, st.booleans()),
    near(
        RECEIVERS, low=st.sampled_from([0.0, 0.02, 0.06, NAN]),
        low_without=st.sampled_from([0.0, 0.02, 0.06, NAN]), doublets=small,
        doublets_high=small, scored=st.booleans(),
    ),
)  # fmt: skip
facts = st.one_of(
    st.builds(
        Facts, st.booleans(), st.integers(0, 5), st.booleans(), st.booleans(), st.booleans(),
        st.booleans(),
    ),
    near(KNOWN, n_variants=st.integers(0, 3), ambient_measured=st.booleans(), dna=st.booleans()),
)  # fmt: skip


def test_a_supported_cell_meets_every_condition():
    seen = set()

    @settings(max_examples=300)
    @example(RECEIVER, KNOWN)
    @given(cells, facts)
    def check(cell, known):
        found, flags = judge_cell(cell, known, Cells())
        seen.add(found)
        assert found in verdict.VERDICTS
        if found == "transfer_supported":
            assert cell.doublet < 0.05 and cell.low > 0.05 and cell.q_value < 0.05
            assert cell.n_variants > 1 and cell.p_without < 0.01
            assert known.ambient_measured and known.dna and not known.failed
            assert {"no_doublet_score", "single_variant"}.isdisjoint(flags)

    check()
    assert "transfer_supported" in seen  # else the conditions were never asked for


@given(cells, facts, st.sampled_from(["low", "q_value", "p_without", "doublet"]))
def test_no_cell_is_supported_without_a_measurement(cell, known, name):
    assert judge_cell(replace(cell, **{name: NAN}), known, Cells())[0] != "transfer_supported"


def test_a_supported_group_exceeds_its_doublets():
    seen = set()

    @settings(max_examples=300)
    @example(RECEIVERS, KNOWN)
    @given(groups, facts)
    def check(group, known):
        found, _ = judge_group(group, known, Cells())
        seen.add(found)
        if found == "transfer_supported":
            assert group.scored and group.low > group.doublets_high
            assert group.low_without > group.doublets_high
            assert known.ambient_measured and known.dna and known.n_variants > 1

    check()
    assert "transfer_supported" in seen


@given(groups, facts, st.sampled_from(["low", "low_without", "doublets_high"]))
def test_no_group_is_supported_without_a_measurement(group, known, name):
    assert judge_group(replace(group, **{name: NAN}), known, Cells())[0] != "transfer_supported"


def test_flags_of_a_library_are_on_all_its_cells():
    poor = Facts(n_variants=2, dna=False)
    for _, flags in (judge_cell(RECEIVER, poor, Cells()), judge_group(RECEIVERS, poor, Cells())):
        assert set(flags) >= {
            "ambient_not_measured", "rna_alone", "no_bulk_normal", "swap_assumed",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("low", "without", "flagged"),
    [(0.03, 0.025, False), (0.03, 0.0, True), (0.06, 0.03, True), (0.06, 0.05, False)],
)
def test_a_share_that_may_be_doublets_rests_on_one_variant_if_it_goes_without_it(
    low, without, flagged
):
    """With 4 % doublets a lower bound of 3 % is no excess, with or without a variant."""
    group = replace(RECEIVERS, low=low, low_without=without, doublets_high=0.04)
    verdict, flags = judge_group(group, KNOWN, Cells())
    assert ("single_variant" in flags) is flagged
    if low < 0.04:
        assert verdict == "doublet_not_excluded"
