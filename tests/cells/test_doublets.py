"""Expected doublets of a tumour and an immune cell."""

import numpy as np
import pytest
from scipy import stats

from mitotransfer.cells import doublets


def test_the_rate_follows_the_number_of_cells():
    assert doublets.rate(1000, 0.008) == pytest.approx(0.008)
    assert doublets.rate(10**9, 0.008) == 1
    assert doublets.with_tumor_cell(0.05, 0.5) == pytest.approx(0.05)


def test_cells_that_are_excluded_do_not_count_and_unscored_ones_get_the_prior():
    mean, high = doublets.expected(np.array([0.01, 0.02, 0.9, np.nan]), 0.04, 0.05)
    assert mean == pytest.approx(0.07)
    assert high == 1
    assert doublets.expected(np.array([0.9]), 0.04, 0.05) == (0.0, 0.0)


@pytest.mark.parametrize("mean", [0.01, 0.5, 3.0, 40.0])
def test_the_bound_is_the_poisson_quantile(mean):
    assert doublets.upper_count(mean, 0.95) == stats.poisson.ppf(0.95, mean)
