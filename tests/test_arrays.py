"""The shared helpers of arrays."""

from __future__ import annotations

import numpy as np
import pytest

from mitotransfer.arrays import distinct, smallest


def test_the_smallest_that_is_enough_or_one_more_than_the_most():
    asked, most = np.array([1, 7, 10, 11, 99]), np.full(5, 10)
    assert smallest(lambda k: k >= asked, most).tolist() == [1, 7, 10, 11, 11]


@pytest.mark.parametrize("size", [0, 1, 500])
def test_rows_of_one_kind_are_equal_and_the_first_stands_for_them(size):
    rng = np.random.default_rng(3)
    columns = [rng.choice([0.0, 1e-300, 2.5, -np.inf], size), rng.integers(-3, 3, size)]
    first, which = distinct(*columns)
    rows = list(zip(*columns, strict=True))
    assert [rows.index(row) for row in rows] == first[which].tolist()
    assert sorted(set(rows)) == [rows[at] for at in first]
