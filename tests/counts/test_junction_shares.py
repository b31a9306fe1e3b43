"""The share of molecules with a junction, against simulated molecules and closed forms."""

from __future__ import annotations

import numpy as np
from scipy import stats

from mitotransfer.counts.junction_shares import share


def test_share_of_all_none_and_no_fragments():
    found = share([40, 0, 0], [0, 60, 0], [0, 60, 0], 0.95)
    np.testing.assert_allclose(found.share, [1, 0, np.nan])
    np.testing.assert_allclose(found.low, [0.025 ** (1 / 40), 0, 0])
    np.testing.assert_allclose(found.high, [1, 1 - 0.025 ** (1 / 60), 1])


def test_uneven_ends_count_by_their_mean():
    found = share(10, 30, 10, 0.9)
    assert found.share == 10 / 30
    expected = stats.beta.ppf([0.05, 0.95], [10, 11], [21, 20])
    np.testing.assert_allclose([found.low, found.high], expected)


def test_share_is_unbiased_and_its_interval_covers():
    rng = np.random.default_rng(3)
    draws = 4000
    for truth in (0.01, 0.3, 0.8):
        split = rng.poisson(250 * truth, draws)
        first, last = rng.poisson(250 * (1 - truth), (2, draws))
        found = share(split, first, last, 0.95)
        error = 4 * found.share.std() / draws**0.5
        assert abs(found.share.mean() - truth) < error + 1e-4
        covered = ((found.low <= truth) & (truth <= found.high)).mean()
        assert 0.95 - 4 * (0.05 * 0.95 / draws) ** 0.5 < covered
