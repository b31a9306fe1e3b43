"""The aligner: what its output depends on, and the index that it needs."""

from __future__ import annotations

from pathlib import Path

import pysam
import pytest
from bam_counts import input_totals
from simulated_reads import CIRCLE, EXTENSION, RCRS, Library, aligned, pair

from mitotransfer.reads import align


def library(n=300, label="r"):
    made = Library()
    for k in range(n):
        start = k * 2003 + (16500 if k % 3 == 0 else 0)
        bases = pair(CIRCLE, start, 300, 100, bool(k % 2))
        made.add(f"{label}{k}", bases, ("I" * 100, "H" * 100))
    return made


@pytest.fixture(scope="module")
def lane(tmp_path_factory):
    return library().write(tmp_path_factory.mktemp("lane") / "lane")


@pytest.fixture(scope="module")
def straight(tmp_path_factory, prefix, lane):
    """The sorted BAM file of the FASTQ files."""
    return aligned(tmp_path_factory.mktemp("straight"), prefix, [lane])


def test_output_depends_on_the_reads_alone(tmp_path, prefix, lane, straight):
    plain = library().write(tmp_path / "plain", gzipped=False)
    (tmp_path / "deep").mkdir()
    again = aligned(tmp_path / "deep", prefix, [plain], threads=2, batch_size=10_000)
    assert again.read_bytes() == straight.read_bytes()
    assert Path(f"{again}.bai").read_bytes() == Path(f"{straight}.bai").read_bytes()
    assert sorted(p.name for p in again.parent.iterdir()) == ["S1.bam", "S1.bam.bai"]
    # Many batches: the same bytes with one thread and with two.
    ones = aligned(tmp_path, prefix, [lane], "S1", threads=1, batch_size=40).read_bytes()
    twos = aligned(tmp_path, prefix, [lane], "S1", threads=2, batch_size=40).read_bytes()
    assert ones == twos


def test_lanes_are_joined(tmp_path, prefix, straight):
    lanes = [library(100, label).write(tmp_path / label) for label in "xyz"]
    path = aligned(tmp_path, prefix, lanes)
    with pysam.AlignmentFile(str(path)) as source:
        names = {r.query_name for r in source}
    assert names == {f"{label}{k}" for label in "xyz" for k in range(100)}
    totals = input_totals(path)
    assert (totals.reads, totals.fragments) == (600, 300)


def test_an_index_of_another_extension_or_none_is_refused(tmp_path, prefix):
    with pytest.raises(ValueError, match="expected chrM of 17068 bases; make it with the same"):
        align.Aligner(prefix, RCRS, align.Settings(extension=500), "S")
    with pytest.raises(ValueError, match=r"x\.0123: not found; run index_reference.py first"):
        align.Aligner(tmp_path / "x", RCRS, align.Settings(EXTENSION), "S")
