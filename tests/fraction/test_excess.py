"""Joint bounds of f - K: closed forms of two normal likelihoods, and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer.fraction import excess
from mitotransfer.fraction.excess import DROP, GRID, excess_high, excess_low, interval

FINE = np.unique(np.concatenate([GRID, np.linspace(0, 1, 2001)]))


def normal(points: np.ndarray, mean: float, sd: float) -> np.ndarray:
    curve = -0.5 * ((points - mean) / sd) ** 2
    return curve - curve.max()


def test_two_normal_likelihoods_have_the_bound_of_their_difference() -> None:
    """The profile of a difference of two normal means is normal: their sds add in quadrature."""
    f, k, sd_f, sd_k = 0.3, 0.1, 0.02, 0.03
    reach = np.sqrt(2 * DROP) * np.hypot(sd_f, sd_k)
    found = excess_low(FINE, normal(FINE, f, sd_f), normal(GRID, k, sd_k))
    assert found == pytest.approx(f - k - reach, abs=1e-3)
    high = excess_high(FINE, normal(FINE, f, sd_f), normal(GRID, k, sd_k))
    assert high == pytest.approx(f - k + reach, abs=1e-3)
    # Subtracting the ends of two intervals would leave less.
    apart = np.sqrt(2 * DROP) * (sd_f + sd_k)
    assert found > f - k - apart + 0.01


def test_nothing_is_left_where_cells_may_bring_everything() -> None:
    flat = np.zeros(len(GRID))
    f = normal(FINE, 0.3, 0.02)
    assert excess_low(FINE, f, flat) == 0
    assert excess_high(FINE, f, flat) == pytest.approx(0.3 + np.sqrt(2 * DROP) * 0.02, abs=1e-3)
    many = normal(GRID, 0.9, 0.01)
    assert excess_low(FINE, f, many) == excess_high(FINE, f, many) == 0


def test_interval_of_a_normal_likelihood() -> None:
    low, high = interval(normal(GRID, 0.3, 0.03), 1.9207)
    assert low == pytest.approx(0.3 - 1.96 * 0.03, abs=2e-3)
    assert high == pytest.approx(0.3 + 1.96 * 0.03, abs=2e-3)
    assert interval(np.zeros(len(GRID)), 1.92) == (0.0, 1.0)


@given(
    st.floats(0.0, 1.0), st.floats(1e-3, 0.2), st.floats(0.0, 1.0), st.floats(1e-3, 0.3),
    st.floats(0.1, 0.9),
)  # fmt: skip
def test_a_flatter_likelihood_never_leaves_more(
    f: float, sd_f: float, k: float, sd_k: float, flatter: float
) -> None:
    of_f, of_k = normal(FINE, f, sd_f), normal(GRID, k, sd_k)
    low, high = excess_low(FINE, of_f, of_k), excess_high(FINE, of_f, of_k)
    assert 0 <= low <= max(high, 1e-8) <= 1
    assert excess_low(FINE, of_f, of_k * flatter) <= low + 1e-8
    assert excess_low(FINE, of_f * flatter, of_k) <= low + 1e-8
    assert excess_high(FINE, of_f, of_k * flatter) >= high - 1e-8


def test_the_drop_is_that_of_one_per_cent() -> None:
    from scipy import stats

    assert pytest.approx(stats.chi2.ppf(0.98, 1) / 2, abs=1e-4) == excess.DROP
