"""The tumour fraction against closed forms, brute force and simulation with known truth."""

from dataclasses import replace

import numpy as np
import pytest
from fraction_draws import error_shapes, patient, results, upper
from scipy import optimize, stats

from mitotransfer.fraction.estimate import DISAGREE_P, detection_limit, estimate, profile
from mitotransfer.fraction.variant_counts import VariantCounts


def binomial_interval(k, n, confidence=0.95):
    """Where the binomial log likelihood has fallen by half the chi-squared quantile."""
    drop = stats.chi2.ppf(confidence, 1) / 2

    def fall(p):
        return k * np.log(k / n / p) + (n - k) * np.log((1 - k / n) / (1 - p)) - drop

    return optimize.brentq(fall, 1e-9, k / n), optimize.brentq(fall, k / n, 1 - 1e-9)


# ---------------------------------------------------------------- closed forms


@pytest.mark.parametrize(("k", "t"), [(40, 0.5), (300, 0.8), (1500, 0.9)])
def test_known_vafs_give_the_transformed_binomial_interval(k, t):
    n, huge, base = 2000, 10**8, 1e-3
    alpha, beta = error_shapes(1e6, base)
    counts = VariantCounts(
        [int(t * huge)], [huge], [k], [n], [int(base * huge)], [huge], [alpha], [beta], 0.0
    )
    result = estimate(counts)
    assert result.fraction == pytest.approx((k / n - base) / (t - base), rel=1e-3)
    expected = [(p - base) / (t - base) for p in binomial_interval(k, n)]
    assert [result.low, result.high] == pytest.approx(expected, rel=2e-3)
    at_base = stats.binom.logpmf(k, n, base)
    assert result.statistic == pytest.approx(
        2 * (stats.binom.logpmf(k, n, k / n) - at_base), rel=1e-3
    )
    single = [result.variant_fraction[0], result.variant_low[0], result.variant_high[0]]
    assert single == pytest.approx([result.fraction, result.low, result.high])
    assert np.isnan(result.heterogeneity_p) and np.isnan(result.leave_one_out_low)


# ---------------------------------------------------------------- calibration


@pytest.mark.parametrize(
    ("variants", "depth", "f", "rho"),
    [
        pytest.param(1, 200, 0.3, 0.0, marks=pytest.mark.slow),  # between the others
        (1, 2000, 0.02, 1e-4),
        (1, 2000, 0.9, 0.0),
        (1, 20000, 0.003, 0.0),
        (3, 2000, 0.02, 0.0),
        (3, 20000, 0.5, 1e-4),
        (30, 200, 0.1, 0.0),
    ],
)
def test_intervals_cover_and_estimates_are_unbiased(variants, depth, f, rho):
    rng = np.random.default_rng(13)
    draws = {1: 400, 3: 60, 30: 20}[variants]
    found, low, high, *_ = results(rng, draws, variants, depth, f, rho=rho)
    missed = ((low > f) | (high < f)).mean()
    assert missed <= upper(0.06, draws)
    if variants == 1:
        assert missed >= 0.02
    noise = found.std() / np.sqrt(draws)
    assert abs(found.mean() - f) < max(0.02 * f, 8e-4) + 3.5 * noise


# ---------------------------------------------------------------- designs


def test_dozens_of_fixed_differences_at_uneven_depth():
    """Cells of two people grown together: t near 1, b near 0."""
    rng = np.random.default_rng(15)
    size = 50
    depths = rng.integers(50, 250, (3, size))
    alpha, beta = error_shapes(5.0)
    for f in (0.0, 0.02, 0.4, 1.0):
        b = rng.beta(alpha, beta, size)
        counts = VariantCounts(
            rng.binomial(depths[0], 0.999),
            depths[0],
            rng.binomial(depths[1], (1 - f) * b + f * 0.999),
            depths[1],
            rng.binomial(depths[2], b),
            depths[2],
            alpha,
            beta,
        )
        result = estimate(counts)
        error = 3.5 * np.sqrt(max(f * (1 - f), 2e-3) / depths[1].sum())
        assert result.fraction == pytest.approx(f, abs=error + 0.01 * f)
        assert result.low <= result.fraction <= result.high
        assert (result.p_value < 1e-6) == (f > 0)
        assert result.heterogeneity_p > 1e-3
        assert result.leave_one_out_low <= result.fraction <= result.leave_one_out_high
        assert detection_limit(counts) < 0.01


