"""Junctions and intact fragments of simulated molecules, against a count of the reads drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from bam_counts import count_bam
from places import RCRS
from simulated_reads import CIRCLE, Library, aligned, counted, index, on_circle, pair

from mitotransfer.counts import junctions
from mitotransfer.counts.allele_counts import Counted
from mitotransfer.genome.circle import Circle
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
