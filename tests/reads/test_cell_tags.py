from __future__ import annotations

import cell_reads
import numpy as np
import pysam
import pytest
from places import RCRS
from simulated_reads import EXTENSION, index

from mitotransfer.cells.library_bam import align_library
from mitotransfer.reads import cell_tags
from mitotransfer.reads.align import Settings
from mitotransfer.reads.cell_tags import CellTags
from mitotransfer.reads.lanes import SampleReads


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    return index(tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def cells():
    return cell_reads.barcodes(np.random.default_rng(3), 3)


def tags_by_name(path, *names):
    found = {}
    with pysam.AlignmentFile(str(path)) as source:
        for read in source:
            tags = tuple(read.get_tag(name) if read.has_tag(name) else None for name in names)
            found.setdefault(read.query_name, set()).add(tags)
    return found


@pytest.mark.parametrize("umis", [False, True])
@pytest.mark.parametrize("paired", [False, True])
def test_barcodes_and_umis_come_through_the_aligner(tmp_path, prefix, cells, umis, paired):
    given = tmp_path / "given.bam"
    cell_reads.write_library(
        given, np.random.default_rng(1), cells, umis=umis, paired=paired, length=70
    )
    tags = CellTags("CB", "UB" if umis else "")
    sample = SampleReads("L1", alignments=[given], cells=[tags])
    align_library(sample, prefix, RCRS, Settings(EXTENSION), tmp_path / "L1.bam")
    before, after = (tags_by_name(path, "CB", "UB") for path in (given, tmp_path / "L1.bam"))
    assert len(after) > 0.9 * len(before)
    for name, (found,) in after.items():
        assert found[0] in {barcode for barcode, _ in before[name]}
        assert found[1] in {umi for _, umi in before[name]}
        assert bool(found[1]) == umis
    untagged = {
        name for name, found in before.items() if {barcode for barcode, _ in found} == {None}
    }
    assert untagged
    assert not untagged & after.keys()
    with pysam.AlignmentFile(str(tmp_path / "L1.bam")) as source:
        assert source.header.to_dict()["HD"]["SO"] == "coordinate"
        assert source.count("chrM") == sum(1 for _ in source.fetch())


def test_all_reads_of_a_file_are_of_one_cell_where_that_is_said(tmp_path, prefix, cells):
    files, tags = [], []
    for k in range(2):
        files.append(tmp_path / f"{k}.bam")
        tags.append(CellTags(cell=f"plate#{k}"))
        cell_reads.write_library(files[-1], np.random.default_rng(k), cells[:1], length=70)
    sample = SampleReads("L1", alignments=files, cells=tags)
    align_library(sample, prefix, RCRS, Settings(EXTENSION), tmp_path / "L1.bam")
    found = [
        barcode for rows in tags_by_name(tmp_path / "L1.bam", "CB").values() for barcode in rows
    ]
    assert set(found) == {("plate#0",), ("plate#1",)}


def test_reads_without_tags_are_told_with_the_cure(tmp_path, prefix, cells):
    given = tmp_path / "given.bam"
    cell_reads.write_library(given, np.random.default_rng(1), cells, length=70)
    sample = SampleReads("L1", alignments=[given], cells=[CellTags("XC")])
    with pytest.raises(ValueError, match=r"given\.bam: no mitochondrial read has a cell barcode"):
        align_library(sample, prefix, RCRS, Settings(EXTENSION), tmp_path / "L1.bam")


def test_a_name_that_is_too_long_for_its_barcode_is_told(tmp_path, prefix, cells):
    given = tmp_path / "given.bam"
    cell_reads.write_library(given, np.random.default_rng(1), cells, length=70)
    sample = SampleReads("L1", alignments=[given], cells=[CellTags(cell="x" * 250)])
    with pytest.raises(ValueError, match="shorten the names"):
        align_library(sample, prefix, RCRS, Settings(EXTENSION), tmp_path / "L1.bam")


def test_the_missing_tags_are_named():
    assert "tags XC or UB" in CellTags("XC", "UB").missing()
    assert cell_tags.numbers(None).barcode == 0
