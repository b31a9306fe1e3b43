"""Names without the number of the mate, in files larger than what is read at once."""

from __future__ import annotations

import pysam
import pytest

from mitotransfer.reads import bam_names


@pytest.mark.parametrize("chunk", [100, 1 << 20])
def test_the_last_two_letters_are_taken_off(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(bam_names, "_CHUNK", chunk)
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "chrM", "LN": 16569}]})
    with pysam.AlignmentFile(str(tmp_path / "a.bam"), "wb", header=header) as target:
        for k in range(40):
            record = pysam.AlignedSegment(header)
            record.query_name, record.flag = f"read{k}/{k % 2 + 1}", 0x4D
            record.query_sequence, record.query_qualities_str = "ACGTN" * k, "I5#:F" * k
            record.set_tag("RG", "x")
            target.write(record)
    bam_names.take_off_numbers(tmp_path / "a.bam", tmp_path / "b.bam")
    with pysam.AlignmentFile(str(tmp_path / "a.bam"), check_sq=False) as source:
        before = [record.to_dict() for record in source]
    with pysam.AlignmentFile(str(tmp_path / "b.bam"), check_sq=False) as source:
        assert source.references == ("chrM",)
        after = [record.to_dict() for record in source]
    assert after == [row | {"name": row["name"][:-2]} for row in before]
