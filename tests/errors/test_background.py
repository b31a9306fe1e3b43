"""The predicted error rate of one sample at each site."""

import numpy as np
import pytest
from draws import CODES, NO_READS, REFERENCE, draw, gamma_factors, panel, rates
from places import LENGTH, PLACEHOLDER

from mitotransfer.errors import background, sample_errors, site_sums
from mitotransfer.stats import beta_binomial


def test_own_data_alone_predict_the_samples_rates():
    rng = np.random.default_rng(30)
    errors = sample_errors.estimate_errors(draw(rng, 2000, rates(rng), gamma_factors(rng, 1.0)))
    predicted = background.background(errors, REFERENCE)
    mean, rho = beta_binomial.mean_rho(predicted.alpha, predicted.beta)
    for position in (10, 5000, 16000):
        for allele in set(range(4)) - {CODES[position]}:
            np.testing.assert_allclose(mean[position, allele], errors.rate[CODES[position], allele])
            np.testing.assert_allclose(rho[position, allele], errors.rho[CODES[position], allele])


def test_a_panel_gives_each_sites_rate_and_its_uncertainty():
    rng = np.random.default_rng(31)
    rate, factors, phi = rates(rng), gamma_factors(rng, 1.0), 0.1
    sites = panel(rng, 12, rate, factors, phi)
    truth = np.where(np.arange(4)[None, :, None] != CODES[:, None, None], factors * rate[CODES], 0)
    sample = draw(rng, 2000, rate, factors * gamma_factors(rng, phi))
    errors = sample_errors.estimate_errors(sample)
    alone = background.background(errors, REFERENCE)
    informed = background.background(errors, REFERENCE, sites)
    real = truth > 0
    real[PLACEHOLDER] = False

    def misfit(predicted):
        mean, _ = beta_binomial.mean_rho(predicted.alpha, predicted.beta)
        return np.mean((mean - truth)[real] ** 2)

    assert misfit(informed) < 0.4 * misfit(alone)
    mean, rho = beta_binomial.mean_rho(informed.alpha, informed.beta)
    deviation = np.sqrt(mean * (1 - mean) * rho)
    # Given the panel, a new sample's rate at a site is truth * epsilon.
    score = ((truth * gamma_factors(rng, phi) - mean) / deviation)[real]
    assert score.mean() == pytest.approx(0.0, abs=0.05)
    assert score.std() == pytest.approx(1.0, abs=0.1)


def test_a_worse_sample_is_predicted_worse_by_the_same_panel():
    rng = np.random.default_rng(32)
    rate, factors = rates(rng), gamma_factors(rng, 1.0)
    sites = panel(rng, 6, rate, factors, 0.0)
    good = sample_errors.estimate_errors(draw(rng, 3000, rate, factors))
    poor = sample_errors.estimate_errors(draw(rng, 3000, 5 * rate, factors))
    means = [
        beta_binomial.mean_rho(p.alpha, p.beta)[0]
        for p in (background.background(e, REFERENCE, sites) for e in (good, poor))
    ]
    real = np.arange(4) != CODES[:, None]
    assert np.median((means[1] / means[0])[real]) == pytest.approx(5, rel=0.1)


def test_many_samples_never_sharpen_beyond_the_spread_between_samples():
    errors = sample_errors.estimate_errors(NO_READS)
    one = np.ones((LENGTH, 4, 2))
    sites = site_sums.SiteSums(1e4 * one, 1e7 * one, 1e4 * one, 1e6 * one, 1e6 * one, 100)
    predicted = background.background(errors, REFERENCE, sites, within=0.2)
    mean, rho = beta_binomial.mean_rho(predicted.alpha, predicted.beta)
    position, allele = 5000, (CODES[5000] + 1) % 4
    relative = (rho * (1 - mean) / mean)[position, allele]
    assert np.all((relative > 0.2) & (relative < 0.21))

    assert background.background(errors, REFERENCE, sites, within=0.0).alpha[
        position, allele
    ] == pytest.approx(1e4, rel=0.02)


def test_joined_strands_have_the_mean_and_variance_of_the_sum():
    rng = np.random.default_rng(33)
    alpha, beta = np.full((LENGTH, 4, 2), 2.0), np.full((LENGTH, 4, 2), 1000.0)
    alpha[..., 1], beta[..., 1] = 0.5, 4000.0
    where, allele = np.array([100]), np.array([1])
    alleles = background.Alleles(where, allele, np.array([[3000, 1000]]))
    forward, reverse = rng.beta(2.0, 1000.0, 400_000), rng.beta(0.5, 4000.0, 400_000)
    pooled = 0.75 * forward + 0.25 * reverse
    predicted = background.Background(alpha, beta, 0.0, 0.0)
    mean, rho = beta_binomial.mean_rho(*background.joined(predicted, alleles))
    assert mean[0] == pytest.approx(pooled.mean(), rel=0.01)
    assert (mean * (1 - mean) * rho)[0] == pytest.approx(pooled.var(), rel=0.02)
    # One strand alone is that strand, whatever the correlation.
    predicted = background.Background(alpha, beta, 1.0, 0.0)
    got = background.joined(predicted, alleles._replace(depth=np.array([[0, 50]])))
    np.testing.assert_allclose(np.ravel(got), [0.5, 4000.0])


def test_expected_errors_and_joined_strands_in_closed_form():
    shape = (LENGTH, 4, 2)
    predicted = background.Background(
        np.broadcast_to([2.0, 3.0], shape), np.broadcast_to([198.0, 97.0], shape), 0.25, 0.0
    )
    alleles = background.Alleles(
        np.array([10, 20]), np.array([1, 2]), np.array([[1000, 500], [0, 0]])
    )
    # Means of 1 % and 3 %.
    assert background.expected_errors(predicted, alleles) == pytest.approx([10 + 15, 0])
    mean, rho = beta_binomial.mean_rho(*background.joined(predicted, alleles))
    assert mean == pytest.approx([2 / 3 * 0.01 + 1 / 3 * 0.03, 0.02])
    one, other = (np.sqrt(m * (1 - m) / (n + 1)) for m, n in ((0.01, 200), (0.03, 100)))
    for got, w in zip(rho * mean * (1 - mean), (2 / 3, 1 / 2), strict=True):
        a, b = w * one, (1 - w) * other
        assert got == pytest.approx(a**2 + b**2 + 2 * 0.25 * a * b)
