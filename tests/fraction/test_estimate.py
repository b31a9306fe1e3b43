"""The tumour fraction against closed forms, brute force and simulation with known truth."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from mitotransfer.fraction import zero_test
from mitotransfer.fraction.estimate import DISAGREE_P, detection_limit, estimate, profile
from mitotransfer.fraction.likelihood import Known, Observed, log_likelihoods, mixture
from mitotransfer.fraction.variant_counts import VariantCounts, checked
from mitotransfer.stats import beta_binomial, overdispersion

ERROR = 5e-4


def error_shapes(alpha, rate=ERROR):
    return alpha, alpha * (1 / rate - 1)


def draw(rng, depth, vaf, rho=0.0):
    if rho:
        alpha, beta = beta_binomial.shapes(vaf, rho)
        vaf = rng.beta(np.maximum(alpha, 1e-9), np.maximum(beta, 1e-9))
    return rng.binomial(depth, vaf)


def patient(rng, variants, depth, f, rho=0.0, normal=None, tumor=None, hidden=0.0, shared=0.0):
    """Counts of a simulated patient, with the true baseline and tumour VAFs."""
    alpha, beta = error_shapes(10.0)
    normal = depth if normal is None else normal
    t = rng.uniform(0.1, 1.0, variants) if tumor is None else np.full(variants, tumor)
    b = rng.beta(alpha, beta, variants) + hidden + shared * t
    counts = VariantCounts(
        draw(rng, depth, t, rho),
        np.full(variants, depth),
        draw(rng, depth, (1 - f) * b + f * t, rho),
        np.full(variants, depth),
        draw(rng, normal, b, rho),
        np.full(variants, normal),
        alpha,
        beta,
        rho,
    )
    return counts, b, t


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


def test_known_baseline_gives_the_binomial_tail():
    n, huge, base = 2000, 10**8, 1e-3
    alpha, beta = error_shapes(1e6, base)
    for k in (1, 4, 8, 12):
        counts = VariantCounts([huge // 2], [huge], [k], [n], [10**5], [huge], alpha, beta)
        assert estimate(counts).p_value == pytest.approx(stats.binom.sf(k - 1, n, base), rel=0.01)


@pytest.mark.parametrize(("n", "normal"), [(2000, 2000), (20000, 200), (200, 2000)])
@pytest.mark.parametrize("seen", [0, 3])
def test_unknown_baseline_gives_the_conditional_tail(n, normal, seen):
    """Without sequencing error p is P(K >= k) of the flat posterior's beta-binomial."""
    alpha, beta = error_shapes(1.0, 1e-8)
    for p in (0.3, 0.05, 0.01, 1e-3):
        k = int(stats.betabinom.isf(p, n, 1 + seen, 1 + normal - seen))
        expected = stats.betabinom.sf(k - 1, n, 1 + seen, 1 + normal - seen)
        counts = VariantCounts([500], [1000], [k], [n], [seen], [normal], alpha, beta)
        assert estimate(counts).p_hidden == pytest.approx(expected, rel=0.12)


def test_likelihood_is_the_integral_over_baseline_and_tumour():
    """The mixture of Beta components against plain integration over t and b = e + h."""
    k_t, n_t, k_i, n_i, k_n, n_n = 30, 100, 12, 900, 1, 400
    alpha, beta = error_shapes(4.0, 1e-3)
    b = np.geomspace(1e-6, 0.2, 3000)
    prior = stats.beta.cdf(b, alpha, beta) * stats.binom.pmf(k_n, n_n, b)
    prior /= integrate.trapezoid(prior, b)
    t = np.linspace(0.05, 0.7, 300)
    density = stats.beta.pdf(t, 1 + k_t, 0.5 + n_t - k_t)
    fractions = np.array([0.0, 0.005, 0.02, 0.04, 0.08, 0.15])
    expected = []
    for f in fractions:
        inner = stats.binom.pmf(k_i, n_i, (1 - f) * b[None] + f * t[:, None]) * prior
        expected.append(np.log(integrate.trapezoid(integrate.trapezoid(inner, b) * density, t)))
    known = Known(*(np.array([float(x)]) for x in (k_t, n_t, k_n, n_n, alpha, beta, 0.0)))
    observed = Observed(np.array([k_i]), np.array([n_i]), mixture(known, 1.0))
    found = log_likelihoods(fractions, observed)[0]
    expected = np.array(expected)
    assert found - found[2] == pytest.approx(expected - expected[2], abs=0.03, rel=0.04)


