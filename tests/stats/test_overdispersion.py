"""Dispersion of counts between samples, against draws with known dispersion."""

import numpy as np
import pytest
from fraction_draws import draw, error_shapes

from mitotransfer.stats import overdispersion


@pytest.mark.parametrize("rho", [0.0, 1e-4, 1e-3])
@pytest.mark.parametrize("depths", [(2000, 2000), (20000, 500)])
def test_overdispersion_is_recovered(rho, depths):
    rng = np.random.default_rng(20)
    found = []
    for _ in range(20):
        rate = rng.beta(*error_shapes(4.0), 20_000)
        a, b = (draw(rng, n, rate, rho) for n in depths)
        found.append(
            overdispersion.estimate_overdispersion(
                a, np.full(20_000, depths[0]), b, np.full(20_000, depths[1])
            )
        )
    error = np.std(found) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(rho, abs=3.5 * error + 2e-5 + 0.03 * rho)


def test_overdispersion_without_data_is_zero():
    assert overdispersion.estimate_overdispersion([], [], [], []) == 0
    assert overdispersion.estimate_overdispersion([0, 0], [0, 50], [0, 0], [9, 0]) == 0
    assert overdispersion.estimate_overdispersion([0, 0], [90, 50], [0, 0], [9, 10]) == 0
