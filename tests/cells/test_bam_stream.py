from __future__ import annotations

import pysam
import pytest
from places import RCRS

from mitotransfer.cells import bam_stream
from mitotransfer.cells.bam_stream import mitochondrial_records


def write(path, rows, contigs=(("chr1", 1000), ("chrM", 16569))):
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": name, "LN": n} for name, n in contigs]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for contig, position, mate in rows:
            out.write(pysam.AlignedSegment.from_dict({
                "name": "r", "flag": "0", "ref_name": contig, "ref_pos": str(position),
                "map_quality": "60", "cigar": "4M", "next_ref_name": mate, "next_ref_pos": "5",
                "length": "0", "seq": "ACGT", "qual": "IIII", "tags": [],
            }, out.header))  # fmt: skip
    return path


@pytest.mark.parametrize("chunk", [1, 100, 1 << 20])
def test_the_mitochondrial_records_come_in_order_on_contig_0(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(bam_stream, "_CHUNK", chunk)
    rows = [("chr1", 7, "="), ("chrM", 3, "="), ("chrM", 9, "chr1"), ("chrM", 9, "*")]
    found = []
    for records in mitochondrial_records(write(tmp_path / "a.bam", rows), RCRS):
        for at in records.offsets:
            fields = [int(records.data[at + k : at + k + 4].view("<i4")[0]) for k in (4, 8, 24)]
            found.append(tuple(fields))
    assert found == [(0, 2, 0), (0, 8, 1), (0, 8, -1)]


@pytest.mark.parametrize(
    ("rows", "contigs", "message"),
    [
        ([("chrM", 9, "*"), ("chrM", 3, "*")], (("chrM", 16569),), "run samtools sort"),
        ([], (("chr1", 1000),), "no mitochondrial contig"),
        (
            [],
            (("chrM", 16571),),
            r"16,571 bases \(another mitogenome of human\).*align the reads to rCRS",
        ),
        ([], (("chrM", 16299),), "mitogenome of"),
    ],
)
def test_files_that_cannot_be_counted_are_told_with_the_cure(tmp_path, rows, contigs, message):
    with pytest.raises(ValueError, match=message):
        list(mitochondrial_records(write(tmp_path / "a.bam", rows, contigs), RCRS))


def test_a_cut_file_is_told(tmp_path):
    path = write(tmp_path / "a.bam", [("chrM", k + 1, "*") for k in range(2000)])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"a\.bam: .*copy"):
        list(mitochondrial_records(path, RCRS))


def test_another_file_is_told(tmp_path):
    (tmp_path / "a.bam").write_text("no BAM")
    with pytest.raises(ValueError, match=r"a\.bam: no readable BAM file|truncated"):
        list(mitochondrial_records(tmp_path / "a.bam", RCRS))