def test_tail_of_several_variants_matches_simulation():
    """The convolution against draws from its own statement: g, then errors, then counts."""
    rng = np.random.default_rng(3)
    size, n, normal = 3, 1500, 700
    alpha, beta = error_shapes(8.0)
    t = np.array([0.9, 0.4, 0.2])
    seen = np.array([1, 0, 1])
    huge = 10**7
    counts = VariantCounts(
        (t * huge).astype(int), [huge] * 3, [0] * 3, [n] * 3, seen, [normal] * 3, alpha, beta
    )
    data = checked(counts)
    test = data.test()[0]
    draws = 400_000
    g = rng.exponential(0.004, draws)
    e = rng.beta(alpha, beta, (draws, size))
    b = e + g[:, None] * t
    weight = stats.binom.pmf(seen, normal, b).prod(axis=1) * np.exp(g / 0.004)
    k = rng.binomial(n, b)
    cell = np.minimum(np.searchsorted(test.starts, k, side="right") - 1, test.scores.shape[1] - 1)
    position = test.scores[np.arange(size), cell].sum(axis=1)
    for quantile in (0.8, 0.95, 0.99):
        order = np.argsort(position)
        cumulative = np.cumsum(weight[order]) / weight.sum()
        level = position[order][np.searchsorted(cumulative, quantile)]
        expected = weight[position >= level].sum() / weight.sum()
        assert test.tails[1, level] == pytest.approx(expected, rel=0.2)
        assert test.tails[1, level] > 0.9 * expected


# ---------------------------------------------------------------- calibration


def results(rng, patients, *args, **kwargs):
    rows = []
    for _ in range(patients):
        r = estimate(patient(rng, *args, **kwargs)[0], details=False)
        rows.append((r.fraction, r.low, r.high, r.p_value, r.p_hidden))
    return np.array(rows).T


def upper(rate, draws, z=3.5):
    """Largest share that a rate gives by chance."""
    return rate + z * np.sqrt(rate * (1 - rate) / draws) + 0.5 / draws


# V, depth, depth of the normal, rho, what is in normal and immune sample alike.
NULLS = [
    (1, 200, 200, 0.0, {}),
    (1, 2000, 2000, 1e-4, {}),
    (1, 20000, 200000, 0.0, {}),
    (1, 2000, 200, 0.0, {"hidden": 0.004}),
    (1, 20000, 200, 0.0, {"hidden": 0.015}),
    (1, 20000, 20000, 1e-4, {"hidden": 0.004}),
    (3, 2000, 2000, 0.0, {}),
    (3, 2000, 2000, 0.0, {"hidden": 0.003}),
    (3, 2000, 2000, 1e-4, {"hidden": np.array([0.01, 0, 0])}),
    (30, 200, 200, 0.0, {"shared": 0.003}),
]


@pytest.mark.parametrize(("variants", "depth", "normal", "rho", "extra"), NULLS)
def test_false_positives_stay_below_the_nominal_rate(variants, depth, normal, rho, extra):
    rng = np.random.default_rng(11)
    draws = {1: 600, 3: 80, 30: 20}[variants]
    _, low, _, p, p_hidden = results(
        rng, draws, variants, depth, 0.0, rho=rho, normal=normal, **extra
    )
    # What hides behind a shallow normal may be detected, but leaves the lower bound at zero.
    for level in (0.01, 0.05, 0.2):
        assert (p_hidden < level).mean() <= upper(level, draws)
        if not extra:
            assert (p < level).mean() <= upper(level, draws)
    assert (low > 0).mean() <= upper(0.025, draws)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variants", "depth", "rho"), [(1, 2000, 0.0), (1, 20000, 1e-4), (3, 200, 0.0)]
)
def test_the_nominal_rate_is_not_given_away(variants, depth, rho):
    """Nothing hidden: between 0.3 and 1.3 % significant at 1 %."""
    rng = np.random.default_rng(21)
    draws = {1: 2000, 3: 500}[variants]
    p = results(rng, draws, variants, depth, 0.0, rho=rho)[3]
    found = (p < 0.01).mean()
    assert found <= upper(0.013, draws, 3)
    # Counts are whole numbers, so a level may be missed by much, but not given up.
    assert (p < 0.05).mean() > 0.015


@pytest.mark.slow
def test_nominal_rate_is_reached_where_counts_are_many():
    rng = np.random.default_rng(12)
    p = results(rng, 1500, 1, 20000, 0.0, normal=20000, hidden=0.01)[3]
    assert 0.003 < (p < 0.01).mean() < 0.013 + 3.5 * np.sqrt(0.01 / 1500)
    assert 0.03 < (p < 0.05).mean() < upper(0.05, 1500)


