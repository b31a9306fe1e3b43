import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mitotransfer import wording
from mitotransfer.stats import false_discovery, intervals


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
    low, high = intervals.clopper_pearson(4, 20)
    assert (low, high) == (pytest.approx(0.0573340, abs=1e-6), pytest.approx(0.4366140, abs=1e-6))


@pytest.mark.parametrize("n", [1, 7, 25])
def test_exact_interval_covers_every_proportion(n: int) -> None:
    """At least 95 %, summed over all outcomes: no simulation needed."""
    k = np.arange(n + 1)
    low, high = intervals.clopper_pearson(k, n)
    for share in np.linspace(0.01, 0.99, 50):
        covered = (low <= share) & (share <= high)
        assert stats.binom.pmf(k, n, share)[covered].sum() >= 0.95 - 1e-12


def test_no_trials_exclude_nothing() -> None:
    low, high = intervals.clopper_pearson([0, 0], [0, 5])
    assert low.tolist() == [0, 0]
    assert high[0] == 1 and high[1] < 1


def test_arrays_broadcast() -> None:
    assert intervals.upper_bound(np.zeros((3, 1)), np.full((1, 4), 9), 0.95).shape == (3, 4)


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=30))
def test_q_values_against_the_definition(p: list[float]) -> None:
    q = false_discovery.q_values(p)
    tested = sorted(x for x in p if x == x)
    for i, x in enumerate(p):
        if x != x:
            assert np.isnan(q[i])
            continue
        # q_i is the smallest FDR, over thresholds at or above p_i, at which i is rejected.
        expected = min(
            min(1.0, t * len(tested) / sum(y <= t for y in tested)) for t in tested if t >= x
        )
        assert q[i] == pytest.approx(expected, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "50 %"), (0.00123, "0.12 %"), (1e-6, "0.0001 %"), (float("nan"), "unknown")],
)
def test_percent(value: float, text: str) -> None:
    assert wording.percent(value) == text
