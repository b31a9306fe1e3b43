"""Custom content for MultiQC, and the report that MultiQC makes of it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from even_counts import META, counts_of_depth
from places import SCRIPTS
from simulated_reads import RCRS

from mitotransfer.counts import quality
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.report import multiqc

SCRIPT = SCRIPTS / "summarise_qc.py"


def summary(name, forward, reverse):
    meta = {**META, "sample": name}
    bases = counts_of_depth(forward, reverse)
    bases[300, 2, 0] += 1  # an error, of A
    return quality.summarise(Counts(bases, empty_indels(), meta), RCRS)


@pytest.fixture(scope="module")
def samples():
    empty = {**dict.fromkeys(META, 0), "sample": "none", "own_allele_vaf": 0.03}
    empty |= {"insert_sizes": [], "duplicates": None, "duplicates_by_chance": None}
    nothing = quality.summarise(Counts(counts_of_depth(0, 0), empty_indels(), empty), RCRS)
    return {"S_1.a": summary("S_1.a", 90, 30), "T": summary("T", 5, 15), "none": nothing}


def test_sections_hold_the_figures(samples):
    found = {section["id"]: section["data"] for section in multiqc.sections(samples)}
    assert set(found) == {"mito_general"} | {
        f"mito_{key}" for key in ("coverage", "substitutions", "inserts", "duplicates", "strands",
                                  "numts", "origin")
    }  # fmt: skip
    assert found["mito_general"]["S_1.a"]["mean_depth"] == pytest.approx(120, abs=0.01)
    assert found["mito_general"]["S_1.a"]["used_share"] == 75
    assert found["mito_coverage"]["T"][50] == 20
    assert found["mito_strands"]["T"] == pytest.approx({"forward": 25, "reverse": 75}, abs=0.001)
    assert found["mito_duplicates"]["T"] == pytest.approx({"chance": 2.5, "beyond": 7.5})
    assert found["mito_numts"]["T"] == pytest.approx({"mismatches": 12, "decoy": 20})
    assert found["mito_inserts"]["T"] == {0: 0, 10: 25, 20: 75}
    assert (
        found["mito_substitutions"]["S_1.a"]["A>G"] > 0 == found["mito_substitutions"]["T"]["A>G"]
    )
    assert "none" not in found["mito_duplicates"] and "none" not in found["mito_strands"]


def test_multiqc_makes_a_report_of_it(samples, tmp_path):
    lines = ["sample\tpatient"]
    for name, figures in samples.items():
        folder = tmp_path / "samples" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.qc.json").write_text(json.dumps(figures))
        lines.append(f"{name}\tP")
    (tmp_path / "samples.tsv").write_text("\n".join(lines) + "\n")
    output = tmp_path / "qc" / "multiqc_report.html"
    command = [sys.executable, SCRIPT, "--samples", tmp_path / "samples.tsv", "--samples-folder",
               tmp_path / "samples", "--title", "Test <b>", "--output", output]  # fmt: skip
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = output.read_text()
    for text in (
        "Heteroplasmy error rate by substitution",
        "Insert size",
        "Duplicates",
        "Strand balance",
        "NUMT share",
        "Origin coverage",
        "Coverage",
        "S_1.a",
    ):
        assert text in page
    assert "Test <b>" not in page
    assert [path.name for path in output.parent.iterdir()] == ["multiqc_report.html"]
    (tmp_path / "samples/T/T.qc.json").write_text("{")
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
