"""Tumours with a large deletion or a frameshift, through the whole chain from reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from snakemake_run import run_demo
from tsv import read_rows

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

SCENARIO = "config/simulation_deletions.yaml"
Rows = Mapping[str, dict[str, str]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_demo(tmp_path_factory.mktemp("deletions"), "--scenario", SCENARIO).folder / "demo"


@pytest.fixture(scope="module")
def found(demo: Path) -> Rows:
    return {row["sample"]: row for row in read_rows(demo / "results/transfer.tsv")}


def _interval(row: Mapping[str, str]) -> tuple[float, float]:
    return float(row["tumor_fraction_low"]), float(row["tumor_fraction_high"])


def test_verdicts_and_intervals_are_as_simulated(demo: Path, found: Rows) -> None:
    truth = {row["sample"]: row for row in read_rows(demo / "truth/truth_samples.tsv")}
    assert {name: row["verdict"] for name, row in found.items()} == {
        name: row["expected_verdict"] for name, row in truth.items()
    }
    judged = [name for name, row in found.items() if row["verdict"] != "uninformative"]
    assert len(judged) == 6
    for name in judged:
        low, high = _interval(found[name])
        assert low <= float(truth[name]["tumor_fraction"]) <= high, name


def test_a_tumour_of_which_most_is_deleted_tells_as_much_as_another(found: Rows) -> None:
    low, high = _interval(found["D02-TIL"])
    other_low, other_high = _interval(found["D03-TIL"])
    assert high - low < 1.1 * (other_high - other_low)


def test_the_evidence_is_a_junction_or_an_indel(demo: Path) -> None:
    types = {}
    for patient in ("D01", "D02", "D04", "D05", "D06"):
        rows = read_rows(demo / f"results/patients/{patient}/evidence.tsv")
        types[patient] = sorted({row["type"] for row in rows if row["usable"] == "true"})
    assert types == {
        "D01": ["junction"], "D02": ["SNV", "junction"], "D04": ["deletion"], "D05": ["junction"],
        "D06": [],
    }  # fmt: skip


def test_what_unrelated_samples_show_at_a_repeat_is_not_enough(found: Rows) -> None:
    row = found["D05-TIL"]
    assert "direct_repeat_only" in row["flags"] and row["verdict"] != "transfer_supported"


def test_pages_name_the_deletion(demo: Path) -> None:
    page = (demo / "results/report/patients/D01.html").read_text()
    assert "m.6001_11999del" in page and re.search(r"\bdeletion", page)
