"""Junctions: their size on the circle, the bonds at their ends, and sums over samples."""

from __future__ import annotations

import numpy as np

from mitotransfer.counts import junctions
from mitotransfer.genome.circle import Circle
from mitotransfer.genome.reference import bundled, load

RCRS = Circle.of(load(bundled()))


def test_missing_bases_go_forward_round_the_circle():
    start, end = np.array([8469, 16000, 16569, 3000]), np.array([13447, 101, 51, 3201])
    # Across the origin the end comes first; the placeholder at 3107 is no base.
    np.testing.assert_array_equal(
        junctions.missing(start, end, RCRS), [4977, 569 + 100, 50, 200 - 1]
    )


def test_intact_fragments_of_the_bonds_at_both_ends():
    spanning = np.arange(2 * 16569, dtype=np.uint32).reshape(-1, 2)
    first, last = junctions.intact(spanning, np.array([1, 16569]), np.array([100, 1]))
    np.testing.assert_array_equal(first, spanning[[0, 16568]])  # 1|2, and across the origin
    np.testing.assert_array_equal(last, spanning[[98, 16568]])  # 99|100, and across the origin


def test_both_bonds_of_the_placeholder_have_the_fragments_across_it():
    spanning = np.arange(2 * 16568, dtype=np.uint32).reshape(-1, 2)
    found = junctions.on_bonds(spanning, RCRS)
    assert len(found) == 16569
    # Bond 3106 of the circle, between the bases 3106 and 3108 of the reference.
    np.testing.assert_array_equal(found[3105:3107], spanning[[3105, 3105]])
    np.testing.assert_array_equal(found[:3105], spanning[:3105])
    np.testing.assert_array_equal(found[3107:], spanning[3106:])


def test_tables_of_samples_are_summed():
    one = junctions.frame(np.array([[8469, 13447, 13, 4, 5], [16000, 101, 0, 1, 0]]))
    other = junctions.frame(np.array([[100, 300, 1, 2, 2], [8469, 13447, 13, 1, 1]]))
    found = junctions.added([one, junctions.frame(junctions.rows()), other])
    assert found.to_numpy().tolist() == [
        [100, 300, 1, 2, 2], [8469, 13447, 13, 5, 6], [16000, 101, 0, 1, 0],
    ]  # fmt: skip
    assert list(junctions.added([]).columns) == junctions.COLUMNS
