"""Kernels are compiled at their first call; what is only imported costs no numba."""

from __future__ import annotations

import subprocess
import sys

import pytest
from places import SCRIPTS

from mitotransfer.compiled import njit, njit_views


@njit
def half(number):
    """Half of it."""
    return number / 2


@njit_views
def first(numbers):
    return numbers[0]


@njit
def half_of_first(numbers):
    return half(first(numbers))


def test_a_kernel_calls_kernels_that_were_never_called() -> None:
    assert half_of_first((6.0, 1.0)) == 3.0
    assert half.__name__ == "half" and half.__doc__ == "Half of it."


def test_what_numba_cannot_compile_fails_at_the_call() -> None:
    @njit
    def wrong(number):
        return number.no_such_thing

    with pytest.raises(Exception, match="no_such_thing"):
        wrong(1)


def test_numba_is_imported_by_the_first_call() -> None:
    code = (
        "import sys; from mitotransfer.stats import beta_binomial;"
        "assert 'numba' not in sys.modules;"
        "assert abs(beta_binomial.upper_tail(1, 1, 1.0, 3.0) - 0.25) < 1e-12;"
        "assert 'numba' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, check=True)
