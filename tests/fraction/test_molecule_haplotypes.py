"""Fraction from molecules over several variants, on simulated molecules with known truth."""

from __future__ import annotations

import numpy as np
import pytest
from molecule_draws import BREAKS, HAPLOTYPES, HIFI, ONT, SHARES, both, draw, study

from mitotransfer.fraction.estimate import detection_limit, estimate
from mitotransfer.fraction.molecule_haplotypes import (
    haplotypes_of,
    log_odds,
    model_of,
    molecule_counts,
    posterior,
)
from mitotransfer.fraction.patterns import Patterns, gathered
from mitotransfer.fraction.template_switching import breaks_between
from mitotransfer.fraction.variant_counts import VariantCounts


def test_haplotypes_of_the_tumour_by_em():
    rng = np.random.default_rng(2)
    tumor = gathered(draw(rng, 3000, 1.0, 0.01, 0.7))
    found = haplotypes_of(tumor, np.full(3, 0.01))
    share = {tuple(a): w for a, w in zip(found.alleles.astype(int).tolist(), found.weights,
                                        strict=True)}  # fmt: skip
    for haplotype, expected in zip(HAPLOTYPES.tolist(), SHARES, strict=True):
        assert share[tuple(haplotype)] == pytest.approx(expected, abs=0.03)
    assert sum(share.values()) == pytest.approx(1)


def test_odds_of_one_pattern_by_hand():
    only = haplotypes_of(Patterns(np.array([[1, 1]], np.int8), np.array([100])), np.full(2, 0.01))
    odds = log_odds(np.array([[1, 1], [1, -1], [0, 0]], np.int8), only, np.full(2, 0.01))
    assert odds[0] == pytest.approx(2 * np.log(99), abs=1e-3)
    assert odds[1] == pytest.approx(np.log(99), abs=1e-3)
    assert odds[2] < 0


def test_no_molecule_counts_twice():
    rng = np.random.default_rng(4)
    sites, molecules = both(rng, 0.01, (2000, 1e-3, 0.5))
    assert len(molecules.design.immune_depth) == 4
    assert molecules.design.immune_depth.sum() <= 2000 < sites.immune_depth.sum()
    assert (molecules.design.immune_alt <= molecules.design.immune_depth).all()


def test_short_molecules_leave_the_sites():
    one = Patterns(np.array([[1, -1], [-1, 0]], np.int8), np.array([500, 500]))
    sites = VariantCounts(*([np.array([500, 500])] * 6), np.ones(2), np.full(2, 1e3))
    breaks = breaks_between(np.array([1, 9]), 16_569)
    assert molecule_counts(sites, one, one, one, clustering=1.0, breaks=breaks) is None


@pytest.mark.parametrize(("design", "better"), [(ONT, True), (HIFI, False)])
def test_detection_limit_at_the_level_of_one_per_cent(design, better):
    sites, molecules = both(np.random.default_rng(5), 0.0, design)
    limit = detection_limit(molecules.design)
    if better:
        assert limit < 0.001 < detection_limit(sites)
    else:  # errors are so rare that sites lose nothing
        assert limit < 1.5 * detection_limit(sites)


def test_errors_that_come_together_cost_power():
    rng = np.random.default_rng(6)
    rates = []
    for clustering in (1.0, 50.0):
        _, molecules = both(rng, 0.0, ONT, clustering=clustering)
        alpha, beta = molecules.design.error_alpha[0], molecules.design.error_beta[0]
        rates.append(alpha / (alpha + beta))
    assert rates[0] < 1e-5 and 45 < rates[1] / rates[0] < 60


def test_more_molecules_than_those_of_the_tumour_may_be_positive():
    """Five variants of one haplotype: joined molecules with two alleles on either side."""
    rng = np.random.default_rng(9)
    breaks = breaks_between(np.arange(1000, 6000, 1000), 16_569)
    size, fraction, switched = 20_000, 0.02, 0.5

    def sample(molecules, share):
        first, second = (rng.random((2, molecules)) < share)[..., None]
        late = np.arange(5) >= rng.integers(1, 5, molecules)[:, None]
        turned = late & (rng.random(molecules) < switched)[:, None]
        return gathered(np.where(turned, second, first).astype(np.int8))

    tumor, immune, normal = sample(1000, 0.9), sample(size, fraction), sample(size, 0.0)
    error = np.full(5, 0.2), np.full(5, 2000.0)
    sites = VariantCounts(*([np.full(5, 1000)] * 6), *error)
    counts = molecule_counts(sites, tumor, immune, normal, clustering=1.0, breaks=breaks)
    assert counts.switched[0] == pytest.approx(switched, abs=0.05)
    assert counts.found.immune_depth[0] > 1.05 * size
    # The tumour sample has the alleles on nine molecules in ten; f is the tumour sample's share.
    found = estimate(counts.found, details=False)
    assert found.fraction == pytest.approx(fraction / 0.9, rel=0.1)
    assert found.low < fraction / 0.9 < found.high


@pytest.mark.slow
@pytest.mark.parametrize("switched", [0.0, 0.3])
@pytest.mark.parametrize("design", [ONT, HIFI])
def test_false_positives_power_and_coverage(design, switched):
    rng = np.random.default_rng(7)
    false = [
        estimate(both(rng, 0.0, design, switched)[1].design, details=False).p_value
        for _ in range(200)
    ]
    assert (np.array(false) < 0.01).mean() <= 0.025  # exact 95 % bound of 1 % in 200
    limits, power, covered, ratios = [], [], [], []
    for _ in range(60):
        counts = study(rng, design, switched)
        limits.append(detection_limit(counts(0.0)[1].design))
        drawn = counts(limits[-1])[1]
        power.append(estimate(drawn.design, details=False).p_value < 0.01)
        found = estimate(drawn.found, details=False)
        covered.append(found.low <= limits[-1] <= found.high)
        ratios.append(found.fraction / limits[-1])
    # At 95 % more than seven misses in 60 have a probability of 1 %.
    assert np.mean(power) > 0.87 and np.mean(covered) > 0.87
    assert np.mean(ratios) == pytest.approx(1, abs=3 * np.std(ratios) / 60**0.5 + 0.03)


def test_posterior_of_molecules():
    rng = np.random.default_rng(8)
    tumor = gathered(draw(rng, 500, 1.0, 1e-3, 0.9))
    immune = draw(rng, 2000, 0.01, 1e-3, 0.9)
    model = model_of(tumor, gathered(immune), np.full(3, 1e-3), BREAKS)
    two = np.array([[1, 1, 1], [1, -1, 1], [0, 0, 0], [0, 0, 1]], np.int8)
    found = posterior(two, model, 0.01)
    assert found[0] > 0.99 and found[1] > 0.99 and found[2] < 0.01 and found[3] < 0.5
