"""The whole demo cohort: verdicts as simulated and as documented."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from places import REPOSITORY
from snakemake_run import Workflow, make
from tsv import read_rows

pytestmark = [pytest.mark.workflow, pytest.mark.slow]


@pytest.fixture(scope="module")
def demo() -> Workflow:
    """The finished demo of this checkout; what is missing or of older code runs first."""
    # Workers that share out this file's tests would start it at once and meet Snakemake's lock.
    with open(REPOSITORY / "Makefile") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        make("demo")
    return Workflow(REPOSITORY)


@pytest.fixture
def results(demo) -> Path:
    return demo.folder / "demo" / "results"


def test_every_verdict_is_as_simulated(demo, results):
    truth = pd.read_csv(demo.folder / "demo/truth/truth_samples.tsv", sep="\t").set_index("sample")
    found = pd.read_csv(results / "transfer.tsv", sep="\t").set_index("sample")
    assert set(found.index) == set(truth.index)
    verdicts = pd.DataFrame({"expected": truth.expected_verdict, "found": found.verdict})
    assert (verdicts.expected == verdicts.found).all(), verdicts
    assert len(set(truth.expected_verdict)) == 7


def test_intervals_hold_the_simulated_fractions(demo, results):
    truth = pd.read_csv(demo.folder / "demo/truth/truth_samples.tsv", sep="\t").set_index("sample")
    found = pd.read_csv(results / "transfer.tsv", sep="\t").set_index("sample").loc[truth.index]
    judged = ~found.verdict.isin(["failed_qc", "uninformative"])
    total = truth.tumor_fraction
    # 95 % intervals of independent samples: one miss in a dozen is within chance.
    inside = (found.tumor_fraction_low <= total) & (total <= found.tumor_fraction_high)
    assert inside[judged].sum() >= judged.sum() - 1, found.assign(truth=total)[judged].T


def test_negatives_state_a_limit_and_positives_a_reason(results):
    table = pd.read_csv(results / "transfer.tsv", sep="\t")
    negative = table.verdict.isin(["not_detected", "underpowered"])
    assert table.detection_limit[negative].notna().all()
    assert table.evidence.str.len().gt(20).all()


@pytest.mark.parametrize("name", ["samples.tsv", "patients.tsv"])
def test_the_bundled_sheets_are_those_of_the_demo(demo, name):
    _, *bundled = (REPOSITORY / "config" / name).read_text().splitlines()
    assert bundled == (demo.folder / "demo" / name).read_text().splitlines()


def test_the_tutorial_states_the_results_of_the_demo(results):
    text = (REPOSITORY / "docs/tutorial.md").read_text()
    told = dict(re.findall(r"^\| `(P\d\d-TIL\S*)` \| `(\w+)` \|", text, re.MULTILINE))
    assert told == {row["sample"]: row["verdict"] for row in read_rows(results / "transfer.tsv")}


@pytest.mark.skipif(not (shutil.which("igv") and shutil.which("xvfb-run")), reason="no IGV")
def test_igv_opens_the_session_without_the_network(demo, results, tmp_path):
    """IGV (Debian's, without a screen) loads genome, BAM and VCF, and draws them."""
    fasta = tmp_path / "other.fa"
    shutil.copy(results / "reference/chrM.fa", fasta)
    shutil.copy(results / "reference/chrM.fa.fai", f"{fasta}.fai")
    batch = tmp_path / "batch.txt"
    session = results / "patients/P01/P01.igv.xml"
    steps = [f"genome {fasta}", f"load {session}", f"snapshotDirectory {tmp_path}"]
    batch.write_text("\n".join([*steps, "snapshot seen.png", "exit", ""]))
    words = ["xvfb-run", "-a", "-s", "-screen 0 1400x900x24", "igv", "-g", fasta, "-b", batch]
    home = os.environ | {"_JAVA_OPTIONS": f"-Duser.home={tmp_path}"}
    done = subprocess.run(
        list(map(str, words)), env=home, capture_output=True, text=True, timeout=240, check=True
    )
    loaded = re.findall(r"Loading resource: .*/(.+)$", done.stdout + done.stderr, re.MULTILINE)
    names = ("P01-tumor", "P01-TIL-CD4", "P01-TIL-CD8", "P01-PBMC")
    assert set(loaded) == {f"{name}.{kind}" for name in names for kind in ("bam", "vcf.gz")}
    assert (tmp_path / "seen.png").stat().st_size > 20_000
