"""``simulate_cohort.py`` as a command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import script_runs
from tsv import read_rows


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return script_runs.run("simulate_cohort", *arguments)


def test_command_line_writes_a_cohort_and_names_its_errors(tmp_path: Path) -> None:
    scenario = tmp_path / "tiny.yaml"
    scenario.write_text(
        "patients:\n- patient: A\n  samples:\n  - {sample: A-t, role: tumor}\n"
        "  - {sample: A-n, role: normal, depth: 4}\n"
    )
    done = run("--output", tmp_path / "out", "--scenario", scenario, "--depth", "3")
    assert done.returncode == 0, done.stderr
    assert len(read_rows(tmp_path / "out" / "samples.tsv")) == 2
    scenario.write_text("patients: [")
    failed = run("--output", tmp_path / "out", "--scenario", scenario)
    assert failed.returncode == 1
    assert str(scenario) in failed.stderr and "Traceback" not in failed.stderr
    missing = run("--output", tmp_path / "out", "--scenario", tmp_path / "none.yaml")
    assert missing.returncode == 1 and "none.yaml" in missing.stderr
