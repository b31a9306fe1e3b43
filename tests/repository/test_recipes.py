"""Recipes of the pages can be followed: their sheets, configuration and commands are real."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from places import RCRS, REPOSITORY
from snakemake_run import copy_workflow

from mitotransfer.counts import nuclear_snvs
from mitotransfer.inputs import columns, config
from mitotransfer.inputs.sheets import read_cohort

PAGES = ("README.md", "docs/howto.md", "docs/design_a_study.md", "docs/tutorial.md")
READ = "@r\nACGT\n+\nIIII\n"


def text(page: str) -> str:
    """A page, without the indent of blocks within lists."""
    return re.sub(r"^   (?=\S|   )", "", (REPOSITORY / page).read_text(), flags=re.MULTILINE)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[list[str]]:
    """Commands of the page that run a program of this repository, as words."""
    lines = [
        line for block in blocks(page, "sh") for line in block.replace("\\\n", " ").split("\n")
    ]
    found = [shlex.split(line, comments=True) for line in lines if line.startswith(".venv/bin/")]
    return [words for words in found if words]


COMMANDS = [words for page in PAGES for words in commands(page)]


def test_pages_have_commands():
    run = {Path(words[1]).stem for words in COMMANDS if words[0].endswith("python")}
    assert {"plan_study", "why_not_called", "make_sheet"} <= run
    assert sum(words[0].endswith("snakemake") for words in COMMANDS) >= 4


@pytest.mark.parametrize("page", PAGES)
def test_keys_of_the_configuration_exist(page):
    for block in blocks(page, "yaml"):
        config.check(yaml.safe_load(block))


@pytest.mark.parametrize("page", PAGES)
def test_columns_of_sheets_exist(page):
    known = {column.name for column in (*columns.SAMPLES, *columns.PATIENTS)}
    heads = r"^\| ((?:sample \| patient|patient \| cancer_type) \|.+)\|$"
    for head in re.findall(heads, text(page), re.MULTILINE):
        names = {cell.strip() for cell in head.split("|")}
        # Further columns of the patients' sheet are the user's own.
        assert names - known <= {"response", "age"}


def test_the_sheet_of_the_first_page_can_be_pasted(tmp_path):
    (paste,) = [block for block in blocks("README.md", "sh") if "<<'END'" in block]
    subprocess.run(["sh", "-c", paste], cwd=tmp_path, check=True)
    cohort = read_cohort(str(tmp_path / "my_samples.tsv"), None)
    assert set(cohort.samples) == {"P1-TIL", "P1-blood", "P1-tumor"}
    assert cohort.samples["P1-TIL"].units[0].fastq_2 == "reads/P1I_R2.fq.gz"


GATK = """#!{python}
import gzip, sys
import pysam
words = sys.argv[1:]
given = dict(zip(words, words[1:]))
asked = {{"Mutect2": ["-R", "-I", "-normal", "-O"], "FilterMutectCalls": ["-R", "-V", "-O"]}}
assert all(option in words for option in asked[words[0]]), words
if words[0] == "FilterMutectCalls":
    gzip.open(given["-V"]).read()
rows = ["##fileformat=VCFv4.2", "#CHROM\\tPOS\\tID\\tREF\\tALT\\tQUAL\\tFILTER\\tINFO",
        "chr1\\t12\\t.\\tA\\tG\\t.\\tPASS\\t.", "chr1\\t15\\t.\\tC\\tT\\t.\\tweak_evidence\\t."]
with pysam.BGZFile(given["-O"], "w") as out:
    out.write(("\\n".join(rows) + "\\n").encode())
"""


def test_somatic_calls_of_the_recipe_can_be_counted(tmp_path):
    """GATK is not at hand: a stub checks its options, and writes one SNV that passed of two."""
    (recipe,) = [block for block in blocks("docs/howto.md", "sh") if block.startswith("gatk")]
    stub = tmp_path / "gatk"
    stub.write_text(GATK.format(python=sys.executable))
    stub.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    subprocess.run(
        ["sh", "-e", "-c", recipe], cwd=tmp_path, check=True, env=os.environ | {"PATH": path}
    )
    loci = nuclear_snvs.read_loci(tmp_path / "somatic.vcf.gz", RCRS.facts)
    assert [(locus.chrom, locus.pos) for locus in loci] == [("chr1", 12)]
    assert recipe.split("-O ")[-1].strip() in text("docs/howto.md").split("nuclear_bam |", 1)[1]


def test_the_session_for_igv_is_where_the_page_says(tmp_path):
    """The rule writes the file that the page names; IGV itself opens it in a test of the demo."""
    (named,) = re.findall(r"`(patients/P01/P01\.igv\.xml)`", text("docs/howto.md"))
    rule = (REPOSITORY / "rules" / "report.smk").read_text()
    (written,) = re.findall(r'session="<results>/(.+)"', rule)
    assert written.format(patient="P01") == named


@pytest.mark.slow
def test_the_rules_can_be_used_in_another_workflow(home):
    """The page's Snakefile, with the path and the sheet that it leaves to the reader."""
    (block,) = blocks("docs/howto.md", "python")
    told = block.replace("path/to/mitotransfer/Snakefile", str(home.folder / "Snakefile"))
    own = home.folder / "own"
    own.mkdir()
    (own / "Snakefile").write_text(told)
    (own / "sheet.tsv").write_text(
        (home.folder / "samples.tsv").read_text().replace("reads/", f"{home.folder}/reads/")
    )
    planned = home.run("-n", "-s", str(own / "Snakefile"), "--directory", str(own)).stdout
    assert "mito_assess_cohort" in planned and "mito_render_report" in planned


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A copy of the workflow with the files that the pages name."""
    made = copy_workflow(tmp_path_factory.mktemp("recipes"))
    (made.folder / "reads").mkdir()
    rows = ["sample\tpatient\trole\tfastq_1"]
    for role in ("tumor", "immune", "normal"):
        (made.folder / "reads" / f"P1-{role}.fastq").write_text(READ)
        rows.append(f"P1-{role}\tP1\t{role}\treads/P1-{role}.fastq")
    (made.folder / "demo").mkdir()
    for name in ("samples.tsv", "my_samples.tsv", "demo/samples.tsv"):
        (made.folder / name).write_text("\n".join(rows) + "\n")
    for name in ("my_patients.tsv", "demo/patients.tsv"):
        (made.folder / name).write_text("patient\tcancer_type\nP1\tlung\n")
    (made.folder / "my.yaml").write_text("{samples: samples.tsv}\n")
    return made


def options(words: list[str]) -> set[str]:
    return {word for word in words if word.startswith("--")}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.slow
def test_commands_run(home, words):
    """Snakemake plans its commands; scripts know their options, and run without results."""
    if words[0].endswith("snakemake"):
        if "--report" not in words:  # needs a finished run: tests/workflow/test_workflow.py
            home.run("-n", *words[1:])
        return
    script = home.folder / words[1]
    told = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True)
    assert all(option in told.stdout for option in options(words)), told.stdout
    if "--results" not in words:
        # What is written goes beside what other commands read.
        written = {k + 1 for k, word in enumerate(words) if word in ("--output", "--patients")}
        command = [sys.executable, *(f"{len(words)}-{word}" if k in written else word
                                     for k, word in enumerate(words) if k)]  # fmt: skip
        done = subprocess.run(command, cwd=home.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