def test_cross_talk_in_every_library_is_not_transfer():
    """Tumour alleles at 0.5 % in the normal as in the immune sample, all variants agreeing."""
    size, n = 20, 1000
    counts = VariantCounts(
        [900] * size, [1000] * size, [5] * size, [n] * size, [5] * size, [n] * size,
        *error_shapes(10.0),
    )  # fmt: skip
    result = estimate(counts)
    assert result.p_value > 0.2 and result.low == 0
    more = estimate(replace(counts, immune_alt=[15] * size))
    assert more.p_value < 1e-6
    assert more.fraction == pytest.approx(0.01 / 0.9, rel=0.1)


def test_a_hot_spot_is_no_evidence_even_where_the_normal_is_clean():
    """The background says 1 %: a clean normal of 100 reads does not overrule it."""
    counts = VariantCounts([50], [100], [25], [2000], [0], [100], *error_shapes(5.0, 0.01))
    assert estimate(counts).p_value > 0.05
    quiet = replace(counts, error_alpha=5.0, error_beta=5.0 / 1e-5, normal_depth=[5000])
    assert estimate(quiet).p_value < 1e-6


def test_a_disagreeing_variant_raises_heterogeneity():
    n = 2000
    alike = VariantCounts(
        [1000] * 4, [n] * 4, [100] * 4, [n] * 4, [1] * 4, [n] * 4, *error_shapes(10.0)
    )
    assert estimate(alike).heterogeneity_p > 0.9
    result = estimate(replace(alike, immune_alt=[100, 100, 100, 2]))
    assert result.heterogeneity_p < 1e-6
    assert result.leave_one_out_high == pytest.approx(0.1, rel=0.05)
    assert result.leave_one_out_low == pytest.approx(result.fraction * 0.9, rel=0.1)
    assert result.variant_p[3] > 0.05 and (result.variant_p[:3] < 1e-6).all()
    assert result.variant_low[3] == 0
    assert result.variant_fraction[:3] == pytest.approx(0.1, rel=0.02)


def test_variants_that_disagree_widen_the_interval():
    """Shares that differ between variants: the interval still holds their mean."""
    rng = np.random.default_rng(11)
    runs, variants, mean, spread = 25, 20, 0.1, 0.05
    size = mean * (1 - mean) / spread**2 - 1
    held = 0
    for _ in range(runs):
        own = rng.beta(mean * size, (1 - mean) * size, variants)
        depth = rng.integers(50, 300, variants)
        counts = VariantCounts(
            [300] * variants,
            [300] * variants,
            rng.binomial(depth, own),
            depth,
            [0] * variants,
            [300] * variants,
            *error_shapes(10.0),
        )
        result = estimate(counts)
        held += result.low <= mean <= result.high
        assert result.heterogeneity_p < DISAGREE_P
    # One common f for all would give an interval that holds it about two times in three.
    assert held / runs > 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs)


def test_a_clone_in_the_tumour_has_no_upper_bound() -> None:
    """Its variants are more frequent in the immune sample: the direction is unknown."""
    depth = [800] * 2
    clone = VariantCounts([100, 90], depth, [310, 270], depth, [0, 0], depth, *error_shapes(10.0))
    found = estimate(clone)
    assert found.low > 0.9 and found.high == 1.0
    # Beside a variant that only the tumour has they disagree on one fraction.
    depth = [800] * 3
    both = VariantCounts(
        [100, 90, 440], depth, [310, 270, 0], depth, [0] * 3, depth, *error_shapes(10.0)
    )
    assert estimate(both).low == 0.0


