"""Junctions and intact fragments of simulated molecules, against a count of the reads drawn."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import pytest
from bam_counts import count_bam
from places import RCRS
from simulated_reads import CIRCLE, Library, aligned, counted, index, on_circle, pair

from mitotransfer.counts import junctions
from mitotransfer.counts.allele_counts import Counted
from mitotransfer.counts.counter import Counter
from mitotransfer.counts.spanning import SHORTEST
from mitotransfer.genome.circle import Circle
from mitotransfer.genome.reference import Facts, Reference, encode
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads.bam_header import Totals
from mitotransfer.reads.bam_records import whole_records
from mitotransfer.reads.fold import fold_records
from mitotransfer.reads.lanes import SampleReads

TURN = len(CIRCLE)
RNG = np.random.default_rng(7)


@dataclass(frozen=True)
class Deletion:
    """Ends of a junction as rCRS positions, leftmost, and bases of its repeat."""

    start: int
    end: int
    repeat: int

    @property
    def molecule(self) -> str:
        """The circle that is left, from the end of the junction on to its start."""
        first, last = on_circle(self.end), on_circle(self.start)
        return (CIRCLE + CIRCLE)[first : last + 1 + (TURN if last < first else 0)]


# The common deletion, between repeats of 13 bases; one almost without a repeat; one across the
# origin, which takes the origin of the heavy strand along.
DELETIONS = [
    Deletion(8469, 13447, 13),
    Deletion(6072, 13094, 1),
    Deletion(15600, 70, 0),
]


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    return index(tmp_path_factory.mktemp("index"))


def leftmost(deletion: Deletion) -> Deletion:
    """The deletion moved to the leftmost place, with its repeat, base by base."""
    start, end = on_circle(deletion.start), on_circle(deletion.end)
    while CIRCLE[start % TURN] == CIRCLE[(end - 1) % TURN]:
        start, end = start - 1, end - 1
    repeat = 0
    while CIRCLE[(start + 1 + repeat) % TURN] == CIRCLE[(end + repeat) % TURN]:
        repeat += 1
    circle = Circle.of(RCRS)
    return Deletion(*(circle.to_reference(at % TURN) + 1 for at in (start, end)), repeat)


def draw(library: Library, molecule: str, fragments: int, length: int, name: str) -> list[list]:
    """Add pairs of a circular molecule; returns their reads' places on it and strands."""
    places = []
    for k in range(fragments):
        start, insert = (
            int(RNG.integers(len(molecule))),
            int(RNG.integers(length, 2 * length + 150)),
        )
        flip = bool(RNG.integers(2))
        library.add(f"{name}{k}", pair(molecule, start, insert, length, flip), ("I" * length,) * 2)
        left, right = (start, 0), (start + insert - length, 1)
        places.append([right, left] if flip else [left, right])
    return places


def across(places: list[list], bond: int, length: int, turn: int) -> list[int]:
    """Fragments by strand with a read that covers MARGIN bases on each side of a bond."""
    found = [0, 0]
    for mates in places:
        shown = [
            strand
            for at, strand in mates
            if junctions.MARGIN <= (bond + 1 - at) % turn <= length - junctions.MARGIN
        ]
        if shown:
            found[shown[0]] += 1
    return found


def rows_of(result: Counted) -> dict[tuple[int, int, int], list[int]]:
    return {tuple(row[:3]): list(row[3:]) for row in result.junctions.tolist()}


@pytest.mark.parametrize("length", [75, 150])
@pytest.mark.parametrize("drawn", DELETIONS)
def test_every_fragment_that_shows_a_deletion_is_counted_once(tmp_path, prefix, drawn, length):
    deletion = leftmost(drawn)
    assert deletion.repeat == drawn.repeat
    molecule, library = deletion.molecule, Library()
    fragments = 1500
    gone = draw(library, molecule, fragments, length, "deleted")
    there = draw(library, CIRCLE, fragments, length, "whole")
    lanes = [library.write(tmp_path / "reads", gzipped=False)]
    result = counted(prefix, SampleReads("S1", lanes))
    expected = across(gone, len(molecule) - 1, length, len(molecule))
    assert rows_of(result) == {(deletion.start, deletion.end, deletion.repeat): expected}
    first, last = on_circle(deletion.start), on_circle(deletion.end) - 1
    for bond, found in zip(
        (first, last),
        junctions.intact(result.spanning, np.array([deletion.start]), np.array([deletion.end])),
        strict=True,
    ):
        assert found[0].tolist() == across(there, bond, length, TURN)


