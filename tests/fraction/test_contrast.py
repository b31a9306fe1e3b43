"""Two subsets of one preparation: what tumour cells bring to both cancels, transfer does not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mitotransfer.fraction.contrast import Contrast, _ends, brought, contrast, drawn, within
from mitotransfer.fraction.excess import GRID
from mitotransfer.fraction.tumor_cells import Factor, in_other_portion, of_mtdna

FRACTIONS = np.linspace(0, 1, 4001)
EXACT = Factor(1.0, 1.0)


def measured(alt: int, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """l(f) of counts at a variant that is fixed in the tumour."""
    logs = stats.binom.logpmf(alt, depth, np.clip(FRACTIONS, 1e-12, 1 - 1e-12))
    return FRACTIONS, logs - logs.max()


def share(alt: int, depth: int) -> np.ndarray:
    logs = stats.binom.logpmf(alt, depth, np.clip(GRID, 1e-12, 1 - 1e-12))
    return logs - logs.max()


NONE = share(0, 10**6)


def test_without_tumour_cells_it_is_the_difference_of_two_fractions() -> None:
    cells = brought(NONE[:, None] + NONE[None], EXACT, EXACT)
    found = contrast(measured(100, 2000), measured(200, 2000), cells, 0.95)
    se = math.sqrt(0.05 * 0.95 / 2000 + 0.1 * 0.9 / 2000)
    assert found.difference == pytest.approx(0.05, abs=0.002)
    assert (found.low, found.high) == pytest.approx((0.05 - 1.96 * se, 0.05 + 1.96 * se), abs=2e-3)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(0.05 / se), rel=0.6)
    turned = contrast(measured(200, 2000), measured(100, 2000), cells, 0.95).turned()
    assert turned.difference == pytest.approx(found.difference, abs=1e-9)
    assert turned.p_value == pytest.approx(found.p_value, rel=0.05)


def test_cells_that_were_not_measured_explain_the_ratio_of_the_copies_alone() -> None:
    unknown = np.zeros((len(GRID), len(GRID))) + drawn(1e6, 1e6)
    half = brought(unknown, Factor(0.1, 10.0), Factor(0.5, 0.5))
    explained = contrast(measured(200, 2000), measured(100, 2000), half, 0.95)
    assert explained.p_value > 0.3 and explained.low < 0 < explained.high
    transfer = contrast(measured(100, 2000), measured(200, 2000), half, 0.95)
    assert transfer.p_value < 0.001 and transfer.low > 0


def test_shares_that_differ_explain_as_much_as_they_may() -> None:
    loose = brought(within(3.0), Factor(0.1, 10.0), EXACT)
    twice = contrast(measured(100, 2000), measured(200, 2000), loose, 0.95)
    assert twice.p_value > 0.3
    tenfold = contrast(measured(40, 2000), measured(400, 2000), loose, 0.95)
    assert tenfold.p_value < 0.001
    assert within(3.0)[0, 0] == 0 and within(3.0)[0, 100] < -1e6


def test_random_portions_differ_as_poisson_numbers() -> None:
    table = drawn(1000.0, 1000.0)
    at = int(np.argmin(np.abs(GRID - 0.01)))
    other = int(np.argmin(np.abs(GRID - 0.02)))
    n1, n2 = 1000 * GRID[at], 1000 * GRID[other]
    mean = (n1 + n2) / 2
    expected = n1 * math.log(n1 / mean) + n2 * math.log(n2 / mean)
    assert table[at, other] == pytest.approx(-expected)
    assert np.allclose(np.diagonal(table), 0) and np.allclose(table, table.T)
    # The likelihood of one portion from the other is the same penalty, maximised.
    curve = share(5, 1000)
    assert np.allclose((curve[:, None] + table).max(axis=0) - (curve[:, None] + table).max(),
                       in_other_portion(curve, 1000.0, 1000.0))  # fmt: skip


def test_what_cells_bring_has_the_margins_of_one_subset() -> None:
    curve = share(30, 3000)
    factor = Factor(0.5, 4.0, 0.2)
    joint = brought(curve[:, None] + curve[None], factor, EXACT)
    assert np.allclose(joint.max(axis=1), of_mtdna(curve, factor), atol=1e-9)
    apart = brought(curve[:, None] + curve[None], EXACT, Factor(1 / 3, 3.0))
    # Even an exact factor may be a step off.
    assert np.allclose(apart.max(axis=0), of_mtdna(of_mtdna(curve, Factor(1 / 3, 3.0)), EXACT))


def test_a_bound_at_the_end_is_the_end() -> None:
    cells = brought(NONE[:, None] + NONE[None], EXACT, EXACT)
    flat = FRACTIONS, np.zeros(len(FRACTIONS))
    found = contrast(flat, flat, cells, 0.95)
    assert (found.low, found.high) == (-1.0, 1.0) and found.p_value == 1.0
    assert Contrast(0.1, 0.0, 0.3, 0.2).turned() == Contrast(-0.1, -0.3, -0.0, 0.2)


@pytest.mark.slow
@pytest.mark.parametrize("split", ["drawn", "sorted"])
def test_it_holds_its_level_in_portions_of_few_cells(split: str) -> None:
    """No transfer, copies 1 to 3 and measured with log-sd 0.15, tumour cells in 500 or more."""
    rng = np.random.default_rng(11)
    p = []
    for _ in range(120):
        x = math.exp(rng.uniform(math.log(0.01), math.log(0.1)))
        cells = rng.choice([500, 20_000])
        ratio = rng.uniform(1, 3)
        apart = 1.0 if split == "drawn" else math.exp(rng.uniform(-1.0, 1.0))
        both = []
        for copies, of in ((1.0, x), (ratio, x * apart)):
            f = min(rng.poisson(of * cells) / cells / copies, 1.0)
            both.append(measured(rng.binomial(2000, f), 2000))
        unknown = drawn(cells, cells) if split == "drawn" else within(3.0)
        wrong = math.exp(rng.normal(0, 0.15 * math.sqrt(2))) / ratio
        found = brought(unknown, Factor(0.3, 3.0), Factor(wrong, wrong, 0.15 * math.sqrt(2)))
        p.append(contrast(*both, found, 0.95).p_value)
    # 6 % of 120, and what chance adds once in a hundred.
    assert np.mean(np.array(p) < 0.05) <= 0.12


def test_ends_are_between_the_steps_of_the_profile() -> None:
    differences = np.arange(-10, 11) / 10
    # A likelihood that falls by 8 for a difference of 1: it is linear between steps, too.
    profile = -8 * np.abs(differences - 0.1)
    inside = np.flatnonzero(profile >= -stats.chi2.ppf(0.95, 1) / 2)
    low, high = _ends(differences, profile, (int(inside[0]), int(inside[-1])), 0.95)
    half = stats.chi2.ppf(0.95, 1) / 2 / 8
    assert (low, high) == pytest.approx((0.1 - half, 0.1 + half))
