"""Files that cannot be used: their samples end as ``failed_qc``, and the others are judged."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pysam
import pytest
import tiny_cohort
from snakemake_run import Workflow, copy_workflow
from tsv import read_rows, write_rows

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

#: Samples whose files cannot be used, with a role and a part of the reason.
BAD = {
    "cut-record": ("immune", "cut_record.fastq: malformed FASTQ at record 2000"),
    "cut-gzip": ("immune", "cut.fastq.gz"),
    "out-of-step": ("immune", "mates out of step at record 501"),
    "one-lane": ("immune", "cut_lane.fastq.gz"),
    "no-reads": ("immune", "no_reads.fastq.gz: no reads in the file"),
    "no-mito": ("immune", "none of 500 reads aligns to the mitogenome"),
    "noise": ("immune", "noise.bam: not a readable BAM or CRAM file"),
    "cut-bam": ("tumor", "cut.bam: the file is truncated"),
    "no-contig": ("normal", "no_contig.bam: no mitochondrial contig"),
}


def records(path: Path) -> list[bytes]:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    return [b"".join(lines[i : i + 4]) for i in range(0, len(lines), 4)]


def write_bad_files(folder: Path, fastq: Path, good_bam: Path) -> None:
    """The files of ``BAD``; ``fastq`` holds one for each mate, to be cut."""
    folder.mkdir()
    first, second = (records(fastq / f"P01-PBMC_R{mate}.fastq.gz")[:2000] for mate in (1, 2))
    rng = np.random.default_rng(1)
    alien = "".join(
        f"@r{i}\n{''.join(rng.choice(list('ACGT'), 100))}\n+\n{'I' * 100}\n" for i in range(500)
    )
    (folder / "cut_record.fastq").write_bytes(b"".join(first)[:-60])
    (folder / "cut.fastq.gz").write_bytes(gzip.compress(b"".join(first))[:-2000])
    (folder / "cut_lane.fastq.gz").write_bytes(gzip.compress(b"".join(first[1000:]))[:-2000])
    (folder / "lane.fastq").write_bytes(b"".join(first[:900]))
    (folder / "step_1.fastq").write_bytes(b"".join(first))
    (folder / "step_2.fastq").write_bytes(b"".join(second[:500] + second[501:]))
    (folder / "no_reads.fastq.gz").write_bytes(gzip.compress(b""))
    (folder / "no_mito.fastq").write_text(alien)
    (folder / "noise.bam").write_bytes(rng.bytes(5000))
    (folder / "cut.bam").write_bytes(good_bam.read_bytes()[:-5000])
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 1000}]}
    with pysam.AlignmentFile(folder / "no_contig.bam", "wb", header=header):
        pass
    (folder / "nuclear.tsv").write_text(
        "chrom\tpos\tref\talt\tref_count\talt_count\nchr1\t5\tA\tC\tmany\t1\n"
    )


def bad_rows(columns: list[str], folder: str) -> list[dict[str, str]]:
    """Rows of the sheet for ``BAD``."""
    files = {
        "cut-record": [("cut_record.fastq", "", "")],
        "cut-gzip": [("cut.fastq.gz", "", "")],
        "out-of-step": [("step_1.fastq", "step_2.fastq", "")],
        "one-lane": [("lane.fastq", "", ""), ("cut_lane.fastq.gz", "", "")],
        "no-reads": [("no_reads.fastq.gz", "", "")],
        "no-mito": [("no_mito.fastq", "", "")],
        "noise": [("", "", "noise.bam")],
        "cut-bam": [("", "", "cut.bam")],
        "no-contig": [("", "", "no_contig.bam")],
    }
    rows = []
    for name, (role, _) in BAD.items():
        for paths in files[name]:
            given = dict(zip(("fastq_1", "fastq_2", "bam"), paths, strict=True))
            reads = {column: path and f"{folder}/{path}" for column, path in given.items()}
            one = {"sample": name, "patient": "P01", "role": role}
            rows.append(dict.fromkeys(columns, "") | one | reads)
    return rows


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Workflow:
    workflow = copy_workflow(tmp_path_factory.mktemp("bad_files") / "workflow")
    tiny_cohort.make(workflow.folder / "cohort")
    return workflow


@pytest.fixture(scope="module")
def run(home: Workflow) -> tuple[dict[str, str], str]:
    """The verdict on the good immune sample alone; what the run with bad samples printed."""
    tiny_cohort.run(home, "results", cores=2)
    results, sheet = home.folder / "results", home.folder / "cohort/samples.tsv"
    (alone,) = read_rows(results / "transfer.tsv")
    fastq = home.folder / "cohort/fastq"
    write_bad_files(home.folder / "cohort/bad", fastq, results / "samples/P01-PBMC/P01-PBMC.bam")
    good = [row | {"bam": ""} for row in read_rows(sheet)]
    write_rows(sheet, good + bad_rows(list(good[0]), "cohort/bad"))
    return alone, tiny_cohort.run(home, "results", "--show-failed-logs", cores=2)


def test_the_others_get_the_answers_that_they_have_without_the_bad_samples(home, run):
    alone, _ = run
    rows = {row["sample"]: row for row in read_rows(home.folder / "results/transfer.tsv")}
    assert rows[alone["sample"]] == alone


def test_each_bad_sample_ends_as_failed_qc_with_its_reason(home, run):
    _, printed = run
    results = home.folder / "results"
    verdicts = {row["sample"]: row for row in read_rows(results / "transfer.tsv")}
    who = {row["sample"]: row for row in read_rows(results / "cohort/identity.tsv")}
    page = (results / "qc/multiqc_report.html").read_text()
    patient = (results / "report/patients/P01.html").read_text()
    for name, (role, reason) in BAD.items():
        assert who[name]["status"] == "failed" and reason in who[name]["reason"]
        qc = json.loads((results / f"samples/{name}/{name}.qc.json").read_text())
        assert reason in qc["failed"] and qc["mean_depth"] == 0
        assert reason in (results / f"logs/count_alleles/{name}.log").read_text()
        assert f"  {name}: " in printed and name in page and name in patient
        if role == "immune":
            assert verdicts[name]["verdict"] == "failed_qc"
            assert verdicts[name]["flags"].startswith("immune_failed")
            assert f"{name}: " in verdicts[name]["evidence"]
            assert reason in verdicts[name]["evidence"]
    assert "none of 500 reads aligns to the mitogenome" in page
    # Told before the first job, and again at the end.
    said = "cohort/samples.tsv:10: fastq_1: no reads in 'cohort/bad/no_reads.fastq.gz'"
    assert printed.count(said) == 2 and f"Warning: {said}" in printed


def test_a_run_again_has_nothing_to_do_and_may_be_told_to_stop(home, run):
    assert home.plan(*tiny_cohort.arguments("results")) == {}
    (home.folder / "stop.yaml").write_text("checks: {stop_on_bad_file: true}\n")
    words = tiny_cohort.arguments("results", "--configfile", "config/config.yaml", "stop.yaml")
    done = home.run(*words, check=False)
    assert done.returncode != 0 and "nothing was run" in done.stdout
    assert "noise.bam' is no readable BAM or CRAM file" in done.stdout
    # What only counting finds stops there.
    sheet = home.folder / "cohort/samples.tsv"
    before = sheet.read_text()
    write_rows(sheet, [r for r in read_rows(sheet) if r["sample"] not in BAD.keys() - {"no-mito"}])
    (home.folder / "results/samples/no-mito/no-mito.counts.npz").unlink()
    try:
        done = home.run(*words, check=False)
    finally:
        sheet.write_text(before)
    assert done.returncode != 0
    assert "none of 500 reads aligns to the mitogenome" in done.stdout


def test_tumour_without_reads_and_nuclear_counts_that_cannot_be_read(home, run):
    """All tumours fail: the immune samples are not judged, and the reason is the tumour's."""
    sheet = home.folder / "cohort/samples.tsv"
    before = sheet.read_text()
    rows = read_rows(sheet)
    kept = [r for r in rows if r["sample"] not in BAD or r["sample"] == "cut-bam"]
    write_rows(sheet, [row for row in kept if row["sample"] != "P01-tumor"])
    try:
        tiny_cohort.run(home, "results", cores=2)
        (row,) = read_rows(home.folder / "results/transfer.tsv")
        assert row["verdict"] == "failed_qc" and row["flags"].startswith("tumor_failed")
        assert "cut-bam: cohort/bad/cut.bam" in row["evidence"]
        # A slip in the table of one immune sample.
        for one in kept:
            if one["role"] == "immune":
                one["nuclear_counts"] = "cohort/bad/nuclear.tsv"
        write_rows(sheet, [row for row in kept if row["sample"] != "cut-bam"])
        tiny_cohort.run(home, "results", cores=2)
        (row,) = read_rows(home.folder / "results/transfer.tsv")
        assert (row["verdict"], row["excess_low"]) == ("failed_qc", "")
        assert "nuclear.tsv:2: ref_count: found 'many'" in row["evidence"]
        assert "nuclear_counts_refused" in row["flags"]
    finally:
        sheet.write_text(before)
