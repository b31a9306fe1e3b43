from __future__ import annotations

import cell_reads
import numpy as np
import pytest
from places import RCRS

from mitotransfer.cells import pseudobulk
from mitotransfer.cells.counting import Library, count_cells
from mitotransfer.inputs.settings import Counting

KINDS = {"atac": {}, "rna": {"paired": False, "umis": True}, "rna_5prime": {"umis": True}}


@pytest.fixture(scope="module")
def cells():
    return cell_reads.barcodes(np.random.default_rng(5), 6)


@pytest.fixture(scope="module", params=KINDS)
def library(request, tmp_path_factory, cells):
    path = tmp_path_factory.mktemp(request.param) / "library.bam"
    kind = KINDS[request.param]
    cell_reads.write_library(path, np.random.default_rng(8), cells, length=60, **kind)
    return Library(path, umi_tag="UB" if kind.get("umis") else "")


def counted(library, cells):
    return pseudobulk.count_group(library, cells, "L.group", RCRS, Counting())


def test_counts_of_groups_add_up_to_those_of_all_cells(library, cells):
    groups = [counted(library, part) for part in (cells[:1], cells[1:4], cells[4:])]
    whole = counted(library, cells)
    assert whole.bases.sum() > 1000
    assert np.array_equal(sum(group.bases.astype(int) for group in groups), whole.bases)
    for key in ("reads", "fragments", "used_reads", "duplicates", "cells", "filtered_duplicate"):
        assert sum(group.meta[key] for group in groups) == whole.meta[key], key
    assert whole.meta["filtered_duplicate"] > 0
    assert whole.meta["sample"] == "L.group"


def test_a_molecule_counts_at_most_once_a_position(library, cells):
    """One copy of each molecule stays, so that depths are near those of the votes."""
    positions = np.setdiff1d(np.arange(30, 16560), [3106])
    votes = count_cells(library, positions, RCRS, Counting()).counts.sum(axis=(0, 2))
    bulk = counted(library, cells).bases.sum(axis=(1, 2), dtype=int)[positions]
    assert np.all(bulk <= votes + 2)
    # So few UMIs that many molecules of a cell share one.
    assert bulk.sum() > (0.6 if library.umi_tag else 0.85) * votes.sum()


def test_a_group_without_cells_in_the_library_has_no_fragments(library):
    none = counted(library, ["AAAAAAAAAAAAAAAA-1"])
    assert none.bases.sum() == 0
    assert none.meta["reads"] == 0
