"""The test of f = 0 and the detection limit: closed forms, simulation, slow convolution."""

from dataclasses import replace

import numpy as np
import pytest
from fraction_draws import counts_of, error_shapes, mean_and_error, p_values, patient
from scipy import stats

from mitotransfer.fraction import zero_test
from mitotransfer.fraction.estimate import detection_limit, estimate
from mitotransfer.fraction.variant_counts import VariantCounts, checked


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


def test_tail_of_several_variants_matches_simulation():
    """The convolution against draws from its own model: g, then errors, then counts."""
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


# V, depth, depth of the normal, rho, tumour mtDNA in normal and immune sample.
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
    designs = {1: 150, 3: 60, 30: 10}[variants]
    p = np.array(
        [
            p_values(rng, patient(rng, variants, depth, 0.0, rho, normal, **extra), rho=rho)
            for _ in range(designs)
        ]
    )
    # Alleles hidden by a shallow normal may be detected, but the lower bound is zero.
    for level in (0.01, 0.025, 0.05, 0.2):
        for opinion in (1,) if extra else (0, 1):
            rate, error = mean_and_error((p[..., opinion] < level).mean(axis=1))
            assert rate <= level + 3.5 * error


@pytest.mark.parametrize(
    ("variants", "depth", "rho"), [(1, 2000, 0.0), (1, 20000, 1e-4), (3, 200, 0.0)]
)
def test_the_false_positive_rate_is_not_far_below_nominal(variants, depth, rho):
    """Nothing hidden: between 0.3 and 1.3 % significant at 1 %."""
    rng = np.random.default_rng(21)
    designs = (patient(rng, variants, depth, 0.0, rho) for _ in range({1: 200, 3: 100}[variants]))
    p = np.array([p_values(rng, design, rho=rho)[:, 0] for design in designs])
    rate, error = mean_and_error((p < 0.01).mean(axis=1))
    assert rate <= 0.013 + 3 * error
    # Counts are whole numbers, so a level may be missed by much, but not given up.
    assert (p < 0.05).mean() > 0.015


def test_nominal_rate_is_reached_where_counts_are_many():
    rng = np.random.default_rng(12)
    p = np.array(
        [p_values(rng, patient(rng, 1, 20000, 0.0, hidden=0.01))[:, 0] for _ in range(150)]
    )
    for level, low, high in ((0.01, 0.003, 0.013), (0.05, 0.03, 0.05)):
        rate, error = mean_and_error((p < level).mean(axis=1))
        assert low < rate < high + 3.5 * error


@pytest.mark.parametrize(
    ("variants", "depth", "rho"), [(1, 200, 0.0), (1, 2000, 1e-4), (1, 20000, 0.0), (3, 2000, 0.0)]
)
def test_the_detection_limit_is_detected_with_the_stated_power(variants, depth, rho):
    rng = np.random.default_rng(14)
    missed = []
    for _ in range({1: 100, 3: 30}[variants]):
        design = patient(rng, variants, depth, 0.0, rho=rho)
        p = p_values(rng, design, detection_limit(design[0]), rho=rho)[:, 0]
        missed.append((p >= 0.01).mean())
    rate, error = mean_and_error(missed)
    assert 0.05 - 3.5 * error < rate < 0.06 + 3.5 * error


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


def test_two_recurrent_variants_have_the_product_of_their_probabilities() -> None:
    data = checked(counts_of([60, 60], 2000, [0.04, 0.02]))
    p = zero_test.p_values(data.test()[0], data.alt)[0]
    assert 0.2 * 0.04 * 0.02 < p < 1.5 * 0.04 * 0.02
    alone = checked(counts_of([60, 0], 2000, [0.04, 0.02]))
    assert 0.04 < zero_test.p_values(alone.test()[0], alone.alt)[0] < 0.5


def test_masses_are_those_of_the_mixture_of_beta_binomials():
    """Counts up to 256 stand for themselves; components of the slow twin are SciPy's."""
    counts = VariantCounts([30, 9], [90, 90], [0, 0], [200, 150], [1, 0], [300, 90], 4.0, 4e3)
    data = checked(counts)
    model, f = data.clean(0.1), 0.03
    found = zero_test._masses(f, zero_test._cell_starts(200), data.depth, model)
    for v, n in enumerate(data.depth):
        expected = np.zeros(n + 1)
        for weight, mean, variance in zip(
            model.weight[v], model.mean[v], model.variance[v], strict=True
        ):
            m = (1 - f) * mean + f * model.tumor_mean[v]
            spread = (1 - f) ** 2 * variance + f**2 * model.tumor_variance[v]
            size = m * (1 - m) / spread - 1
            expected += weight * stats.betabinom.pmf(np.arange(n + 1), n, m * size, (1 - m) * size)
        assert found[v, : n + 1] == pytest.approx(expected, rel=1e-6, abs=1e-12)
        assert not found[v, n + 1 :].any()


def test_tails_are_those_of_the_convolution():
    rng = np.random.default_rng(2)
    scores = np.sort(rng.integers(0, 12, (4, 6)), axis=1)
    masses = rng.dirichlet(np.ones(6), 4)
    total = np.ones(1)
    for row, mass in zip(scores, masses, strict=True):
        total = np.convolve(total, np.bincount(row, mass, 12))
    bins = 30
    expected = np.cumsum(total[::-1])[::-1][:bins]
    assert zero_test._tail(scores, masses, bins) == pytest.approx(expected, abs=1e-12)


def test_cells_hold_one_count_each_then_one_per_cent_of_them():
    starts = zero_test._cell_starts(5000)
    assert starts[:257].tolist() == list(range(257)) and starts[-1] == 5001
    assert (np.diff(starts) > 0).all() and (np.diff(starts[:-1]) <= 0.011 * starts[1:-1] + 1).all()
    assert zero_test._cell_starts(3).tolist() == [0, 1, 2, 3, 4]


def test_the_limit_inside_a_deletion_is_that_of_the_molecules_left() -> None:
    def limit(copies: float) -> float:
        return detection_limit(
            VariantCounts([500], [1000], [0], [2000], [0], [3000], 1.0, 1e4, copies=copies)
        )

    whole, left = limit(1.0), limit(0.2)
    assert 0.2 * left / (1 - left + 0.2 * left) == pytest.approx(whole, rel=0.02)
