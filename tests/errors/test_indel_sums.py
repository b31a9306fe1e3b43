"""Small indels of unrelated samples: sums, who has one, and the error rate of a place."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from places import LENGTH

from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts
from mitotransfer.errors.indel_sums import (
    IndelSums,
    from_arrays,
    indel_contribution,
    indel_shapes,
)


def counts(*rows: tuple[int, str, str, int, int]) -> Counts:
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[:, 0] = 500
    return Counts(bases, pd.DataFrame(rows, columns=INDEL_COLUMNS), {})


SAMPLES = [
    (counts((100, "A", "AC", 2, 1), (100, "A", "AT", 1, 0), (200, "A", "AC", 30, 30)), True),
    (counts((200, "A", "AC", 0, 5)), True),
    (counts((200, "A", "AC", 300, 300), (300, "AC", "A", 20, 20)), False),
]
KEYS = [(100, "A", "AC"), (200, "A", "AC"), (300, "AC", "A")]


def summed(samples: list[tuple[Counts, bool]]) -> IndelSums:
    found = IndelSums()
    for one, asked in samples:
        found = found + indel_contribution(one, asked)
    return found


def test_errors_and_variants_of_samples() -> None:
    found = summed(SAMPLES)
    # 6 and 60 % of the fragments are variants, not errors.
    assert found.errors_at(np.array([99, 199, 299])).tolist() == [4, 5, 0]
    # A tumour tells nothing about recurrence, but a fixed indel is one of its patient's.
    assert found.who(KEYS).tolist() == [[0, 0], [1, 1], [0, 0]]
    assert IndelSums().who(KEYS).tolist() == [[0, 0]] * 3
    assert IndelSums().errors_at(np.array([5])).tolist() == [0]


def test_sums_without_some_are_those_of_the_others() -> None:
    everyone = summed(SAMPLES)
    left = everyone.without(summed(SAMPLES[2:]))
    other = summed(SAMPLES[:2])
    assert np.array_equal(left.errors, other.errors) and left.carried == other.carried
    at = np.array([99, 99, 7])
    left = everyone.without(summed(SAMPLES[:1]).at(at), at)
    assert left.errors_at(np.array([99, 199])).tolist() == [0, 5]
    assert left.who(KEYS)[1].tolist() == [0, 1]
    assert everyone.without(IndelSums()) is everyone


def test_sums_come_back_from_a_file() -> None:
    for one in (summed(SAMPLES), IndelSums()):
        back = from_arrays(one.arrays())
        assert np.array_equal(back.errors, one.errors) and back.carried == one.carried


def test_a_rate_is_the_posterior_mean() -> None:
    prior = np.array([0.5, 0.5]), np.array([5e4, 5e4])
    alpha, beta = indel_shapes(prior, np.array([0.0, 40.0]), np.array([1e5, 1e5]))
    mean = alpha / (alpha + beta)
    assert mean == pytest.approx([0.5 / 105_000, 40.5 / 105_000], rel=1e-4)
    # Samples differ even where many were asked.
    assert alpha == pytest.approx([1 / 3, 1 / (1 + 1 / 40.5)], rel=1e-3)
