"""Minimisation without derivatives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from mitotransfer.stats.nelder_mead import nelder_mead


def rosenbrock(x):
    return float(optimize.rosen(x))


def absolute(x):
    """Not smooth, and flat around its minimum, so that losses tie."""
    return float(np.maximum(np.abs(x - 1.0), 0.5).sum())


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([rosenbrock, absolute]),
    st.lists(st.floats(-3, 3, width=16), min_size=2, max_size=5),
    st.sampled_from([1e-2, 1e-6]),
    st.sampled_from([1, 7, 40, 300]),
)
def test_steps_are_those_of_scipy(loss, start, tolerance, most):
    expected = optimize.minimize(
        loss, start, method="Nelder-Mead",
        options={"xatol": tolerance, "fatol": 2 * tolerance, "maxiter": most},
    )  # fmt: skip
    x, value = nelder_mead(
        loss, start, x_tolerance=tolerance, loss_tolerance=2 * tolerance, max_iterations=most
    )
    assert x.tolist() == expected.x.tolist()
    assert value == expected.fun


def test_the_minimum_of_a_quadratic_is_found():
    x, value = nelder_mead(
        lambda x: float((x[0] - 2.0) ** 2 + 3.0 * (x[1] + 1.0) ** 2), [0.0, 0.0],
        x_tolerance=1e-8, loss_tolerance=1e-12, max_iterations=500,
    )  # fmt: skip
    assert x == pytest.approx([2.0, -1.0], abs=1e-5)
    assert value == pytest.approx(0.0, abs=1e-9)
