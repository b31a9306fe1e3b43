"""The fraction is right where tumour samples differ."""

import numpy as np
import pytest

from mitotransfer.fraction import estimate, tumor_mixtures
from mitotransfer.fraction.variant_counts import VariantCounts

DEPTH = 2000
ALPHA, BETA = 10.0, 2e4


def two_tumors(
    rng: np.random.Generator, first: list[float], second: list[float], f: tuple[float, float]
) -> tuple[VariantCounts, np.ndarray, np.ndarray]:
    """Pooled counts and those of each tumour; the immune sample has f of the one and the other."""
    vaf = np.array([first, second])
    size = vaf.shape[1]
    alt = rng.binomial(DEPTH, vaf)
    depth = np.full((2, size), DEPTH)
    base = rng.beta(ALPHA, BETA, size)
    immune = (1 - sum(f)) * base + np.array(f) @ vaf
    n = np.full(size, DEPTH)
    pooled = VariantCounts(
        alt.sum(axis=0), depth.sum(axis=0), rng.binomial(DEPTH, immune), n,
        rng.binomial(DEPTH, base), n, ALPHA, BETA,
    )  # fmt: skip
    return pooled, alt, depth


#: The other tumour alone, and half of each, which pooled counts assume, are the slow run's.
@pytest.mark.parametrize(
    "f",
    [
        (0.1, 0.0),
        (0.075, 0.025),
        pytest.param((0.0, 0.1), marks=pytest.mark.slow),
        pytest.param((0.05, 0.05), marks=pytest.mark.slow),
    ],
)
def test_tumours_with_disjoint_variants(f: tuple[float, float]) -> None:
    rng = np.random.default_rng(1)
    held, found, runs = 0, [], 30
    for _ in range(runs):
        pooled, alt, depth = two_tumors(rng, [0.9, 0.7, 0, 0], [0, 0, 0.8, 0.6], f)
        result = estimate.estimate(pooled, others=tumor_mixtures.mixtures(pooled, alt, depth))
        held += result.low <= sum(f) <= result.high
        found.append(result.fraction)
        assert result.p_value < 1e-6
        assert result.heterogeneity_p > 1e-5
    assert np.mean(found) == pytest.approx(sum(f), rel=0.1)
    assert held >= 0.85 * runs


def test_pooling_them_is_wrong() -> None:
    """All of it is from one tumour; pooled counts assume half of each."""
    rng = np.random.default_rng(2)
    pooled, alt, depth = two_tumors(rng, [0.9, 0.7, 0, 0], [0, 0, 0.8, 0.6], (0.1, 0.0))
    assert estimate.estimate(pooled).heterogeneity_p < 1e-9
    mixed = estimate.estimate(pooled, others=tumor_mixtures.mixtures(pooled, alt, depth))
    assert mixed.heterogeneity_p > 0.01
    assert mixed.fraction == pytest.approx(0.1, rel=0.15)
    assert mixed.p_value == estimate.estimate(pooled).p_value


def test_tumours_that_agree_are_pooled() -> None:
    rng = np.random.default_rng(3)
    different = 0
    for _ in range(200):
        pooled, alt, depth = two_tumors(rng, [0.9, 0.5, 0.1], [0.9, 0.5, 0.1], (0.0, 0.0))
        different += bool(tumor_mixtures.mixtures(pooled, alt, depth))
    assert different <= 8  # at 1 %
    assert tumor_mixtures.mixtures(pooled, alt[:1], depth[:1]) == []


def test_shares_add_up_and_reads_are_not_invented() -> None:
    assert all(shares.sum() == pytest.approx(1) for shares in tumor_mixtures.shares_of(4))
    counts = VariantCounts([5, 90], [100, 200], [0, 0], [9, 9], [0, 0], [9, 9], 1.0, 1e3)
    found = tumor_mixtures.mixtures(
        counts, np.array([[5, 90], [0, 0]]), np.array([[100, 100], [0, 100]])
    )
    assert found
    for one in found:
        assert (np.asarray(one.tumor_depth) <= [100, 200]).all()
        assert (np.asarray(one.tumor_alt) <= np.asarray(one.tumor_depth)).all()
    # The first variant has no reads in the second tumour: the pooled counts stay.
    assert all(np.asarray(one.tumor_alt)[0] == 5 for one in found)
