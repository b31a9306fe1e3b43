"""Rank statistics against published examples, identities and simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from mitotransfer.stats import rank_tests

# Hollander and Wolfe's depression scores, pairs of nine patients (example of R's wilcox.test).
BEFORE = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
AFTER = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
# Their permeability of membranes (R: W = 35, one-sided p = 0.1272).
TERM = np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46])
EARLY = np.array([1.15, 0.88, 0.90, 0.74, 1.21])
# Their mucociliary clearance (R's kruskal.test: chi-squared 0.77143, p = 0.68).
CLEARANCE = ([2.9, 3.0, 2.5, 2.6, 3.2], [3.8, 2.7, 4.0, 2.4], [2.8, 3.4, 3.7, 2.2, 2.0])
# Their lightness of tuna and a panel's score (R's cor.test, Spearman: rho = 0.6).
LIGHTNESS = [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1]
SCORE = [2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8]


def zero_inflated(rng: np.random.Generator, n: int) -> np.ndarray:
    """Typical fractions of a cohort: half zero, the rest spread over decades."""
    return np.where(rng.random(n) < 0.5, 0.0, 10 ** rng.uniform(-3, -0.5, n))


def test_signed_rank_test_is_that_of_the_book() -> None:
    found = rank_tests.paired(AFTER - BEFORE, 0.95)
    assert found.p_value == pytest.approx(2 * 0.01953125)
    assert (found.effect, found.low, found.high) == pytest.approx((-0.46, -0.786, -0.010))


def test_mann_whitney_is_that_of_the_book() -> None:
    found = rank_tests.compare_two(EARLY, TERM, 0.95)
    assert found.p_value == pytest.approx(2 * 0.1272, abs=5e-5)
    assert found.effect == pytest.approx(2 * 35 / 50 - 1)
    assert found.low < found.effect < found.high


def test_kruskal_wallis_is_that_of_the_book() -> None:
    found = rank_tests.compare_groups(CLEARANCE, 0.95)
    assert found.p_value == pytest.approx(0.68, abs=5e-4)
    assert found.effect == pytest.approx(0.77143 / 13, abs=1e-6)
    assert found.low == 0 and found.high < 1


def test_spearman_is_that_of_the_book() -> None:
    found = rank_tests.spearman(LIGHTNESS, SCORE, 0.95)
    assert found.effect == pytest.approx(0.6)
    z, reach = math.atanh(0.6), 1.959964 * math.sqrt(1.18 / 6)
    assert (found.low, found.high) == pytest.approx((math.tanh(z - reach), math.tanh(z + reach)))


def test_signed_rank_distribution_against_all_signs() -> None:
    ranks = np.arange(1, 9)
    sums = [int((ranks * signs).sum()) for signs in itertools.product((0, 1), repeat=8)]
    expected = np.bincount(sums, minlength=37) / 2**8
    assert rank_tests.signed_rank_distribution(range(1, 9)) == pytest.approx(expected)


def test_signed_rank_test_with_ties_and_zeros_is_that_of_all_signs() -> None:
    """Pratt's ranks; scipy's normal one is three times too small where few pairs differ."""
    rng = np.random.default_rng(8)
    for zeros in (0.0, 0.3, 0.8):
        d = np.where(rng.random(12) < zeros, 0.0, np.round(rng.normal(0.6, 1, 12), 1))
        ranks = np.sign(d) * stats.rankdata(np.abs(d))
        all_signs = np.array(list(itertools.product((-1, 1), repeat=12))) @ np.abs(ranks)
        expected = np.mean(np.abs(all_signs) >= abs(ranks.sum()) - 1e-9)
        assert rank_tests.paired(d, 0.95).p_value == pytest.approx(expected)
    assert rank_tests.paired([0.0] * 13 + [0.2], 0.95).p_value == 1


def test_mann_whitney_with_ties_is_that_of_all_draws() -> None:
    rng = np.random.default_rng(9)
    pairs = [(np.zeros(5), np.full(5, 0.3))]
    pairs += [(zero_inflated(rng, 5), zero_inflated(rng, 7)) for _ in range(5)]
    for a, b in pairs:
        ranks = stats.rankdata(np.r_[a, b])
        draws = np.array(list(itertools.combinations(range(len(ranks)), len(a))))
        sums, own = ranks[draws].sum(axis=1), ranks[: len(a)].sum()
        tail = min(np.mean(sums <= own + 1e-9), np.mean(sums >= own - 1e-9))
        assert rank_tests.compare_two(a, b, 0.95).p_value == pytest.approx(min(1, 2 * tail))


def test_large_samples_meet_the_exact_distribution() -> None:
    """The normal quantile that takes over is within a rank sum or two of the exact one."""
    n = rank_tests.EXACT_PAIRS + 1
    exact = np.searchsorted(np.cumsum(rank_tests.signed_rank_distribution(range(1, n + 1))), 0.025)
    assert rank_tests._signed_rank_quantile(0.025, n) == pytest.approx(exact, abs=3)


def test_delta_is_the_share_of_pairs_won_less_those_lost() -> None:
    rng = np.random.default_rng(3)
    a, b = zero_inflated(rng, 13), zero_inflated(rng, 17)
    pairs = np.sign(b[:, None] - a)
    assert rank_tests.compare_two(a, b, 0.95).effect == pytest.approx(pairs.mean())
    turned = rank_tests.compare_two(b, a, 0.95)
    assert turned.effect == pytest.approx(-pairs.mean())
    assert turned.low == pytest.approx(-rank_tests.compare_two(a, b, 0.95).high)


@pytest.mark.parametrize("n", [5, 12])
def test_intervals_of_a_clean_separation_are_bounds(n: int) -> None:
    found = rank_tests.compare_two(np.arange(n), np.arange(n) + 100.0, 0.95)
    assert found.effect == found.high == 1 and 0 < found.low < 0.99
    order = rank_tests.spearman(np.arange(n), np.arange(n), 0.95)
    assert order.effect == pytest.approx(1) and 0.1 < order.low < 0.99
    assert order.p_value >= 2 / math.factorial(n) * (1 - 1e-9)
    # Half of them tied at zero: any order of those is as perfect.
    tied = rank_tests.spearman(np.arange(n), np.maximum(np.arange(n) - n // 2, 0), 0.95)
    same = math.factorial(n // 2 + 1)
    assert tied.p_value >= 2 * same / math.factorial(n) * (1 - 1e-9)


def test_shift_moves_the_pseudo_median_and_its_bounds() -> None:
    d = np.random.default_rng(1).normal(size=150)
    one, two = rank_tests.paired(d, 0.95), rank_tests.paired(d + 3, 0.95)
    assert two.effect == pytest.approx(one.effect + 3)
    assert (two.low, two.high) == pytest.approx((one.low + 3, one.high + 3))


def test_no_difference_in_any_pair_is_no_finding() -> None:
    found = rank_tests.paired(np.zeros(12), 0.95)
    assert (found.effect, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_epsilon_squared_interval_holds_the_noncentral_quantiles() -> None:
    groups = [np.arange(20.0), np.arange(20.0) + 6, np.arange(20.0) + 12]
    found = rank_tests.compare_groups(groups, 0.95)
    h = found.effect * 59
    assert stats.ncx2.cdf(h, 2, found.low * 59) == pytest.approx(0.975, abs=1e-6)
    assert stats.ncx2.cdf(h, 2, found.high * 59) == pytest.approx(0.025, abs=1e-6)


def _rejections(p_values: list[float]) -> None:
    """At most 5 % rejected, within three Monte Carlo standard errors; p not wildly conservative."""
    n = len(p_values)
    rate = np.mean(np.array(p_values) < 0.05)
    assert rate <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / n)
    assert rate >= 0.015


@pytest.mark.slow
def test_tests_keep_their_level_on_fractions_with_many_zeros() -> None:
    rng = np.random.default_rng(11)
    runs = 600
    _rejections([
        rank_tests.compare_two(zero_inflated(rng, 8), zero_inflated(rng, 12), 0.95).p_value
        for _ in range(runs)
    ])  # fmt: skip
    _rejections([
        rank_tests.compare_groups([zero_inflated(rng, n) for n in (6, 9, 14)], 0.95).p_value
        for _ in range(runs)
    ])  # fmt: skip
    _rejections([
        rank_tests.spearman(rng.normal(size=14), zero_inflated(rng, 14), 0.95).p_value
        for _ in range(runs)
    ])  # fmt: skip
    _rejections([
        rank_tests.paired(zero_inflated(rng, 14) - zero_inflated(rng, 14), 0.95).p_value
        for _ in range(runs)
    ])  # fmt: skip


def test_intervals_cover_the_truth() -> None:
    """Continuous data with a known effect: at least 95 % less three standard errors."""
    rng = np.random.default_rng(12)
    runs, hits = 400, np.zeros(3)
    delta = 2 * stats.norm.cdf(0.8 / math.sqrt(2)) - 1
    rho = 6 / math.pi * math.asin(0.5 / 2)  # Spearman's of a normal pair with correlation 0.5
    for _ in range(runs):
        two = rank_tests.compare_two(rng.normal(size=12), rng.normal(0.8, 1, 15), 0.95)
        hits[0] += two.low <= delta <= two.high
        x = rng.normal(size=25)
        y = 0.5 * x + math.sqrt(0.75) * rng.normal(size=25)
        order = rank_tests.spearman(x, y, 0.95)
        hits[1] += order.low <= rho <= order.high
        pairs = rank_tests.paired(rng.normal(0.3, 1, 14), 0.95)
        hits[2] += pairs.low <= 0.3 <= pairs.high
    assert (hits / runs >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / runs)).all()
