"""Checks of rows that need several cells or rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer.inputs.row_checks import check_names, check_reads, join_lanes, plain_name


def lane(**cells):
    return {"sample": "S", "patient": "P", "role": "immune", "fastq_1": "a.fq"} | cells


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("P01", "p-1", True),
        ("P_001.2", "P1-02", True),
        ("P1", "P10", False),
        ("P1-2", "P12", False),
        ("P100", "P10", False),
        ("0", "00", True),
    ],
)
def test_names_without_punctuation_and_zeros(one, other, alike):
    assert (plain_name(one) == plain_name(other)) == alike


def test_a_lane_may_leave_the_cells_of_its_sample_empty():
    rows = [(2, lane(batch="")), (3, lane(batch="b1", note="x")), (4, lane(note="y"))]
    cells, problems = join_lanes("s.tsv", rows, {"sample", "patient", "role", "batch"})
    assert problems == [] and cells["S"]["batch"] == "b1" and "note" not in cells["S"]


def test_rna_is_told_not_to_be_judged():
    (problem,) = check_reads("s.tsv", 2, lane(assay="rna"))
    assert problem.warning and problem.column == "assay" and "RNA is not judged" in problem.message
    assert check_reads("s.tsv", 2, lane(assay="wgs")) == []


def test_every_lane_has_to_tell_who_the_sample_is():
    rows = [(2, lane()), (3, lane(patient=""))]
    _, (problem,) = join_lanes("s.tsv", rows, {"sample", "patient", "role"})
    assert (problem.line, problem.column) == (3, "patient")


@given(st.permutations([("b1", ""), ("", "d1"), ("b1", "d1"), ("", "")]))
def test_the_order_of_lanes_changes_nothing(order):
    rows = [(line, lane(batch=b, cell_type=c)) for line, (b, c) in enumerate(order, 2)]
    cells, problems = join_lanes("s.tsv", rows, {"batch", "cell_type"})
    assert problems == [] and cells == {"S": {"batch": "b1", "cell_type": "d1"}}


def test_names_that_differ_by_case_are_told_once():
    rows = [(2, lane()), (3, lane(patient="p", sample="T"))]
    (problem,) = check_names("s.tsv", rows)
    assert not problem.warning and "by case alone" in problem.message


def test_reads_have_their_columns():
    assert check_reads("s.tsv", 2, {"fastq_1": "a", "fastq_2": "b"}) == []
    (problem,) = check_reads("s.tsv", 2, {"fastq_2": "b"})
    assert problem.column == "fastq_1"
