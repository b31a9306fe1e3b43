"""The header of a sample's BAM file."""

from __future__ import annotations

import pysam
from places import RCRS

from mitotransfer.reads.bam_header import INPUT_COMMENT, Header, Totals, sample_header
from mitotransfer.reads.sorted_bam import BamWriter


def test_the_length_does_not_depend_on_the_totals():
    headers = [
        sample_header(RCRS, "S1", totals, "1.0")
        for totals in (Totals(), Totals(10**11, 1, 2, 3, 4, 5))
    ]
    one, two = map(bytes, headers)
    assert len(one) == len(two) and one != two
    assert f"{INPUT_COMMENT} reads=100000000000 fragments=000000000001" in headers[1].text


def test_pysam_reads_what_is_written(tmp_path):
    header = Header("@HD\tVN:1.6\n@CO\tµ\n", (("chrM", 16569), ("other", 7)))
    path = tmp_path / "a.bam"
    with BamWriter(path, header):
        pass
    with pysam.AlignmentFile(str(path), check_sq=False) as source:
        assert list(zip(source.references, source.lengths, strict=True)) == list(header.contigs)
        assert source.header.to_dict()["CO"] == ["µ"]
