"""The donors' VAFs: mean and spread of drawn tumour cells, and points that stand for them."""

import numpy as np
import pytest
from scipy import stats

from mitotransfer.cells import donors
from mitotransfer.cells.donors import Donors


def drawn(mean, concentration, cells=4000, depth=30):
    rng = np.random.default_rng(1)
    n = rng.poisson(depth, (cells, 1))
    vaf = rng.beta(mean * concentration, (1 - mean) * concentration, (cells, 1))
    return rng.binomial(n, vaf), n


@pytest.mark.parametrize(("mean", "concentration"), [(0.6, 5.0), (0.9, 2.0), (0.3, 20.0)])
def test_mean_and_spread_of_tumor_cells(mean, concentration):
    found = donors.of_tumor_cells(*drawn(mean, concentration))
    assert found.vaf[0] == pytest.approx(mean, abs=0.02)
    assert found.concentration[0] == pytest.approx(concentration, rel=0.15)


def test_vafs_without_spread():
    rng = np.random.default_rng(2)
    n = np.full((3000, 2), 20)
    n[:, 1] = 0
    found = donors.of_tumor_cells(rng.binomial(n, 0.5), n)
    assert found.concentration[0] > 100
    assert np.isnan(found.vaf[1]) and found.concentration[1] == donors.MAX_CONCENTRATION
    fixed = donors.of_tumor_cells(n[:, :1], n[:, :1])
    assert fixed.vaf[0] == 1 and fixed.concentration[0] == donors.MAX_CONCENTRATION


@pytest.mark.parametrize("concentration", [0.5, 5.0, 500.0])
def test_points_have_the_moments_of_the_beta_distribution(concentration):
    vafs, weights = donors.points(Donors(np.array([0.7]), np.array([concentration])))
    beta = stats.beta(0.7 * concentration, 0.3 * concentration)
    assert weights.sum() == pytest.approx(1)
    for power in (1, 2, 3, 4):
        assert (weights * vafs**power).sum() == pytest.approx(beta.moment(power))
