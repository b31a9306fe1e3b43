"""Tags in the aligned file: ``tests/reads/test_cell_tags.py``."""

from __future__ import annotations

import cell_reads
import numpy as np
from places import RCRS
from simulated_reads import EXTENSION, index

from mitotransfer.cells.counting import Library, count_cells
from mitotransfer.cells.library_bam import align_library
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads.align import Settings
from mitotransfer.reads.cell_tags import CellTags
from mitotransfer.reads.lanes import SampleReads


def test_a_library_aligned_anew_has_the_counts_of_the_one_given(tmp_path):
    cells = cell_reads.barcodes(np.random.default_rng(3), 3)
    given, made = tmp_path / "given.bam", tmp_path / "L1.bam"
    cell_reads.write_library(given, np.random.default_rng(1), cells, length=90, clean=True)
    sample = SampleReads("L1", alignments=[given], cells=[CellTags()])
    totals = align_library(sample, index(tmp_path), RCRS, Settings(EXTENSION), made)
    assert totals.reads > 300
    positions = np.array([60, 75, 98, 250, 1509, 1550, 3250, 8044, 8090])
    one, other = (
        count_cells(Library(path, barcodes=cells), positions, RCRS, Counting())
        for path in (given, made)
    )
    assert one.barcodes == other.barcodes
    assert one.counts.sum() > 150
    assert np.array_equal(one.counts, other.counts)
    assert np.array_equal(one.depth, other.depth)
