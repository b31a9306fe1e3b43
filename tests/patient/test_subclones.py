"""Upper bound of tumour cells that carry a share of the loci, against a slow twin and the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mitotransfer.patient.subclones import CELLS, ERRORS, SHARES, most_cells


def slow_bound(
    alt: list[int], depth: list[int], vaf: list[float], max_error: float, confidence: float
) -> float:
    """The bound from the likelihood of its definition, one locus at a time."""
    profile = []
    for cells in CELLS:
        logs = []
        for error in np.geomspace(1e-4, 1.0, ERRORS) * max_error:
            for share in SHARES:
                total = 0.0
                for k, n, v in zip(alt, depth, vaf, strict=True):
                    carried = stats.binom.pmf(k, n, cells * v + (1 - cells) * error)
                    lacked = stats.binom.pmf(k, n, error)
                    total += math.log(share * carried + (1 - share) * lacked)
                logs.append(total)
        profile.append(max(logs))
    least = max(profile) - stats.chi2.ppf(confidence, 1) / 2
    last = max(i for i, log in enumerate(profile) if log >= least)
    return float(CELLS[min(last + 1, len(CELLS) - 1)])


@pytest.mark.parametrize(("alt", "confidence"), [([0, 6], 0.95), ([3, 4], 0.8)])
def test_the_bound_is_that_of_the_slow_likelihood(
    alt: list[int], confidence: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, values in (("CELLS", CELLS[::2]), ("SHARES", SHARES[::3]), ("ERRORS", 4)):
        monkeypatch.setattr(f"mitotransfer.patient.subclones.{name}", values)
        monkeypatch.setitem(globals(), name, values)
    depth, vaf = [100, 120], [0.4, 0.5]
    found = most_cells(
        np.array(alt, float), np.array(depth, float), np.array(vaf), 0.01, confidence
    )
    assert found == slow_bound(alt, depth, vaf, 0.01, confidence)


@pytest.mark.parametrize("share", [0.2, 1.0])
def test_the_bound_holds_the_cells_whatever_share_of_the_loci_they_carry(share: float) -> None:
    rng = np.random.default_rng(7)
    cells, size, held, draws = 0.05, 60, 0, 20
    depth, vaf = np.full(size, 200.0), np.full(size, 0.4)
    for _ in range(draws):
        carried = rng.random(size) < share
        alt = rng.binomial(200, np.where(carried, cells * 0.4, 0.0) + 1e-3).astype(float)
        bound = most_cells(alt, depth, vaf, 0.01, 0.95)
        held += bound >= cells
        # And the bound is informative.
        assert bound < 4 * cells
    assert held >= draws - 3


def test_deeper_loci_without_an_alternative_read_lower_the_bound() -> None:
    bounds = [
        most_cells(np.zeros(50), np.full(50, depth), np.full(50, 0.5), 1e-3, 0.95)
        for depth in (20.0, 200.0, 2000.0)
    ]
    assert bounds == sorted(bounds, reverse=True) and len(set(bounds)) == 3
    # Above the exact bound of the pooled reads, since the cells may lack most of the loci.
    assert bounds[2] > 2 * (1 - 0.05 ** (1 / (50 * 2000)))
