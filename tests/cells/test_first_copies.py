from __future__ import annotations

import numpy as np
import pysam
import pytest
from places import RCRS

from mitotransfer.cells import first_copies
from mitotransfer.cells.bam_stream import mitochondrial_records
from mitotransfer.cells.barcodes import Known
from mitotransfer.cells.kernel import tags_of
from mitotransfer.counts.records import limits_of
from mitotransfer.genome.circle import Circle
from mitotransfer.inputs.settings import Counting


def flagged(path, rows, umi_tag, cells=("A-1", "B-1"), cigar="60M", copies=True):
    """Names of the reads by whether they are flagged; rows: name, start, cell, UMI."""
    header = {"HD": {"SO": "coordinate"}, "SQ": [{"SN": "chrM", "LN": 16569}]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for name, start, cell, umi in sorted(rows, key=lambda row: row[1]):
            out.write(pysam.AlignedSegment.from_dict({
                "name": name, "flag": "1024", "ref_name": "chrM", "ref_pos": str(start),
                "map_quality": "60", "cigar": cigar, "next_ref_name": "*", "next_ref_pos": "0",
                "length": "0", "seq": RCRS.sequence[start - 1 : start + 59], "qual": "I" * 60,
                "tags": [f"CB:Z:{cell}", f"UB:Z:{umi}"],
            }, out.header))  # fmt: skip
    known = Known(cells, more=False)
    members = np.ones(len(cells), np.bool_)
    found = {True: set(), False: set()}
    limits = limits_of(Counting(), Circle.of(RCRS), skip_duplicates=False)
    selection = first_copies.FirstCopies(tags_of("CB", umi_tag), known.table, members, limits)
    for records in mitochondrial_records(path, RCRS):
        chosen = selection.select(records)
        for number, at in enumerate(chosen.offsets.tolist()):
            found[bool(chosen.data[at + 19] & 4)].add(chosen.name(number))
    assert selection.reads == selection.fragments == len(found[True]) + len(found[False])
    assert selection.copies == (len(found[True]) if copies else 0)
    return found


ROWS = [
    ("a1", 500, "A-1", "CC"),
    ("a2", 500, "A-1", "CC"),
    ("b1", 500, "B-1", "CC"),
    ("c1", 500, "C-1", "CC"),
    ("a3", 540, "A-1", "CC"),
    ("a4", 560, "A-1", "CC"),
    ("a5", 500, "A-1", "GG"),
]


def test_without_umis_fragments_of_a_cell_with_the_same_ends_are_copies(tmp_path):
    found = flagged(tmp_path / "a.bam", ROWS, "")
    assert found == {False: {"a1", "b1", "a3", "a4"}, True: {"a2", "a5"}}


def test_with_umis_a_read_stays_where_none_of_its_umi_covers_its_start(tmp_path):
    found = flagged(tmp_path / "a.bam", ROWS, "UB")
    assert found == {False: {"a1", "b1", "a4", "a5"}, True: {"a2", "a3"}}


@pytest.mark.parametrize("start", [1 << 4, 1 << 16])
def test_a_table_that_fills_makes_room(tmp_path, monkeypatch, start):
    monkeypatch.setattr(first_copies, "_START", start)
    rows = [(f"r{k}", 400 + k // 4, "A-1", "C" * (k % 4 + 1)) for k in range(400)]
    copies = [(f"copy{k}", at, cell, umi) for k, (_, at, cell, umi) in enumerate(rows)]
    found = flagged(tmp_path / "a.bam", rows + copies, "")
    assert len(found[False]) == 100
    assert len(found[True]) == 700


def test_reads_that_only_junctions_are_counted_from_are_compared_as_well(tmp_path):
    found = flagged(tmp_path / "a.bam", ROWS, "", cigar="25M35S", copies=False)
    assert found == {False: {"a1", "b1", "a3", "a4"}, True: {"a2", "a5"}}
