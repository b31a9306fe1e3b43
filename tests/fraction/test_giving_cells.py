"""Giving cells and drift: variances in closed form, and the spread that was simulated."""

import numpy as np
import pytest
from fraction_draws import error_shapes

from mitotransfer.fraction import giving_cells
from mitotransfer.fraction.estimate import GRID, estimate
from mitotransfer.fraction.likelihood import Observed
from mitotransfer.fraction.variant_counts import VariantCounts, checked


def drawn(
    rng: np.random.Generator, variants: int, f: float, spread: float, depth: int = 2000
) -> VariantCounts:
    """Counts of a sample whose giving cells have VAFs of this F about the tumour's."""
    t = rng.uniform(0.2, 0.9, variants)
    given = t
    if spread:
        size = 1 / spread - 1
        given = rng.beta(t * size, (1 - t) * size)
    alpha, beta = error_shapes(10.0)
    b = rng.beta(alpha, beta, variants)
    n = np.full(variants, depth)
    return VariantCounts(
        rng.binomial(n, t), n, rng.binomial(n, (1 - f) * b + f * given), n, rng.binomial(n, b), n,
        alpha, beta, 0.0, 0.0, 0.12, 0.01,
    )  # fmt: skip


def test_the_prior_has_the_mean_that_is_asked_for() -> None:
    assert giving_cells.WEIGHTS.sum() == pytest.approx(1)
    for mean in (0.05, 0.12):
        assert giving_cells.WEIGHTS @ giving_cells.compositions(mean) == pytest.approx(mean)


def test_variances_are_those_of_a_beta_distribution() -> None:
    data = checked(drawn(np.random.default_rng(1), 3, 0.1, 0.0))
    _, careful = data.baselines()
    wide = giving_cells.widened(careful, data.error, 0.2, 0.01)
    t, m = careful.tumor_mean, careful.mean
    assert np.allclose(wide.tumor_variance - careful.tumor_variance, 0.2 * t * (1 - t))
    added = 0.01 * np.maximum(m - data.error[:, None], 0) * (1 - m)
    small = careful.variance + added < 0.5 * m * (1 - m)
    assert np.allclose((wide.variance - careful.variance)[small], added[small])
    same = giving_cells.widened(careful, data.error, 0.0, 0.0)
    assert np.allclose(same.variance, careful.variance)


def test_a_single_variant_says_nothing_of_the_spread() -> None:
    data = checked(drawn(np.random.default_rng(2), 1, 0.1, 0.0))
    observed = Observed(data.alt, data.depth, data.baselines()[1])
    assert giving_cells.composition(observed, data.error, GRID, 0.12, 0.01) == 0.12


def test_the_spread_that_variants_show_is_found() -> None:
    rng = np.random.default_rng(3)

    def found(spread: float) -> float:
        data = checked(drawn(rng, 12, 0.2, spread))
        observed = Observed(data.alt, data.depth, data.baselines()[1])
        return giving_cells.composition(observed, data.error, GRID, 0.12, 0.01)

    assert found(0.0) < 0.02 < 0.06 < found(0.2) < 0.45


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variants", "spread", "least"),
    [(1, 0.03, 0.95), (3, 0.03, 0.93), (6, 0.1, 0.93), (12, 0.1, 0.93), (6, 0.3, 0.87)],
)
def test_intervals_cover_the_fraction_of_unlike_cells(
    variants: int, spread: float, least: float
) -> None:
    """A likelihood of one common fraction covers it in half to three quarters of the samples."""
    rng, draws, f = np.random.default_rng(17), 120, 0.1
    held = 0
    for _ in range(draws):
        found = estimate(drawn(rng, variants, f, spread), details=False)
        held += found.low <= f <= found.high
    assert held / draws >= least - 2 * np.sqrt(least * (1 - least) / draws)
