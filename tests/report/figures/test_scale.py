"""The axis of fractions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer.report.figures import scale


@given(st.floats(0, 1))
def test_scale_keeps_order_and_inverts(share: float) -> None:
    place = float(scale.position(share))
    assert 0 <= place <= 1
    assert math.isclose(float(scale.fraction(place)), share, rel_tol=1e-9, abs_tol=1e-12)
    assert float(scale.position(min(1.0, share + 1e-3))) >= place


def test_scale_closed_form() -> None:
    assert float(scale.position(0.001)) == pytest.approx(math.log(2) / math.log(1001))
    assert np.all(np.diff(scale.position(scale.TICKS)) > 0.08)  # 0.1 % and 90 % both read
