"""Folded records against the fragments they come from, and hand-made alignments."""

from __future__ import annotations

from collections import defaultdict

import pysam
import pytest
from bam_counts import raw_records
from places import LENGTH, PLACEHOLDER
from simulated_reads import CIRCLE, EXTENSION, RCRS, Library, aligned, index, pair

from mitotransfer.reads import fold
from mitotransfer.reads.bam_header import Totals, sample_header
from mitotransfer.reads.record_writer import read_group_tag
from mitotransfer.reads.sorted_bam import BamWriter

SIZE = len(CIRCLE)
EXTENDED = SIZE + EXTENSION


def rcrs(at):
    """0-based rCRS position of a circle position."""
    at %= SIZE
    return at + (at >= PLACEHOLDER)


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """Pairs all around the circle, more of them at the origin and at 3107; truth by name."""
    folder = tmp_path_factory.mktemp("tour")
    library, truth = Library(), {}
    starts = [*range(0, SIZE, 37), *range(SIZE - 400, SIZE + 60, 3), *range(2700, 3200, 7)]
    for k, start in enumerate(starts):
        flip = k % 2 == 1
        library.add(f"t{k}", pair(CIRCLE, start, 330, 100, flip), ("I" * 100, "I" * 100))
        truth[f"t{k}"] = (start % SIZE, flip)
    path = aligned(folder, index(folder), [library.write(folder / "tour")])
    with pysam.AlignmentFile(str(path)) as source:
        return list(source), truth, source.header.to_dict()


def test_every_base_of_every_read_lies_where_it_came_from(tour):
    records, truth, _ = tour
    reads = defaultdict(list)
    for record in records:
        reads[(record.query_name, record.is_read2)].append(record)
    assert len(reads) == 2 * len(truth)
    split = 0
    for (name, second), parts in reads.items():
        start, flip = truth[name]
        left = start if second == flip else start + 230
        expected = {query: rcrs(left + query) for query in range(100)}
        found = {}
        for part in parts:
            for query, at in part.get_aligned_pairs(matches_only=True):
                assert query not in found
                found[query] = at
        assert found == expected
        split += len(parts) == 2
        assert len(parts) == (2 if left < SIZE < left + 100 else 1)
        assert [part.is_supplementary for part in parts].count(False) == 1
    assert split > 50


def test_tags_flags_and_template_lengths_fit(tour):
    records, truth, header = tour
    positions = {}
    for record in records:
        if not record.is_supplementary:
            positions[(record.query_name, record.is_read2)] = record.reference_start
    for record in records:
        assert record.mapping_quality == 60
        assert record.is_proper_pair
        spans_gap = record.reference_start < 3106 < record.reference_end
        assert record.get_tag("NM") == int(spans_gap)
        assert ("D" in record.cigarstring) == spans_gap
        assert record.get_tag("RG") == "S1"
        assert not any(record.has_tag(tag) for tag in ("XA", "MD", "MC", "XS"))
        mate = positions[(record.query_name, not record.is_read2)]
        assert record.next_reference_start == mate
        start = truth[record.query_name][0]
        width = 330 + (start < 3106 < start + 330)
        assert abs(record.template_length) == width
        if record.has_tag("SA"):
            (other,) = [
                r
                for r in records
                if r.query_name == record.query_name
                and r.is_read2 == record.is_read2
                and r.is_supplementary != record.is_supplementary
            ]
            strand = "-" if other.is_reverse else "+"
            assert record.get_tag("SA") == (
                f"chrM,{other.reference_start + 1},{strand},{other.cigarstring},60,0;"
            )
            first = other if record.is_supplementary else record
            assert first.reference_end == LENGTH
            both = record.query_alignment_length + other.query_alignment_length
            assert both == 100
            told = record.get_tag("YB" if record.is_supplementary else "YA")
            assert told == other.query_alignment_length
    (contig,) = header["SQ"]
    assert contig == {
        "SN": "chrM",
        "LN": 16569,
        "M5": "c68f52674c9fb33aef52dcf399755519",
        "TP": "circular",
    }
    assert header["RG"] == [{"ID": "S1", "SM": "S1"}]
    assert all(set(line) <= {"ID", "PN", "VN", "PP"} for line in header["PG"])


# ---- hand-made alignments to the extended circle ----


