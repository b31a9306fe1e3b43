"""Junctions of unrelated samples: sums, who has a junction, and its error rate."""

from dataclasses import replace

import numpy as np
import pytest
from deleted_samples import COMMON, PLAIN, deleted
from places import LENGTH

from mitotransfer.counts import junctions
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.errors.junction_sums import (
    JunctionSums,
    from_arrays,
    junction_contribution,
    junction_shapes,
    no_junctions,
)

ENDS = tuple(np.array(one) for one in zip(COMMON, PLAIN, (100, 9000), strict=True))


def with_splits(splits: dict[tuple[int, int], tuple[int, int]], intact: int = 300) -> Counts:
    """A sample with these split fragments, forward and reverse, and an even number of intact."""
    rows = [[*ends, 13 if ends == COMMON else 0, *n] for ends, n in splits.items()]
    spanning = np.full((LENGTH, 2), intact, np.uint32)
    table = junctions.frame(np.array(sorted(rows), np.int64))
    return replace(deleted({}), junctions=table, spanning=spanning)


SAMPLES = [
    (with_splits({COMMON: (1, 0), PLAIN: (2, 1)}), True),
    (with_splits({PLAIN: (60, 60)}), True),
    (with_splits({COMMON: (0, 2)}), False),
]


def summed(samples: list[tuple[Counts, bool]]) -> JunctionSums:
    found = no_junctions(LENGTH)
    for counts, asked in samples:
        found = found + junction_contribution(counts, asked)
    return found


def test_errors_depth_and_carriers() -> None:
    seen = summed(SAMPLES).seen(*ENDS)
    assert seen.errors.tolist() == [3, 3, 0]
    # The sample in which the junction is a variant adds neither errors nor depth.
    assert seen.depth.tolist() == [3 * 600 + 3, 2 * 600 + 3, 1800]
    # At a direct repeat a single fragment is enough; tumours are not asked.
    assert seen.carriers.tolist() == [1, 1, 0]


def test_sums_without_a_patient_are_those_of_the_others() -> None:
    everyone, others = summed(SAMPLES), summed(SAMPLES[:1])
    left = everyone.without(summed(SAMPLES[1:]))
    for one, other in zip(left.seen(*ENDS), others.seen(*ENDS), strict=True):
        assert np.array_equal(one, other)
    # The same with the bonds of the junctions alone.
    bonds = np.concatenate([ENDS[0] - 1, ENDS[1] - 2])
    part = everyone.without(summed(SAMPLES[1:]).at(bonds), bonds)
    for one, other in zip(part.seen(*ENDS), others.seen(*ENDS), strict=True):
        assert np.array_equal(one, other)


def test_sums_survive_the_file() -> None:
    everyone = summed(SAMPLES)
    found = from_arrays(everyone.arrays())
    for one, other in zip(found.seen(*ENDS), everyone.seen(*ENDS), strict=True):
        assert np.array_equal(one, other)
    assert not any(part.any() for part in from_arrays(no_junctions(LENGTH).arrays()).seen(*ENDS))


def rate(repeat: int, seen: object = None) -> tuple[float, float]:
    """Mean and relative variance of a junction's error rate."""
    alpha, beta = (float(one[0]) for one in junction_shapes(np.array([repeat]), seen))  # type: ignore[arg-type]
    mean = alpha / (alpha + beta)
    return mean, (1 - mean) / (mean * (alpha + beta + 1))


def test_error_rate_is_learnt_from_unrelated_samples() -> None:
    # The prior is worth half a fragment: a relative variance of 1 / 0.5 beside the samples' own.
    assert rate(0) == pytest.approx((1e-4, 3.0)) and rate(13) == pytest.approx((1e-3, 3.0))
    clean = junction_contribution(with_splits({}, 30_000), True).seen(*(e[:1] for e in ENDS))
    noisy = junction_contribution(with_splits({COMMON: (30, 30)}, 15_000), True)
    noisy_mean, noisy_spread = rate(13, noisy.seen(*(e[:1] for e in ENDS)))
    assert rate(13, clean)[0] < 1e-5
    assert noisy_mean == pytest.approx(60 / 30_000, rel=0.05)
    assert noisy_spread == pytest.approx(1 + 1 / 60.5)  # samples still differ


def test_rows_of_one_part_do_not_depend_on_their_order() -> None:
    turned = replace(SAMPLES[0][0], junctions=SAMPLES[0][0].junctions[::-1])
    for one, other in zip(
        junction_contribution(turned, True).seen(*ENDS), summed(SAMPLES[:1]).seen(*ENDS),
        strict=True,
    ):  # fmt: skip
        assert np.array_equal(one, other)
