"""The record of a run: its content and where it comes from, without a run."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from mitotransfer.inputs import checksums
from mitotransfer.workflow import run_record

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.skipif(not shutil.which("git"), reason="no git")
def test_the_commit_is_what_git_says(tmp_path):
    def git(*words: str) -> str:
        named = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        done = subprocess.run(named, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q")
    git("commit", "-qm", "x", "--allow-empty")
    head = git("rev-parse", "HEAD")
    for words in (["branch", "other"], ["pack-refs", "--all"], ["checkout", "-q", "--detach"]):
        git(*words)
        assert run_record.git_commit(tmp_path) == head


@pytest.mark.parametrize("packed", [None, f"{COMMIT} refs/heads/mainly\n"])
def test_a_folder_without_a_commit_has_none(tmp_path, packed):
    assert run_record.git_commit(tmp_path) is None
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    if packed:
        (tmp_path / ".git/packed-refs").write_text(packed)
    assert run_record.git_commit(tmp_path) is None


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    for name in (
        "transfer.tsv", "report/index.html", "patients/P/evidence.tsv", "patients/Q/evidence.tsv",
        "samples/S/S.bam", "samples/S/S.calls.tsv", "samples/R/R.calls.tsv",
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (tmp_path / "reads.fq").write_text("reads")
    rows = [
        checksums.record("input", tmp_path / "reads.fq"),
        checksums.record("output", folder / "samples/S/S.bam"),
    ]
    checksums.write(rows, folder / "samples/S/S.checksums.tsv")
    return folder


def test_a_record_names_what_went_in_and_what_came_out(repository, results, monkeypatch):
    run = {"command": "snakemake --cores 1", "directory": "/lab", "snakemake": "9"}
    monkeypatch.setenv(run_record.RUN_VARIABLE, json.dumps(run))
    sheet = results.parent / "sheet.tsv"
    sheet.write_text("sheet")
    written = run_record.Results(results, [results / "transfer.tsv"], ["S"], ["P"])
    given = run_record.Given([sheet], [sheet], {"verdict": {"power": 0.95}})
    found = run_record.run_record(repository, written, given, datetime(2026, 1, 2, tzinfo=UTC))
    assert found["run"] == run | {"finished": "2026-01-02T00:00:00+00:00"}
    assert found["config"] == {"verdict": {"power": 0.95}}
    assert {"call_variants", "assess_cohort"} <= found["workflow"]["code"].keys()
    assert {"reads", "cohort"} <= found["environments"].keys()
    assert found["software"]["packages"]["numpy"]

    def names(rows):
        return [(row["role"], row["path"].removeprefix(f"{results.parent}/")) for row in rows]

    assert names(found["inputs"]) == [
        ("sheet", "sheet.tsv"), ("input", "sheet.tsv"), ("input", "reads.fq"),
    ]  # fmt: skip
    # Samples and patients that are no longer in the sheets are left out.
    assert names(found["outputs"]) == [
        ("output", f"results/{name}") for name in (
            "patients/P/evidence.tsv", "report/index.html", "samples/S/S.bam",
            "samples/S/S.calls.tsv", "samples/S/S.checksums.tsv", "transfer.tsv",
        )
    ]  # fmt: skip
