"""Distribution of a fraction over cells: the fit is the best one, wherever it starts."""

import numpy as np
import pytest
from cell_libraries import learn

from mitotransfer.cells import cell_likelihood, npmle
from mitotransfer.simulate.cell_library import CellScenario, Subset

GRID = cell_likelihood.fractions(0.05)
ABOVE = GRID > 0.05


@pytest.fixture(scope="module")
def values():
    learned = learn(CellScenario((Subset("CD8", 800, share=0.15, fraction=0.25),)), 1)
    return cell_likelihood.log_likelihoods(learned.library, GRID)[0]


@pytest.mark.parametrize("share", [None, 0.05, 0.3])
def test_the_fit_is_the_best_of_all_distributions(values, share):
    weights, best = npmle.fit(values, ABOVE, share)
    assert weights.min() >= 0 and weights.sum() == pytest.approx(1)
    if share is not None:
        assert weights[ABOVE].sum() == pytest.approx(share)
    top = values.max(axis=1, keepdims=True)
    density = np.exp(values - top)
    assert best == pytest.approx(float((np.log(density @ weights) + top[:, 0]).sum()))
    # No direction to another distribution climbs by more than the tolerance (concavity).
    slope = (density / (density @ weights)[:, None]).sum(axis=0)
    ends = [slope.max()] if share is None else [slope[~ABOVE].max(), slope[ABOVE].max()]
    masses = [1.0] if share is None else [1 - share, share]
    assert np.dot(masses, ends) - slope @ weights < npmle.TOLERANCE


def test_the_profile_reaches_the_maximum_where_few_cells_stand_far_out():
    """Cells whose likelihoods differ by many orders of magnitude."""
    x = np.arcsin(np.sqrt(GRID))
    for seed in range(30):
        rng = np.random.default_rng(seed)
        truth = np.where(rng.random(300) < 0.03, rng.uniform(0.3, 1.2, 300), 0.0)
        spread = rng.uniform(0.02, 0.2, (300, 1))
        seen = rng.normal(truth[:, None], spread)
        values = -0.5 * ((x - seen) / spread) ** 2
        weights, best = npmle.fit(values, ABOVE)
        share = float(weights[ABOVE].sum())
        assert npmle.fit(values, ABOVE, share)[1] == pytest.approx(best, abs=0.02)
        low, high = (npmle.fit(values, ABOVE, at)[1] for at in (share / 2, (1 + share) / 2))
        assert low < best + 0.01 and high < best


def test_a_fit_after_others_is_as_good_as_the_first(values):
    """A profile starts where the fit before has ended, also without mass in a group."""
    profile = npmle.Profile(values, ABOVE)
    for share in (None, 0.0, 0.2, 1.0, 0.01, None, 0.6):
        weights, best = profile.fit(share)
        assert best == pytest.approx(npmle.fit(values, ABOVE, share)[1], abs=2 * npmle.TOLERANCE)
        assert weights.sum() == pytest.approx(1)
        if share is not None:
            assert weights[ABOVE].sum() == pytest.approx(share, abs=1e-9)


def test_it_is_no_worse_than_many_steps_of_em(values):
    density = np.exp(values - values.max(axis=1, keepdims=True))
    weights = np.full(len(GRID), 1 / len(GRID))
    for _ in range(3000):
        weights = weights * (density / (density @ weights)[:, None]).mean(axis=0)
    slow = float(np.log(density @ weights).sum() + values.max(axis=1).sum())
    assert npmle.fit(values, ABOVE)[1] > slow - npmle.TOLERANCE
