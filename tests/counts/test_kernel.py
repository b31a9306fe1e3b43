"""The filters of records, and the reason counted for each that fails."""

from __future__ import annotations

import pysam
import pytest
from bam_counts import count_bam
from places import RCRS

DOUBLED = RCRS.sequence * 2


def count(folder, **fields):
    """Facts about a file of one read of 100 bases of the reference, at 5,001."""
    path = folder / "a.bam"
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "chrM", "LN": 16569}]})
    record = pysam.AlignedSegment(header)
    record.query_name, record.reference_id = "r", 0
    record.reference_start, record.mapping_quality, record.flag = 5000, 60, 0
    record.cigarstring = "100M"
    for name, value in fields.items():
        if name in ("YA", "YB"):
            record.set_tag(name, value)
        else:
            setattr(record, name, value)
    kind, size = record.cigartuples[0]
    start = record.reference_start - (size if kind == 4 else 0)
    record.query_sequence = DOUBLED[start : start + 100]
    record.query_qualities_str = "I" * 100
    with pysam.AlignmentFile(str(path), "wb", header=header) as target:
        target.write(record)
    result = count_bam(path)
    noted = [key for key, n in result.meta.items() if key.startswith("filtered_") and n]
    return int(result.bases.sum()), result.meta["aligned"], noted


@pytest.mark.parametrize(
    ("fields", "aligned", "noted"),
    [
        ({"flag": 0x4}, 0, []),
        ({"flag": 0x100}, 0, []),
        ({"flag": 0x800}, 0, []),  # a chimeric part
        ({"flag": 0x200}, 1, ["quality_check"]),
        ({"flag": 0x400}, 1, ["duplicate"]),
        ({"flag": 0x600}, 1, ["quality_check"]),  # the first reason alone
        ({"mapping_quality": 19}, 1, ["mapping_quality"]),
        ({"cigarstring": "30S39M31S"}, 1, ["short"]),
        ({"cigarstring": "31S69M"}, 1, ["clipped"]),
        ({"cigarstring": "69M31S", "flag": 0x10}, 1, ["clipped"]),  # its 5' end
        ({"cigarstring": "69M31S", "flag": 0x1, "template_length": 300}, 1, ["clipped"]),
    ],
)
def test_a_filtered_read_is_counted_under_one_reason(tmp_path, fields, aligned, noted):
    assert count(tmp_path, **fields) == (0, aligned, [f"filtered_{reason}" for reason in noted])


@pytest.mark.parametrize(
    ("fields", "bases"),
    [
        ({}, 80),
        ({"flag": 0x10}, 80),
        ({"mapping_quality": 20}, 80),
        ({"cigarstring": "60S40M", "flag": 0x10}, 20),  # adapter behind the fragment's end
        ({"cigarstring": "40M60S", "flag": 0x1, "template_length": 40}, 20),
        ({"cigarstring": "30S40M30S"}, 20),
        # Halves of a read across the origin: no end where the other half goes on.
        ({"flag": 0x800, "YB": 50, "cigarstring": "50S50M"}, 40),
        ({"reference_start": 16519, "YA": 50, "cigarstring": "50M50S"}, 40),
    ],
)
def test_a_read_that_passes_counts_without_its_ends(tmp_path, fields, bases):
    assert count(tmp_path, **fields) == (bases, int(fields.get("flag", 0) != 0x800), [])
