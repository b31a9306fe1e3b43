"""The distribution of site factors: tails against sums, fits against the drawn truth."""

import numpy as np
import pytest
from scipy import integrate, stats

from mitotransfer.errors import site_factor
from mitotransfer.errors.site_factor import SiteFactor, SiteFactors

SITES = 49_700


def lognormal(rng, v, size):
    s = np.sqrt(np.log1p(v))
    return np.exp(rng.normal(-0.5 * s * s, s, size))


def drawn(rng, theta, mean):
    """Counts, what was expected, and how probable any count of a variant is at errors of 1e-4."""
    expected = rng.uniform(0.7, 1.3, theta.size) * mean
    return rng.poisson(expected * theta), expected, 1.0 / (0.2 * expected / 1e-4 + 1.0)


def test_gamma_tail_is_that_of_the_negative_binomial():
    factor = SiteFactor(gamma=(1.2, 0.5))
    k, expected = np.array([0, 1, 5, 40]), np.array([0.5, 0.5, 2.0, 3.0])
    truth = stats.nbinom.sf(k - 1, 2.0, 2.0 / (2.0 + 1.2 * expected))
    np.testing.assert_allclose(factor.upper_tail(k, expected), truth, rtol=1e-8)


@pytest.mark.parametrize(("k", "v"), [(6, 0.3), (20, 0.3), (6, 3.0), (300, 3.0)])
def test_lognormal_tail_is_the_integral(k, v):
    factor = SiteFactor(weights=(0.0, 1.0, 0.0), gamma=(1.0, 1e-3), lognormal=(1.0, v))
    s = np.sqrt(np.log1p(v))

    def integrand(z):
        return stats.norm.pdf(z) * stats.poisson.sf(k - 1, np.exp(s * z - 0.5 * s * s))

    truth = integrate.quad(integrand, -6, 12, limit=500, points=[np.log(k) / s])[0]
    np.testing.assert_allclose(factor.upper_tail([k], [1.0]), truth, rtol=0.1)


def test_spots_add_their_share():
    factor = SiteFactor(weights=(0.0, 0.0, 1.0), gamma=(1.0, 0.1), spots=(1.0, 0.1, 0.01, 10.0))
    k, expected = np.array([8]), np.array([0.5])
    usual = stats.nbinom.sf(7, 10, 10 / 10.5)
    spot = stats.nbinom.sf(7, 1, 1 / 6.0)
    np.testing.assert_allclose(factor.upper_tail(k, expected), 0.99 * usual + 0.01 * spot)


@pytest.mark.parametrize("v", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("family", [0, 1])
def test_family_and_variance_are_found(family, v):
    rng = np.random.default_rng([family, int(10 * v)])
    theta = lognormal(rng, v, SITES) if family else rng.gamma(1 / v, v, SITES)
    found = site_factor.fit(*drawn(rng, theta, 2.0))
    assert found.weights[family] > 0.99
    m, variance = (found.gamma, found.lognormal)[family]
    assert m == pytest.approx(1.0, abs=0.05)
    assert variance == pytest.approx(v, rel=0.1)


def test_hot_spots_of_both_strands_are_seen():
    rng = np.random.default_rng(3)
    theta = rng.gamma(3.0, 1 / 3.0, SITES)
    hot = rng.random(SITES) < 0.02
    theta[hot] = rng.exponential(10.0, hot.sum())
    found = site_factor.fit(*drawn(rng, theta, 4.0))
    assert found.weights[2] > 0.99
    assert found.spots[2] == pytest.approx(0.02, rel=0.5)
    assert found.spots[3] == pytest.approx(10.0, rel=0.5)


@pytest.mark.parametrize("vaf_over_error", [20, 40])
def test_real_variants_are_no_tail(vaf_over_error):
    rng = np.random.default_rng(4)
    theta = np.ones(SITES)
    theta[rng.choice(SITES, 60, replace=False)] += vaf_over_error
    k, expected, variant = drawn(rng, theta, 0.5)
    found = site_factor.fit(k, expected, variant)
    variants = theta > 1
    # Poisson, like the errors: the variants are as improbable as their counts.
    assert found.gamma[1] < 0.1
    truth = stats.poisson.sf(6, 0.5)
    assert found.upper_tail([7], [0.5]) < 10 * truth
    assert np.median(found.upper_tail(k[variants], expected[variants])) < 1e-4


@pytest.mark.parametrize("vaf", [0.05, 0.1])
def test_variants_of_a_shallow_sample_are_no_tail(vaf):
    # 60x: errors are single fragments, variants have three to six, none of them many.
    rng = np.random.default_rng(7)
    k, expected, variant = drawn(rng, rng.gamma(1.0, 1.0, SITES), 0.006)
    assert variant[0] == pytest.approx(1 / 13, rel=0.3)
    k[:50] += rng.binomial(60, vaf, 50)
    found = site_factor.fit(k, expected, variant)
    tail = found.upper_tail(k, expected)
    assert np.mean(tail[:50] < 1e-4) > 0.9 * stats.binom.sf(2, 60, vaf)
    assert found.upper_tail([3], [0.006]) > 0.5 * stats.nbinom.sf(2, 1.0, 1 / 1.006)


def test_deep_counts_are_thinned_without_harm():
    rng = np.random.default_rng(5)
    found = site_factor.fit(*drawn(rng, rng.gamma(2.0, 0.5, SITES), 2000.0))
    assert found.weights[0] > 0.99
    assert found.gamma[1] == pytest.approx(0.5, rel=0.1)


def test_no_errors_do_not_mean_an_error_rate_of_zero():
    rng = np.random.default_rng(6)
    found = site_factor.fit(rng.poisson(1e-4, SITES), *np.full((2, SITES), 1e-4))
    assert 0.1 < found.gamma[1] < 5.0
    assert found.weights[:2] == pytest.approx((0.5, 0.5), abs=0.1)
    assert site_factor.fit([], [], []).weights == (0.5, 0.5, 0.0)


def test_round_trip():
    factor = SiteFactor((0.2, 0.3, 0.5), (1.0, 2.0), (3.0, 4.0), (1.0, 2.0, 0.1, 9.0))
    assert site_factor.from_dict(factor.as_dict()) == factor
    with pytest.raises(ValueError):
        site_factor.from_dict(factor.as_dict() | {"gamma": [1.0]})


def test_damaged_substitutions_have_a_tail_of_their_own():
    damaged = np.zeros((4, 4), bool)
    damaged[1, 3] = True
    usual, damage = SiteFactor(gamma=(1.0, 0.1)), SiteFactor(gamma=(1.0, 2.0))
    factors = SiteFactors(usual, damage, damaged).at_sites(np.array([1, 0, 4, 1]))
    row, allele = np.array([0, 1, 2, 3]), np.array([3, 3, 3, 2])
    marked = factors.is_damaged(row, allele)
    assert marked.tolist() == [True, False, False, False]
    k, expected = np.full(4, 6), np.full(4, 1.5)
    tail = factors.upper_tail(k, expected, marked)
    assert tail[0] == damage.upper_tail(6, 1.5)
    assert (tail[1:] == usual.upper_tail(6, 1.5)).all()


def test_without_damage_all_substitutions_have_one_tail():
    factors = SiteFactors(SiteFactor())
    assert factors.at_sites(np.array([0, 4])) is factors
    nothing = factors.is_damaged(np.array([0, 1]), np.array([1, 2]))
    assert not nothing.any()
    tail = factors.upper_tail(np.array([1, 2]), np.array([0.5, 0.5]), nothing)
    assert tail.tolist() == factors.usual.upper_tail([1, 2], [0.5, 0.5]).tolist()
