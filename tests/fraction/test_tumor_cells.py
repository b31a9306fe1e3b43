"""The likelihood of what tumour cells bring: closed forms, slow twins, and known truth."""

import numpy as np
import pytest
from scipy import stats

from mitotransfer.fraction import tumor_cells
from mitotransfer.fraction.excess import GRID, STEP, interval
from mitotransfer.fraction.tumor_cells import Factor, Loci

DROP = 1.9207


def reads(alt: float, depth: float, vaf: float = 1.0, error: float = 0.0) -> np.ndarray:
    normal = 1e9 if error else 0.0
    loci = Loci(np.array([alt]), np.array([depth]), np.array([vaf]), error * normal, normal, 0.05)
    if not error:
        loci = Loci(loci.alt, loci.depth, loci.vaf, max_error=0.0)
    return tumor_cells.of_nuclear_reads(loci)


def test_reads_at_a_fixed_locus_are_binomial() -> None:
    curve = reads(30, 100)
    expected = stats.binom.logpmf(30, 100, np.clip(GRID, 1e-9, 1 - 1e-9))
    inside = expected > expected.max() - 5
    assert np.allclose(curve[inside], (expected - expected.max())[inside], atol=1e-3)


def test_the_vaf_of_the_tumour_is_the_unit() -> None:
    whole, half = interval(reads(30, 1000), DROP), interval(reads(30, 1000, 0.5), DROP)
    assert np.allclose(half, np.multiply(whole, 2), rtol=0.01)


def test_errors_that_the_normal_shows_are_no_tumour_cells() -> None:
    low, high = interval(reads(10, 10_000, 0.5, 1e-3), DROP)
    assert low == 0 and high < 0.002
    low, _ = interval(reads(60, 10_000, 0.5, 1e-3), DROP)
    assert low > 0.005


def test_grouping_keeps_the_sums() -> None:
    rng = np.random.default_rng(3)
    depth, vaf = rng.poisson(90, 300).astype(float), rng.uniform(0.1, 0.6, 300)
    alt = rng.binomial(depth.astype(int), 0.02 * vaf).astype(float)
    loci = Loci(alt, depth, vaf)
    a, d, v = tumor_cells.grouped(loci)
    assert len(a) == tumor_cells.GROUPS
    assert (a.sum(), d.sum()) == (alt.sum(), depth.sum())
    assert (d * v).sum() == pytest.approx((depth * vaf).sum())


@pytest.mark.parametrize(("share", "high"), [(0.0, 0.01), (0.02, 0.05), (0.1, 0.13)])
def test_counted_cells_are_those_of_the_exact_bound(share: float, high: float) -> None:
    n = tumor_cells.cells_behind(share, high)
    assert stats.beta.ppf(0.95, share * n + 1, (1 - share) * n) == pytest.approx(high, rel=1e-3)
    if share == 0:
        assert n == pytest.approx(np.log(0.05) / np.log(1 - high), rel=1e-3)
    curve = tumor_cells.of_counted_cells(share, n)
    assert GRID[curve.argmax()] == pytest.approx(share, abs=share * STEP)


def test_counts_that_contradict_their_bound_are_of_one_cell() -> None:
    assert tumor_cells.cells_behind(0.2, 0.1) == tumor_cells.cells_behind(0.2, 1.0) == 1.0


def test_another_portion_is_drawn_anew() -> None:
    """One portion known exactly: the other is Poisson about it, twice as variable as one draw."""
    known = np.where(np.abs(np.log(np.maximum(GRID, 1e-9) / 0.02)) < STEP / 2, 0.0, -1e9)
    moved = tumor_cells.in_other_portion(known, 1000, 1000)
    low, high = interval(moved, DROP)
    share = GRID[known.argmax()] * 1000
    # z^2 = (n2 - n1)^2 / (n1 + n2) to first order.
    expected = [n for n in np.arange(1, 80, 0.1) if (n - share) ** 2 <= 3.84 * (n + share)]
    assert low * 1000 == pytest.approx(expected[0], abs=1.0)
    assert high * 1000 == pytest.approx(expected[-1], abs=1.5)
    # A portion of very many cells is the rate itself.
    rate = tumor_cells.in_other_portion(known, 1e9, 1000)
    poisson = stats.poisson.logpmf(np.round(GRID * 1000), share)
    near = (GRID * 1000 > 12) & (GRID * 1000 < 30)
    assert np.abs(rate[near] - (poisson - poisson.max())[near]).max() < 0.4
    assert interval(rate, DROP)[1] < high


