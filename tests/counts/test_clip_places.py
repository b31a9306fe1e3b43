"""Lines of the parts of reads, against reads cut from the circle."""

from __future__ import annotations

import numpy as np
import pysam
from places import RCRS

from mitotransfer.counts.clip_places import change, find_line, fits, follow, kmers_of
from mitotransfer.counts.records import parse
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.reads.bam_records import reference_span, whole_records

CODES = circle_codes(RCRS)
CIRCLE = "".join("ACGT"[code] for code in CODES)
TURN = len(CIRCLE)
KMERS = kmers_of(CODES)


def record_of(tmp_path, bases: str):
    """A read as a record: 30 bases aligned at 5001, the others clipped."""
    path = tmp_path / "a.bam"
    header = {"SQ": [{"SN": "chrM", "LN": 16569}]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        out.write(pysam.AlignedSegment.from_dict({
            "name": "r", "flag": "0", "ref_name": "chrM", "ref_pos": "5001", "map_quality": "60",
            "cigar": f"30M{len(bases) - 30}S", "next_ref_name": "*", "next_ref_pos": "0",
            "length": "0", "seq": bases, "qual": "I" * len(bases), "tags": [],
        }, out.header))  # fmt: skip
    with pysam.BGZFile(str(path)) as file:
        content = file.read()
    begin = content.index(b"chrM\0") + 5 + 4  # behind the name and length of the only contig
    records = whole_records(np.frombuffer(bytearray(content[begin:]), np.uint8))
    at = records.offsets[0]
    circle = Circle.of(RCRS)
    return parse(records.data, at, reference_span(records.data, at), circle, np.int64(0))


def test_k_mers_have_their_places_over_the_origin_too():
    for place in (0, 3000, TURN - 8):
        text = (CIRCLE + CIRCLE)[place : place + 16]
        key = int("".join(f"{'ACGT'.index(base):02b}" for base in text), 2)
        assert KMERS.places[np.searchsorted(KMERS.keys, key)] == place
    assert (np.diff(KMERS.keys) > 0).all()


def test_a_clip_has_the_line_of_its_nearest_k_mer(tmp_path):
    bases = (CIRCLE + CIRCLE)[TURN - 10 : TURN + 50]
    record = record_of(tmp_path, bases)
    assert find_line(record, 30, 60, KMERS, False) == (30, TURN - 10) or (
        find_line(record, 30, 60, KMERS, False) == (30, -10)
    )
    seed, line = find_line(record, 0, 30, KMERS, True)
    assert (seed, line % TURN) == (14, TURN - 10)
    assert find_line(record, 30, 45, KMERS, False)[0] == -1  # 15 bases
    random = np.random.default_rng(1).choice(list("ACGT"), 60)
    assert find_line(record_of(tmp_path, "".join(random)), 0, 60, KMERS, False)[0] == -1


def test_bases_are_followed_over_a_mismatch_and_not_into_others(tmp_path):
    other = {"A": "C", "C": "A", "G": "T", "T": "G"}
    good = CIRCLE[8000:8060]
    bases = good[:20] + other[good[20]] + good[21:40] + "".join(other[b] for b in good[40:])
    record = record_of(tmp_path, bases)
    assert fits(record, 3, 8000, CODES) and not fits(record, 20, 8000, CODES)
    assert follow(record, 0, 1, 60, 8000, CODES) == 40
    assert follow(record, 39, -1, -1, 8000, CODES) == -1
    assert follow(record, 39, -1, 25, 8000, CODES) == 25


def test_a_read_changes_its_line_at_the_leftmost_of_the_best_places(tmp_path):
    # From 8470 on, the 13 bases behind either end of the common deletion are the same.
    bases = CIRCLE[8438:8468] + CIRCLE[13445:13485]
    record = record_of(tmp_path, bases)
    assert change(record, 5, 60, 8438, 13415, CODES) == 30
    wrong = bases[:20] + ("A" if bases[20] != "A" else "C") + bases[21:]
    assert change(record_of(tmp_path, wrong), 5, 60, 8438, 13415, CODES) == 30
    assert change(record, 40, 60, 8438, 13415, CODES) == 40
