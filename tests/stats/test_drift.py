"""Drift of heteroplasmies between cell lineages, by quantiles of the Beta distribution."""

from __future__ import annotations

import pytest
from scipy import stats

from mitotransfer.stats.drift import drifted


def test_drift_is_that_of_a_beta_distribution() -> None:
    """Half of the lineages drift above the median, none below what the normal has for certain."""
    size = 99.0
    median = stats.beta.median(0.2 * size, 0.8 * size)
    assert drifted([0.2], [median], 0.01)[0] == 1.0
    above = stats.beta.ppf(0.99, 0.2 * size, 0.8 * size)
    assert drifted([0.2], [above], 0.01)[0] == pytest.approx(0.01)
    assert drifted([0.0], [0.05], 0.01)[0] < 1e-4
    assert drifted([0.2], [0.3], 0.0)[0] < 1e-12
