"""Likelihood of a cell: equal to a slow integration; its interval covers the truth."""

import numpy as np
import pytest
from cell_libraries import ERROR, learn, library
from scipy import integrate, special, stats

from mitotransfer.cells import cell_likelihood, donors
from mitotransfer.cells.ambient import NONE, Ambient
from mitotransfer.simulate.cell_library import CellScenario, Subset

GRID = cell_likelihood.fractions(0.05)


def test_the_grid_reaches_from_0_to_1_and_has_the_threshold():
    assert GRID[0] == 0 and GRID[-1] == 1 and 0.05 in GRID
    assert (np.diff(GRID) > 0).all()


def test_likelihood_equals_numerical_integration():
    ambient = Ambient(load=1.5, shape=2.0, tumor_share=0.6, swap=0.01, swap_tumor_share=0.3)
    cells = library([[3]], [[20]], [0.7], ambient, total=[18.0], concentration=6.0)

    def slow(f):
        def at(t, g):
            a = min(g * 1.5 / 18, 1.0)
            p = max(1 - a - 0.01, 0) * f * t + (a * 0.6 + 0.01 * 0.3) * 0.7 + 5e-4
            density = stats.beta.pdf(t, 4.2, 1.8) * stats.gamma.pdf(g, 2.0, scale=0.5)
            return p**3 * (1 - p) ** 17 * density

        return integrate.dblquad(at, 0, 12, 0, 1, epsrel=1e-5)[0]

    grid = np.array([0.0, 0.1, 0.4, 0.9])
    found = cell_likelihood.log_likelihoods(cells, grid)[0][0]
    expected = np.log([slow(f) for f in grid])
    np.testing.assert_allclose(found - found[0], expected - expected[0], atol=0.01)


def test_interval_of_a_binomial_share():
    cells = library([[8], [0], [40]], [[40]] * 3, [1.0], error=1e-9)
    values = cell_likelihood.log_likelihoods(cells, GRID)[0]
    best, low, high = cell_likelihood.intervals(values, GRID)
    np.testing.assert_allclose(best, [0.2, 0.0, 1.0], atol=0.005)
    # Where the binomial log likelihood is 1.92 below its maximum.
    np.testing.assert_allclose(low, [0.097, 0.0, 0.953], atol=0.006)
    np.testing.assert_allclose(high, [0.341, 0.047, 1.0], atol=0.006)


def test_a_cell_without_fragments_may_have_any_fraction():
    values = cell_likelihood.log_likelihoods(library([[0]], [[0]], [0.8]), GRID)[0]
    best, low, high = cell_likelihood.intervals(values, GRID)
    assert np.isnan(best[0]) and (low[0], high[0]) == (0, 1)


@pytest.mark.parametrize("concentration", [0.0, 8.0])
def test_intervals_cover_with_and_without_spread_of_the_donors(concentration):
    subset = Subset("CD8", 1500, share=1.0, fraction=0.3)
    learned = learn(CellScenario((subset,), concentration=concentration), 5)
    values = cell_likelihood.log_likelihoods(learned.library, GRID)[0]
    _, low, high = cell_likelihood.intervals(values, GRID)
    covered = (low <= 0.3) & (high >= 0.3)
    assert covered.mean() > 0.93 - 0.02


def test_free_mtdna_lowers_the_bound():
    counts = [[4]], [[20]], [0.9]
    lows = []
    for ambient in (NONE, Ambient(2.0, 1.0, 0.8)):
        values = cell_likelihood.log_likelihoods(library(*counts, ambient), GRID)[0]
        lows.append(cell_likelihood.intervals(values, GRID)[1][0])
    assert lows[1] < lows[0]


def test_deep_cells_do_not_underflow():
    values = cell_likelihood.log_likelihoods(
        library([[4000, 0]], [[8000, 8000]], [0.9, 0.9]), GRID
    )[0]
    assert np.isfinite(values).all()


@pytest.mark.parametrize(("alt", "depth"), [(0, 3000), (900, 2000), (1, 40), (40, 40)])
def test_chances_too_small_for_a_number_are_worked_out_by_logarithms(alt, depth):
    cells = library([[alt]], [[depth]], [0.6], concentration=20.0)
    vafs, weights = donors.points(cells.donors)
    rates = GRID[:, None] * vafs[0] + ERROR
    logs = alt * np.log(rates) + (depth - alt) * np.log1p(-rates)
    expected = special.logsumexp(logs, b=weights[0], axis=1)
    found = cell_likelihood.log_likelihoods(cells, GRID)[0][0]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_likelihoods_without_a_variant_are_those_of_the_library_without_it():
    cells = library(
        [[3, 0, 1], [0, 0, 9]], [[20, 5, 9], [0, 30, 9]], [0.9, 0.5, 0.3], Ambient(0.5, 2.0, 0.6),
        concentration=8.0,
    )  # fmt: skip
    values = cell_likelihood.log_likelihoods(cells, GRID)
    for left in range(3):
        alone = cell_likelihood.log_likelihoods(cells.without(left), GRID)[0]
        np.testing.assert_allclose(values[1 + left], alone, atol=1e-9)
