"""The whole pipeline on two patients: its outputs, and reruns of what changed only."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from places import REPOSITORY
from snakemake_run import DEMO, Workflow, copy_workflow, run_demo
from tsv import read_rows, write_rows

pytestmark = pytest.mark.workflow

COHORT_RULES = {
    "write_sheets",
    "cohort_background",
    "assess_cohort",
    "associate_cohort",
    "summarise_qc",
    "render_report",
    "write_provenance",
}


#: Patients of the demo cohort, and those of their samples that are run: a trio, and a tumour alone.
SAMPLES = {"P01": ["P01-tumor", "P01-TIL-CD8", "P01-PBMC"], "P02": ["P02-tumor"]}


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Workflow:
    """A finished run on four shallow samples of the demo's first two patients."""
    folder = tmp_path_factory.mktemp("demo")
    scenario = yaml.safe_load((REPOSITORY / "config/simulation_demo.yaml").read_text())
    scenario["patients"] = [p for p in scenario["patients"] if p["patient"] in SAMPLES]
    for patient in scenario["patients"]:
        kept = SAMPLES[patient["patient"]]
        patient["samples"] = [s for s in patient["samples"] if s["sample"] in kept]
    path = folder / "scenario.yaml"
    path.write_text(yaml.safe_dump(scenario))
    return run_demo(folder / "workflow", "--scenario", str(path), "--depth", "200")


@pytest.fixture
def results(demo) -> Path:
    return demo.folder / "demo" / "results"


def test_outputs_of_the_contract_are_there(demo, results):
    for name in ("transfer.tsv", "shared_variants.tsv", "explanations.tsv"):
        assert (results / name).stat().st_size > 0
    assert (results / "cohort/prevalence.tsv").is_file()
    assert (results / "report/index.html").is_file()
    for row in read_rows(demo.folder / "demo/samples.tsv"):
        sample = results / "samples" / row["sample"]
        for suffix in (".bam", ".bam.bai", ".vcf.gz", ".vcf.gz.tbi", ".counts.npz", ".qc.json"):
            assert (sample / f"{row['sample']}{suffix}").is_file()
        assert (results / f"logs/count_alleles/{row['sample']}.log").is_file()
        assert (results / f"benchmarks/count_alleles/{row['sample']}.tsv").is_file()
        assert (results / f"report/patients/{row['patient']}.html").is_file()


def test_the_verdict_is_as_simulated(results):
    (row,) = (row for row in read_rows(results / "transfer.tsv") if row["patient"] == "P01")
    assert row["sample"] == "P01-TIL-CD8" and row["verdict"] == "transfer_supported"
    assert float(row["tumor_fraction_low"]) < 0.12 < float(row["tumor_fraction_high"])
    assert float(row["contamination_low"]) < 0.001


def test_snakemakes_own_report_holds_the_tables_and_the_site(demo, results, tmp_path):
    path = tmp_path / "report.zip"
    demo.run("--cores", "1", *DEMO, "--report", str(path))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        page = archive.read("report/report.html").decode()
    found = {Path(name).name for name in names}
    tables = {"transfer", "shared_variants", "explanations", "prevalence", "associations",
              "survival", "screening", "null_summary", "identity", "crosstalk"}  # fmt: skip
    assert {f"{name}.tsv" for name in tables} <= found
    assert {"index.html", "P01.html", "P01.circle.svg", "multiqc_report.html"} <= found
    for category in ("Answers", "Evidence", "Quality", "Report"):
        assert f'"{category}": {{' in page
    # It opens on the results in words.
    assert "whose samples could tell" in page and "app.showCategory" in page
    for label in ("Verdict on every immune sample", "Prevalence", "The whole report"):
        assert label in page
    assert "is not transfer: only" in page and "in whom it would have been detected" in page


def test_columns_are_those_of_the_reference(results):
    described = yaml.safe_load((REPOSITORY / "docs/outputs.yaml").read_text())
    for entry in described:
        path = entry["path"].format(sample="P01-TIL-CD8", patient="P01")
        if entry.get("optional"):
            assert not (results / path).exists(), path
        elif "columns" in entry:
            with (gzip.open if path.endswith(".gz") else open)(results / path, "rt") as handle:
                header = handle.readline().rstrip("\n").split("\t")
            assert header == list(entry["columns"]), path
        else:
            assert all((results / part).exists() for part in path.split(", ")), path
    tables = {path.relative_to(results).as_posix() for path in results.glob("cohort/*.tsv")}
    assert tables <= {entry["path"] for entry in described}


