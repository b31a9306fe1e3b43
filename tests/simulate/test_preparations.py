"""Preparations drawn from cells up: their expected counts, and that none fools the verdict."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from judged_draws import verdicts

from mitotransfer.simulate.preparations import CLASSES, ERROR, NUCLEAR_ERROR, Plan, draw, spread

DEEP = Plan(cells=0.02, depth=10**6, normal_depth=10**6, loci_depth=3000.0, portion=0)


def test_tumour_cells_bring_their_mtdna_and_their_nuclei() -> None:
    found = draw(DEEP, np.random.default_rng(1))
    bulk = 0.7 * 1500 + 0.3 * 400
    t = 0.7 * 1500 / bulk * np.array(DEEP.vafs)
    assert np.allclose(found.tumor / 1e6, t + (1 - t) * ERROR, atol=3e-3)
    # K = (c / p) R, with R the copies per cell of the tumour sample over the preparation.
    ratio = bulk / (0.98 * 300 + 0.02 * 1500)
    a = 0.02 / 0.7 * ratio * t
    assert np.allclose(found.immune / 1e6, a + (1 - a) * ERROR, rtol=0.03)
    assert np.allclose(found.normal / 1e6, ERROR, rtol=0.15)
    shares = {role: alt.sum() / depth.sum() for role, (alt, depth) in found.nuclear.items()}
    assert shares["tumor"] == pytest.approx(0.35, rel=0.02)
    assert shares["immune"] == pytest.approx(0.01 + 0.99 * NUCLEAR_ERROR, rel=0.05)
    assert shares["normal"] == pytest.approx(NUCLEAR_ERROR, rel=0.1)


def test_loci_have_their_copies() -> None:
    one = draw(replace(DEEP, copies=1), np.random.default_rng(2)).nuclear["tumor"]
    assert one[0].sum() / one[1].sum() == pytest.approx(0.7 / 1.3, rel=0.02)
    half = draw(replace(DEEP, loci_share=0.5), np.random.default_rng(2)).nuclear["immune"]
    assert half[0].sum() / half[1].sum() == pytest.approx(0.005 + NUCLEAR_ERROR, rel=0.15)


def test_transfer_brings_no_nuclei_and_a_clone_is_in_the_tumour() -> None:
    plan = replace(DEEP, cells=0.0, transfer=0.1)
    found = draw(plan, np.random.default_rng(3))
    assert np.allclose(found.immune / found.tumor, 0.1, rtol=0.05)
    assert found.nuclear["immune"][0].sum() / found.nuclear["immune"][1].sum() < 2e-3
    clone = replace(plan, transfer=0.0, vafs=(0.0,), clone=(0.5, 0.05))
    found = draw(clone, np.random.default_rng(3))
    assert found.tumor[0] / 1e6 == pytest.approx(0.3 * 400 / 1170 * 0.5, rel=0.03)
    assert found.immune[0] / 1e6 == pytest.approx(0.05, rel=0.05)


def test_what_is_not_measured_is_not_stated() -> None:
    blind = draw(replace(DEEP, measured=frozenset()), np.random.default_rng(4))
    assert all(map(math.isnan, (*blind.copies, blind.purity, blind.input_cells)))
    flow = draw(replace(DEEP, counted=10_000), np.random.default_rng(4))
    assert not flow.nuclear and flow.counted[1] == 10_000
    assert flow.counted[0] == pytest.approx(200, abs=60)


def test_shares_spread_by_their_correlation() -> None:
    rng = np.random.default_rng(5)
    m = np.repeat([0.2, 0.7], 20_000)
    for F in (0.003, 0.3):
        found = spread(m, F, rng).reshape(2, -1)
        assert np.allclose(found.mean(axis=1), [0.2, 0.7], atol=0.01)
        assert np.allclose(found.var(axis=1), F * np.array([0.16, 0.21]), rtol=0.05)
    ends = np.array([0.0, 0.5, 1.0])
    assert spread(ends, 0.2, rng)[[0, 2]].tolist() == [0.0, 1.0]
    assert (spread(ends, 0.0, rng) == ends).all()


def test_duplicates_subclones_and_drift_add_their_variance() -> None:
    rng = np.random.default_rng(6)
    many = tuple([0.5] * 2000)
    plan = Plan(vafs=many, purity=1.0, transfer=0.2, depth=1000, duplicates=10.0)
    alt = draw(plan, rng).immune / 1000
    assert alt.mean() == pytest.approx(0.1, rel=0.03)
    # Binomial of 100 molecules, then of 1,000 reads.
    assert alt.var() == pytest.approx(0.09 * (1 / 100 + 1 / 1000), rel=0.1)
    assert draw(replace(plan, measured=frozenset({"molecules"})), rng).molecules == 100
    hidden = replace(plan, transfer=0.0, duplicates=0.0, hidden=0.02, drift=0.05)
    found = draw(hidden, rng)
    assert found.normal.mean() / 1500 == pytest.approx(0.0205, rel=0.03)
    assert found.immune.mean() / 1000 == pytest.approx(0.0205, rel=0.1)
    assert found.immune.var() > 2 * found.immune.mean()
    shares = [
        alt.sum() / depth.sum()
        for alt, depth in (
            draw(replace(DEEP, subclonal=1.0), np.random.default_rng(seed)).nuclear["immune"]
            for seed in range(8)
        )
    ]
    assert len({round(share, 3) for share in shares}) > 1 and min(shares) < 2 * NUCLEAR_ERROR


def test_the_truth_is_in_units_of_the_tumour_sample() -> None:
    found = draw(replace(DEEP, transfer=0.1), np.random.default_rng(7))
    shares = found.immune / found.tumor
    assert np.allclose(shares, found.true_cells + found.true_excess, rtol=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CLASSES if name != "transfer"])
def test_no_trap_is_called_transfer(name: str) -> None:
    """A rate of 1 % supports three or more of 50 with a chance of 1.4 %."""
    assert verdicts(name, 50).get("transfer_supported", 0) <= 2


@pytest.mark.slow
def test_true_transfer_is_supported_where_all_is_measured() -> None:
    assert verdicts("transfer", 20)["transfer_supported"] >= 15
