"""Haplogroups are classified where a tree is configured, by a stub of the tool."""

import os

import pytest
from snakemake_run import copy_workflow

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

NO_ROWS = "SampleID\tHaplogroup\tRank\tQuality\tRange\n"
LINE = "SampleID\tRange\tHaplogroup\tPolymorphisms\nA\t1-16569\t?\t73G\n"
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
    hsd = made.folder / "out/samples/A/A.hsd"
    hsd.parent.mkdir(parents=True)
    hsd.write_text(LINE)
    (made.folder / "out/cohort").mkdir()
    return made


def run(workflow, *arguments):
    cohort = ["samples=samples.tsv", "patients=", "results=out"]
    return workflow.run("--cores", "1", "--config", *cohort, *arguments)


def classify(workflow, rule="classify_haplogroup", target="out/samples/A/A.haplogroup.tsv"):
    tree = 'haplogroup={"tree":"some tree"}'
    run(workflow, tree, "--force", "--allowed-rules", rule, "--", target)
    return (workflow.folder / target).read_text()


def classify_foreign(workflow, lines):
    (workflow.folder / "out/cohort/foreign.hsd").write_text(lines)
    return classify(workflow, "classify_foreign", "out/cohort/foreign_haplogroups.tsv")


def test_only_where_a_tree_is_configured(workflow):
    assert "classify_haplogroup" not in run(workflow, "-n").stdout
    planned = run(workflow, 'haplogroup={"tree":"t"}', "-n").stdout
    assert "classify_haplogroup" in planned and "classify_foreign" in planned


def put_tool(workflow, monkeypatch, program):
    folder = workflow.folder / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "haplogrep3").write_text(program)
    (folder / "haplogrep3").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_the_tool_gets_tree_and_haplotype(workflow, monkeypatch):
    put_tool(workflow, monkeypatch, STUB)
    text = classify(workflow)
    assert "classify --tree some tree --in out/samples/A/A.hsd --out" in text
    text = classify_foreign(workflow, LINE)
    assert "classify --tree some tree --in out/cohort/foreign.hsd --out" in text
    assert classify_foreign(workflow, "") == NO_ROWS  # nobody to ask the tool about


def test_without_the_tool_there_is_a_table_without_rows(workflow):
    assert classify(workflow) == NO_ROWS
    assert classify_foreign(workflow, LINE) == NO_ROWS
    log = workflow.folder / "out/logs/classify_haplogroup/A.log"
    assert "not installed" in log.read_text()


@pytest.mark.parametrize(
    "program",
    [
        "#!/bin/sh\necho 'Error: Tree some tree not found.'\nexit 1\n",
        '#!/bin/sh\necho broken > "$7"\nexit 1\n',
        "#!/bin/sh\nexit 0\n",
    ],
    ids=["fails", "fails halfway", "writes nothing"],
)
def test_a_tool_that_fails_names_none_and_stops_nothing(workflow, monkeypatch, program):
    put_tool(workflow, monkeypatch, program)
    assert classify(workflow) == NO_ROWS
    assert {path.name for path in (workflow.folder / "out/samples/A").iterdir()} == {
        "A.hsd",
        "A.haplogroup.tsv",
    }
    log = (workflow.folder / "out/logs/classify_haplogroup/A.log").read_text()
    assert "haplogrep3 failed; to try again, delete out/samples/A/A.haplogroup.tsv" in log