# --- what reruns -------------------------------------------------------------------------------


@contextmanager
def kept(*paths: Path) -> Iterator[None]:
    """Files as they were, times included, after the block."""
    before = {path: (path.read_bytes(), path.stat()) for path in paths if path.exists()}
    try:
        yield
    finally:
        for path in paths:
            if path in before:
                data, status = before[path]
                path.write_bytes(data)
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
            else:
                path.unlink(missing_ok=True)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) >= 1, f"{old!r} not in {path}"
    path.write_text(text.replace(old, new, 1))


def patients(demo: Workflow) -> set[str]:
    return {row["patient"] for row in read_rows(demo.folder / "demo/samples.tsv")}


def samples(demo: Workflow) -> set[str]:
    return {row["sample"] for row in read_rows(demo.folder / "demo/samples.tsv")}


def everything_from_calls(demo: Workflow) -> dict[str, set[str]]:
    return {
        "call_variants": samples(demo),
        "compare_samples": patients(demo),
        "show_reads": patients(demo),
        "cohort_background": {"all"},
        "assess_cohort": {"all"},
        "associate_cohort": {"all"},
        "render_report": {"all"},
        "write_provenance": {"all"},
    }


@pytest.mark.slow
def test_a_sheet_saved_anew_sorted_and_reformatted_reruns_nothing(demo):
    sheet = demo.folder / "demo/samples.tsv"
    with kept(sheet):
        write_rows(sheet, read_rows(sheet)[::-1], "\r\n")
        assert demo.plan(*DEMO) == {}


def test_a_sample_added_reruns_its_jobs_its_patient_and_the_cohort(demo):
    sheet = demo.folder / "demo/samples.tsv"
    table = read_rows(sheet)
    model = next(row for row in table if row["role"] == "immune")
    new = model | {"sample": "NEW", "nuclear_counts": ""}
    for mate in ("1", "2"):
        copy = demo.folder / f"demo/new_{mate}.fastq.gz"
        shutil.copy(demo.folder / model[f"fastq_{mate}"], copy)
        new[f"fastq_{mate}"] = str(copy.relative_to(demo.folder))
    with kept(sheet):
        write_rows(sheet, [*table, new])
        assert demo.plan(*DEMO) == {
            "count_alleles": {"NEW"},
            "call_variants": {"NEW"},
            "compare_samples": {model["patient"]},
            "show_reads": {model["patient"]},
        } | {rule: {"all"} for rule in COHORT_RULES}


@pytest.mark.slow
def test_a_sample_removed_reruns_its_patient_and_the_cohort(demo):
    sheet = demo.folder / "demo/samples.tsv"
    table = read_rows(sheet)
    gone = next(row for row in table if row["role"] == "immune")
    with kept(sheet):
        write_rows(sheet, [row for row in table if row["sample"] != gone["sample"]])
        plan = demo.plan(*DEMO)
    left = {row["patient"] for row in table if row["sample"] != gone["sample"]}
    own = {rule: {gone["patient"]} & left for rule in ("compare_samples", "show_reads")}
    assert plan == own | {rule: {"all"} for rule in COHORT_RULES}


def test_a_fastq_changed_reruns_its_sample_its_patient_and_the_cohort(demo):
    row = read_rows(demo.folder / "demo/samples.tsv")[0]
    reads = demo.folder / row["fastq_1"]
    with kept(reads):
        reads.write_bytes(reads.read_bytes() + gzip.compress(b""))
        plan = demo.plan(*DEMO)
    assert plan == {
        "count_alleles": {row["sample"]},
        "call_variants": {row["sample"]},
        "compare_samples": {row["patient"]},
        "show_reads": {row["patient"]},
    } | {rule: {"all"} for rule in COHORT_RULES - {"write_sheets"}}


@pytest.mark.slow
def test_a_function_edited_that_only_the_report_uses_reruns_the_report_only(demo):
    module = demo.folder / "scripts/mitotransfer/report/figures/patient.py"
    with kept(module):
        module.write_text(module.read_text() + "\n\ndef added() -> int:\n    return 1\n")
        rules = ("render_report", "write_provenance")
        assert demo.plan(*DEMO) == {rule: {"all"} for rule in rules}


