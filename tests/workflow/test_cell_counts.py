"""A patient whose cells another tool counted, without any reads, through the whole workflow."""

from __future__ import annotations

import numpy as np
import pytest
from places import RCRS
from snakemake_run import copy_workflow
from tsv import read_rows

from mitotransfer.cells import tables

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

CELLS, DEPTH, FRACTION = 24, 60, 0.5
#: VAF of the tumour's variants by 0-based position.
VARIANTS = {3000: 1.0, 7000: 1.0, 11_000: 0.7}


def write_mgatk(folder, rng):
    """mgatk's text of tumour, immune and normal cells; every third immune cell is a receiver."""
    folder.mkdir()
    own = np.minimum(RCRS.codes, 3).astype(int)
    other = {at: (own[at] + 1) % 4 for at in VARIANTS}
    lines = {base: [] for base in "ACGT"}
    annotation = ["barcode\tcell_role\tcell_type\tdoublet_score"]
    receivers = set()
    for role in ("tumor", "immune", "normal"):
        for number in range(CELLS):
            cell = f"{role.upper()}{number}"
            annotation.append(f"{cell}\t{role}\t{role}\t0.001")
            share = {"tumor": 1.0, "immune": FRACTION * (number % 3 == 0)}.get(role, 0.0)
            if role == "immune" and share:
                receivers.add(cell)
            counts = np.zeros((RCRS.length, 4, 2), int)
            depth = rng.poisson(DEPTH / 2, (RCRS.length, 2))
            wrong = rng.binomial(depth, 5e-4)
            rows = np.arange(RCRS.length)
            counts[rows, own] = depth - wrong
            counts[rows, (own + 2) % 4] += wrong
            for at, vaf in VARIANTS.items():
                moved = rng.binomial(counts[at, own[at]], share * vaf)
                counts[at, own[at]] -= moved
                counts[at, other[at]] += moved
            for code, base in enumerate("ACGT"):
                seen = np.flatnonzero(counts[:, code].any(axis=1))
                forward, reverse = counts[seen, code].T.tolist()
                lines[base] += [
                    f"{at + 1},{cell},{f},{r}"
                    for at, f, r in zip(seen.tolist(), forward, reverse, strict=True)
                ]
    for base, text in lines.items():
        (folder / f"x.{base}.txt").write_text("\n".join(text) + "\n")
    return annotation, receivers


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = copy_workflow(tmp_path_factory.mktemp("counts") / "workflow")
    annotation, receivers = write_mgatk(made.folder / "x.mgatk", np.random.default_rng(1))
    (made.folder / "cells.tsv").write_text("\n".join(annotation) + "\n")
    header = "sample\tpatient\trole\tassay\tcell_counts\tcell_annotation"
    row = "L1\tP1\tcells\tsc_atac\tx.mgatk\tcells.tsv"
    (made.folder / "samples.tsv").write_text(f"{header}\n{row}\n")
    made.run("--cores", "2", "--config", "samples=samples.tsv", "results=results")
    return made.folder / "results", receivers


def test_groups_of_cells_are_judged_as_samples(run):
    results, receivers = run
    (row,) = read_rows(results / "transfer.tsv")
    assert row["sample"] == "L1.immune" and "counted_elsewhere" in row["flags"].split(";")
    # Without nuclear reads a pseudobulk is never supported.
    assert row["verdict"] == "contamination_not_excluded"
    truth = FRACTION * len(receivers) / CELLS
    assert float(row["tumor_fraction_low"]) < truth < float(row["tumor_fraction_high"])
    calls = read_rows(results / "samples/L1.tumor/L1.tumor.calls.tsv")
    found = {int(call["pos"]) - 1: float(call["vaf"]) for call in calls if call["filter"] == "PASS"}
    assert {at for at in VARIANTS if at in found} == set(VARIANTS)


def test_cells_are_judged_with_what_is_known_of_them(run):
    results, receivers = run
    cells = tables.CELLS.read(results / "samples/L1/L1.cells.tsv.gz")
    more = cells.loc[cells["verdict"] == "ambient_not_excluded", "barcode"]
    assert set(more) == receivers
    # No barcode is without a cell, so free mtDNA is unknown, and nothing is supported.
    assert cells["flags"].str.contains("ambient_not_measured").all()
    assert len(cells) == CELLS and not (cells["verdict"] == "transfer_supported").any()
