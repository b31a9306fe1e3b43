"""The script that makes a sheet of samples from a folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import script_runs
from tsv import read_rows, write_rows

from mitotransfer.inputs.sheets import read_cohort


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    reads = tmp_path / "reads" / "run 1"
    reads.mkdir(parents=True)
    for k, name in enumerate(("P1-tumor", "P1-TIL", "P1-blood", "extra")):
        for lane in (1, 2):
            for mate in (1, 2):
                path = reads / f"{name}_S{k}_L00{lane}_R{mate}_001.fastq"
                path.write_text(f"@{name}{lane} {mate}:N:0:A\nACGT\n+\nIIII\n")
    (tmp_path / "reads" / "notes.txt").write_text("no reads")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return script_runs.run("make_sheet", "reads", *words)


def test_a_reviewed_sheet_can_be_run(folder):
    done = run("--patients", "patients.tsv")
    assert done.returncode == 0, done.stderr
    assert "samples.tsv: 4 samples in 8 rows. Look at the column review" in done.stderr
    rows = read_rows(folder / "samples.tsv")
    assert {(row["sample"], row["patient"], row["role"]) for row in rows} == {
        ("P1-tumor", "P1", "tumor"), ("P1-TIL", "P1", "immune"), ("P1-blood", "P1", "normal"),
        ("extra", "extra", ""),
    }  # fmt: skip
    assert [row["patient"] for row in read_rows(folder / "patients.tsv")] == ["P1", "extra"]
    reviewed = [row | {"role": row["role"] or "immune", "patient": "P1"} for row in rows]
    for row in reviewed:
        del row["review"]
    write_rows(folder / "reviewed.tsv", reviewed)
    cohort = read_cohort("reviewed.tsv", "")
    assert [len(sample.units) for sample in cohort.samples.values()] == [2, 2, 2, 2]
    # The sheet asks about patients.tsv beside it, and about nothing else.
    assert [problem.column for problem in cohort.warnings] == ["patients"]


@pytest.mark.parametrize("name", ["samples.tsv", "patients.tsv"])
def test_nothing_is_overwritten(folder, name):
    (folder / name).write_text("mine")
    done = run("--patients", "patients.tsv")
    assert done.returncode == 1
    assert done.stderr == f"make_sheet: {name}: is there already; name another file\n"
    assert (folder / name).read_text() == "mine"
    assert len(list(folder.iterdir())) == 2


def test_a_folder_without_reads_is_named(folder):
    for path in (folder / "reads" / "run 1").iterdir():
        path.unlink()
    done = run()
    assert done.returncode == 1
    assert done.stderr == "make_sheet: reads: no FASTQ, BAM or CRAM files\n"
