"""Haplogroups are classified where a tree is configured, by a stub of the tool."""

import os

import pytest
from snakemake_run import REPOSITORY, copy_workflow

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

STUB = """#!/bin/sh
printf 'SampleID\\tHaplogroup\\n%s\\n' "$*" > "$7"
"""


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    made = copy_workflow(tmp_path_factory.mktemp("haplogroup"))
    reads = made.folder / "a.fastq"
    reads.write_text("@r\nACGT\n+\nIIII\n")
    (made.folder / "samples.tsv").write_text(
        f"sample\tpatient\trole\tfastq_1\nA\tP\ttumor\t{reads}\n"
    )
    vcf = made.folder / "out/samples/A/A.vcf.gz"
    vcf.parent.mkdir(parents=True)
    vcf.write_bytes(b"")
    return made


def run(workflow, *arguments):
    cohort = ["samples=samples.tsv", "patients=", "results=out"]
    return workflow.run("--cores", "1", "--config", *cohort, *arguments)


def classify(workflow):
    tree = 'haplogroup={"tree":"some tree"}'
    target = "out/samples/A/A.haplogroup.tsv"
    run(workflow, tree, "--force", "--allowed-rules", "classify_haplogroup", "--", target)
    return (workflow.folder / target).read_text()


def test_only_where_a_tree_is_configured(workflow):
    assert "classify_haplogroup" not in run(workflow, "-n").stdout
    assert "classify_haplogroup" in run(workflow, 'haplogroup={"tree":"t"}', "-n").stdout


def test_the_tool_gets_tree_and_calls(workflow, monkeypatch):
    folder = workflow.folder / "bin"
    folder.mkdir()
    (folder / "haplogrep3").write_text(STUB)
    (folder / "haplogrep3").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    text = classify(workflow)
    assert "classify --tree some tree --in out/samples/A/A.vcf.gz --out" in text


def test_without_the_tool_there_is_a_table_without_rows(workflow):
    assert classify(workflow) == "SampleID\tHaplogroup\tRank\tQuality\tRange\n"
    log = workflow.folder / "out/logs/classify_haplogroup/A.log"
    assert "not installed" in log.read_text()
    assert (REPOSITORY / "envs/haplogroup.yaml").is_file()
