"""A library of single cells through the whole workflow."""

from __future__ import annotations

import cell_cohort
import numpy as np
import pytest
from snakemake_run import Workflow, copy_workflow
from tsv import read_rows

from mitotransfer.cells import cell_counts, tables
from mitotransfer.counts import allele_counts

pytestmark = [pytest.mark.workflow, pytest.mark.slow]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells")
    roles = cell_cohort.write_cohort(folder / "reads")
    workflow = copy_workflow(folder / "workflow")
    options = [f"samples={folder}/reads/samples.tsv", "results=results"]
    workflow.run("--cores", "2", "--config", *options)
    return workflow.folder / "results", roles


def test_the_cells_of_each_role_are_samples_like_others(cohort):
    results, roles = cohort
    rows = read_rows(results / "cohort/samples.tsv")
    assert [(row["sample"], row["role"]) for row in rows] == [
        ("L1.immune", "immune"), ("N1", "normal"), ("L1.tumor", "tumor"),
    ]  # fmt: skip
    for role in ("tumor", "immune"):
        counts = allele_counts.load(results / f"samples/L1.{role}/L1.{role}.counts.npz")
        assert not counts.failed
        assert counts.meta["cells"] == len(roles[role])
    evidence = read_rows(results / "patients/P1/evidence.tsv")
    assert {int(row["pos"]) - 1 for row in evidence} == set(cell_cohort.TUMOR)
    (verdict,) = read_rows(results / "transfer.tsv")
    assert verdict["sample"] == "L1.immune"
    assert verdict["verdict"] in ("not_detected", "underpowered")


def test_cells_are_counted_where_the_tumour_has_its_own_alleles(cohort):
    results, roles = cohort
    cells = cell_counts.load(results / "samples/L1/L1.cells.npz")
    assert cells.positions.tolist() == list(cell_cohort.TUMOR)
    assert {b for b, found in zip(cells.barcodes, cells.is_cell, strict=True) if found} == {
        *roles["tumor"], *roles["immune"],
    }  # fmt: skip
    assert set(cells.barcodes) == set().union(*roles.values())
    alleles = [allele for _, allele in cells.meta["candidates"]]
    tumor = cells.counts[:, np.arange(len(alleles)), alleles].sum(axis=1)
    share = tumor / np.maximum(cells.counts.sum(axis=(1, 2)), 1)
    for barcode, found in zip(cells.barcodes, share.tolist(), strict=True):
        assert found == (barcode in roles["tumor"])


def test_the_origin_of_the_reads_is_on_record(cohort):
    results, _ = cohort
    rows = read_rows(results / "samples/L1.immune/L1.immune.checksums.tsv")
    assert [row["path"].rsplit("/", 1)[-1] for row in rows] == ["L1.bam", "L1.bam", "cells.tsv"]
    assert [row["role"] for row in rows] == ["shared", "output", "shared"]


def test_every_immune_cell_has_a_verdict(cohort):
    results, roles = cohort
    cells = tables.CELLS.read(results / "samples/L1/L1.cells.tsv.gz")
    assert set(cells["barcode"]) == set(roles["immune"])
    assert set(cells["verdict"]) <= {"not_detected", "underpowered"}
    variants = tables.CELL_VARIANTS.read(results / "samples/L1/L1.cell_variants.tsv")
    assert [one - 1 for one in variants["pos"]] == list(cell_cohort.TUMOR)
    assert (variants["reason"] == "").all()
    shares = tables.LIBRARY_SHARES.read(results / "samples/L1/L1.cell_shares.tsv")
    assert set(shares["library"]) == {"L1"} and set(shares["patient"]) == {"P1"}
    assert "no_bulk_normal" not in "".join(cells["flags"])


def test_a_second_run_has_nothing_to_do(cohort):
    results, _ = cohort
    workflow = Workflow(results.parent)
    samples = results.parent.parent / "reads/samples.tsv"
    assert workflow.plan("--config", f"samples={samples}", "results=results") == {}
