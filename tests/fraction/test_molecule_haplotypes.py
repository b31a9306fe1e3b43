"""Fraction from molecules over several variants, on simulated molecules with known truth."""

from __future__ import annotations

import numpy as np
import pytest
from molecule_draws import HAPLOTYPES, HIFI, ONT, SHARES, both, draw

from mitotransfer.fraction.estimate import detection_limit, estimate
from mitotransfer.fraction.molecule_haplotypes import (
    Patterns,
    gathered,
    haplotypes_of,
    log_odds,
    model_of,
    molecule_counts,
    posterior,
)
from mitotransfer.fraction.variant_counts import VariantCounts


def test_patterns_add_up_and_lose_what_shows_nothing():
    alleles = np.array([[1, 0], [1, 0], [-1, -1], [0, -1]], np.int8)
    found = gathered(alleles, np.array([1, 2, 5, 7]))
    assert {tuple(a): n for a, n in zip(found.alleles.tolist(), found.molecules, strict=True)} == {
        (1, 0): 3,
        (0, -1): 7,
    }
    assert found.spanning().tolist() == [False, True]
    one = found.over(np.array([True, False]))
    assert one.molecules.sum() == 10


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
    assert len(molecules.immune_depth) == 4
    assert molecules.immune_depth.sum() <= 2000 < sites.immune_depth.sum()
    assert (molecules.immune_alt <= molecules.immune_depth).all()


def test_short_molecules_leave_the_sites():
    one = Patterns(np.array([[1, -1], [-1, 0]], np.int8), np.array([500, 500]))
    sites = VariantCounts(*([np.array([500, 500])] * 6), np.ones(2), np.full(2, 1e3))
    assert molecule_counts(sites, one, one, one, 1.0) is None


@pytest.mark.parametrize(("design", "better"), [(ONT, True), (HIFI, False)])
def test_detection_limit_at_the_level_of_one_per_cent(design, better):
    sites, molecules = both(np.random.default_rng(5), 0.0, design)
    limit = detection_limit(molecules)
    if better:
        assert limit < 0.001 < detection_limit(sites)
    else:  # errors are so rare that sites lose nothing
        assert limit < 1.5 * detection_limit(sites)


def test_errors_that_come_together_cost_power():
    rng = np.random.default_rng(6)
    rates = []
    for clustering in (1.0, 50.0):
        _, molecules = both(rng, 0.0, ONT, clustering=clustering)
        alpha, beta = molecules.error_alpha[0], molecules.error_beta[0]
        rates.append(alpha / (alpha + beta))
    assert rates[0] < 1e-5 and 45 < rates[1] / rates[0] < 60


@pytest.mark.slow
@pytest.mark.parametrize("switched", [0.0, 0.3])
@pytest.mark.parametrize("design", [ONT, HIFI])
def test_false_positives_power_and_coverage(design, switched):
    rng = np.random.default_rng(7)
    false = [
        estimate(both(rng, 0.0, design, switched)[1], details=False).p_value for _ in range(200)
    ]
    assert (np.array(false) < 0.01).mean() <= 0.025  # exact 95 % bound of 1 % in 200
    limit = detection_limit(both(rng, 0.0, design)[1])
    runs = 60
    found = [estimate(both(rng, limit, design, switched)[1], details=False) for _ in range(runs)]
    # Template switching leaves fewer whole molecules than the limit counts on.
    power = 0.88 if switched == 0 else 0.8
    assert np.mean([one.p_value < 0.01 for one in found]) > power
    assert np.mean([one.low <= limit <= one.high for one in found]) > 0.85
    mean = np.mean([one.fraction for one in found])
    assert mean == pytest.approx(limit, rel=0.2 if switched == 0 else 0.3)


def test_posterior_of_molecules():
    rng = np.random.default_rng(8)
    tumor = gathered(draw(rng, 500, 1.0, 1e-3, 0.9))
    immune = draw(rng, 2000, 0.01, 1e-3, 0.9)
    model = model_of(tumor, gathered(immune), np.full(3, 1e-3))
    two = np.array([[1, 1, 1], [1, -1, 1], [0, 0, 0], [0, 0, 1]], np.int8)
    found = posterior(two, model, 0.01)
    assert found[0] > 0.99 and found[1] > 0.99 and found[2] < 0.01 and found[3] < 0.5
