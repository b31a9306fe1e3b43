"""Fields of written BAM records against the SAM specification."""

from __future__ import annotations

import numpy as np
import pytest

from mitotransfer.reads import bam_records, record_writer


def reg2bin(beg, end):
    """The function of the SAM specification, section 5.3."""
    end -= 1
    for shift in (14, 17, 20, 23, 26):
        if beg >> shift == end >> shift:
            return ((1 << (29 - shift)) - 1) // 7 + (beg >> shift)
    return 0


def test_bins_are_those_of_the_specification():
    rng = np.random.default_rng(1)
    for start in [0, 16383, 16384, 131_071, *rng.integers(0, 2**28, 200).tolist()]:
        for size in (1, 150, 20_000, 10**6):
            found = record_writer.index_bin(start, start + size)
            assert found == reg2bin(start, start + size)
        assert record_writer.index_bin(start, start) == reg2bin(start, start + 1)


@pytest.mark.parametrize("value", [0, 1, -1, 70_000, -70_000, 2**31 - 1, -(2**31)])
def test_numbers_are_read_as_they_were_written(value):
    out = np.zeros(8, np.uint8)
    record_writer.put_i32(out, 2, value)
    assert int.from_bytes(out[2:6].tobytes(), "little", signed=True) == value
    assert bam_records.get_i32(out, 2) == value
    assert record_writer.put_int_tag(out, 0, bam_records.NM, value) == 7
    assert out[:3].tobytes() == b"NMi"
    assert bam_records.get_int_tag(out, bam_records.find_tag(out, 0, 7, bam_records.NM)) == value


def test_the_read_group_is_a_text_tag_of_the_sample():
    tag = record_writer.read_group_tag("S-1")
    assert tag.tobytes() == b"RGZS-1\0"
    out = np.zeros(10, np.uint8)
    assert record_writer.put_text(out, 1, tag) == 8
    assert out[1:8].tobytes() == tag.tobytes()
