from __future__ import annotations

import gzip

import cell_reads
import numpy as np
import pytest
from places import RCRS

from mitotransfer.cells import mgatk_export, other_tools, votes
from mitotransfer.cells.counting import Library, count_cells
from mitotransfer.inputs.settings import Counting


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    cells = cell_reads.barcodes(np.random.default_rng(3), 4)
    path = tmp_path_factory.mktemp("cells") / "a.bam"
    cell_reads.write_library(path, np.random.default_rng(1), cells)
    return Library(path, barcodes=cells[::-1])


@pytest.mark.parametrize("room", [1 << 9, 1 << 18])
def test_what_is_written_is_read_with_the_same_counts(library, tmp_path, monkeypatch, room):
    monkeypatch.setattr(votes, "START", room)
    mgatk_export.write(library, tmp_path / "L1", RCRS, Counting())
    entries = other_tools.read(tmp_path / "L1", RCRS)
    assert entries.stranded
    assert set(entries.strands.tolist()) == {0, 1}
    positions = np.setdiff1d(np.arange(16569), [3106])
    expected = count_cells(library, positions, RCRS, Counting())
    found = other_tools.as_cell_counts(entries, positions, frozenset())
    assert expected.barcodes == found.barcodes
    assert np.array_equal(expected.counts, found.counts)
    assert expected.counts.sum() > 5000


def test_coverage_depth_and_reference_are_as_signac_reads_them(library, tmp_path):
    mgatk_export.write(library, tmp_path / "L1", RCRS, Counting())
    rows = gzip.decompress((tmp_path / "L1/L1.coverage.txt.gz").read_bytes()).decode().splitlines()
    table = [row.split(",") for row in rows]
    places = [(int(position), cell) for position, cell, _ in table]
    assert places == sorted(set(places))
    total = {}
    for _, cell, number in table:
        total[cell] = total.get(cell, 0) + int(number)
    depths = (tmp_path / "L1/L1.depthTable.txt").read_text().splitlines()
    for cell, depth in (row.split("\t") for row in depths):
        assert float(depth) == pytest.approx(total[cell] / 16568, abs=0.005)
    alleles = (tmp_path / "L1/chrM_refAllele.txt").read_text().splitlines()
    assert (len(alleles), alleles[0], alleles[-1]) == (16569, "1\tG", "16569\tG")


def test_equal_libraries_are_equal_files(library, tmp_path):
    for name in ("one", "other"):
        mgatk_export.write(library, tmp_path / name / "L1", RCRS, Counting())
    for path in (tmp_path / "one/L1").iterdir():
        assert path.read_bytes() == (tmp_path / "other/L1" / path.name).read_bytes()
