"""Share of receivers: the fit is the best one, bounds cover, equal subsets look equal."""

import numpy as np
import pytest
from cell_libraries import learn
from scipy import optimize

from mitotransfer.cells import cell_likelihood, shares
from mitotransfer.simulate.cell_library import CellScenario, Subset

GRID = cell_likelihood.fractions(0.05)


def likelihoods(subset, seed):
    learned = learn(CellScenario((subset,)), seed)
    return cell_likelihood.log_likelihoods(learned.library, GRID)[0], learned.fraction > 0.05


@pytest.fixture(scope="module")
def mixed():
    return likelihoods(Subset("CD8", 800, share=0.15, fraction=0.25), 1)


def test_the_share_of_two_kinds_of_cells_is_that_of_the_binomial(mixed):
    """Cells that are told apart without doubt: the bound is that of the counted share."""
    values = np.full((200, len(GRID)), -50.0)
    values[:170, 0] = 0.0
    values[170:, 40] = 0.0
    found = shares.share_of_receivers(values, GRID, 0.05)
    assert found.share == pytest.approx(0.15, abs=1e-4)
    drop = 1.3528

    def fall(p):
        return 30 * np.log(0.15 / p) + 170 * np.log(0.85 / (1 - p)) - drop

    assert found.low == pytest.approx(optimize.brentq(fall, 0.01, 0.15), abs=0.002)
    assert found.high == pytest.approx(optimize.brentq(fall, 0.15, 0.5), abs=0.002)


def test_the_share_is_near_the_truth(mixed):
    values, receivers = mixed
    found = shares.share_of_receivers(values, GRID, 0.05)
    assert found.share == pytest.approx(receivers.mean(), abs=0.02)
    assert found.low < receivers.mean() < found.high


def test_without_receivers_the_lower_bound_is_nearly_zero():
    for seed in range(4):
        values, _ = likelihoods(Subset("CD8", 500), seed)
        assert shares.share_of_receivers(values, GRID, 0.05).low < 0.01


def test_no_cells_have_no_share():
    found = shares.share_of_receivers(np.zeros((0, len(GRID))), GRID, 0.05)
    assert np.isnan(found.share) and (found.low, found.high) == (0, 1)


def test_cells_without_fragments_bound_nothing():
    found = shares.share_of_receivers(np.zeros((50, len(GRID))), GRID, 0.05)
    assert (found.low, found.high) == (0, 1)


def test_subsets_of_equal_share_and_unequal_depth_are_not_told_apart():
    low = 0
    for seed in range(4):
        first, _ = likelihoods(Subset("a", 250, depth=20, share=0.1), [seed, 1])
        second, _ = likelihoods(Subset("b", 250, depth=60, share=0.1), [seed, 2])
        p, common = shares.compare(first, second, GRID, 0.05)
        low += p < 0.05
        assert 0.04 < common < 0.17
    assert low <= 2


def test_subsets_of_different_share_are_told_apart():
    first, _ = likelihoods(Subset("a", 600, share=0.05), 3)
    second, _ = likelihoods(Subset("b", 600, share=0.25), 4)
    assert shares.compare(first, second, GRID, 0.05)[0] < 1e-4
    assert shares.compare(first, first, GRID, 0.05)[0] > 0.9
