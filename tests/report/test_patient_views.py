"""Rows of the pages: missing numbers are neither drawn nor sorted as numbers."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from report_rows import record

from mitotransfer.report import patient_views, words
from mitotransfer.verdicts import explanations

NAN = math.nan


def test_missing_numbers_are_not_drawn_and_sort_last() -> None:
    row = patient_views.verdict_row(record("failed_qc", tumor_fraction=0.2), {})
    assert row["mark"] == {} and row["fraction"] == ("–", "")
    assert patient_views.sort_key(NAN) == ""


def test_prevalence_shows_both_denominators() -> None:
    columns = ["group", "value", "finding", "denominator", "patients", "positive",
               "prevalence", "prevalence_low", "prevalence_high"]  # fmt: skip
    frame = pd.DataFrame(
        [
            ["overall", "", "detected", "powered", 0.0, 0.0, NAN, 0.0, 1.0],
            ["overall", "", "detected", "all", 8.0, 2.0, 0.25, 0.03, 0.65],
        ],
        columns=columns,
    )
    (row,) = patient_views.prevalence_rows(frame)
    assert row["group"] == "All patients" and row["finding"] == "tumour mtDNA detected"
    assert row["cells"]["powered"]["share"] == "no patient to judge by"
    assert row["cells"]["powered"]["mark"] == {}
    assert row["cells"]["all"]["count"] == "2 of 8"
    assert (
        row["cells"]["all"]["mark"]["estimate"] == patient_views.MARGIN + patient_views.TRACK * 0.25
    )


def test_crosstalk_batches_take_the_worst_bound() -> None:
    frame = pd.DataFrame(
        {
            "sample": ["a", "b", "c"],
            "batch": ["1", "1", ""],
            "source": ["measured", "measured", "assumed"],
            "rate": [0.001, 0.003, NAN],
            "rate_high": [0.002, 0.02, 0.005],
            "from_tumor_high": [0.001, 0.004, NAN],
        }
    )
    none, first = patient_views.crosstalk_batches(frame)
    assert (none["batch"], none["rate"], none["source"]) == ("(none given)", "–", "assumed")
    assert (first["samples"], first["rate_high"]) == (2, words.percent(0.02))


def test_parameters_are_flattened() -> None:
    assert patient_views.parameters({"a": {"b": [1, 10]}, "c": True}) == [
        ("a.b", "1, 10"),
        ("c", "True"),
    ]


def test_every_explanation_has_words() -> None:
    assert set(patient_views.EXPLANATIONS) == set(explanations.EXPLANATIONS)


@pytest.mark.parametrize(("positive", "rows"), [(0, 1), (2, 2)])
def test_alleles_that_may_be_the_normals_are_shown_only_if_present(positive, rows):
    frame = pd.DataFrame(
        {
            "group": "overall", "value": "", "finding": ["detected", "baseline_not_excluded"],
            "denominator": "all", "patients": 9.0, "positive": [4.0, positive],
            "prevalence": 0.4, "prevalence_low": 0.1, "prevalence_high": 0.7,
        }
    )  # fmt: skip
    assert len(patient_views.prevalence_rows(frame)) == rows


def test_groups_without_a_patient_to_judge_by_are_left_out() -> None:
    columns = ["group", "value", "finding", "denominator", "patients", "positive",
               "prevalence", "prevalence_low", "prevalence_high"]  # fmt: skip
    rows = [
        ["stage", stage, "detected", denominator, float(n), 0.0, 0.0, 0.0, 1.0]
        for stage, powered in (("I", 0), ("II", 3))
        for denominator, n in (("powered", powered), ("all", 4))
    ]
    found = patient_views.prevalence_rows(pd.DataFrame(rows, columns=columns))
    assert [row["value"] for row in found] == ["II"]


def test_open_explanations_that_every_finding_has_are_told_once() -> None:
    rows = [
        record("transfer_supported", open_explanations="ambient_mtdna;reverse_transfer"),  # type: ignore[arg-type]
        record("contamination_not_excluded", open_explanations="ambient_mtdna"),  # type: ignore[arg-type]
        record("not_detected"),
    ]
    every = patient_views.open_for_all(rows)
    assert every == {"Free mtDNA of lysed tumour cells"}
    shown = [patient_views.verdict_row(row, {}, every)["open"] for row in rows]
    assert shown == [["Transfer in the other direction"], [], []]
    assert patient_views.open_for_all([rows[-1]]) == set()


def test_samples_of_a_patient_come_by_cells_and_time() -> None:
    rows = [
        {"cell_type": kind, "timepoint": day}
        for kind, day in (("CD8", "28"), ("CD8", ""), ("CD8", "7"), ("CD4", "100"))
    ]
    found = patient_views.in_order_of_time(rows)
    assert [row["timepoint"] for row in found] == ["100", "7", "28", ""]


def test_explanations_without_anything_to_explain_are_no_rows() -> None:
    rows = [
        {"explanation": "numt", "status": "not_assessed",
         "evidence": "No tumour mtDNA detected: nothing to explain."},
        {"explanation": "low_power", "status": "excluded", "evidence": "A fraction from 1 % on."},
    ]  # fmt: skip
    assert [row["name"] for row in patient_views.explanation_rows(rows)] == ["Too little power"]


def test_open_explanations_are_told_with_their_samples() -> None:
    rows = [
        record("transfer_supported", open_explanations="ambient_mtdna") | {"sample": "A"},
        record("not_detected", open_explanations="") | {"sample": "B"},
        record("transfer_supported", open_explanations="ambient_mtdna") | {"sample": "C"},
        record("contamination_not_excluded", open_explanations="numt") | {"sample": "D"},
    ]  # type: ignore[list-item]
    (first, of_first), (_, of_second) = patient_views.open_by_samples(rows)
    assert first == patient_views.open_explanations(rows[0])
    assert (of_first, of_second) == (["A", "C"], ["D"])
