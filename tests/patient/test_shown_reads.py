"""Fragments that are shown: those that count, both kinds, the same at every run."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pysam
import pytest

from mitotransfer.inputs.settings import Counting
from mitotransfer.patient import shown_reads
from mitotransfer.patient.reads_table import READS
from mitotransfer.patient.shown_reads import Fragment

POS = 1000  # 0-based
ALL = Counting(0, 0, 0)


def read(name: str, start: int, bases: str, **more: object) -> pysam.AlignedSegment:
    """A read of a cigar (all bases aligned by default)."""
    made = pysam.AlignedSegment()
    made.query_name, made.query_sequence = name, bases
    made.reference_id, made.reference_start = 0, start
    made.mapping_quality, made.cigarstring = 60, f"{len(bases)}M"
    made.query_qualities = pysam.qualitystring_to_array("I" * len(bases))
    for key, value in more.items():
        setattr(made, key, value)
    return made


@pytest.fixture
def bam(tmp_path: Path):
    def write(*reads: pysam.AlignedSegment) -> pysam.AlignmentFile:
        header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chrM", "LN": 16569}]}
        path = str(tmp_path / "s.bam")
        with pysam.AlignmentFile(path, "wb", header=header) as out:
            for one in sorted(reads, key=lambda one: one.reference_start):
                out.write(one)
        pysam.index(path)
        return pysam.AlignmentFile(path)

    return write


def bases_at(found: list[Fragment]) -> str:
    return "".join(one.base for one in found)


def test_the_base_is_found_behind_clips_insertions_and_deletions(bam) -> None:
    plain = read("a", POS - 2, "AACAA")
    clipped = read("b", POS - 2, "TTTAACAA", cigarstring="3S5M")
    inserted = read("c", POS - 2, "ATTACAA", cigarstring="1M2I4M")
    deleted = read("d", POS - 2, "AAAA", cigarstring="2M1D2M")
    after = read("e", POS - 3, "AACA", cigarstring="1M1D3M")
    (found,) = shown_reads.fragments_at(bam(plain, clipped, inserted, deleted, after), [POS], ALL)
    assert bases_at(found) == "CCCC"


def test_what_does_not_count_is_not_shown(bam) -> None:
    good = read("good", POS - 20, "A" * 20 + "C" + "A" * 20)
    low = read("low", POS - 20, good.query_sequence)
    low.query_qualities = pysam.qualitystring_to_array("I" * 20 + "#" + "I" * 20)
    doubtful = read("doubtful", POS - 20, good.query_sequence, mapping_quality=3)
    copy = read("copy", POS - 20, good.query_sequence, is_duplicate=True)
    edge = read("edge", POS - 5, "A" * 5 + "C" + "A" * 30)
    (found,) = shown_reads.fragments_at(bam(good, low, doubtful, copy, edge), [POS], Counting())
    assert len(found) == 1 and (found[0].start, found[0].end) == (POS - 20, POS + 21)


def test_mates_are_one_fragment_and_disagreement_is_none(bam) -> None:
    def pair(name: str, second: str) -> list[pysam.AlignedSegment]:
        mates = {"is_paired": True, "is_proper_pair": True}
        one = read(name, POS - 5, "AAAAACAAAA", **mates, is_read1=True)
        two = read(name, POS - 2, f"AA{second}AAAAA", **mates, is_read2=True, is_reverse=True)
        one.next_reference_start, two.next_reference_start = POS - 2, POS - 5
        one.next_reference_id = two.next_reference_id = 0
        one.template_length, two.template_length = 11, -11
        return [one, two]

    (found,) = shown_reads.fragments_at(bam(*pair("a", "C"), *pair("b", "T")), [POS], ALL)
    assert found == [Fragment(POS - 5, POS + 6, "+", "C", 40)]


def test_fragments_across_the_origin_end_with_the_read(bam) -> None:
    mates = {"is_paired": True, "is_proper_pair": True, "is_read1": True}
    far = read("a", 10, "AACAA", **mates, next_reference_id=0, next_reference_start=16_400)
    far.template_length = 16_500
    ((found,),) = shown_reads.fragments_at(bam(far), [12], ALL)
    assert (found.start, found.end) == (10, 15)


def test_each_position_has_the_fragments_that_cover_it(bam) -> None:
    reads = [read("a", 10, "ACACA"), read("b", 12, "GGGGG"), read("c", 30, "TTT")]
    places = [5, 11, 13, 13, 16, 20, 31]
    found = list(shown_reads.fragments_at(bam(*reads), places, ALL))
    assert [bases_at(one) for one in found] == ["", "C", "CG", "CG", "G", "", "T"]
    assert list(shown_reads.fragments_at(bam(*reads), [], ALL)) == []


def fragments(n: int, base: str) -> list[Fragment]:
    return [Fragment(k, k + 300, "+", base, 37) for k in range(n)]


@pytest.mark.parametrize(
    ("alt", "rest", "shown"),
    [(500, 500, (20, 20)), (3, 500, (3, 37)), (500, 3, (37, 3)), (0, 10, (0, 10)), (5, 5, (5, 5))],
)
def test_both_kinds_are_chosen(alt: int, rest: int, shown: tuple[int, int]) -> None:
    found = shown_reads.choose([*fragments(alt, "T"), *fragments(rest, "C")], "T")
    assert (bases_at(found).count("T"), bases_at(found).count("C")) == shown
    assert len(set(map(str, found))) == len(found)


def test_the_tumours_most_frequent_usable_snvs_are_shown() -> None:
    rows = [
        {"sample": "S", "type": "SNV", "usable": "true", "pos": 100 + k, "ref": "A", "alt": "G",
         "tumor_alt_forward": k, "tumor_alt_reverse": k, "tumor_depth_forward": 100,
         "tumor_depth_reverse": 100}
        for k in range(20)
    ]  # fmt: skip
    rows += [rows[-1] | {"pos": 1, "type": "deletion"}, rows[-1] | {"pos": 2, "usable": "false"}]
    rows.append(rows[0] | {"pos": 8469, "type": "junction", "alt": "T[chrM:13447["})
    written = [{name: str(value) for name, value in row.items()} for row in rows]
    found = shown_reads.shown_variants(written)
    junctions = shown_reads.shown_variants(written, "junction")
    assert junctions == [(8469, "A", "T[chrM:13447[")]
    assert [pos for pos, _, _ in found] == list(range(108, 120))


def test_rows_have_the_numbers_of_all_fragments(bam) -> None:
    reads = [read(f"r{k}", POS - 20 - k % 5, "A" * 60) for k in range(100)]
    for one in reads[:30]:
        at = POS - one.reference_start
        sequence = one.query_sequence
        one.query_sequence = f"{sequence[:at]}G{sequence[at + 1 :]}"
        one.query_qualities = pysam.qualitystring_to_array("I" * 60)
    rows = shown_reads.rows(bam(*reads), [(POS + 1, "A", "G")], Counting())
    assert len(rows) == 40 and {row["alt_fragments"] for row in rows} == {30}
    assert {row["fragments"] for row in rows} == {100}
    frame = READS.frame([{"patient": "P", "sample": "S", "role": "immune"} | rows[0]])
    assert len(frame) == 1 and not frame.isna().any(axis=None)


def test_the_session_names_files_and_variants() -> None:
    session = shown_reads.igv_session(
        "P<1>", "../g.fa", {"../../samples/a&b/a&b.bam": "a&b"}, [(7084, "T", "C"), (50, "A", "G")]
    )
    tree = ET.fromstring(session)
    assert tree.get("genome") == "../g.fa" and tree.get("locus") == "chrM:6984-7184"
    assert [one.get("path") for one in tree.iter("Resource")] == ["../../samples/a&b/a&b.bam"]
    regions = [(r.get("start"), r.get("end"), r.get("description")) for r in tree.iter("Region")]
    assert regions[0] == ("7083", "7084", "P<1> m.7084T>C")
    assert ET.fromstring(shown_reads.igv_session("P", "g.fa", {}, [])).get("locus") == "chrM:1-101"


def test_the_session_has_both_ends_of_a_junction() -> None:
    session = shown_reads.igv_session("P", "g.fa", {}, [(8469, "T", "T[chrM:13447[")])
    regions = [(r.get("start"), r.get("end")) for r in ET.fromstring(session).iter("Region")]
    assert regions == [("8468", "8469"), ("13446", "13447")]
    told = [str(r.get("description")) for r in ET.fromstring(session).iter("Region")]
    assert "before" in told[0] and "after" in told[1] and told[0].startswith("P junction of 8469")
