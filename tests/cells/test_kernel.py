"""The kernel's parts that counts of whole libraries do not show (``test_counting``)."""

from __future__ import annotations

import cell_reads
import numpy as np
import pysam
from places import RCRS

from mitotransfer.cells import kernel
from mitotransfer.cells.counting import Library, count_cells
from mitotransfer.inputs.settings import Counting


def library(path, rows):
    """A BAM file of single reads of 80 bases: start, UMI."""
    header = {"HD": {"SO": "coordinate"}, "SQ": [{"SN": "chrM", "LN": 16569}]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for k, (start, umi, reverse) in enumerate(sorted(rows)):
            out.write(pysam.AlignedSegment.from_dict({
                "name": f"r{k}", "flag": str(16 * reverse), "ref_name": "chrM",
                "ref_pos": str(start + 1), "map_quality": "60", "cigar": "80M",
                "next_ref_name": "*", "next_ref_pos": "0", "length": "0",
                "seq": RCRS.sequence[start : start + 80], "qual": "I" * 80,
                "tags": ["CB:Z:ACGT-1", f"UB:Z:{umi}"],
            }, out.header))  # fmt: skip
    return path


def counted(path, tag, positions=(1040,)):
    return count_cells(Library(path, umi_tag=tag), np.array(positions), RCRS, Counting())


def test_a_umi_far_away_is_another_molecule(tmp_path):
    near, far = 1000 + kernel.UMI_REACH, 1001 + kernel.UMI_REACH
    one = library(tmp_path / "one.bam", [(1000, "AC", 0), (near, "AC", 0)])
    two = library(tmp_path / "two.bam", [(1000, "AC", 0), (far, "AC", 0)])
    assert counted(one, "UB").mtdna_fragments.tolist() == [1]
    assert counted(two, "UB").mtdna_fragments.tolist() == [2]


def test_reads_of_one_umi_count_once_and_of_two_twice(tmp_path):
    same = library(tmp_path / "same.bam", [(1000, "AC", 0), (1010, "AC", 0), (1020, "AC", 1)])
    other = library(tmp_path / "other.bam", [(1000, "AC", 0), (1010, "AG", 0)])
    assert counted(same, "UB").counts.sum() == 1
    assert counted(other, "UB").counts.sum() == 2


def test_without_umis_single_reads_with_the_same_ends_and_strand_are_copies(tmp_path):
    rows = [(1000, "A", 0), (1000, "C", 0), (1000, "G", 1), (1001, "A", 0)]
    path = library(tmp_path / "a.bam", rows)
    assert counted(path, "").counts.sum() == 3


def test_a_read_across_the_origin_is_one_fragment_with_its_mate(tmp_path):
    """Its second half, a record from 1, votes with the mate that covers it."""
    text = RCRS.sequence
    read, mate = text[16529:] + text[:40], text[:80]
    rows = [
        ("1", 16530, "40M40S", read, 16529, 120, "YA:i:40"),
        ("2", 1, "40S40M", read, 16529, 120, "YB:i:40"),
        ("3", 1, "80M", mate, 16529, -120, ""),
    ]
    header = {"HD": {"SO": "unsorted"}, "SQ": [{"SN": "chrM", "LN": 16569}]}
    flags = {"1": 99, "2": 99 | 0x800, "3": 147}
    mates = {"1": 1, "2": 1, "3": 16530}
    with pysam.AlignmentFile(str(tmp_path / "o.bam"), "wb", header=header) as out:
        for key, start, cigar, bases, _, size, tag in sorted(rows, key=lambda row: row[1]):
            out.write(pysam.AlignedSegment.from_dict({
                "name": "r", "flag": str(flags[key]), "ref_name": "chrM", "ref_pos": str(start),
                "map_quality": "60", "cigar": cigar, "next_ref_name": "=",
                "next_ref_pos": str(mates[key]), "length": str(size), "seq": bases,
                "qual": "I" * 80, "tags": ["CB:Z:ACGT-1", *([tag] if tag else [])],
            }, out.header))  # fmt: skip
    found = counted(tmp_path / "o.bam", "", (16550, 15, 20, 60))
    assert found.counts.sum(axis=2).tolist() == [[1, 1, 1, 1]]
    assert found.mtdna_fragments.tolist() == [1]


def test_what_became_of_the_records_adds_up(tmp_path):
    cells = cell_reads.barcodes(np.random.default_rng(1), 2)
    cell_reads.write_library(tmp_path / "a.bam", np.random.default_rng(2), cells, umis=True)
    found = count_cells(
        Library(tmp_path / "a.bam", umi_tag="UB", barcodes=cells[:1]), np.array([60]), RCRS,
        Counting(),
    )  # fmt: skip
    parts = {key: number for key, number in found.meta.items() if isinstance(number, int)}
    assert parts.pop("records") == sum(parts.values())
    assert min(parts[key] for key in ("used", "other_barcode", "without_barcode")) > 0
