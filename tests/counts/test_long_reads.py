"""What of a long read its records cover."""

from __future__ import annotations

import numpy as np
import pytest

from mitotransfer.counts.long_reads import longest_gap


@pytest.mark.parametrize(
    ("pieces", "length", "gap"),
    [
        ([(0, 1000)], 1000, 0),
        ([(40, 1000)], 1100, 100),
        ([(600, 1000)], 1000, 600),
        ([(0, 300), (800, 1000)], 1000, 500),
        ([(800, 1000), (0, 850)], 1000, 0),  # in any order, and with an overlap
        ([(0, 0), (10, 1000)], 1000, 10),  # a record that does not count covers nothing
        ([(0, 900), (100, 200)], 1000, 100),
    ],
)
def test_the_longest_stretch_that_no_record_covers(pieces, length, gap):
    reach = np.zeros((5, 4), np.int64)
    reach[: len(pieces), :2] = pieces
    assert longest_gap(reach, len(pieces), length) == gap
