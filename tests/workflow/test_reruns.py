"""What changes against what reruns: a table over the plan of a finished run.

Each row edits one thing, asks for the plan and puts it back. ``-n`` on the tiny cohort takes two
seconds of CPU time; nothing is run but the cohort itself, once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tiny_cohort
from snakemake_run import Workflow, copy_workflow
from tsv import read_rows

pytestmark = [pytest.mark.workflow, pytest.mark.slow, pytest.mark.exhaustive]

TUMOR, IMMUNE = "P01-tumor", "P01-TIL-CD8"
#: Stages in the order of the data; each reruns all that come after it.
SAMPLE = ["count_alleles", "call_variants"]
READS_QC = "summarise_qc"
COHORT = ["cohort_background", "assess_cohort", "associate_cohort", "render_report"]
CHAIN = [SAMPLE[0], READS_QC, SAMPLE[1], "compare_samples", "show_reads", *COHORT]
EVERYTHING = ["index_reference", *CHAIN]
#: Written anew after any change: the record of the run.
PROVENANCE = "write_provenance"


def after(stage: str) -> list[str]:
    return EVERYTHING[EVERYTHING.index(stage) :]


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> Workflow:
    workflow = copy_workflow(tmp_path_factory.mktemp("reruns") / "workflow")
    tiny_cohort.make(workflow.folder / "cohort")
    tiny_cohort.run(workflow, "results", cores=2)
    return workflow


def plan(workflow: Workflow) -> set[str]:
    """Rules that would run; the sample of each per-sample job is checked."""
    return set(workflow.plan(*tiny_cohort.arguments("results"))) - {PROVENANCE}


@contextmanager
def edited(path: Path, edit: Callable[[str], str]) -> Iterator[None]:
    """A file with another text, and as it was, times included, after the block."""
    text, status = path.read_text(), path.stat()
    new = edit(text)
    assert new != text, f"the edit of {path.name} changed nothing"
    path.write_text(new)
    try:
        yield
    finally:
        path.write_text(text)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cell(sample: str, column: str, value: str) -> Callable[[str], str]:
    """An edit of one cell of a sheet whose rows are named in their first column."""

    def edit(text: str) -> str:
        header, *lines = [line.split("\t") for line in text.rstrip("\n").split("\n")]
        if column not in header:
            header = [*header, column]
        table = []
        for line in lines:
            row = dict(zip(header, [*line, ""], strict=False))
            table.append([value if row[header[0]] == sample and c == column else row[c]
                          for c in header])  # fmt: skip
        return "\n".join("\t".join(cells) for cells in [header, *table]) + "\n"

    return edit


def key(section: str, name: str, value: str) -> Callable[[str], str]:
    """An edit of one key of the configuration."""

    def edit(text: str) -> str:
        before, head, rest = text.partition(f"\n{section}:\n")
        lines = rest.split("\n")
        at = next(i for i, line in enumerate(lines) if line.startswith(f"  {name}:"))
        lines[at] = f"  {name}: {value}"
        return before + head + "\n".join(lines)

    return edit


def more_code(text: str) -> str:
    return text + "\n\ndef added() -> int:\n    return 1\n"


SHEET, PATIENTS, CONFIG = "cohort/samples.tsv", "cohort/patients.tsv", "config/config.yaml"
MODULES = "scripts/mitotransfer"
SHEETS_ONLY = ["write_sheets", READS_QC, *COHORT]
BY_PATIENT = ["write_sheets", READS_QC, "compare_samples", "show_reads", *COHORT]

#: What is edited, how, and which rules rerun.
MATRIX: dict[str, tuple[str, Callable[[str], str], list[str]]] = {
    # A row of the sheet, column by column.
    "sheet: cell_type": (SHEET, cell(IMMUNE, "cell_type", "CD4"), SHEETS_ONLY),
    "sheet: timepoint": (SHEET, cell(IMMUNE, "timepoint", "7"), SHEETS_ONLY),
    "sheet: batch": (SHEET, cell(IMMUNE, "batch", "run9"), SHEETS_ONLY),
    "sheet: mtdna_copies": (SHEET, cell(IMMUNE, "mtdna_copies", "500"), BY_PATIENT),
    "sheet: nuclear_counts": (SHEET, cell(IMMUNE, "nuclear_counts", ""), BY_PATIENT),
    "sheet: assay": (SHEET, cell(IMMUNE, "assay", "wgs"), ["write_sheets", *CHAIN]),
    "sheet: platform": (SHEET, cell(IMMUNE, "platform", "iontorrent"), ["write_sheets", *CHAIN]),
    "sheet: tumor_cell_fraction": (SHEET, cell(IMMUNE, "tumor_cell_fraction", "0.01"), BY_PATIENT),
    "sheet: role": (
        SHEET,
        # Only a tumour sample has a purity.
        lambda text: cell(TUMOR, "purity", "")(cell(TUMOR, "role", "normal")(text)),
        BY_PATIENT,
    ),
    "sheet: a column of the lab's own": (SHEET, cell(IMMUNE, "freezer", "B7"), []),
    "sheet: rows in another order": (
        SHEET,
        lambda text: "\n".join([text.split("\n")[0], *text.split("\n")[:0:-1][1:]]) + "\n",
        [],
    ),
    "sheet: Windows line ends and a byte-order mark": (
        SHEET,
        lambda text: "\ufeff" + text.replace("\n", "\r\n"),
        [],
    ),
    "patients: stage": (PATIENTS, cell("P01", "stage", "0"), SHEETS_ONLY),
    # The report shows it.
    "patients: a column of the lab's own": (PATIENTS, cell("P01", "note", "x"), SHEETS_ONLY),
    # A key of each section.
    "config: reads": (CONFIG, key("reads", "extension", "900"), after("index_reference")),
    "config: counting": (CONFIG, key("counting", "read_end", "8"), after("count_alleles")),
    "config: calling": (CONFIG, key("calling", "min_depth", "31"), after("call_variants")),
    "config: informative": (
        CONFIG,
        key("informative", "min_tumor_vaf", "0.06"),
        ["compare_samples", "show_reads", *COHORT[1:]],
    ),
    "config: contamination": (
        CONFIG,
        key("contamination", "sequencing_error", "0.002"),
        ["compare_samples", "show_reads", *COHORT[1:]],
    ),
    "config: qc": (CONFIG, key("qc", "min_mean_depth", "60"), COHORT),
    "config: identity": (CONFIG, key("identity", "max_differences", "9"), COHORT),
    "config: crosstalk": (CONFIG, key("crosstalk", "assumed_high", "0.004"), COHORT),
    "config: verdict": (CONFIG, key("verdict", "power", "0.9"), COHORT[1:]),
    "config: screening": (CONFIG, key("screening", "max_tumor_fraction", "0.1"), COHORT[1:]),
    "config: report": (CONFIG, key("report", "title", "Mine"), [READS_QC, *COHORT[3:]]),
    # A module of each stage.
    "code: aligning": (f"{MODULES}/reads/align.py", more_code, after("count_alleles")),
    "code: counting": (f"{MODULES}/counts/kernel.py", more_code, after("count_alleles")),
    "code: error model": (f"{MODULES}/errors/sample_errors.py", more_code, after("call_variants")),
    "code: cross-talk": (f"{MODULES}/cohort/crosstalk.py", more_code, COHORT),
    "code: verdict": (f"{MODULES}/verdicts/verdict.py", more_code, COHORT[1:]),
    "code: report": (f"{MODULES}/report/figures/patient.py", more_code, COHORT[3:]),
    "code: template of the report": (
        f"{MODULES}/report/templates/base.html.j2",
        lambda text: text + "\n",
        COHORT[3:],
    ),
    "code: a comment": (f"{MODULES}/errors/sample_errors.py", lambda text: text + "\n# why\n", []),
    # A script of each stage.
    "script: call_variants": (
        "scripts/call_variants.py",
        lambda text: text.replace("def run(", "def added():\n    return 1\n\n\ndef run("),
        after("call_variants"),
    ),
    "script: associate_cohort": (
        "scripts/associate_cohort.py",
        lambda text: text.replace("def main(", "def added():\n    return 1\n\n\ndef main("),
        COHORT[2:],
    ),
    # Facts of the genome.
    "bundle: a fact": (
        "resources/human_rCRS/bundle.yaml",
        lambda text: text.replace("gene_prefix: MT-", "gene_prefix: MT"),
        EVERYTHING,
    ),
}


@pytest.mark.parametrize("row", MATRIX)
def test_an_edit_reruns_only_what_it_changes(done, row):
    path, edit, expected = MATRIX[row]
    with edited(done.folder / path, edit):
        # Quick, and read only by the report: reruns with any key or module.
        assert plan(done) - {"write_config"} == set(expected)


def test_a_finished_run_plans_nothing(done):
    assert done.plan(*tiny_cohort.arguments("results")) == {}


def test_jobs_of_other_samples_do_not_rerun(done):
    """A sample's reads in another file: its own three jobs, its patient's and the cohort's."""
    sheet = done.folder / SHEET
    rows = read_rows(sheet)
    row = next(row for row in rows if row["sample"] == TUMOR)
    reads = done.folder / row["fastq_1"]
    copy = reads.with_name("lane2_R1.fastq.gz")
    copy.write_bytes(reads.read_bytes())
    with edited(sheet, cell(TUMOR, "fastq_1", str(copy.relative_to(done.folder)))):
        found = done.plan(*tiny_cohort.arguments("results"))
    assert {rule: found[rule] for rule in SAMPLE} == {rule: {TUMOR} for rule in SAMPLE}
    assert found["compare_samples"] == {"P01"}
    assert set(found) - {PROVENANCE} == set(CHAIN)
