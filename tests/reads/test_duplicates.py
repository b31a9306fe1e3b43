"""Duplicates found, flagged, and expected by chance, against simulated libraries."""

from __future__ import annotations

import numpy as np
import pysam
import pytest
from bam_counts import count_bam, input_totals
from simulated_reads import CIRCLE, Library, aligned, pair

from mitotransfer.counts.counter import skips_duplicates
from mitotransfer.reads.bam_header import Totals
from mitotransfer.reads.duplicates import by_chance


def test_copies_are_flagged_across_the_origin_and_under_clips(tmp_path, prefix):
    library = Library()
    for k in range(60):
        one, two = pair(CIRCLE, 16300 + 9 * k, 340, 100, False)
        library.add(f"first{k}", (one, two), ("I" * 100,) * 2)
        # The same molecule from its other strand, its first bases unreadable: clipped.
        cut = 5 + k % 4
        start = "TTGACCATG"[:cut]
        clipped = (two, start + one[cut:]) if k % 2 else (start + two[cut:], one)
        library.add(f"second{k}", clipped, ("I" * 100,) * 2)
        near = pair(CIRCLE, 16300 + 9 * k, 341, 100, False)  # one base longer
        library.add(f"third{k}", near, ("I" * 100,) * 2)
    lane = library.write(tmp_path / "l")
    path = aligned(tmp_path, prefix, [lane], mark_duplicates=True)
    with pysam.AlignmentFile(str(path)) as source:
        flagged = {r.query_name for r in source if r.is_duplicate}
    assert flagged == {f"second{k}" for k in range(60)}
    assert input_totals(path).duplicates == 60
    result = count_bam(path)
    assert result.meta["filtered_duplicate"] == 120
    assert result.meta["duplicates"] == 60
    # Unless asked for they are found, not flagged.
    plain = aligned(tmp_path, prefix, [lane], "plain")
    assert input_totals(plain).duplicates == 60
    assert count_bam(plain).meta["filtered_duplicate"] == 0


def test_copies_across_a_deletion_are_flagged(tmp_path, prefix):
    """Whichever part of a read at the junction is the primary record, and on either strand."""
    rng = np.random.default_rng(4)
    first, last = 8468, 13445  # of the common deletion, on the circle
    molecule = CIRCLE[:first] + CIRCLE[last:]
    library = Library()
    inserts = range(20, 330, 6)  # bases before the junction, of 350
    for k, before in enumerate(inserts):
        one, two = pair(molecule, first - before, 350, 100, False)
        library.add(f"first{k}", (one, two), ("I" * 100,) * 2)
        changed = list(one)
        for at in rng.choice(100, 2, replace=False):
            changed[at] = "ACGT"["CGTA".index(changed[at])]
        library.add(f"second{k}", (two, "".join(changed)), ("I" * 100,) * 2)
        library.add(f"third{k}", pair(molecule, first - before, 351, 100, False), ("I" * 100,) * 2)
    for k in range(500):
        whole = pair(CIRCLE, int(rng.integers(len(CIRCLE))), 340, 100, False)
        library.add(f"whole{k}", whole, ("I" * 100,) * 2)
    path = aligned(tmp_path, prefix, [library.write(tmp_path / "l")], mark_duplicates=True)
    with pysam.AlignmentFile(str(path)) as source:
        flagged = {r.query_name for r in source if r.is_duplicate}
    expected = {f"second{k}" for k in range(len(inserts))}
    assert {name for name in flagged if not name.startswith("whole")} == expected
    assert input_totals(path).duplicates == len(flagged)


@pytest.mark.parametrize("copies", [0.0, 0.1])
def test_duplicates_by_chance_are_as_many_as_expected(copies):
    rng = np.random.default_rng(8)
    circle, independent = 16568, 200_000
    starts = rng.integers(0, circle, independent)
    starts[: independent // 4] //= 8  # uneven coverage
    sizes = np.clip(np.round(rng.normal(300, 40, independent)), 100, 900).astype(int)
    again = rng.integers(0, independent, int(copies * independent))
    starts, sizes = np.append(starts, starts[again]), np.append(sizes, sizes[again])
    chance = independent - len(np.unique(starts[:independent] * 1000 + sizes[:independent]))
    found = len(starts) - len(np.unique(starts * 1000 + sizes))
    foreseen = by_chance(
        np.bincount(starts, minlength=circle), np.bincount(sizes, minlength=2000), found
    )
    # The number is Poisson-like; smoothing and real copies of filled places cost a little more.
    assert foreseen == pytest.approx(chance, rel=0.04, abs=5 * np.sqrt(chance))
    assert chance > 10_000


def test_no_pairs_no_duplicates():
    assert by_chance(np.zeros(16568, int), np.zeros(2000, int), 0) == 0


def test_marked_duplicates_count_where_most_are_chance():
    assert skips_duplicates(Totals())
    assert skips_duplicates(Totals(duplicates=100, chance=50))
    assert not skips_duplicates(Totals(duplicates=100, chance=51))