def test_reads_of_50_bases_show_a_deletion_from_either_side(tmp_path, prefix):
    """Each number of bases on both sides, with the mate on either: the aligner finds nearly all."""
    deletion, length, library = leftmost(DELETIONS[0]), 50, Library()
    draw(library, CIRCLE, 3000, length, "whole")
    number = 0
    for before in range(junctions.MARGIN, length - junctions.MARGIN + 1):
        for insert in (100, 180):
            for start in (-before, length - before - insert):
                for flip in (False, True):
                    reads = pair(deletion.molecule, start, insert, length, flip)
                    library.add(f"deleted{number}", reads, ("I" * length,) * 2)
                    number += 1
    lanes = [library.write(tmp_path / "reads", gzipped=False)]
    rows = rows_of(counted(prefix, SampleReads("S1", lanes)))
    assert list(rows) == [(deletion.start, deletion.end, deletion.repeat)]
    (found,) = rows.values()
    assert 0.9 * number <= sum(found) <= number and min(found) > 0.4 * number


def test_the_sorted_file_gives_the_junctions_of_the_reads(tmp_path, prefix):
    """As for cells: records by position, mates and chimeric records apart, in several chunks."""
    library = Library()
    draw(library, leftmost(DELETIONS[0]).molecule, 1500, 100, "deleted")
    draw(library, leftmost(DELETIONS[2]).molecule, 1500, 100, "across")
    draw(library, CIRCLE, 400, 100, "whole")
    lanes = [library.write(tmp_path / "reads", gzipped=False)]
    direct = counted(prefix, SampleReads("S1", lanes))
    assert len(direct.junctions) == 2 and direct.junctions[:, 3:].sum(axis=1).min() > 2
    path = aligned(tmp_path, prefix, lanes)
    for chunk in (4096, 100):
        again = count_bam(path, chunk=chunk)
        np.testing.assert_array_equal(again.junctions, direct.junctions)
        np.testing.assert_array_equal(again.spanning, direct.spanning)


# ---- random circles, aligned base by base as an aligner without faults would ----


def made_up(rng: np.random.Generator) -> tuple[Reference, int, int]:
    """A circle with a junction: the last base before it and the first one after it, 0-based."""
    size = int(rng.integers(700, 1500))
    bases = rng.choice(list("ACGT"), size)
    start = int(rng.integers(size))
    # What is kept, or there twice, is longer than a read: no read has both sides of it.
    missing = int(rng.integers(junctions.MIN_SIZE, size - 120))
    end = (start + missing + 1) % size
    repeat, before = int(rng.integers(15)), int(rng.integers(15))
    if min(missing, size - missing) > 60:
        for k in range(-min(before, repeat), repeat - min(before, repeat)):
            bases[(start + 1 + k) % size] = bases[(end + k) % size]
    text = "".join(bases)
    return Reference(text, encode(text), Facts()), start, end


def slow_junction(text: str, start: int, end: int) -> tuple[int, int]:
    """Bases by which a junction can be moved back, and its repeat."""
    size, back, forth = len(text), 0, 0
    while text[(start - back) % size] == text[(end - 1 - back) % size]:
        back += 1
    while text[(start + 1 + forth) % size] == text[(end + forth) % size]:
        forth += 1
    return back, back + forth


def raw_record(
    name: str, flag: int, place: int, cigar: list[tuple[int, str]], text: str, mate: int
) -> bytes:
    """A BAM record at a place of the extended circle, with the place of its mate."""
    label = name.encode() + b"\0"
    words = b"".join(struct.pack("<I", n << 4 | "MIDNS".index(kind)) for n, kind in cigar if n)
    codes = ["=ACMGRSVTWYHKDBN".index(base) for base in text] + [0]
    packed = bytes(codes[k] << 4 | codes[k + 1] for k in range(0, len(text), 2))
    number = len(words) // 4
    head = struct.pack("<iiBBHHHiiii", 0, place, len(label), 60, 0, number, flag, len(text),
                       0 if flag & 1 else -1, mate if flag & 1 else -1, 0)  # fmt: skip
    body = head + label + words + packed + b"\x1e" * len(text)
    return struct.pack("<i", len(body)) + body


