"""The workflow as a module of another one, with conda environments, and its provenance."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from places import REPOSITORY
from snakemake_run import copy_workflow

import mitotransfer

SCENARIO = """
depth: {tumor: 200, immune: 200, normal: 250}
patients:
  - patient: A
    scenario: transfer at 30 %
    expected: transfer_supported
    batch: run1
    somatic: [1.0, 0.9]
    nuclear: {loci: 100, depth: 50}
    samples:
      - {sample: A-tumor, role: tumor, mtdna_copies: 300, purity: 1}
      - {sample: A-TIL, role: immune, transfer: 0.3, mtdna_copies: 300, input_cells: 20000}
      - {sample: A-PBMC, role: normal}
"""
#: Another workflow that uses all rules under a prefix, and then their results.
OUTER = """
module mitotransfer:
    snakefile:
        "../workflow/Snakefile"
    config:
        {"samples": "cohort/samples.tsv", "results": "mito/results"}


use rule * from mitotransfer as mito_*


rule verdicts:
    input:
        "mito/results/transfer.tsv",
        "mito/results/provenance.json",
    output:
        "verdicts.txt",
    default_target: True
    shell:
        "cut -f 5 {input[0]} > {output}"
"""
#: What Snakemake asks of conda. An environment's python says which script it ran.
CONDA = """#!/bin/sh
case "$*" in
    "info --json") echo '{{"conda_prefix": "{base}", "platform": "linux-64"}}' ;;
    --version) echo "conda 26.1.0" ;;
    "clean "*) ;;
    "config --get channel_priority --json") echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
    "env create"*)
        while [ $# -gt 0 ]; do
            case "$1" in --file) file=$2 ;; --prefix) prefix=$2 ;; esac
            shift
        done
        mkdir -p "$prefix/bin"
        printf '#!/bin/sh\\necho "$1" >> "%s.used"\\nexec {python} "$@"\\n' "$prefix" \\
            > "$prefix/bin/python"
        chmod +x "$prefix/bin/python" ;;
    *) echo "unexpected: conda $*" >&2; exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Outer:
    folder: Path
    log: str

    @property
    def results(self) -> Path:
        return self.folder / "mito" / "results"