def folded(tmp_path, *rows, single=False):
    """Fold alignments (name, flag, circle position, CIGAR, MAPQ, tags) of matching bases."""
    contigs = [{"SN": "chrM", "LN": EXTENDED}, {"SN": "decoy0", "LN": EXTENDED}]
    header = pysam.AlignmentHeader.from_dict({"SQ": contigs})
    doubled = CIRCLE + CIRCLE
    with pysam.AlignmentFile(str(tmp_path / "in.bam"), "wb", header=header) as target:
        for name, flag, pos, cigar, quality, tags, *contig in rows:
            record = pysam.AlignedSegment(header)
            record.query_name, record.flag = name, flag
            record.reference_id = record.next_reference_id = contig[0] if contig else 0
            record.reference_start = record.next_reference_start = pos
            record.cigarstring, record.mapping_quality = cigar, quality
            bases, at = "", pos
            for kind, size in record.cigartuples or [(4, 50)]:
                if kind == 0:
                    bases += doubled[at : at + size]
                elif kind in (1, 4):
                    bases += "A" * size
                at += size if kind in (0, 2) else 0
            record.query_sequence = bases
            record.query_qualities = [30] * len(bases)
            record.set_tags([("NM", 0), ("AS", 70), ("XS", 3), *tags])
            target.write(record)
    raw = raw_records(tmp_path / "in.bam").data.tobytes()
    result = fold.fold_records(raw, RCRS, EXTENSION, read_group_tag("S1"), single=single)
    with BamWriter(tmp_path / "out.bam", sample_header(RCRS, "S1", Totals(), "1")) as writer:
        writer.write(memoryview(result.records.data))
    with pysam.AlignmentFile(str(tmp_path / "out.bam")) as source:
        return list(source), result


@pytest.mark.parametrize(
    ("pos", "cigar", "expected"),
    [
        (3000, "150M", [(3000, "106M1D44M")]),
        (3106, "100M", [(3107, "100M")]),
        (3006, "100M", [(3006, "100M")]),
        (3050, "50M10D50M", [(3050, "50M11D50M")]),  # the deletion holds the placeholder
        (3056, "50M5D50M", [(3056, "50M6D50M")]),  # it begins there
        (3056, "50M5I50M", [(3056, "50M5I1D50M")]),  # an insertion just before it
        (SIZE - 50, "100M", [(16519, "50M50S"), (0, "50S50M")]),
        (SIZE - 50, "10S100M5S", [(16519, "10S50M55S"), (0, "60S50M5S")]),
        (SIZE - 50, "48M4D52M", [(16519, "48M52S"), (2, "48S52M")]),  # across the origin
        (SIZE - 50, "50M3I50M", [(16519, "50M3I50S"), (0, "53S50M")]),
        (SIZE - 50, "50M", [(16519, "50M")]),
        (SIZE, "50M", [(0, "50M")]),
        (SIZE + 500, "20M2D30M", [(500, "20M2D30M")]),
    ],
)
def test_cigars_fold(tmp_path, pos, cigar, expected):
    records, _ = folded(tmp_path, ("r", 0, pos, cigar, 60, []))
    assert [(r.reference_start, r.cigarstring) for r in records] == expected
    for record in records:
        matched = record.get_aligned_pairs(matches_only=True)
        gaps = sum(size for kind, size in record.cigartuples if kind in (1, 2))
        wrong = sum(record.query_sequence[q] != RCRS.sequence[at] for q, at in matched)
        assert record.get_tag("NM") == gaps + wrong
        assert wrong == 0


def test_low_quality_is_waived_only_where_the_repeated_bases_explain_it(tmp_path):
    twin = ("XA", f"chrM,+{SIZE + 100},50M,0;")
    elsewhere = ("XA", f"chrM,+{SIZE + 100},50M,0;chrM,+9000,50M,0;")
    rows = [
        ("a", 0, 99, "50M", 0, [twin]),
        ("b", 0, 99, "50M", 0, [elsewhere]),
        ("c", 0, 9000, "50M", 0, []),
        ("d", 0, SIZE - 5, "50M", 3, []),
        ("e", 0, EXTENSION - 1, "50M", 2, []),
        ("f", 0, EXTENSION, "50M", 2, []),
    ]
    records, _ = folded(tmp_path, *rows)
    qualities = {r.query_name: r.mapping_quality for r in records}
    assert qualities == {"a": 60, "b": 0, "c": 0, "d": 60, "e": 60, "f": 2}


