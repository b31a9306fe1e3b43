"""The step that judges a library of single cells, as a command line."""

import sys
from unittest import mock

import numpy as np
import pytest
from cell_libraries import counted

import assess_cells
from mitotransfer.cells import cell_counts, tables
from mitotransfer.counts.allele_counts import Counts, empty_indels, save
from mitotransfer.genome import reference
from mitotransfer.simulate.cell_library import CellScenario, Subset, draw


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    subsets = (Subset("CD8", 200, share=0.3, fraction=0.3), Subset("B", 100))
    drawn = draw(CellScenario(subsets, tumor_cells=80, empty=300), 1)
    cells, annotation = counted(drawn, np.where(drawn.doublet, 0.95, 0.001))
    cell_counts.save(cells, folder / "L.cells.npz")
    annotation.rename_axis("barcode").to_csv(folder / "annotation.tsv", sep="\t")
    return folder


def run(folder, *words):
    outputs = {name: folder / f"L.{name}.tsv" for name in ("shares", "variants", "fractions")}
    outputs["cells"] = folder / "L.cells.tsv.gz"
    outputs["h5ad"] = folder / "L.cells.h5ad"
    argv = [
        "assess_cells.py", "--sample", "L", "--patient", "P", "--counts",
        folder / "L.cells.npz", "--annotation", folder / "annotation.tsv", "--bundle",
        reference.bundled(), *words,
    ]  # fmt: skip
    for name, path in outputs.items():
        argv += [f"--{name}", path]
    with mock.patch.object(sys, "argv", [str(word) for word in argv]):
        assess_cells.main()
    return (
        tables.CELLS.read(outputs["cells"]),
        tables.LIBRARY_SHARES.read(outputs["shares"]),
        tables.CELL_VARIANTS.read(outputs["variants"]),
    )


def test_tables_of_a_library(folder):
    cells, shares, variants = run(folder)
    assert set(shares["library"]) == {"L"} and set(shares["patient"]) == {"P"}
    verdicts = dict(zip(shares["cell_type"], shares["verdict"], strict=True))
    assert verdicts.keys() == {"all", "CD8", "B"}
    assert verdicts["all"] == verdicts["CD8"] == "transfer_supported"
    assert verdicts["B"] in ("not_detected", "underpowered")
    assert len(cells) == 300 and cells["flags"].str.contains("no_bulk_normal").all()
    assert variants["reason"].tolist() == ["", "", ""]


def test_anndata_reads_the_cells_with_their_fragments(folder):
    import anndata

    cells, _, variants = run(folder)
    found = anndata.read_h5ad(folder / "L.cells.h5ad")
    assert found.obs_names.tolist() == cells["barcode"].tolist()
    assert found.obs["mito_verdict"].tolist() == cells["verdict"].tolist()
    assert found.var_names.tolist() == ["1001C>T", "4001C>T", "8001C>T"]
    assert found.var["pos"].tolist() == variants["pos"].tolist()
    assert found.X.toarray().sum(axis=1).tolist() == cells["alt"].tolist()
    depth = found.layers["depth"].toarray()
    assert depth.sum(axis=1).tolist() == cells["informative_fragments"].tolist()
    assert depth.sum(axis=0).tolist() == variants["immune_depth"].tolist()


def test_a_bulk_normal_of_the_patient_is_used(folder):
    bases = np.zeros((16_569, 4, 2), np.uint32)
    bases[:, 1] = 2000
    bases[4000, 3] = 200
    save(Counts(bases, empty_indels(), {}), folder / "normal.npz")
    cells, _, variants = run(folder, "--normals", folder / "normal.npz")
    assert variants["reason"].tolist() == ["", "in_normal", ""]
    assert not cells["flags"].str.contains("no_bulk_normal").any()


def test_rna_without_dna_is_flagged(folder):
    cells, shares, _ = run(folder, "--assay", "sc_rna")
    assert cells["flags"].str.contains("rna_alone").all()
    assert "transfer_supported" not in set(shares["verdict"])
