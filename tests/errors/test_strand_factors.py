"""Errors that scatter over sites on each strand apart: what both strands support together."""

import draws
import numpy as np
import pytest
from draws import LENGTH, rates, some_positions, spike
from scipy import stats

from mitotransfer.errors import sample_errors, strand_factors
from mitotransfer.errors.site_factor import SiteFactors
from mitotransfer.errors.strand_factors import StrandFactors

OFF = ~np.eye(4, dtype=bool)
TRANSITIONS = np.equal(np.arange(4)[:, None] ^ np.arange(4), 2)


def lognormal(rng, v, shape):
    s = np.sqrt(np.log1p(v))
    return np.exp(rng.normal(-0.5 * s * s, s, shape))


def noisy_transitions(rng, apart, shared=0.0, depth=1600):
    """Transitions of 0.4 % on each strand, whose sites scatter on the strands apart or together."""
    rate = rates(rng, 1e-4, 4e-4)
    rate[TRANSITIONS] = 4e-3
    factors = lognormal(rng, apart, (LENGTH, 4, 2)) * lognormal(rng, shared, (LENGTH, 4, 1))
    return draws.draw(rng, depth, rate, factors)


def called(counts):
    bases = draws.alleles_of(counts).bases
    found = bases[bases["minor"] & (bases["q_value"] <= draws.SETTINGS.max_fdr)]
    found = found[found["filter"] == "PASS"]
    return set(zip(found["pos"], found["alt"], strict=True))


def test_the_weaker_strand_decides_in_proportion_to_its_depth():
    rng = np.random.default_rng(1)
    n = rng.integers(1, 3000, (500, 2))
    k = rng.binomial(n, 0.02)
    t = strand_factors.support(k, n)
    assert np.all(strand_factors.needed(t, n) <= k)
    assert np.all(np.any(strand_factors.needed(t + 1, n) > k, axis=1))
    assert np.all(t <= k.sum(axis=1))
    even = np.array([[800, 800]])
    assert strand_factors.support(np.array([[30, 12]]), even).tolist() == [24]


@pytest.mark.parametrize(("v", "shared"), [(0.5, 0.0), (0.3, 0.1), (0.3, 0.3), (1.0, 0.3)])
def test_the_joint_tail_is_about_what_errors_give(v, shared):
    """Also where strands share a part of the factors, which no formula of the module knows."""
    mean, total = 3.2, (1 + v) * (1 + shared) - 1
    one = SiteFactors(*np.full((2, 4, 4), total), np.ones((4, 4)))
    correlation = np.full((4, 4), shared / total)
    factors = StrandFactors(one, one, correlation, np.ones((4, 4), bool))
    z, weight = np.polynomial.hermite_e.hermegauss(100)
    own, common = (np.exp(s * z - 0.5 * s * s) for s in np.sqrt(np.log1p([v, shared])))
    for support in (16, 24, 32):
        # Given what strands share, each reaches its half by itself.
        reached = stats.poisson.sf(support // 2 - 1, mean * own * common[:, None])
        truth = np.average(np.average(reached, axis=1, weights=weight) ** 2, weights=weight)
        row = np.zeros(1, np.int64)
        tail = factors.upper_tail(
            np.array([support]), np.array([[800, 800]]), np.full((1, 2), mean), row, row + 2
        )
        assert 0.4 < tail[0] / truth < 3.0


def test_the_correlation_is_bounded_above():
    rng = np.random.default_rng(5)
    for shared, low, high in ((0.0, 0.0, 0.15), (0.3, 0.3, 0.6)):
        errors = sample_errors.estimate_errors(noisy_transitions(rng, 0.4, shared))
        found = errors.strand_factors.correlation[TRANSITIONS]
        truth = shared / (1.4 * (1 + shared) - 1)
        assert np.all((found >= low) & (found <= high))
        assert np.mean(found >= truth - 0.1) > 0.7
    nothing = np.zeros((0, 2), np.int64)
    bound = strand_factors.correlations(nothing, nothing * 1.0, np.ones((3, 2)), np.zeros(0, int))
    assert bound.tolist() == [1.0, 1.0, 1.0]


def test_strands_are_tested_apart_only_where_that_shows_more():
    rng = np.random.default_rng(6)
    apart = sample_errors.estimate_errors(noisy_transitions(rng, 0.6)).strand_factors.apart
    assert apart[TRANSITIONS].all()
    together = sample_errors.estimate_errors(noisy_transitions(rng, 0.0, 0.6))
    even = sample_errors.estimate_errors(draws.draw(rng, 4000, rates(rng)))
    shallow = sample_errors.estimate_errors(noisy_transitions(rng, 3.0, depth=60))
    for errors in (together, even, shallow):
        assert not errors.strand_factors.apart.any()


def test_a_strand_without_depth_and_an_unknown_base_are_tested_by_the_sum():
    one = SiteFactors(*np.full((2, 4, 4), 0.5), np.zeros((4, 4)))
    factors = StrandFactors(one, one, np.zeros((4, 4)), np.ones((4, 4), bool))
    at = factors.at_sites(np.array([0, 4]))
    allele = np.array([2, 2])
    assert at.tested(np.array([[10, 10], [10, 10]]), np.arange(2), allele).tolist() == [True, False]
    assert not at.tested(np.array([[0, 10]]), np.array([0]), allele[:1]).any()
    assert not at.tested(np.array([[10, 10]]), np.array([0]), np.array([0])).any()


@pytest.mark.slow
def test_variants_are_found_where_errors_scatter_on_each_strand(monkeypatch):
    """An oracle that knows rates and scatter finds 40 to 50 % at this rate of false discoveries."""
    drawn = []
    for seed in range(3):
        rng = np.random.default_rng([7, seed])
        pure = noisy_transitions(rng, 0.5)
        places = some_positions(rng, 38)
        drawn.append((pure, *spike(rng, pure, places, 0.02, transitions=0.93)))
    wanted = sum(len(truth) for _, _, truth in drawn)
    calls = [(called(pure), called(counts)) for pure, counts, _ in drawn]
    found = sum(len(got & one[2]) for (_, got), one in zip(calls, drawn, strict=True))
    false = sum(len(pure | (got - one[2])) for (pure, got), one in zip(calls, drawn, strict=True))
    monkeypatch.setattr(strand_factors, "BALANCED", 1.0)  # never
    by_sum = sum(len(called(counts) & truth) for _, counts, truth in drawn)
    assert found >= max(0.35 * wanted, 1.5 * by_sum)
    assert false <= 2


@pytest.mark.slow
def test_errors_that_no_distribution_of_the_model_describes_are_not_called():
    """A tenth of the sites err eight times as often as others, on both strands or on either."""
    false = 0
    for shape in ((LENGTH, 4, 1), (LENGTH, 4, 2)):
        rng = np.random.default_rng(8)
        rate = rates(rng, 1e-4, 4e-4)
        rate[TRANSITIONS] = 4e-3
        factors = np.where(rng.random(shape) < 0.1, 8.0, 1.0) / 1.7
        false += len(called(draws.draw(rng, 1600, rate, factors)))
    assert false <= 1