def test_saturation():
    n = 500
    counts = VariantCounts([n] * 2, [n] * 2, [n] * 2, [n] * 2, [0] * 2, [n] * 2, 10.0, 2e4)
    result = estimate(counts)
    assert result.fraction > 0.99 and result.high == 1.0
    assert result.p_value < 1e-9


def test_zero_counts_everywhere():
    n = [1000] * 3
    zero = [0] * 3
    result = estimate(VariantCounts(zero, n, zero, n, zero, n, 10.0, 2e4))
    assert result.fraction == 0 and result.low == 0 and result.p_value == 1
    assert result.statistic == 0


def test_variants_without_tumour_or_immune_reads_are_ignored():
    rng = np.random.default_rng(16)
    counts, _, _ = patient(rng, 4, 1000, 0.05)
    bare = replace(
        counts,
        tumor_alt=np.r_[counts.tumor_alt, 0, 3],
        tumor_depth=np.r_[counts.tumor_depth, 0, 5],
        immune_alt=np.r_[counts.immune_alt, 4, 0],
        immune_depth=np.r_[counts.immune_depth, 9, 0],
        normal_alt=np.r_[counts.normal_alt, 0, 0],
        normal_depth=np.r_[counts.normal_depth, 9, 9],
    )
    a, b = estimate(counts), estimate(bare)
    assert (a.fraction, a.low, a.high, a.p_value) == (b.fraction, b.low, b.high, b.p_value)
    assert np.isnan(b.variant_fraction[4:]).all() and b.variant_fraction.shape == (6,)
    assert detection_limit(counts) == detection_limit(bare)
    nothing = estimate(VariantCounts([0], [0], [0], [0], [0], [0], 1.0, 1e3))
    assert np.isnan(nothing.fraction) and nothing.p_value == 1
    assert (nothing.low, nothing.high) == (0, 1)
    empty = VariantCounts([], [], [], [], [], [], [], [])
    assert np.isnan(estimate(empty).fraction) and detection_limit(empty) == 1


def test_without_a_normal_nothing_is_significant():
    """Any level may be the person's own."""
    counts = VariantCounts([500], [1000], [200], [1000], [0], [0], *error_shapes(10.0))
    assert estimate(counts).p_hidden > 0.05 and estimate(counts).low == 0
    deep = replace(counts, normal_depth=[1000])
    assert estimate(deep).p_value < 1e-6


def test_profile_is_the_interval_on_a_curve():
    rng = np.random.default_rng(18)
    counts, _, _ = patient(rng, 3, 2000, 0.05)
    result = estimate(counts)
    curve = profile(counts, [result.fraction, result.high, 0.0])
    assert curve[0] == pytest.approx(0, abs=1e-4)
    assert curve[1] == pytest.approx(-stats.chi2.ppf(0.95, 1) / 2, abs=0.01)
    assert curve[2] == pytest.approx(-result.statistic / 2, rel=1e-6)
    wider = estimate(counts, confidence=0.99)
    assert wider.low < result.low and wider.high > result.high


def test_order_does_not_matter():
    rng = np.random.default_rng(19)
    counts, _, _ = patient(rng, 5, 2000, 0.01)
    turned = VariantCounts(
        *(
            np.asarray(getattr(counts, name))[::-1]
            for role in ("tumor", "immune", "normal")
            for name in (f"{role}_alt", f"{role}_depth")
        ),
        counts.error_alpha,
        counts.error_beta,
    )
    a, b = estimate(counts), estimate(turned)
    assert a.fraction == pytest.approx(b.fraction, rel=1e-3)
    assert a.p_value == pytest.approx(b.p_value, rel=1e-6)
    assert a.variant_p == pytest.approx(b.variant_p[::-1])