def test_chimeric_reads_keep_their_parts_and_get_their_sa_tags_anew(tmp_path):
    stale = ("SA", "chrM,99999,+,1M,0,0;")
    rows = [
        ("r", 0x1 | 0x40, 5000, "60M40S", 60, [stale]),
        ("r", 0x1 | 0x40 | 0x800 | 0x10, SIZE - 10, "60S40M", 50, [stale]),
    ]
    records, _ = folded(tmp_path, *rows)
    assert [r.reference_start for r in records] == [5001, 16559, 0]
    assert records[0].get_tag("SA") == "chrM,16560,-,60S10M30S,60,0;chrM,1,-,70S30M,60,0;"
    assert records[2].get_tag("SA") == "chrM,5002,+,60M40S,60,0;chrM,16560,-,60S10M30S,60,0;"
    # Only the halves of a primary alignment are two halves of one read to the counter.
    assert not any(r.has_tag("YA") or r.has_tag("YB") for r in records)


def test_unaligned_reads_stay_with_aligned_mates_only(tmp_path):
    rows = [
        ("both", 0x1 | 0x4 | 0x8 | 0x40, -1, None, 0, []),
        ("both", 0x1 | 0x4 | 0x8 | 0x80, -1, None, 0, []),
        ("one", 0x1 | 0x8 | 0x40, SIZE + 10, "50M", 60, []),
        ("one", 0x1 | 0x4 | 0x80, SIZE + 10, None, 0, []),
    ]
    records, result = folded(tmp_path, *rows)
    assert result.unaligned == 2
    assert [(r.query_name, r.is_unmapped, r.reference_start) for r in records] == [
        ("one", False, 10),
        ("one", True, 10),
    ]


def test_single_reads_lose_their_stand_ins(tmp_path):
    rows = [
        ("s", 0x1 | 0x8 | 0x40 | 0x10, 500, "50M", 60, []),
        ("s", 0x1 | 0x4 | 0x80, 500, None, 0, []),
        ("u", 0x1 | 0x4 | 0x8 | 0x40, -1, None, 0, []),
        ("u", 0x1 | 0x4 | 0x8 | 0x80, -1, None, 0, []),
    ]
    records, result = folded(tmp_path, *rows, single=True)
    assert result.unaligned == 1
    assert [(r.query_name, r.flag, r.next_reference_id) for r in records] == [("s", 0x10, -1)]


def test_fragments_that_fit_the_decoy_better_leave_nothing(tmp_path):
    pair_1, pair_2 = 0x1 | 0x40, 0x1 | 0x80
    rows = [
        ("own", pair_1, 5000, "50M", 60, []),
        ("own", pair_2, 5100, "50M", 60, []),
        ("away", pair_1, 5000, "50M", 60, [], 1),
        ("away", pair_2, 5100, "50M", 60, []),  # its mate decides
        ("part", pair_1, 5000, "50M", 60, []),
        ("part", pair_1 | 0x800, 70, "20S30M", 60, [], 1),  # a chimeric part
        ("part", pair_2, 5100, "50M", 60, []),
        ("better", pair_1, 5000, "50M", 60, []),
        ("better", pair_2, 5100, "50M", 60, [("pa", 0.95)]),  # the decoy fits better
        ("better", pair_2 | 0x800, 70, "50M", 10, [], 1),
    ]
    records, result = folded(tmp_path, *rows)
    assert [r.query_name for r in records] == ["own", "own", "part", "part"]
    assert result.nuclear == 4
    assert not any(r.has_tag("SA") for r in records)
    single = [
        ("s", 0x1 | 0x8 | 0x40, 70, "50M", 60, [], 1),
        ("s", 0x1 | 0x4 | 0x80, 70, None, 0, [], 1),
    ]
    records, result = folded(tmp_path, *single, single=True)
    assert records == [] and result.nuclear == 1


def test_places_of_a_decoy_do_not_lower_the_quality_of_bases_that_are_there_twice(tmp_path):
    twin = f"chrM,+{SIZE + 100},50M,0;"
    rows = [
        ("twin", 0, 99, "50M", 0, [("XA", twin)]),
        ("decoy", 0, 99, "50M", 0, [("XA", f"{twin}decoy0,+70,50M,0;")]),
        ("third", 0, 99, "50M", 0, [("XA", f"{twin}chrM,+9000,50M,0;")]),
        ("once", 0, 9000, "50M", 25, [("XA", "decoy0,+70,50M,2;")]),
        ("repeat", 0, 9000, "50M", 0, [("XA", "chrM,+70,50M,0;")]),
    ]
    records, _ = folded(tmp_path, *rows)
    found = {r.query_name: r.mapping_quality for r in records}
    assert found == {"twin": 60, "decoy": 60, "third": 0, "once": 25, "repeat": 0}
