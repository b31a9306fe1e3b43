from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mitotransfer.cells import cell_counts


@pytest.fixture
def parts():
    rng = np.random.default_rng(1)
    return {
        "barcodes": ("CCA-1", "ACG-1", "GTT-1"),
        "positions": np.array([16146, 72]),
        "counts": rng.poisson(3, (3, 2, 4)),
        "depth": np.array([3.0, 1.0, 2.0]),
        "mtdna_fragments": np.array([30, 10, 20]),
        "is_cell": np.array([True, False, True]),
        "meta": {"library": "L1", "reads": 60},
    }


def test_barcodes_and_positions_are_sorted_with_all_that_belongs_to_them(parts):
    cells = cell_counts.arranged(**parts)
    assert cells.barcodes == ("ACG-1", "CCA-1", "GTT-1")
    assert cells.positions.tolist() == [72, 16146]
    assert np.array_equal(cells.counts[1, 1], parts["counts"][0, 0])
    assert cells.depth.tolist() == [1, 3, 2]
    assert cells.mtdna_fragments.tolist() == [10, 30, 20]
    assert cells.is_cell.tolist() == [False, True, True]


def test_what_is_written_is_read(parts, tmp_path):
    cells = cell_counts.arranged(**parts)
    cell_counts.save(cells, tmp_path / "cells.npz")
    again = cell_counts.load(tmp_path / "cells.npz")
    for name, value in vars(cells).items():
        assert np.array_equal(getattr(again, name), value), name
    assert again.counts.dtype == np.uint32


def test_equal_counts_are_equal_files_whatever_the_order_of_barcodes(parts, tmp_path):
    order = np.array([2, 0, 1])
    other = parts | {"barcodes": [parts["barcodes"][i] for i in order]}
    for name in ("counts", "depth", "mtdna_fragments", "is_cell"):
        other[name] = parts[name][order]
    cell_counts.save(cell_counts.arranged(**parts), tmp_path / "one.npz")
    cell_counts.save(cell_counts.arranged(**other), tmp_path / "other.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


def test_a_library_that_failed_has_no_cells_and_the_reason(tmp_path):
    cell_counts.save(cell_counts.without_cells(np.array([3, 8]), "cut"), tmp_path / "cells.npz")
    cells = cell_counts.load(tmp_path / "cells.npz")
    assert (cells.barcodes, cells.positions.tolist()) == ((), [3, 8])
    assert cells.meta == {cell_counts.FAILED: "cut"}


def test_a_library_without_barcodes_is_written_and_read(tmp_path):
    shapes = {"counts": (0, 1, 4), "depth": 0, "mtdna_fragments": 0, "is_cell": 0}
    arrays = {name: np.zeros(shape) for name, shape in shapes.items()}
    none = cell_counts.arranged((), np.array([1]), **arrays, meta={})
    cell_counts.save(none, tmp_path / "cells.npz")
    assert cell_counts.load(tmp_path / "cells.npz").barcodes == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"barcodes": ("B", "A", "C")}, "not sorted"),
        ({"barcodes": ("A", "A", "C")}, "there twice"),
        ({"positions": np.array([5, 5])}, "ascend"),
        ({"depth": np.zeros(2)}, "3 barcodes"),
        ({"counts": np.zeros((3, 2, 3), np.uint32)}, "shape"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, change, message):
    with pytest.raises(ValueError, match=message):
        replace(cell_counts.arranged(**parts), **change)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut"])
def test_another_file_is_named_with_the_cure(tmp_path, content):
    path = tmp_path / "cells.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="count the cells again"):
        cell_counts.load(path)
