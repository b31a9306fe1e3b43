"""q values against their definition and SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mitotransfer.stats import false_discovery


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=30))
def test_q_values_against_the_definition(p: list[float]) -> None:
    q = false_discovery.q_values(p)
    tested = sorted(x for x in p if x == x)
    for i, x in enumerate(p):
        if x != x:
            assert np.isnan(q[i])
            continue
        # q_i is the smallest FDR, over thresholds at or above p_i, at which i is rejected.
        expected = min(
            min(1.0, t * len(tested) / sum(y <= t for y in tested)) for t in tested if t >= x
        )
        assert q[i] == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_q_values_are_scipys_to_the_last_bit(p: list[float]) -> None:
    assert (false_discovery.q_values(p) == stats.false_discovery_control(p)).all()


def test_expected_errors_are_shared_by_the_p_values_up_to_each() -> None:
    p = np.array([0.3, 0.01, 0.02, 0.01])
    q = false_discovery.step_up(p, lambda ordered: 10 * ordered)
    # 0.1 / 2, 0.1 / 2, 0.2 / 3, and 3 / 4 at the end.
    assert q == pytest.approx([0.75, 0.05, 0.2 / 3, 0.05])
    assert false_discovery.step_up(p, lambda ordered: 100 * ordered).max() == 1.0
    assert false_discovery.step_up(np.zeros(0), lambda ordered: ordered).size == 0
