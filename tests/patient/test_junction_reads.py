"""Reads at a junction that are shown: split and intact ones, each fragment once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pysam
import pytest
from places import LENGTH, RCRS

from mitotransfer.genome import junction_alleles
from mitotransfer.inputs.settings import Counting
from mitotransfer.patient import junction_reads
from mitotransfer.patient.reads_table import AT_END, AT_START, REACH, READS, SPLIT

#: The common deletion, at a repeat of 13 bases; one without; and one across the origin.
COMMON, PLAIN, ORIGIN = (8469, 13447), (6000, 12000), (16000, 10)
TWICE = RCRS.sequence * 2
Bam = Callable[..., pysam.AlignmentFile]


def joined(ends: tuple[int, int], before: int, after: int) -> str:
    """Bases of a molecule with a deletion, so many before and after the junction."""
    start, end = ends
    left = TWICE[start + LENGTH - before : start + LENGTH]
    return left + TWICE[end - 1 : end - 1 + after]


def read(name: str, start: int, cigar: str, bases: str, **more: object) -> pysam.AlignedSegment:
    """A read aligned from a 1-based position on."""
    made = pysam.AlignedSegment()
    made.query_name, made.query_sequence = name, bases
    made.reference_id, made.reference_start = 0, start - 1
    made.mapping_quality, made.cigarstring = 60, cigar
    made.query_qualities = pysam.qualitystring_to_array("I" * len(bases))
    for key, value in more.items():
        setattr(made, key, value)
    return made


def clipped_after(name: str, ends: tuple[int, int], size: int = 100, **more: object):
    """A read split in its middle, aligned before the junction; the aligner goes on in a repeat."""
    far = size // 2 + junction_alleles.repeat(RCRS, *ends)
    first = ends[0] - size // 2 + 1
    bases = joined(ends, size // 2, size - size // 2)
    return read(name, first, f"{far}M{size - far}S", bases, **more)


def clipped_before(name: str, ends: tuple[int, int], size: int = 100, **more: object):
    """The same, aligned after the junction."""
    bases = joined(ends, size // 2, size - size // 2)
    return read(name, ends[1], f"{size // 2}S{size - size // 2}M", bases, **more)


def intact(name: str, first: int, size: int = 100, **more: object):
    return read(name, first, f"{size}M", TWICE[first - 1 : first - 1 + size], **more)


@pytest.fixture
def bam(tmp_path: Path) -> Bam:
    def write(*reads: pysam.AlignedSegment) -> pysam.AlignmentFile:
        header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chrM", "LN": LENGTH}]}
        path = str(tmp_path / "s.bam")
        with pysam.AlignmentFile(path, "wb", header=header) as out:
            for one in sorted(reads, key=lambda one: one.reference_start):
                out.write(one)
        pysam.index(path)
        return pysam.AlignmentFile(path)

    return write


@pytest.mark.parametrize("ends", [COMMON, PLAIN, ORIGIN, (20, 9000)])
def test_split_reads_show_the_joined_sequence_from_either_side(
    bam: Bam, ends: tuple[int, int]
) -> None:
    reads = [clipped_before("b", ends, is_reverse=True)]
    if ends[0] > 100:
        reads.append(clipped_after("a", ends))
    found = junction_reads.reads_at(bam(*reads), RCRS, ends, 20)
    assert {one.bases for one in found} == {joined(ends, REACH, REACH)}
    assert [one.kind for one in found] == [SPLIT] * len(reads)
    assert {one.strand for one in found} == ({"+", "-"} if len(reads) == 2 else {"-"})
    assert all(one.quality == 40 for one in found)


def test_a_read_before_the_origin_is_found_for_a_junction_behind_it(bam: Bam) -> None:
    """Its main alignment ends at the last base of the circle; the rest is clipped."""
    bases = joined((5, 9000), 50, 50)
    before = read("a", LENGTH - 44, "45M55S", bases)
    (found,) = junction_reads.reads_at(bam(before), RCRS, (5, 9000), 20)
    assert found.kind == SPLIT and found.bases == joined((5, 9000), REACH, REACH)


def test_a_read_across_the_origin_is_found_by_its_second_record(bam: Bam) -> None:
    bases = TWICE[LENGTH - 60 : LENGTH + 90]
    records = [
        read("a", LENGTH - 59, "60M90S", bases),
        read("a", 1, "60S90M", bases, is_supplementary=True),
    ]
    (found,) = junction_reads.reads_at(bam(*records), RCRS, (16000, 50), 20)
    assert found.kind == AT_END and found.bases == TWICE[49 - REACH : 49 + REACH]


@pytest.mark.parametrize("ends", [COMMON, PLAIN])
def test_intact_reads_are_told_by_the_end_at_which_they_run_on(
    bam: Bam, ends: tuple[int, int]
) -> None:
    reads = [intact("s", ends[0] - 50), intact("e", ends[1] - 50)]
    found = junction_reads.reads_at(bam(*reads), RCRS, ends, 20)
    assert [one.kind for one in found] == [AT_START, AT_END]
    assert found[0].bases == RCRS.sequence[ends[0] - REACH : ends[0] + REACH]
    assert found[1].bases == RCRS.sequence[ends[1] - 1 - REACH : ends[1] - 1 + REACH]


def test_a_deletion_within_an_alignment_is_a_split_read(bam: Bam) -> None:
    gap = PLAIN[1] - PLAIN[0] - 1
    long = read("a", PLAIN[0] - 49, f"50M{gap}D50M", joined(PLAIN, 50, 50))
    (found,) = junction_reads.reads_at(bam(long), RCRS, PLAIN, 20)
    assert found.kind == SPLIT and found.bases == joined(PLAIN, REACH, REACH)


def test_what_does_not_show_a_junction_is_left_out(bam: Bam) -> None:
    doubtful = clipped_after("doubtful", PLAIN, mapping_quality=3)
    copy = clipped_after("copy", PLAIN, is_duplicate=True)
    whole = joined(PLAIN, 50, 0)
    part = read("part", PLAIN[0] - 49, "50M50H", whole, is_supplementary=True)
    other = clipped_after("other", (PLAIN[0], PLAIN[1] + 500))
    short = read("short", PLAIN[0] - 80, "81M19S", joined(PLAIN, 81, 19))
    assert not junction_reads.reads_at(bam(doubtful, copy, part, other, short), RCRS, PLAIN, 20)
    just = read("just", PLAIN[0] - 79, "80M20S", joined(PLAIN, 80, 20))
    (found,) = junction_reads.reads_at(bam(just), RCRS, PLAIN, 20)
    assert found.bases.endswith("." * 10) and found.qualities[-10:] == (0,) * 10


def test_mates_are_one_fragment_and_the_split_one_is_shown(bam: Bam) -> None:
    one, two = intact("a", PLAIN[1] - 40), clipped_after("a", PLAIN)
    (found,) = junction_reads.reads_at(bam(one, two), RCRS, PLAIN, 20)
    assert found.kind == SPLIT


def test_bases_beyond_the_repeat_must_fit(bam: Bam) -> None:
    """Of 20 bases after the junction 13 are the repeat; the other seven tell."""
    bases = joined(COMMON, 60, 20)
    good = read("a", COMMON[0] - 59, "73M7S", bases)
    wrong = read(
        "b",
        COMMON[0] - 59,
        "73M7S",
        bases[:73] + "".join("CATG"["ACGT".index(b)] for b in bases[73:]),
    )
    found = junction_reads.reads_at(bam(good, wrong), RCRS, COMMON, 20)
    assert [one.kind for one in found] == [SPLIT]


def test_rows_have_the_numbers_of_all_fragments(bam: Bam) -> None:
    reads = [clipped_after(f"s{k}", PLAIN) for k in range(30)]
    reads += [intact(f"i{k}", PLAIN[0] - 40 - k % 9) for k in range(50)]
    reads += [intact(f"e{k}", PLAIN[1] - 50) for k in range(4)]
    low = clipped_before("low", PLAIN)
    low.query_qualities = pysam.qualitystring_to_array("I" * 49 + '"' + "I" * 50)
    variant = (PLAIN[0], "C", junction_alleles.allele("C", PLAIN[1]))
    snv = (PLAIN[0], "C", "T")
    rows = junction_reads.rows(bam(*reads, low), [snv, variant], RCRS, Counting())
    kinds = [row["base"] for row in rows]
    assert kinds == [SPLIT] * 12 + [AT_START] * 6 + [AT_END] * 4
    assert {(row["alt_fragments"], row["fragments"]) for row in rows} == {(31, 85)}
    frame = READS.frame({"patient": "P", "sample": "S", "role": "tumor"} | row for row in rows)
    assert not frame.isna().any(axis=None)
    (own,) = junction_reads.rows(bam(low), [variant], RCRS, Counting())
    assert own["quality"] == 1 and own["qualities"] == "I" * 29 + '"' + "I" * 30
    assert (own["start"], own["end"]) == (PLAIN[1], PLAIN[1] + 49)
