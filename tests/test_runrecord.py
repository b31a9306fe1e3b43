"""The record of a run, without one: what stands in it and where it is taken from."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mitotransfer import checksums, runrecord

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BRANCH = {"HEAD": "ref: refs/heads/main"}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"HEAD": COMMIT}, COMMIT),
        (BRANCH | {"refs/heads/main": COMMIT}, COMMIT),
        (
            BRANCH | {"packed-refs": f"# \n{COMMIT} refs/heads/main\n"},
            COMMIT,
        ),
        (BRANCH | {"packed-refs": f"{COMMIT} refs/heads/mainly\n"}, None),
        (BRANCH, None),
        ({}, None),
    ],
)
def test_the_commit_is_read_from_the_files_of_a_checkout(tmp_path, files, found):
    for name, text in files.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    assert runrecord.git_commit(tmp_path) == found


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
    monkeypatch.setenv(runrecord.RUN_VARIABLE, json.dumps(run))
    sheet = results.parent / "sheet.tsv"
    sheet.write_text("sheet")
    found = runrecord.run_record(
        repository, results, [results / "transfer.tsv"], ["S"], ["P"], [sheet], [sheet],
        {"verdict": {"power": 0.95}}, datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip
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
    # Of samples and patients that are not in the sheets any more nothing is said.
    assert names(found["outputs"]) == [
        ("output", f"results/{name}") for name in (
            "patients/P/evidence.tsv", "report/index.html", "samples/S/S.bam",
            "samples/S/S.calls.tsv", "samples/S/S.checksums.tsv", "transfer.tsv",
        )
    ]  # fmt: skip