def stub_conda(folder: Path) -> Path:
    """A folder with a ``conda`` that makes environments of the running interpreter."""
    (folder / "bin").mkdir(parents=True)
    conda = folder / "bin" / "conda"
    conda.write_text(CONDA.format(base=folder, python=sys.executable))
    conda.chmod(0o755)
    (folder / "bin" / "activate").write_text('export PATH="$1/bin:$PATH"\n')
    return folder / "bin"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A copy of the workflow, and beside it a folder with another one and a simulated cohort."""
    place = tmp_path_factory.mktemp("deployment")
    copy_workflow(place / "workflow")
    folder = place / "outer"
    folder.mkdir()
    (folder / "Snakefile").write_text(OUTER)
    (folder / "scenario.yaml").write_text(SCENARIO)
    simulate = REPOSITORY / "scripts" / "simulate_cohort.py"
    words = ["--scenario", "scenario.yaml", "--output", "cohort"]
    subprocess.run([sys.executable, simulate, *words], cwd=folder, check=True)
    return place


@pytest.fixture(scope="module")
def outer(place) -> Outer:
    """A finished run of a workflow that uses this one as a module, with conda environments."""
    folder = place / "outer"
    path = os.pathsep.join([str(stub_conda(place / "conda")), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", "--sdm", "conda", "--logger", "rich"],
        cwd=folder,
        env=os.environ | {"PATH": path, "TERM": "dumb"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return Outer(folder, done.stdout)


@pytest.mark.workflow
def test_a_first_dry_run_from_elsewhere_plans_every_job(tmp_path):
    copy_workflow(tmp_path / "workflow")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    sheet = "sample\tpatient\trole\tfastq_1\n"
    for role in ("tumor", "immune", "normal"):
        reads = f"@{role}\n{'ACGT' * 20}\n+\n{'I' * 80}\n"
        (folder / f"{role}.fastq").write_text(reads)
        sheet += f"A-{role}\tA\t{role}\t{role}.fastq\n"
    (folder / "samples.tsv").write_text(sheet)
    words = ["-n", "--cores", "1", "--config", "samples=samples.tsv", "patients="]
    words += ["results=planned"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "-s", "../workflow/Snakefile", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^count_alleles +3$", done.stdout, re.MULTILINE)
    assert not (folder / "planned").exists()


@pytest.mark.slow
@pytest.mark.workflow
def test_another_workflow_can_use_the_rules(outer):
    assert (outer.folder / "verdicts.txt").read_text().splitlines() == [
        "verdict",
        "transfer_supported",
    ]
    assert not (outer.folder / "results").exists()


@pytest.mark.slow
@pytest.mark.workflow
def test_progress_is_shown_by_rule(outer):
    assert re.search(r"mito count alleles +3", outer.log)
    assert "mito_assess_cohort" in outer.log or "mito assess cohort" in outer.log


@pytest.mark.slow
@pytest.mark.workflow
def test_every_step_runs_in_its_own_environment(outer):
    made = outer.folder / ".snakemake" / "conda"
    ran = {}
    for used in made.glob("*.used"):
        content = yaml.safe_load(used.with_name(f"{used.stem}.yaml").read_text())
        for script in set(used.read_text().split()):
            ran[Path(script).stem] = content
    rules = "".join(path.read_text() for path in (REPOSITORY / "rules").glob("*.smk"))
    for script, content in ran.items():
        ((name,),) = {
            tuple(re.findall(r'"\.\./envs/(\w+)\.yaml"', rule))
            for rule in re.split(r"\n *rule ", rules)
            if f'script=script("{script}")' in rule
        }
        assert content == yaml.safe_load((REPOSITORY / "envs" / f"{name}.yaml").read_text())
    assert {"count_alleles", "call_variants", "compare_samples"} <= set(ran)
    assert {"cohort_background", "assess_cohort", "render_report", "write_provenance"} <= set(ran)


@pytest.mark.parametrize("path", sorted((REPOSITORY / "envs").glob("*.yaml")), ids=lambda p: p.stem)
def test_a_strict_parser_understands_the_pins(path):
    from rattler import MatchSpec

    for dependency in yaml.safe_load(path.read_text())["dependencies"]:
        if isinstance(dependency, str):
            assert str(MatchSpec(dependency, strict=True).name)


@pytest.mark.slow
@pytest.mark.workflow
def test_provenance_names_versions_command_and_parameters(outer):
    found = json.loads((outer.results / "provenance.json").read_text())
    assert found["workflow"]["version"] == mitotransfer.__version__
    assert found["run"]["command"].endswith("--cores 2 --sdm conda --logger rich")
    assert found["config"]["fraction"]["confidence"] == 0.95
    assert found["software"]["packages"]["numpy"]
    assert any("numpy" in str(pin) for pin in found["environments"]["calls"])
    scripts = {path.stem for path in (REPOSITORY / "scripts").glob("*.py")}
    assert set(found["workflow"]["code"]) == scripts


@pytest.mark.slow
@pytest.mark.workflow
def test_provenance_holds_the_checksum_of_every_file(outer):
    found = json.loads((outer.results / "provenance.json").read_text())
    rows = {row["path"]: row for row in found["inputs"] + found["outputs"]}
    for row in rows.values():
        data = (outer.folder / row["sha256_of"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"], row
    named = {"cohort/samples.tsv", *(f"cohort/nuclear/{n}.tsv" for n in ("A-TIL",))}
    reads = {
        str(path.relative_to(outer.folder)) for path in (outer.folder / "cohort/fastq").iterdir()
    }
    assert named | reads <= {row["path"] for row in found["inputs"]}
    unlisted = {
        str(path.relative_to(outer.folder))
        for folder in ("samples", "patients", "cohort", "qc", "report")
        for path in (outer.results / folder).rglob("*")
        if path.is_file() and path.suffix != ".bai"
    } - {row["path"] for row in found["outputs"]}
    assert not unlisted
