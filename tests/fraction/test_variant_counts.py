"""Alleles that arise again: what a variant says where others have it, or hot spots mutate twice."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import betabinom, binom

from mitotransfer.fraction import zero_test
from mitotransfer.fraction.estimate import detection_limit, estimate
from mitotransfer.fraction.likelihood import AGAIN, SPREAD, with_recurrence
from mitotransfer.fraction.variant_counts import VariantCounts, checked
from mitotransfer.verdicts.unrelated import recurrence

RATE, CERTAINTY = 5e-4, 10.0


def counts_of(alt, depth: int, again, tumor: float = 0.5) -> VariantCounts:
    size = len(alt)
    of_tumor, none, all_of = [int(tumor * depth)] * size, [0] * size, [depth] * size
    return VariantCounts(
        of_tumor, all_of, alt, all_of, none, all_of, CERTAINTY, CERTAINTY / RATE, 0.0, again
    )


def test_the_probability_is_jeffreys_mean_or_the_hot_spots() -> None:
    found = recurrence(np.array([0, 0, 1, 3, 3]), 9, np.array([0.0, 0.04, 0.0, 0.0, 0.5]))
    assert found == pytest.approx([0.0, 0.04, 0.15, 0.35, 0.5])
    assert (recurrence(np.array([0, 7]), 7, np.zeros(2)) < 1).all()


def test_what_recurs_joins_the_baseline_with_its_probability() -> None:
    clean = checked(counts_of([3, 3, 3], 1000, 0.0)).clean(0.003)
    assert with_recurrence(clean, np.zeros(3)) is clean
    model = with_recurrence(clean, np.array([0.0, 0.1, 0.5]))
    assert model.weight.sum(axis=1) == pytest.approx(1.0)
    assert (np.diff(model.weight, axis=1) <= 0).all()
    for row, probability in zip(model.weight[1:], (0.1, 0.5), strict=True):
        assert np.isclose(row, probability / len(AGAIN)).sum() == len(AGAIN)
    used = clean.weight.shape[1]
    assert np.array_equal(model.weight[0, :used], clean.weight[0])
    assert not model.weight[0, used:].any()
    with pytest.raises(ValueError, match="recurrence has to be at least 0 and below 1"):
        checked(counts_of([3], 1000, 1.0))


@pytest.mark.parametrize("seen", [20, 100, 600])
def test_p_value_of_one_variant_is_the_chance_that_it_has_arisen_again(seen: int) -> None:
    """Errors cannot reach these counts: what remains is the tail of VAFs that arise."""
    depth, again = 2000, 0.1
    variance = (SPREAD * AGAIN * (1 - AGAIN)) ** 2
    total = AGAIN * (1 - AGAIN) / variance - 1
    tail = betabinom.sf(seen - 1, depth, AGAIN * total, (1 - AGAIN) * total).mean()
    found = estimate(counts_of([seen], depth, again))
    # Counts above 256 are computed in cells of one per cent.
    assert found.p_value == pytest.approx(again * tail, rel=0.02)
    assert (found.low > 0) == (found.p_value < 0.025)
    assert estimate(counts_of([seen], depth, 0.0)).low > 0.0


def test_two_that_recur_bring_the_product_of_their_chances() -> None:
    data = checked(counts_of([60, 60], 2000, [0.04, 0.02]))
    p = zero_test.p_values(data.test()[0], data.alt)[0]
    assert 0.2 * 0.04 * 0.02 < p < 1.5 * 0.04 * 0.02
    alone = checked(counts_of([60, 0], 2000, [0.04, 0.02]))
    assert 0.04 < zero_test.p_values(alone.test()[0], alone.alt)[0] < 0.5


def test_a_variant_that_recurs_moves_the_estimate_less_the_likelier_that_is() -> None:
    """Three variants at 1 %, and one at 12 % of what a common fraction would give."""
    alt = [20, 20, 20, 240]
    found = [estimate(counts_of(alt, 4000, [0, 0, 0, again])) for again in (0.0, 0.05, 0.3)]
    assert found[0].fraction > 0.02 and found[0].heterogeneity_p < 1e-6
    for one in found[1:]:
        assert one.fraction == pytest.approx(0.01, rel=0.1)
        assert one.heterogeneity_p > 1e-4
    assert found[2].heterogeneity_p > 0.01
    assert found[2].low <= 0.01 <= found[2].high
    limits = [detection_limit(counts_of(alt, 4000, [again] * 4)) for again in (0.0, 0.01, 0.3)]
    assert limits[0] < limits[1] < limits[2]


def draw(rng, depth: int, again, f: float) -> VariantCounts:
    """Counts of variants that have each arisen again with its own probability."""
    size = len(again)
    tumor = rng.uniform(0.1, 1.0, size)
    rate = rng.gamma(CERTAINTY, RATE / CERTAINTY, size)
    own = np.where(rng.random(size) < again, 2.0 ** rng.uniform(-10, 0, size), 0.0)
    vaf = (1 - f) * np.maximum(rate, own) + f * tumor
    n = np.full(size, depth)
    return VariantCounts(
        rng.binomial(n, tumor), n, rng.binomial(n, vaf), n, rng.binomial(n, rate), n,
        CERTAINTY, CERTAINTY / RATE, 0.0, again,
    )  # fmt: skip


@pytest.mark.parametrize("again", [[0.2, 0, 0, 0, 0], [0.04] * 5, [0.04, 0.02], [0.3, 0.1, 0, 0]])
def test_level_power_and_coverage_where_alleles_recur(again: list[float]) -> None:
    rng, probability, n = np.random.default_rng(8), np.array(again), 200
    rejected, rejected_if_ignored, detected, covered = 0, 0, 0, 0
    for _ in range(n):
        null = draw(rng, 2000, probability, 0.0)
        rejected += estimate(null, details=False).p_value < 0.01
        ignoring = estimate(replace(null, recurrence=0.0), details=False)
        rejected_if_ignored += ignoring.p_value < 0.01
        found = estimate(draw(rng, 2000, probability, 0.05), details=False)
        detected += found.p_value < 0.01
        covered += found.low <= 0.05 <= found.high
    assert rejected <= binom.ppf(0.999, n, 0.01)
    assert rejected_if_ignored > binom.ppf(0.999, n, 0.01)
    assert detected >= 0.97 * n
    assert covered >= binom.ppf(0.001, n, 0.95)
