"""The distribution of site factors: tails against sums, fits against the drawn truth."""

import numpy as np
import pytest
from scipy import integrate, stats

from mitotransfer.errors import site_factor
from mitotransfer.errors.site_factor import SiteFactors, Sites, variant_scale

SITES = 49_700
# Four substitutions are transitions, as in a sample.
KIND = np.repeat([0, 1], [4, 8])


def all_alike(gamma, lognormal=1.0, heavy=0.0):
    return SiteFactors(np.full((4, 4), gamma), np.full((4, 4), lognormal), np.full((4, 4), heavy))


def tail(factors, k, expected):
    row = np.zeros(len(k), np.int64)
    return factors.upper_tail(np.array(k), np.array(expected), row, row)


def lognormal(rng, v, size):
    s = np.sqrt(np.log1p(v))
    return np.exp(rng.normal(-0.5 * s * s, s, size))


def drawn(rng, theta, mean, depth=4000):
    """Errors at sites of twelve substitutions."""
    expected = rng.uniform(0.7, 1.3, theta.size) * mean
    variant = np.broadcast_to(variant_scale(0.2 * depth), theta.shape)
    return Sites(rng.poisson(expected * theta), expected, variant, np.arange(theta.size) % 12)


def test_gamma_tail_is_that_of_the_negative_binomial():
    k, expected = np.array([0, 1, 5, 40]), np.array([0.5, 0.5, 2.0, 3.0])
    truth = stats.nbinom.sf(k - 1, 2.0, 2.0 / (2.0 + expected))
    np.testing.assert_allclose(tail(all_alike(0.5), k, expected), truth, rtol=1e-8)


@pytest.mark.parametrize(("k", "v"), [(6, 0.3), (20, 0.3), (6, 3.0), (300, 3.0)])
def test_lognormal_tail_is_the_integral(k, v):
    s = np.sqrt(np.log1p(v))

    def integrand(z):
        return stats.norm.pdf(z) * stats.poisson.sf(k - 1, np.exp(s * z - 0.5 * s * s))

    truth = integrate.quad(integrand, -6, 12, limit=500, points=[np.log(k) / s])[0]
    np.testing.assert_allclose(tail(all_alike(1e-3, v, 1.0), [k], [1.0]), truth, rtol=0.1)


def test_the_two_shapes_are_weighted():
    light, heavy = (tail(all_alike(0.5, 0.5, share), [9], [1.0]) for share in (0.0, 1.0))
    assert heavy > 2 * light
    np.testing.assert_allclose(
        tail(all_alike(0.5, 0.5, 0.3), [9], [1.0]), 0.7 * light + 0.3 * heavy
    )


