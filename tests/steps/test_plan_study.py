"""``plan_study.py`` as a command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pandas as pd
import pytest
import script_runs
from report_cohort import write_cohort


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return script_runs.run("plan_study", *words)


@pytest.mark.slow
def test_a_grid_of_designs_makes_table_and_figure(tmp_path: Path) -> None:
    done = run("--immune-depth", 500, 5000, "--purity", 1, "--tumor-vafs", "0.9,0.5",
               "--tumors", 3, "--output", tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["immune depth 500", "immune depth 5000"]
    table = pd.read_csv(tmp_path / "plan.tsv", sep="\t")
    assert table["detection_limit"].is_monotonic_decreasing and len(table) == 2
    assert {path.name for path in tmp_path.iterdir()} == {
        "plan.tsv", "plan.svg", "plan.png", "plan.pdf",
    }  # fmt: skip


def test_a_finished_cohort_gets_a_line_a_sample(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path / "results", 3, 2, with_counts=False)
    done = run("--results", folder, "--output", tmp_path / "plan")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3
    assert len((tmp_path / "plan" / "next.tsv").read_text().splitlines()) == 4


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    done = run("--purity", "2")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "--purity 2: expected a number above 0 and at most 1" in done.stderr
    assert run("--purity-stated", "maybe").returncode == 2
