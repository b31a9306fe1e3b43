"""Raw BAM records: fields, tags and spans as pysam reads them."""

from __future__ import annotations

import numpy as np
import pysam
import pytest
from bam_counts import raw_records

from mitotransfer.reads import bam_records as bam

CIGARS = ["10M", "3S7M", "2H8M", "4M2I4M", "3M5D7M", "2S3M1I2M4N2M", "5=1X4M2S3H", "1H2S7M"]
TAGS = [
    ("XA", "x", "A"), ("XC", 200, "C"), ("Xc", -100, "c"), ("XS", 60_000, "S"),
    ("Xs", -30_000, "s"), ("Xi", -70_000, "i"), ("XI", 70_000, "I"), ("Xf", 1.5, "f"),
    ("XZ", "text", "Z"), ("XB", [1, 2, 3], "C"), ("XL", 7, "C"),
]  # fmt: skip


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Records as pysam has them, and their bytes."""
    path = tmp_path_factory.mktemp("bam") / "a.bam"
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "chrM", "LN": 16569}]})
    with pysam.AlignmentFile(str(path), "wb", header=header) as target:
        for k, cigar in enumerate([*CIGARS, None]):
            record = pysam.AlignedSegment(header)
            record.query_name, record.flag = f"r{k // 2}", 0 if cigar else 4
            if cigar:
                record.reference_id, record.reference_start = 0, 900 - 7 * k
                record.cigarstring = cigar
            record.query_sequence = "ACGTNACGTA"[: record.infer_query_length() or 10].ljust(10, "A")
            if cigar:
                record.query_sequence = "ACGTNACGTACGTACG"[: record.infer_query_length()]
            for name, value, kind in TAGS:
                record.set_tag(name, value, None if isinstance(value, list) else kind)
            target.write(record)
    with pysam.AlignmentFile(str(path)) as source:
        return list(source), raw_records(path)


def parts(data, at):
    name = int(data[at + bam.O_NAME_LENGTH])
    n_ops = bam.get_u16(data, at + bam.O_CIGAR_LENGTH)
    length = bam.get_i32(data, at + bam.O_SEQ_LENGTH)
    return at + bam.O_NAME + name, n_ops, length


def test_fields_and_spans_are_those_of_pysam(records):
    known, (data, offsets) = records
    assert len(offsets) == len(known)
    for record, at in zip(known, offsets.tolist(), strict=True):
        cigar, n_ops, length = parts(data, at)
        assert bam.get_u16(data, at + bam.O_FLAG) == record.flag
        assert bam.get_i32(data, at + bam.O_POS) == record.reference_start
        assert (n_ops, length) == (len(record.cigartuples or ()), record.query_length)
        sequence = cigar + 4 * n_ops
        letters = ["=ACMGRSVTWYHKDBN"[bam.get_base(data, sequence, i)] for i in range(length)]
        assert "".join(letters) == record.query_sequence
        if record.cigartuples:
            assert bam.reference_span(data, at) == record.reference_length
            ends = record.query_alignment_start, record.query_alignment_end
            assert bam.aligned_part(data, cigar, n_ops, length) == ends


def test_tags_are_found_among_tags_of_all_types(records):
    known, (data, offsets) = records
    for record, at in zip(known, offsets.tolist(), strict=True):
        cigar, n_ops, length = parts(data, at)
        start = cigar + 4 * n_ops + (length + 1) // 2 + length
        end = at + 4 + bam.get_i32(data, at)
        for name, value, kind in TAGS:
            found = bam.find_tag(data, start, end, bam.tag(name))
            assert chr(data[found]) == ("B" if isinstance(value, list) else kind)
            if kind in "CcSsiI" and not isinstance(value, list):
                assert bam.get_int_tag(data, found) == record.get_tag(name)
        missing = bam.find_tag(data, start, end, bam.tag("YY"))
        assert missing == -1 and bam.get_int_tag(data, missing) == 0


def test_names_are_compared_whole(records):
    _, (data, offsets) = records
    assert bam.same_name(data, offsets[0], offsets[1])
    assert not bam.same_name(data, offsets[1], offsets[2])


def test_records_are_sorted_by_position_and_equal_ones_keep_their_order(records):
    known, raw = records
    twice = bam.Records(raw.data, np.concatenate([raw.offsets, raw.offsets]))
    starts = [r.reference_start if r.reference_id >= 0 else 2**31 - 1 for r in known] * 2
    assert twice.positions().tolist() == starts
    order = sorted(range(len(starts)), key=lambda i: starts[i])
    assert twice.by_position().offsets.tolist() == twice.offsets[order].tolist()
    chunks = list(twice.chunks(5))
    assert [len(chunk.offsets) for chunk in chunks] == [5, 5, 5, 3]
    assert np.concatenate([chunk.offsets for chunk in chunks]).tolist() == twice.offsets.tolist()


def test_a_cut_record_is_refused(records):
    _, raw = records
    assert len(bam.whole_records(raw.data[:0]).offsets) == 0
    with pytest.raises(ValueError, match="the last BAM record is cut"):
        bam.whole_records(raw.data[:-1])
