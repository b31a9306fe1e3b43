"""A simulated cohort with a library of cells on disk."""

from pathlib import Path

import pysam
import pytest
from tsv import read_rows

from mitotransfer.inputs import cell_annotation, sheets
from mitotransfer.simulate import cell_files, cell_plans

RAW = {
    "depth": {"normal": 5},
    "patients": [
        {"patient": "P1", "somatic": [1.0, 0.7], "samples": [{"sample": "N1", "role": "normal"}]}
    ],
    "libraries": [
        {
            "library": "L1", "patient": "P1", "tumor_cells": 5, "tumor_depth": 3, "empty": 10,
            "subsets": [
                {"name": "CD8", "cells": 12, "depth": 3, "share": 0.5, "doublets": 0.4},
                {"name": "CD4", "cells": 8, "depth": 3},
            ],
            "expected": {"CD4": "not_detected"},
        }
    ],
}  # fmt: skip


def write(folder, raw=RAW):
    scenario, plans = cell_plans.parse(raw)
    cell_files.write_libraries(scenario, plans, 1, folder)
    return folder


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    return write(tmp_path_factory.mktemp("cells") / "out")


def test_the_sheet_is_one_that_the_pipeline_reads(cohort):
    found = sheets.read_cohort(cohort / "samples.tsv", cohort / "patients.tsv")
    assert list(found.libraries) == ["L1"]
    assert found.libraries["L1"].groups == {"tumor": 5, "immune": 20}
    assert "N1" in found.samples


def test_annotation_and_barcodes_are_those_of_the_truth(cohort):
    truth = {row["barcode"]: row for row in read_rows(cohort / "truth/truth_cells.tsv")}
    assert len(truth) == 35
    frame = cell_annotation.read(cohort / "cells/L1.cells.tsv")
    assert set(frame.index) == {b for b, row in truth.items() if row["droplet"] != "empty"}
    for barcode, row in frame.iterrows():
        kind = truth[barcode]["droplet"]
        assert row["cell_role"] == ("tumor" if kind == "tumor" else "immune")
        assert row["cell_type"] == kind
        assert (row["doublet_score"] > 0.5) == (truth[barcode]["tumor_cell_beside"] == "true")
    listed = [row["barcode"] for row in read_rows(cohort / "cells/L1.barcodes.tsv")]
    assert listed == sorted(truth)
    with pysam.AlignmentFile(str(cohort / "cells/L1.bam")) as source:
        assert {read.get_tag("CB") for read in source} <= set(truth)


def test_the_truth_of_a_library_counts_its_cells(cohort):
    rows = {row["cell_type"]: row for row in read_rows(cohort / "truth/truth_libraries.tsv")}
    cells = read_rows(cohort / "truth/truth_cells.tsv")
    assert [int(rows[kind]["cells"]) for kind in ("all", "CD8", "CD4")] == [20, 12, 8]
    receivers = sum(float(cell["tumor_fraction"]) > 0 for cell in cells)
    assert int(rows["CD8"]["receivers"]) == int(rows["all"]["receivers"]) == receivers > 0
    assert int(rows["CD8"]["doublets"]) > 0
    assert rows["CD4"]["expected_verdict"] == "not_detected" and not rows["all"]["expected_verdict"]


def test_the_truth_of_variants_names_modified_sites_too(cohort, tmp_path):
    rows = read_rows(cohort / "truth/truth_cell_variants.tsv")
    assert {(row["library"], row["kind"]) for row in rows} == {("L1", "somatic")}
    assert sorted(row["tumor_vaf"] for row in rows) == ["0.7", "1"]
    site = {"pos": 2617, "alt": "T", "tumor": 0.5, "other": 0.1}
    library = RAW["libraries"][0] | {"assay": "sc_rna", "modified": [site]}
    folder = write(tmp_path / "out", RAW | {"libraries": [library]})
    modified = [row for row in read_rows(folder / "truth/truth_cell_variants.tsv")
                if row["kind"] == "modified"]  # fmt: skip
    assert [(row["pos"], row["ref"], row["alt"], row["other_vaf"]) for row in modified] == [
        ("2617", "A", "T", "0.1")
    ]


def test_a_modified_site_is_not_the_reference(tmp_path):
    site = {"pos": 2617, "alt": "A", "tumor": 0.5, "other": 0.1}
    library = RAW["libraries"][0] | {"assay": "sc_rna", "modified": [site]}
    with pytest.raises(ValueError, match="L1: 2617A is the reference's"):
        write(tmp_path / "out", RAW | {"libraries": [library]})


def test_the_same_seed_gives_the_same_bytes(cohort, tmp_path):
    again = write(tmp_path / "again")

    def files(folder: Path) -> dict:
        return {
            path.relative_to(folder): path.read_bytes().replace(str(folder).encode(), b"")
            for path in sorted(folder.rglob("*")) if path.is_file()
        }  # fmt: skip

    assert files(cohort) == files(again)


def test_a_library_without_scores_has_none(tmp_path):
    library = RAW["libraries"][0] | {"scored": False}
    folder = write(tmp_path / "out", RAW | {"libraries": [library]})
    header = (folder / "cells/L1.cells.tsv").read_text().partition("\n")[0].split("\t")
    assert "doublet_score" not in header and "tumor_score" in header
