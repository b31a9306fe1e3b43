"""Intervals against binomial tails, closed forms and published values."""

import numpy as np
import pytest
from scipy import stats

from mitotransfer.stats import intervals


@pytest.mark.parametrize(("k", "n"), [(0, 10), (1, 10), (7, 50), (50, 50), (3, 20000)])
def test_bounds_invert_the_binomial_tails(k: int, n: int) -> None:
    low, high = intervals.clopper_pearson(k, n, 0.9)
    if k > 0:
        assert stats.binom.sf(k - 1, n, float(low)) == pytest.approx(0.05, rel=1e-6)
    else:
        assert low == 0
    if k < n:
        assert stats.binom.cdf(k, n, float(high)) == pytest.approx(0.05, rel=1e-6)
    else:
        assert high == 1


def test_closed_form_of_no_success() -> None:
    assert intervals.upper_bound(0, 300, 0.95) == pytest.approx(1 - 0.05 ** (1 / 300))


def test_published_interval() -> None:
    # R: binom.test(4, 20)$conf.int
    low, high = intervals.clopper_pearson(4, 20, 0.95)
    assert (low, high) == (pytest.approx(0.0573340, abs=1e-6), pytest.approx(0.4366140, abs=1e-6))


@pytest.mark.parametrize("n", [1, 7, 25])
def test_exact_interval_covers_every_proportion(n: int) -> None:
    """At least 95 %, summed over all outcomes: no simulation needed."""
    k = np.arange(n + 1)
    low, high = intervals.clopper_pearson(k, n, 0.95)
    for share in np.linspace(0.01, 0.99, 50):
        covered = (low <= share) & (share <= high)
        assert stats.binom.pmf(k, n, share)[covered].sum() >= 0.95 - 1e-12


def test_no_trials_exclude_nothing() -> None:
    low, high = intervals.clopper_pearson([0, 0], [0, 5], 0.95)
    assert low.tolist() == [0, 0]
    assert high[0] == 1 and high[1] < 1


def test_arrays_broadcast() -> None:
    assert intervals.upper_bound(np.zeros((3, 1)), np.full((1, 4), 9), 0.95).shape == (3, 4)


@pytest.mark.parametrize(("k", "n"), [(0, 40), (3, 40), (39, 40), (40, 40)])
def test_the_vaf_interval_is_jeffreys(k: int, n: int) -> None:
    low, high = intervals.vaf_interval(np.array([k]), np.array([n]), 0.9)
    assert low[0] == (0 if k == 0 else pytest.approx(stats.beta.ppf(0.05, k + 0.5, n - k + 0.5)))
    assert high[0] == (1 if k == n else pytest.approx(stats.beta.ppf(0.95, k + 0.5, n - k + 0.5)))


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_the_likelihood_drop_is_half_a_quantile(confidence: float) -> None:
    assert intervals.likelihood_drop(confidence) == stats.chi2.ppf(confidence, 1) / 2
