"""Fragments that can show an indel: closed forms, and VAFs of long indels through the aligner."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from places import LENGTH
from simulated_reads import CIRCLE, RCRS, Library, counted, index, on_circle, pair

from mitotransfer.counts import indel_depth
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts
from mitotransfer.reads.lanes import SampleReads


@pytest.mark.parametrize(
    ("pos", "ref", "alt", "bases"),
    [
        (100, "G", "GTT", 2),  # before A
        (310, "T", "TC", 6),  # C x 5
        (302, "A", "ACC", 9),  # C x 7
        (513, "GCA", "G", 9),  # CA x 5, and C
        (8270, "CACCCCCTCT", "C", 10),  # its nine bases twice, and one more
    ],
)
def test_a_read_must_span_the_tract_of_an_indel(pos, ref, alt, bases):
    assert RCRS.sequence[pos - 1 :].startswith(ref)
    assert indel_depth.tract_beyond(RCRS, pos - 1, ref, alt) == bases


def even(length: int, end: int = 10) -> dict[str, object]:
    """Facts about reads of one length with ends anywhere, one of each mate."""
    distance = np.minimum(np.arange(length), np.arange(length)[::-1])
    return {"read_end": end, "reach": np.bincount(distance[distance >= end]).tolist()}


@pytest.mark.parametrize("length", [75, 100, 151])
@pytest.mark.parametrize("gap", [1, 9, 20])
@pytest.mark.parametrize("inserted", [False, True])
def test_share_of_reads_that_show_an_indel_is_that_of_their_places(length, gap, inserted):
    """All places of a read are tried: enough bases before the gap, and after it."""
    margin = max(10, gap + 2)
    # Of the anchor in the read, from 0; the inserted bases are the read's own.
    taken = gap if inserted else 0
    showing = sum(
        before + 1 >= margin and length - before - 1 - taken >= margin for before in range(length)
    )
    covering = length - 2 * 10
    counts = Counts(np.zeros((LENGTH, 4, 2), np.uint32), pd.DataFrame(), even(length))
    one = np.array([taken])
    found = indel_depth.shares(counts, 0 * one, one, np.array([gap]))
    assert found.shown[0] == pytest.approx(showing / covering, abs=1.0 / covering)
    assert found.hidden[0] == 0.0


def test_counts_that_do_not_tell_have_their_whole_depth():
    bases = np.full((LENGTH, 4, 2), 25, np.uint32)
    two = [[6000, "C", "CTT", 30, 20], [6000, "C", "CT", 4, 0]]
    rows = pd.DataFrame(two, columns=INDEL_COLUMNS)
    counts = Counts(bases, rows, {})
    assert indel_depth.indel_depth(counts, RCRS, rows).tolist() == [[100, 100]] * 2
    # Reads of eight bases at most cannot show it.
    told = Counts(bases, rows, {"read_end": 0, "reach": [1] * 4})
    found = indel_depth.indel_depth(told, RCRS, rows)
    assert found.tolist()[0] == [34, 20]


@pytest.fixture(scope="module")
def at_30_percent(tmp_path_factory):
    """VAFs of deletions and insertions that 30 % of the molecules have, ten of each length."""
    folder = tmp_path_factory.mktemp("indels")
    prefix, rng = index(folder), np.random.default_rng(3)
    places = [on_circle(pos) for pos in range(1_300, 15_700, 800)]

    def vafs(gap: int, inserted: bool, length: int, insert: int) -> np.ndarray:
        other, last = "", 0
        for at in places:
            new = "".join(rng.choice(list("ACGT"), gap)) if inserted else ""
            other += CIRCLE[last:at] + new
            last = at if inserted else at + gap
        other += CIRCLE[last:]
        library, quality = Library(), "I" * length
        for i in range(16_000):
            genome = other if rng.random() < 0.3 else CIRCLE
            start, size = int(rng.integers(len(genome))), int(rng.normal(insert, 30))
            reads = pair(genome, start, max(size, length), length, bool(i % 2))
            library.add(f"r{i}", reads, (quality, quality))
        one = counted(prefix, SampleReads("S", [library.write(folder / "r")]))
        counts = Counts(one.bases, pd.DataFrame(one.indels, columns=INDEL_COLUMNS), one.meta)
        size = counts.indels["alt"].str.len() - counts.indels["ref"].str.len()
        rows = counts.indels[size == (gap if inserted else -gap)].reset_index(drop=True)
        shown = indel_depth.fragments(rows).sum(axis=1)
        rows, shown = rows[shown > 5].reset_index(drop=True), shown[shown > 5]
        depth = indel_depth.indel_depth(counts, RCRS, rows).sum(axis=1)
        assert len(rows) >= len(places) - 2
        raw = shown.sum() / counts.depth[rows["pos"] - 1].sum()
        return np.array([shown.sum() / depth.sum(), raw])

    return vafs


@pytest.mark.parametrize(
    ("gap", "inserted", "length", "insert"),
    [(45, False, 150, 350), (30, True, 150, 350), (20, False, 75, 200), (40, False, 150, 200)],
)
def test_vaf_of_long_indels_is_that_of_the_molecules(gap, inserted, length, insert, at_30_percent):
    found, raw = at_30_percent(gap, inserted, length, insert)
    assert found == pytest.approx(0.3, abs=0.025)
    assert raw < 0.26