def test_variants_have_a_probability():
    highest = 400
    k = np.arange(1, highest + 1)
    assert np.sum(variant_scale(highest) / k) == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize("v", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("heavy", [0, 1])
def test_shape_and_variance_are_found(heavy, v):
    rng = np.random.default_rng([heavy, int(10 * v)])
    theta = lognormal(rng, v, SITES) if heavy else rng.gamma(1 / v, v, SITES)
    found = site_factor.fit(drawn(rng, theta, 2.0), KIND)
    assert found.heavy == pytest.approx(heavy, abs=0.01)
    variance = found.lognormal if heavy else found.gamma
    assert np.median(variance) == pytest.approx(v, rel=0.1)
    assert found.share < 1e-4


@pytest.mark.parametrize("tail", [0, 1])
def test_one_kind_does_not_set_the_shape_of_the_other(tail):
    rng = np.random.default_rng([21, tail])
    heavy = KIND[np.arange(SITES) % 12] == tail
    theta = np.where(heavy, lognormal(rng, 1.0, SITES), rng.gamma(1.0, 1.0, SITES))
    found = site_factor.fit(drawn(rng, theta, 1.0), KIND)
    assert np.all(found.heavy[tail == KIND] > 0.99)
    assert np.all(found.heavy[tail != KIND] < 0.01)


@pytest.mark.parametrize("heavy", [0, 1])
def test_a_kind_without_errors_takes_the_shape_of_the_other(heavy):
    rng = np.random.default_rng([22, heavy])
    theta = lognormal(rng, 1.0, SITES) if heavy else rng.gamma(1.0, 1.0, SITES)
    sites = drawn(rng, theta, 1.0)
    sites.k[KIND[sites.group] == 0] = 0
    sites.expected[KIND[sites.group] == 0] *= 1e-4
    assert site_factor.fit(sites, KIND).heavy == pytest.approx(heavy, abs=0.01)


def test_each_substitution_has_its_own_variance():
    # Oxidised bases err often and evenly, and leave the tail of the others as it is.
    rng = np.random.default_rng(3)
    theta = rng.gamma(1.0, 1.0, SITES)
    even = np.arange(SITES) % 12 == 5
    theta[even] = 1.0
    sites = drawn(rng, theta, 1.0)
    sites.expected[even] *= 12.0
    sites.k[even] = rng.poisson(sites.expected[even])
    found = site_factor.fit(sites, KIND)
    assert found.gamma[5] < 0.02
    np.testing.assert_allclose(np.delete(found.gamma, 5), 1.0, rtol=0.2)


def test_rare_substitutions_take_the_variance_of_the_others():
    rng = np.random.default_rng(8)
    sites = drawn(rng, rng.gamma(1 / 0.2, 0.2, SITES), 3.0)
    rare = sites.group == 7
    sites.expected[rare] *= 1e-4
    sites.k[rare] = 0
    found = site_factor.fit(sites, KIND)
    assert 0.1 < found.gamma[7] < 0.5


@pytest.mark.parametrize(("v", "size"), [(3.0, 25), (3.0, 75), (1.0, 25), (1e-3, 25)])
def test_the_mean_rate_of_few_sites_is_uncertain(v, size):
    """Counts at which errors are called are nearly as rare as meant, by the drawn truth."""
    rng = np.random.default_rng(1)
    mean, level = 20.0 if v > 0.1 else 1.0, site_factor.LEVEL
    own = site_factor.Fitted(np.array([v]), np.array([v]), 0.0, 0.0)
    nothing, k = np.zeros(size, int), np.unique(np.geomspace(1.0, 3000.0, 500).round())
    plain, widened = [], []
    for _ in range(400):
        expected = np.full(size, max(rng.poisson(mean * rng.gamma(1 / v, v, size)).mean(), 0.1))
        sites = Sites(nothing, expected, nothing.astype(float), nothing)
        for found, truth in ((own, plain), (site_factor.predictive(own, sites), widened)):
            p = site_factor.gamma_tail(k, np.full(k.size, expected[0]), found.gamma)
            truth.append(stats.nbinom.sf(k[np.argmax(p <= level)] - 1, 1 / v, 1 / (1 + mean * v)))
    assert 0.1 * level < np.mean(widened) < 6.0 * level
    assert np.mean(widened) < 0.7 * np.mean(plain)


def test_the_mean_rate_of_a_mitogenome_is_certain():
    rng = np.random.default_rng(9)
    sites = drawn(rng, rng.gamma(1.0, 1.0, SITES), 1.0)
    found = site_factor.fit(sites, KIND)
    wider = site_factor.predictive(found, sites)
    for one in ("gamma", "lognormal"):
        ratio = getattr(wider, one) / getattr(found, one)
        assert np.all((ratio > 1.0) & (ratio < 1.02))


@pytest.mark.parametrize("number", [0, 30, 100, 200, 500])
@pytest.mark.parametrize("over_errors", [20, 40])
def test_variants_are_no_tail_however_many(over_errors, number):
    rng = np.random.default_rng(4)
    theta = rng.gamma(1 / 0.3, 0.3, SITES)
    theta[rng.choice(SITES, number, replace=False)] += over_errors
    found = site_factor.fit(drawn(rng, theta, 1.0), KIND)
    assert np.all(found.heavy < 0.01)
    assert np.median(found.gamma) == pytest.approx(0.3, rel=0.1)
    if number:
        assert found.share == pytest.approx(number / SITES, rel=0.8)


@pytest.mark.parametrize("vaf", [0.05, 0.1])
def test_variants_of_a_shallow_sample_are_no_tail(vaf):
    # 60x: errors are single fragments, variants have three to six, none of them many.
    rng = np.random.default_rng(7)
    sites = drawn(rng, rng.gamma(1.0, 1.0, SITES), 0.006, 60)
    sites.k[:50] += rng.binomial(60, vaf, 50)
    found = site_factor.fit(sites, KIND)
    factors = SiteFactors(
        *(np.full((4, 4), one.max()) for one in (found.gamma, found.lognormal, found.heavy))
    )
    at = tail(factors, sites.k[:50], sites.expected[:50])
    assert np.mean(at < 1e-4) > 0.9 * stats.binom.sf(2, 60, vaf)
    # Three hundred single errors say next to nothing of the variance, which is one.
    assert tail(factors, [3], [0.006]) > 0.3 * stats.nbinom.sf(2, 1.0, 1 / 1.006)


def test_deep_counts_are_thinned_without_harm():
    rng = np.random.default_rng(5)
    found = site_factor.fit(drawn(rng, rng.gamma(2.0, 0.5, SITES), 2000.0), KIND)
    assert np.all(found.heavy < 0.01)
    np.testing.assert_allclose(found.gamma, 0.5, rtol=0.1)


def test_no_errors_do_not_mean_an_error_rate_of_zero():
    rng = np.random.default_rng(6)
    found = site_factor.fit(drawn(rng, np.ones(SITES), 1e-4), KIND)
    assert np.all((found.gamma > 0.1) & (found.gamma < 5.0))
    assert found.heavy == pytest.approx(0.5, abs=0.1)
    nothing = site_factor.fit(drawn(rng, np.ones(0), 1.0), KIND)
    assert nothing.gamma == pytest.approx(1.0, rel=1e-4) and nothing.heavy == pytest.approx(0.5)
    assert (
        site_factor.fit(drawn(rng, np.ones(0), 1.0), KIND, heavy=False).heavy.tolist() == [0.0] * 12
    )


def test_at_sites_takes_the_largest_variance_where_the_own_base_is_unknown():
    gamma = np.arange(16.0).reshape(4, 4)
    factors = SiteFactors(gamma, 2 * gamma, gamma / 15).at_sites(np.array([1, 4, 3]))
    assert factors.gamma[0].tolist() == [4.0, 13.0, 6.0, 7.0]
    assert factors.gamma[1].tolist() == [12.0, 13.0, 14.0, 15.0]
    assert factors.lognormal[2].tolist() == [24.0, 26.0, 28.0, 30.0]
    np.testing.assert_allclose(factors.heavy, factors.gamma / 15)
