from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mitotransfer.cells import cell_counts, checks


def library(depth=40.0, cells=4, droplets=4, counts=20, names=None, holes=()):
    n = cells + droplets
    barcodes = names or [f"{'ACGT'[k % 4] * (k + 4)}-1" for k in range(n)]
    found = np.full((n, 5, 4), counts)
    found[:, list(holes)] = 0
    return cell_counts.arranged(
        barcodes,
        np.arange(5) * 100,
        counts=found,
        depth=np.full(n, depth),
        mtdna_fragments=np.full(n, 100),
        is_cell=np.arange(n) < cells,
        meta={},
    )


def annotation(barcodes, role="tumor"):
    roles = [role, *["immune"] * (len(barcodes) - 1)]
    return pd.DataFrame({"cell_role": roles}, index=barcodes)


def told(cells, frame=None):
    if frame is None:
        frame = annotation(
            [b for b, is_cell in zip(cells.barcodes, cells.is_cell, strict=True) if is_cell]
        )
    return checks.warnings(cells, frame)


def test_a_good_library_has_no_warnings():
    assert told(library()) == []


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (library(droplets=0), "all barcodes are of cells, so ambient mtDNA cannot be measured"),
        (library(depth=2.0), "the median mtDNA depth of cells is 2.0, below 5"),
        (library(depth=2.0), "Nuclei and multiome"),
        (library(holes=[2]), "hardly a read covers position 201, while others are deep: mask"),
    ],
)
def test_what_is_wrong_is_told_with_the_cure(cells, message):
    assert any(message in text for text in told(cells))


def test_holes_are_told_beside_the_counted_positions():
    cells = library()
    along = [(at, 3 if 3000 < at < 3200 or at == 9000 else 900) for at in range(40, 12_000, 64)]
    along = [(9000, 3) if abs(at - 9000) < 32 else (at, n) for at, n in along]
    covered = cell_counts.with_facts(cells, {cell_counts.COVERAGE: along})
    (text,) = told(covered)
    assert "covers position 3049 to 3177, 9001, while others are deep" in text
    # Of RNA genes have different depths.
    assert told(cell_counts.with_facts(covered, {"umi_tag": "UB"})) == []


def test_nuclei_and_multiome_are_told_by_their_depth():
    (text,) = told(library(depth=0.4))
    assert "not that of their own cell" in text and "enrich mtDNA" in text


def test_an_annotation_of_another_library_is_told():
    cells = library(cells=1)
    own = cells.barcodes[int(np.flatnonzero(cells.is_cell)[0])]
    (text,) = told(cells, annotation([own, "GGGA-1", "GGGC-1"]))
    assert "joins 33% of its 3 cells" in text
    assert "'GGGA-1' is not among them" in text


def test_an_annotation_in_another_spelling_is_told():
    cells = library(cells=0)
    frame = annotation([barcode.removesuffix("-1") for barcode in cells.barcodes])
    (text,) = told(cells, frame)
    assert "joins none of the barcodes" in text
    assert "they fit with the suffix -1" in text


def test_no_tumour_cells_are_told():
    cells = library()
    barcodes = [b for b, is_cell in zip(cells.barcodes, cells.is_cell, strict=True) if is_cell]
    (text,) = told(cells, annotation(barcodes, "immune"))
    assert text.startswith("no tumour cells are annotated")
