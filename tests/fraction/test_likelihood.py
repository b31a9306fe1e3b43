"""The likelihood at one variant against plain integration and slow sums."""

from dataclasses import replace

import numpy as np
import pytest
from fraction_draws import counts_of, error_shapes
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from mitotransfer.fraction.estimate import GRID
from mitotransfer.fraction.likelihood import (
    AGAIN,
    Known,
    Observed,
    beta_shapes,
    log_likelihoods,
    maximum,
    mixture,
    with_recurrence,
)
from mitotransfer.fraction.variant_counts import checked


def test_likelihood_is_the_integral_over_baseline_and_tumour():
    """The mixture of Beta components against plain integration over t and b = e + h."""
    k_t, n_t, k_i, n_i, k_n, n_n = 30, 100, 12, 900, 1, 400
    alpha, beta = error_shapes(4.0, 1e-3)
    b = np.geomspace(1e-6, 0.2, 3000)
    prior = stats.beta.cdf(b, alpha, beta) * stats.binom.pmf(k_n, n_n, b)
    prior /= integrate.trapezoid(prior, b)
    t = np.linspace(0.05, 0.7, 300)
    density = stats.beta.pdf(t, 1 + k_t, 0.5 + n_t - k_t)
    fractions = np.array([0.0, 0.005, 0.02, 0.04, 0.08, 0.15])
    expected = []
    for f in fractions:
        inner = stats.binom.pmf(k_i, n_i, (1 - f) * b[None] + f * t[:, None]) * prior
        expected.append(np.log(integrate.trapezoid(integrate.trapezoid(inner, b) * density, t)))
    known = Known(*(np.array([float(x)]) for x in (k_t, n_t, k_n, n_n, alpha, beta, 0.0)))
    observed = Observed(np.array([k_i]), np.array([n_i]), mixture(known, 1.0))
    found = log_likelihoods(fractions, observed)[0]
    expected = np.array(expected)
    assert found - found[2] == pytest.approx(expected - expected[2], abs=0.03, rel=0.04)


def test_recurrence_joins_the_baseline_with_its_probability() -> None:
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


def test_the_likelihood_is_the_sum_over_components() -> None:
    """Against SciPy's beta-binomials; the binomial coefficient is left out."""
    data = checked(counts_of([3, 40], 1000, 0.0))
    observed = Observed(data.alt, data.depth, data.clean(0.1))
    model, fractions = observed.model, np.array([0.0, 0.01, 0.2])
    found = log_likelihoods(fractions, observed)
    for v, k in enumerate(data.alt):
        for g, f in enumerate(fractions):
            m = (1 - f) * model.mean[v] + f * model.tumor_mean[v]
            spread = (1 - f) ** 2 * model.variance[v] + f**2 * model.tumor_variance[v]
            size = m * (1 - m) / spread - 1
            parts = stats.betabinom.logpmf(k, 1000, m * size, (1 - m) * size)
            choose = special.gammaln(1001) - special.gammaln(k + 1) - special.gammaln(1001 - k)
            used = model.weight[v] > 0
            expected = special.logsumexp(parts[used], b=model.weight[v, used]) - choose
            assert found[v, g] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("copies", [0.2, 0.7])
def test_inside_a_deletion_the_fraction_is_that_of_the_molecules_left(copies: float) -> None:
    """Against the likelihood without copies, at the fraction by the closed form."""
    plain = counts_of([3, 40], 1000, 0.0)
    whole, left = checked(plain), checked(replace(plain, copies=[1.0, copies]))
    assert left.clean(0.1).copies.tolist() == [1.0, copies]
    fractions = np.array([0.0, 0.02, 0.3, 1.0])
    local = copies * fractions / (1 - fractions + copies * fractions)
    seen = [Observed(one.alt, one.depth, one.clean(0.1)) for one in (whole, left)]
    found = log_likelihoods(fractions, seen[1])
    assert found[0].tolist() == log_likelihoods(fractions, seen[0])[0].tolist()
    assert found[1] == pytest.approx(log_likelihoods(local, seen[0])[1], rel=1e-12)
    # A level that all variants share in the baseline is diluted in the same way.
    shared = [one.clean(0.1, 0.1).mean.min(axis=1) for one in (whole, left)]
    at = 0.1 * copies / (0.9 + 0.1 * copies)
    assert shared[0][0] == shared[1][0]
    assert shared[1][1] == pytest.approx(whole.clean(0.1, at).mean.min(axis=1)[1], rel=1e-9)


@pytest.mark.parametrize("copies", [0.0, -0.1])
def test_copies_that_cannot_be(copies: float) -> None:
    with pytest.raises(ValueError, match="copies have to be above 0"):
        checked(replace(counts_of([3], 1000, 0.0), copies=copies))


def test_the_maximum_and_its_bounds_are_those_of_a_dense_grid() -> None:
    data = checked(counts_of([30, 44, 35], 2000, 0.0))
    observed = Observed(data.alt, data.depth, data.clean(0.1))
    table = log_likelihoods(GRID, observed).sum(axis=0)
    estimate, low, high, top = maximum(GRID, table, 2.0, observed)
    dense = np.linspace(0.0, 0.2, 20_001)
    curve = log_likelihoods(dense, observed).sum(axis=0)
    inside = dense[curve >= curve.max() - 2.0]
    assert estimate == pytest.approx(dense[curve.argmax()], rel=1e-3)
    assert top == pytest.approx(curve.max(), abs=1e-4)
    assert [low, high] == pytest.approx([inside[0], inside[-1]], rel=1e-3)
    assert maximum(GRID, table, 0.0, observed)[:3] == (estimate, estimate, estimate)


@given(st.floats(1e-4, 1 - 1e-4), st.floats(1e-3, 0.9))
def test_shapes_have_the_given_mean_and_variance(mean: float, share: float) -> None:
    variance = share * mean * (1 - mean)
    alpha, beta = beta_shapes(mean, variance)
    assert alpha / (alpha + beta) == pytest.approx(mean)
    assert stats.beta.var(alpha, beta) == pytest.approx(variance, rel=1e-6)