@pytest.mark.parametrize(
    ("variants", "depth", "f", "rho"),
    [
        (1, 200, 0.3, 0.0),
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
    draws = {1: 600, 3: 80, 30: 20}[variants]
    found, low, high, *_ = results(rng, draws, variants, depth, f, rho=rho)
    missed = ((low > f) | (high < f)).mean()
    assert missed <= upper(0.06, draws)
    if variants == 1:
        assert missed >= 0.02
    noise = found.std() / np.sqrt(draws)
    assert abs(found.mean() - f) < max(0.02 * f, 8e-4) + 3.5 * noise


@pytest.mark.parametrize(
    ("variants", "depth", "rho"), [(1, 200, 0.0), (1, 2000, 1e-4), (1, 20000, 0.0), (3, 2000, 0.0)]
)
def test_the_detection_limit_is_detected_as_often_as_it_says(variants, depth, rho):
    rng = np.random.default_rng(14)
    draws = {1: 400, 3: 60}[variants]
    found = []
    for _ in range(draws):
        counts, b, t = patient(rng, variants, depth, 0.0, rho=rho)
        limit = detection_limit(counts)
        alt = draw(rng, depth, (1 - limit) * b + limit * t, rho)
        found.append(estimate(replace(counts, immune_alt=alt), details=False).p_value < 0.01)
    missed = 1 - np.mean(found)
    assert 0.05 - 3.5 * np.sqrt(0.05 / draws) < missed < upper(0.06, draws)


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


def test_a_disagreeing_variant_shows():
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
    """Its variants are more frequent in the immune sample: the direction cannot be told."""
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


def test_variants_without_tumour_or_immune_reads_say_nothing():
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


def test_a_deeper_normal_lowers_the_limit():
    limits = [
        detection_limit(
            VariantCounts([500] * v, [1000] * v, [0] * v, [2000] * v, [0] * v, [n] * v, 10.0, 2e4)
        )
        for v in (1, 3)
        for n in (100, 1000, 10000)
    ]
    assert limits[0] > limits[1] > limits[2]
    assert limits[3] > limits[4] > limits[5]
    assert limits[5] < limits[2]


def test_the_limit_ignores_immune_alternative_counts():
    rng = np.random.default_rng(17)
    counts, _, _ = patient(rng, 3, 500, 0.2)
    assert detection_limit(counts) == detection_limit(replace(counts, immune_alt=[0, 0, 0]))


def test_more_counts_never_raise_p():
    base = VariantCounts([300, 500], [1000] * 2, [0, 0], [3000] * 2, [1, 0], [900] * 2, 5.0, 1e4)
    test = checked(base).test()[0]
    p = np.array([zero_test.p_values(test, np.array([k, 2])) for k in range(0, 400, 3)])
    assert (np.diff(p, axis=0) <= 0).all()
    assert (p[-1] < 1e-4).all() and (p[0] > 0.1).all()


def test_no_rounding_makes_a_probability_of_more_than_one():
    """Two normal reads of 900 did: their weights add up to 1 and 2e-16, which no q value takes."""
    counts = VariantCounts([300, 500], [1000] * 2, [0, 0], [100] * 2, [2, 0], [900] * 2, 5.0, 1e4)
    test = checked(counts).test()[0]
    assert zero_test.p_values(test, np.array([0, 0])).max() <= 1


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


@pytest.mark.parametrize(
    "change",
    [
        {"immune_alt": [1001]},
        {"immune_alt": [-1]},
        {"normal_alt": [1, 2]},
        {"error_alpha": 0.0},
        {"overdispersion": 1.0},
        {"overdispersion": -0.1},
        {"overdispersion": np.nan},
    ],
)
def test_impossible_input_is_refused(change):
    good = VariantCounts([10], [100], [1], [1000], [0], [1000], 1.0, 1e3)
    with pytest.raises(ValueError):
        estimate(replace(good, **change))


# ---------------------------------------------------------------- overdispersion


@pytest.mark.parametrize("rho", [0.0, 1e-4, 1e-3])
@pytest.mark.parametrize("depths", [(2000, 2000), (20000, 500)])
def test_overdispersion_is_recovered(rho, depths):
    rng = np.random.default_rng(20)
    found = []
    for _ in range(20):
        rate = rng.beta(*error_shapes(4.0), 20_000)
        a, b = (draw(rng, n, rate, rho) for n in depths)
        found.append(
            overdispersion.estimate_overdispersion(
                a, np.full(20_000, depths[0]), b, np.full(20_000, depths[1])
            )
        )
    error = np.std(found) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(rho, abs=3.5 * error + 2e-5 + 0.03 * rho)


def test_overdispersion_without_data_is_zero():
    assert overdispersion.estimate_overdispersion([], [], [], []) == 0
    assert overdispersion.estimate_overdispersion([0, 0], [0, 50], [0, 0], [9, 0]) == 0
    assert overdispersion.estimate_overdispersion([0, 0], [90, 50], [0, 0], [9, 10]) == 0
