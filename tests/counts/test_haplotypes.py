"""Haplotypes: which alleles of a sample are fixed, and where haplotypes differ."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from places import LENGTH

from mitotransfer.counts import haplotypes

SIZE = 6
ALLELES = st.integers(haplotypes.UNKNOWN, 3)
ONE = arrays(np.int8, SIZE, elements=ALLELES)


def several(n):
    return arrays(np.int8, (n, SIZE), elements=ALLELES)


def test_haplotype_knows_only_fixed_alleles() -> None:
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[0, 2] = [50, 40]
    bases[1, 1] = [5, 4]  # nine fragments
    bases[2, 3], bases[2, 0] = [80, 0], [20, 0]
    bases[3, 3], bases[3, 0] = [90, 0], [10, 0]
    bases[4, 0] = [5, 5]
    assert haplotypes.haplotype(bases)[:6].tolist() == [2, -1, -1, 3, 0, -1]


@given(ONE, ONE, arrays(bool, SIZE))
def test_differences_of_two_are_counted_where_both_are_known(one, other, usable):
    known = [(a, b) for a, b, use in zip(one, other, usable, strict=True) if use and min(a, b) >= 0]
    found = haplotypes.count_differences(one, other, usable)
    assert found == (sum(a != b for a, b in known), len(known))


@given(several(2), several(3))
def test_differences_of_all_pairs_are_those_of_two(rows, others):
    everywhere = np.ones(SIZE, bool)
    slow = [[haplotypes.count_differences(a, b, everywhere) for b in others] for a in rows]
    assert np.stack(haplotypes.differences_between(rows, others), axis=2).tolist() == [
        [list(map(float, pair)) for pair in row] for row in slow
    ]


@given(several(4), st.sets(st.integers(0, 3)))
def test_positions_vary_where_the_rows_have_two_alleles(four, rows):
    slow = [len({four[i, k] for i in rows} - {haplotypes.UNKNOWN}) > 1 for k in range(SIZE)]
    assert haplotypes.varies(four, rows).tolist() == slow
