"""Beta-binomial numerics against scipy, closed forms, exact integers and simulation."""

import numpy as np
import pytest
from scipy import stats

from mitotransfer.stats import beta_binomial

GRID = np.array([1e-3, 0.02, 0.3, 1.0, 3.7, 9.9, 10.0, 55.5, 1e4, 3e8])


@pytest.mark.parametrize("n", [0, 1, 5, 16, 17, 400])
def test_log_rising_is_the_sum_of_logs(n):
    for x in [*GRID, 1e12]:
        exact = np.sum(np.log(x + np.arange(n)))
        assert beta_binomial.log_rising(x, n) == pytest.approx(exact, rel=1e-12, abs=1e-11)


def test_shapes_round_trip_and_limits():
    alpha, beta = beta_binomial.shapes([0.001, 0.4], [0.01, 1e-5])
    np.testing.assert_allclose(alpha + beta, [99, 1e5 - 1])
    mean, rho = beta_binomial.mean_rho(alpha, beta)
    np.testing.assert_allclose(mean, [0.001, 0.4])
    np.testing.assert_allclose(rho, [0.01, 1e-5])
    assert beta_binomial.shapes(0.25, 0.0)[0] == 0.25 * beta_binomial.MAX_CONCENTRATION


def test_pmf_agrees_with_scipy_and_sums_to_one():
    for n, alpha, beta in [(1, 0.5, 0.5), (30, 0.01, 2.0), (500, 3.0, 1e4), (200, 40.0, 0.2)]:
        k = np.arange(n + 1)
        got = beta_binomial.log_pmf(k, n, alpha, beta)
        np.testing.assert_allclose(
            got, stats.betabinom.logpmf(k, n, alpha, beta), rtol=1e-9, atol=1e-8
        )
        assert np.exp(got).sum() == pytest.approx(1.0, abs=1e-11)


def test_without_dispersion_it_is_the_binomial():
    n, m = 20_000, 3e-4
    k = np.array([0, 1, 6, 30, 200])
    alpha, beta = beta_binomial.shapes(m, 0.0)
    np.testing.assert_allclose(
        beta_binomial.log_pmf(k, n, alpha, beta), stats.binom.logpmf(k, n, m), rtol=1e-6, atol=1e-6
    )
    np.testing.assert_allclose(
        beta_binomial.log_upper_tail(k, n, alpha, beta),
        stats.binom.logsf(k - 1, n, m),
        rtol=1e-6,
        atol=1e-6,
    )


def test_degenerate_means():
    np.testing.assert_array_equal(
        beta_binomial.log_pmf([0, 1, 5], 5, 0.0, 3.0), [0.0, -np.inf, -np.inf]
    )
    np.testing.assert_array_equal(beta_binomial.upper_tail([0, 1, 6], 5, 0.0, 3.0), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(beta_binomial.upper_tail([0, 5, 6], 5, 3.0, 0.0), [1.0, 1.0, 0.0])
    assert beta_binomial.upper_tail(0, 0, 1.0, 1.0) == 1.0
    assert beta_binomial.upper_tail(1, 0, 1.0, 1.0) == 0.0


@pytest.mark.parametrize(
    ("n", "alpha", "beta"),
    [(40, 0.3, 0.4), (1000, 0.05, 60.0), (3000, 2.0, 4000.0), (800, 700.0, 3.0), (50, 5.0, 5.0)],
)
def test_upper_tail_is_the_sum_of_the_pmf(n, alpha, beta):
    k = np.arange(n + 1)
    pmf = np.exp(beta_binomial.log_pmf(k, n, alpha, beta))
    tail = np.cumsum(pmf[::-1])[::-1]
    # The sum from the far end keeps relative precision wherever the pmf does not underflow.
    seen = tail > 1e-290
    np.testing.assert_allclose(
        beta_binomial.upper_tail(k, n, alpha, beta)[seen], tail[seen], rtol=1e-8
    )


def test_tiny_tails_keep_their_precision():
    # Uniform mixing: P(X >= k) = (n - k + 1) / (n + 1) exactly; and k = n has a product form.
    k = np.arange(1, 101)
    np.testing.assert_allclose(
        beta_binomial.upper_tail(k, 100, 1.0, 1.0), (101 - k) / 101, rtol=1e-12
    )
    exact = np.sum(np.log((0.1 + np.arange(900)) / (1000.1 + np.arange(900))))
    assert exact < -800  # far below the smallest double
    assert beta_binomial.log_upper_tail(900, 900, 0.1, 1000.0) == pytest.approx(exact, rel=1e-12)


def test_arguments_broadcast():
    out = beta_binomial.upper_tail(np.arange(6).reshape(2, 3, 1), [10, 20], 1.0, 9.0)
    assert out.shape == (2, 3, 2)
    assert out[1, 2, 1] == pytest.approx(stats.betabinom.sf(4, 20, 1, 9))
    assert beta_binomial.upper_tail(np.zeros(0, int), 3, 1.0, 1.0).shape == (0,)
