"""Junctions of long reads: of molecules with and without a deletion, and of several turns."""

from __future__ import annotations

import numpy as np
import pytest
from long_molecules import HIFI, ONT, needs_minimap2, with_errors, write
from simulated_reads import CIRCLE, counted, index

from mitotransfer.counts import junctions
from mitotransfer.reads.lanes import Lane, SampleReads

TURN = len(CIRCLE)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    return index(tmp_path_factory.mktemp("index"))


def reads_of(rng, molecule, number, size, rates):
    """Reads of a circular molecule that start anywhere."""
    turns = molecule * (2 + size // len(molecule))
    starts = rng.integers(len(molecule), size=number)
    return [with_errors(rng, turns[at : at + size], rates) for at in starts.tolist()]


@needs_minimap2
@pytest.mark.parametrize(
    ("platform", "rates", "first", "last", "row"),
    [
        ("pacbio", HIFI, 8469, 13446, (8469, 13447, 13)),
        ("nanopore", ONT, 8469, 13446, (8469, 13447, 13)),
        ("nanopore", ONT, 2000, 2400, (2000, 2401, None)),  # within the reach of one alignment
        ("pacbio", HIFI, 15600, 16568 + 70, (15600, 70, 0)),
        # Both parts reach over a mismatch beyond the repeat.
        ("pacbio", HIFI, 13438, 15288, (13438, 15289, 8)),
    ],
)
def test_long_reads_show_a_deletion_once_each(tmp_path, prefix, platform, rates, first, last, row):
    rng = np.random.default_rng([len(platform), first])
    # Places up to the placeholder are those of the reference less one, behind it less two.
    begin, end = (at - (at > 3106) for at in (first, last))
    doubled = CIRCLE * 2
    molecule = doubled[end : begin + TURN] if end < TURN else doubled[end - TURN : begin]
    reads = [
        *reads_of(rng, molecule, 20, 6000, rates),
        *reads_of(rng, CIRCLE, 20, 6000, rates),
    ]
    lane = Lane(write(tmp_path / "reads.fastq.gz", reads, "I"), None)
    result = counted(prefix, SampleReads("S1", [lane]), platform=platform)
    table = result.junctions.tolist()
    fragments = [sum(one[3:]) for one in table]
    best = table[int(np.argmax(fragments))]
    assert abs(best[0] - row[0]) <= 20 and abs(best[1] - row[1]) <= 20
    if row[2] is not None:
        assert tuple(best[:3]) == row
    assert max(fragments) >= 0.9 * sum(fragments) and min(best[3:]) > 0
    expected = 20 * 6000 / len(molecule)
    assert abs(max(fragments) - expected) < 4 * np.sqrt(expected)
    intact = [
        part[0].sum()
        for part in junctions.intact(result.spanning, np.array(best[:1]), np.array(best[1:2]))
    ]
    expected = 20 * 6000 / TURN
    assert all(abs(found - expected) < 4 * np.sqrt(expected) for found in intact)


@needs_minimap2
@pytest.mark.parametrize(("platform", "rates"), [("pacbio", HIFI), ("nanopore", ONT)])
@pytest.mark.parametrize(("first", "size"), [(16000, 150), (2520, 343), (15598, 1038)])
def test_the_shorter_part_of_a_read_has_as_many_bases_as_the_margin(
    tmp_path, prefix, platform, rates, first, size
):
    """Reads with a few bases more on one side of a deletion count, those with fewer do not."""
    rng = np.random.default_rng(size)
    end = (first + size) % TURN
    molecule = ((CIRCLE * 2)[end : first + (TURN if first < end else 0)]) * 2
    turn = len(molecule) // 2
    reads = []
    for few in (junctions.LONG_MARGIN + 50, junctions.LONG_MARGIN - 20):
        for _ in range(4):
            reads.append(with_errors(rng, molecule[turn - few : turn + 4000], rates))
            reads.append(with_errors(rng, molecule[turn - 4000 : turn + few], rates))
    lane = Lane(write(tmp_path / "reads.fastq.gz", reads, "I"), None)
    table = counted(prefix, SampleReads("S1", [lane]), platform=platform).junctions
    assert table[:, 3:].sum() == 8


@needs_minimap2
def test_a_read_of_several_turns_is_no_junction_and_covers_each_bond_once(tmp_path, prefix):
    rng = np.random.default_rng(5)
    reads = reads_of(rng, CIRCLE, 4, int(1.6 * TURN), HIFI)
    lane = Lane(write(tmp_path / "reads.fastq.gz", reads, "I"), None)
    result = counted(prefix, SampleReads("S1", [lane]), platform="pacbio")
    assert len(result.junctions) == 0
    assert (result.spanning.sum(axis=1) == 4).mean() > 0.99