def test_a_function_edited_that_calling_uses_reruns_from_calling(demo):
    module = demo.folder / "scripts/mitotransfer/errors/sample_errors.py"
    with kept(module):
        module.write_text(module.read_text() + "\n\ndef added() -> int:\n    return 1\n")
        assert demo.plan(*DEMO) == everything_from_calls(demo)


def test_a_finished_run_plans_nothing_after_a_comment_or_a_touch(demo):
    module = demo.folder / "scripts/mitotransfer/errors/sample_errors.py"
    script = demo.folder / "scripts/call_variants.py"
    with kept(module, script):
        module.write_text(module.read_text() + "\n# a comment\n")
        script.touch()
        assert demo.plan(*DEMO) == {}


# --- validation before anything runs -----------------------------------------------------------


def test_all_problems_are_reported_together_before_any_job(demo):
    sheet, config = demo.folder / "demo/samples.tsv", demo.folder / "config/config.yaml"
    with kept(sheet, config):
        replace(sheet, "\timmune\t", "\timmun\t")
        replace(sheet, ".fastq.gz", ".fastqgz")
        done = demo.run("--cores", "1", *DEMO, check=False)
        assert done.returncode != 0
        assert "2 problems in the input; nothing was run." in done.stdout
        assert "found 'immun', expected one of tumor, immune, normal" in done.stdout
        assert "expected a readable file: no such file or directory" in done.stdout
        replace(config, "min_alt_fragments:", "min_alt_fragment:")
        done = demo.run("--cores", "1", *DEMO, check=False)
        assert "unknown key; did you mean 'min_alt_fragments'?" in done.stdout
        assert "config.yaml:" in done.stdout


@pytest.mark.slow
def test_a_sequence_that_is_not_the_bundles_is_an_error(demo):
    fasta = demo.folder / "resources/human_rCRS/genome.fasta"
    with kept(fasta):
        replace(fasta, "GATCACAGG", "GATCACAGA")
        done = demo.run("-n", *DEMO, check=False)
        assert done.returncode != 0
        assert "is not the file whose checksum bundle.yaml has" in done.stdout


@pytest.mark.slow
def test_jobs_ask_for_more_the_larger_the_reads(tmp_path):
    workflow = copy_workflow(tmp_path / "workflow")
    sizes = {"small": 10**6, "large": 4 * 10**8, "huge": 10**11}
    rows = ["sample\tpatient\trole\tfastq_1"]
    for name, size in sizes.items():
        reads = workflow.folder / f"{name}.fastq.gz"
        reads.touch()
        os.truncate(reads, size)  # takes no room on the disk
        rows.append(f"{name}\tP1\ttumor\t{reads.name}")
    (workflow.folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    text = workflow.run("-n", "--cores", "8", "--config", "samples=samples.tsv", "patients=").stdout
    asked = {}
    for block in re.split(r"\n(?=(?:local)?rule \w+:\n)", text):
        found = re.match(r"rule (\w+):.*?wildcards: sample=(\w+)", block, re.DOTALL)
        if found:
            memory = int(re.findall(r"mem_mb=(\d+)", block)[0])
            asked[found[1], found[2]] = memory, block.count("threads: 4")
    assert asked["count_alleles", "small"] == (1300, 0)
    assert asked["count_alleles", "large"] == (1000 + 4 * 300 + 80, 1)
    assert asked["count_alleles", "huge"] == (1000 + 4 * 300 + 2000, 1)


@pytest.mark.slow
def test_jobs_ask_for_more_the_larger_the_decoy(tmp_path):
    workflow = copy_workflow(tmp_path / "workflow")
    (workflow.folder / "reads.fastq").write_text("@r\nACGT\n+\nIIII\n")
    sheet = "sample\tpatient\trole\tfastq_1\nA\tP1\ttumor\treads.fastq\n"
    (workflow.folder / "samples.tsv").write_text(sheet)
    (workflow.folder / "decoy.fa").touch()
    os.truncate(workflow.folder / "decoy.fa", 50 * 10**6)
    config = workflow.folder / "config/config.yaml"
    replace(config, 'decoy_fasta: ""', "decoy_fasta: decoy.fa")
    text = workflow.run("-n", "--cores", "1", "--config", "samples=samples.tsv", "patients=").stdout
    asked = {
        rule: int(re.search(rf"\nrule {rule}:\n.*?mem_mb=(\d+)", text, re.DOTALL)[1])
        for rule in ("index_reference", "count_alleles")
    }
    assert asked == {"index_reference": 1000 + 50 * 120, "count_alleles": 1300 + 50 * 10}