def slow_alignment(text: str, path: np.ndarray, broken: int) -> tuple[int, list[tuple[int, str]]]:
    """The longer part of a read, as far as it fits beyond the junction; the other one is clipped.

    Args:
        path: places of its bases on the circle.
        broken: bases before the junction; all of them without one.
    """
    size, length = len(text), len(path)
    bases = [text[place] for place in path]
    if broken >= length - broken:
        end = broken
        while end < length and text[(path[0] + end) % size] == bases[end]:
            end += 1
        return int(path[0]), [(end, "M"), (length - end, "S")]
    begin = broken
    while begin and text[(path[-1] - (length - begin)) % size] == bases[begin - 1]:
        begin -= 1
    return int((path[-1] - (length - begin - 1)) % size), [(begin, "S"), (length - begin, "M")]


def test_random_circles_show_the_junctions_they_are_made_with():
    """Deletions and duplications anywhere, across the origin, in repeats, on both strands."""
    rng = np.random.default_rng(11)
    met = {"repeat": 0, "origin": 0, "twice": 0, "short clip": 0}
    for _ in range(300):
        reference, start, end = made_up(rng)
        text, size = reference.sequence, reference.length
        back, repeat = slow_junction(text, start, end)
        if repeat > 14 or not 50 <= (end - start - 1) % size <= size - 50:
            continue
        first, last = (start - back) % size, (end - back) % size
        split, whole = [0, 0], {bond: [0, 0] for bond in (first, (last - 1) % size)}
        records, placed = [], False
        for k in range(60):
            length, joined = int(rng.integers(40, 120)), bool(k % 3)
            shown: dict[object, int] = {}
            reads: list[tuple[int, int, list[tuple[int, str]], str]] = []
            for mate in range(1 + k % 2):
                strand = int(rng.integers(2))
                before = int(rng.integers(5, length - 5))
                at = start if k % 5 else int(rng.integers(size))
                path = (at - before + 1 + np.arange(length)) % size
                broken = length
                if joined:
                    broken = before
                    path = np.append((start - before + 1 + np.arange(before)) % size,
                                     (end + np.arange(length - before)) % size)  # fmt: skip
                place, cigar = slow_alignment(text, path, broken)
                flag = 16 * strand + (1 | (64 << mate) if k % 2 else 0)
                read = "".join(text[at] for at in path)
                reads.append((flag, place, cigar, read))
                sides = {"split": before - back} if joined else {
                    bond: (bond - int(path[0])) % size + 1 for bond in whole
                }  # fmt: skip
                for what, left in sides.items():
                    if min(left, length - left) >= junctions.MARGIN and length >= SHORTEST:
                        shown.setdefault(what, strand)
                        clip = sum(n for n, kind in cigar if kind == "S")
                        placed |= what == "split" and clip >= 16
                        met["short clip"] += what == "split" and clip < 16
            for (flag, place, cigar, read), other in zip(reads, reads[::-1], strict=True):
                records.append(raw_record(f"r{k}", flag, place, cigar, read, other[1]))
            for what, strand in shown.items():
                (split if what == "split" else whole[what])[strand] += 1
        counter = Counter(reference, Counting())
        folded = fold_records(b"".join(records), reference, 200, np.zeros(0, np.uint8))
        for chunk in whole_records(folded.records).by_position().chunks(4096):
            counter.feed(chunk)
        result = counter.counts("S", Totals())
        assert placed
        assert result.junctions.tolist() == [[first + 1, last + 1, repeat, *split]]
        found = junctions.intact(result.spanning, np.array([first + 1]), np.array([last + 1]))
        expected = [whole[first], whole[(last - 1) % size]]
        assert [one[0].tolist() for one in found] == expected
        met["repeat"] += repeat >= 8
        met["origin"] += last <= first
        met["twice"] += (last - first - 1) % size > size / 2
    assert min(met.values()) >= 10, met
