"""A human tumour with T cells of a mouse, through the whole chain."""

from __future__ import annotations

import pytest
from snakemake_run import copy_workflow
from tsv import read_rows, write_rows
from two_species import human_and_mouse, write_reads

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

#: Share of human mtDNA by sample: of two co-cultures, one with transfer, one whose normal is not
#: of mouse cells alone.
SAMPLES = {
    "T": ("P", "tumor", 1.0),
    "I": ("P", "immune", 0.05),
    "N": ("P", "normal", 0.0),
    "T2": ("Q", "tumor", 1.0),
    "I2": ("Q", "immune", 0.0),
    "N2": ("Q", "normal", 0.02),
}


def test_the_share_of_the_tumours_species_is_found(tmp_path):
    workflow = copy_workflow(tmp_path / "workflow")
    home, rows = workflow.folder, []
    for name, (patient, role, share) in SAMPLES.items():
        lane = write_reads(home / name, share, 12_000)
        row = {"sample": name, "patient": patient, "role": role, "assay": "wgs"}
        rows.append(row | {"fastq_1": lane.fastq_1.name, "fastq_2": lane.fastq_2.name})
    write_rows(home / "samples.tsv", rows)
    write_rows(home / "patients.tsv", [{"patient": p, "design": "allogeneic"} for p in "PQ"])
    (home / "more.yaml").write_text("reference: {host_bundle: mouse_C57BL6J}\n")
    words = ["--configfile", "config/config.yaml", "more.yaml", "--config", "samples=samples.tsv"]
    workflow.run("--cores", "2", *words, "patients=patients.tsv", "results=out")
    found = {row["sample"]: row for row in read_rows(home / "out/transfer.tsv")}
    assert set(found) == {"I", "I2"}
    given = found["I"]
    assert int(given["n_informative"]) == len(human_and_mouse().markers)
    low, high = float(given["tumor_fraction_low"]), float(given["tumor_fraction_high"])
    assert low < 0.05 < high and high - low < 0.02
    assert given["verdict"] == "contamination_not_excluded"
    assert float(found["I2"]["tumor_fraction"]) == 0.0 and found["I2"]["verdict"] == "not_detected"
    assert "other_species" in found["I2"]["flags"] and "other_species" not in given["flags"]
    species = {row["sample"]: row for row in read_rows(home / "out/cohort/species.tsv")}
    assert [name for name, row in species.items() if row["finding"]] == ["N2"]
    assert "of human" in species["N2"]["finding"] and species["T"]["tumor_share"] == "1"