def slow_of_mtdna(curve: np.ndarray, low: float, high: float, sd: float) -> np.ndarray:
    """Every K by every factor, with the curve interpolated."""
    factors = np.exp(np.linspace(np.log(low) - 4 * sd, np.log(high) + 4 * sd, 400))
    distance = np.maximum(np.log(low) - np.log(factors), np.log(factors) - np.log(high))
    penalty = 0.5 * (np.maximum(distance, 0) / max(sd, 1e-9)) ** 2
    found = [(np.interp(k / factors, GRID, curve) - penalty).max() for k in GRID]
    return np.array(found) - max(found)


@pytest.mark.parametrize(("low", "high", "sd"), [(0.15, 38.0, 0.05), (3.0, 11.0, 0.29)])
def test_factors_are_profiled_out(low: float, high: float, sd: float) -> None:
    curve = reads(20, 10_000, 0.4)
    found = tumor_cells.of_mtdna(curve, Factor(low, high, sd))
    twin = slow_of_mtdna(curve, low, high, sd)
    ours, theirs = interval(found, DROP), interval(twin, DROP)
    assert ours[0] == pytest.approx(theirs[0], rel=2 * STEP) and ours[0] <= theirs[0] * 1.02
    assert ours[1] == pytest.approx(theirs[1], rel=2 * STEP) and ours[1] >= theirs[1] * 0.98


def test_no_cells_bring_nothing_whatever_the_factor() -> None:
    nothing = np.where(GRID == 0, 0.0, -1e9)
    found = tumor_cells.of_mtdna(nothing, Factor(0.3, 1e4, 0.3))
    assert found[0] == 0 and found[1:].max() < -1e6


def test_an_unbounded_factor_bounds_nothing() -> None:
    found = tumor_cells.of_mtdna(reads(20, 10_000, 0.4), Factor(0.3, np.inf))
    assert interval(found, DROP)[1] == 1.0


def test_an_upper_bound_alone_has_no_low_end() -> None:
    curve = reads(50, 1000)
    bound = tumor_cells.at_most(curve)
    assert interval(bound, DROP)[0] == 0
    assert interval(bound, DROP)[1] == interval(curve, DROP)[1]
    assert (tumor_cells.either(curve, bound) == bound).all()


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.004, 0.05])
def test_interval_of_cells_covers_the_truth(share: float) -> None:
    """Loci of unequal VAF and depth, two portions of 1,000 cells, a ratio off by log-sd 0.29."""
    rng, draws, cells = np.random.default_rng(11), 300, 1000
    missed = np.zeros(2)
    for _ in range(draws):
        vaf = rng.uniform(0.2, 0.5, 40)
        depth = rng.poisson(150, 40).astype(float)
        pooled = float((vaf * depth).sum() / depth.sum())
        each = cells * min(2 * pooled, 1)
        first, second = rng.poisson(share * each, 2) / each
        alt = rng.binomial(depth.astype(int), first * vaf + (1 - first) * 5e-4).astype(float)
        normal = float(rng.binomial(6000, 5e-4))
        ratio, truth = 5.0 * np.exp(rng.normal(0, 0.29)), second * 5.0
        curve = tumor_cells.of_nuclear_reads(Loci(alt, depth, vaf, normal, 6000.0))
        curve = tumor_cells.in_other_portion(curve, each, each)
        low, high = interval(tumor_cells.of_mtdna(curve, Factor(ratio, ratio, 0.29)), DROP)
        missed += low > truth * (1 + STEP), high < truth * (1 - STEP)
    limit = draws * 0.025 + 3 * np.sqrt(draws * 0.025 * 0.975)
    assert (missed <= limit).all(), missed
