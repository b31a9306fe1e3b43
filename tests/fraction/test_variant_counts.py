"""Recurrent alleles: the weight of a variant that others have, or at a hot spot."""

from dataclasses import replace

import numpy as np
import pytest
from fraction_draws import CERTAINTY, RATE, counts_of
from scipy.stats import betabinom, binom

from mitotransfer.fraction.estimate import detection_limit, estimate
from mitotransfer.fraction.likelihood import AGAIN, SPREAD
from mitotransfer.fraction.variant_counts import VariantCounts, checked
from mitotransfer.fraction.zero_test import p_values


@pytest.mark.parametrize("seen", [20, 100, 600])
def test_p_value_of_one_variant_is_its_probability_of_recurrence(seen: int) -> None:
    """Errors cannot reach these counts: p is the tail of recurrent VAFs."""
    depth, again = 2000, 0.1
    variance = (SPREAD * AGAIN * (1 - AGAIN)) ** 2
    total = AGAIN * (1 - AGAIN) / variance - 1
    tail = betabinom.sf(seen - 1, depth, AGAIN * total, (1 - AGAIN) * total).mean()
    found = estimate(counts_of([seen], depth, again))
    # Counts above 256 are computed in cells of one per cent.
    assert found.p_value == pytest.approx(again * tail, rel=0.02)
    assert (found.low > 0) == (found.p_value < 0.025)
    assert estimate(counts_of([seen], depth, 0.0)).low > 0.0


def test_a_recurrent_variant_moves_the_estimate_less_with_higher_probability() -> None:
    """Three variants at 1 %, and one at 12 % of what a common fraction would give."""
    alt = [20, 20, 20, 240]
    found = [estimate(counts_of(alt, 4000, [0, 0, 0, again])) for again in (0.0, 0.05, 0.3)]
    assert found[0].fraction > 0.02 and found[0].heterogeneity_p < 1e-6
    for one in found[1:]:
        assert one.fraction == pytest.approx(0.01, rel=0.1)
        assert one.heterogeneity_p > 1e-4
    assert found[2].heterogeneity_p > 0.01
    assert found[2].low <= 0.01 <= found[2].high
    limits = [detection_limit(counts_of(alt, 4000, [again] * 4)) for again in (0.0, 0.01, 0.3)]
    assert limits[0] < limits[1] < limits[2]


def design(rng, depth: int, size: int) -> tuple[VariantCounts, np.ndarray, np.ndarray]:
    """Tumour and normal of a patient, with error rates and tumour VAFs."""
    tumor = rng.uniform(0.1, 1.0, size)
    rate = rng.gamma(CERTAINTY, RATE / CERTAINTY, size)
    n = np.full(size, depth)
    counts = VariantCounts(
        rng.binomial(n, tumor), n, 0 * n, n, rng.binomial(n, rate), n, CERTAINTY, CERTAINTY / RATE
    )
    return counts, rate, tumor


def immune(rng, patient, again: np.ndarray, f: float) -> np.ndarray:
    """Immune fragments of alleles that recur, each with its own probability."""
    counts, rate, tumor = patient
    own = np.where(rng.random(len(rate)) < again, 2.0 ** rng.uniform(-10, 0, len(rate)), 0.0)
    return rng.binomial(counts.immune_depth, (1 - f) * np.maximum(rate, own) + f * tumor)


#: Probabilities of recurrence of a patient's variants; two of four stand for all in a quick run.
RECURRENCES = pytest.mark.parametrize(
    "again",
    [
        [0.2, 0, 0, 0, 0],
        [0.04] * 5,
        pytest.param([0.04, 0.02], marks=pytest.mark.slow),
        pytest.param([0.3, 0.1, 0, 0], marks=pytest.mark.slow),
    ],
)


@RECURRENCES
def test_the_level_holds_where_alleles_recur(again: list[float]) -> None:
    rng, probability, draws = np.random.default_rng(8), np.array(again), 100
    rates = []
    for _ in range(25):
        patient = design(rng, 2000, len(again))
        tests = [
            checked(replace(patient[0], recurrence=known)).test()[0] for known in (probability, 0.0)
        ]
        alt = [immune(rng, patient, probability, 0.0) for _ in range(draws)]
        rates.append([np.mean([p_values(t, k)[0] < 0.01 for k in alt]) for t in tests])
    (rate, ignored), error = np.mean(rates, axis=0), np.std(rates, axis=0) / 5
    assert rate <= 0.01 + 3.5 * max(error[0], 1e-3)
    # Without the probability far too many are significant.
    assert ignored > 0.02 + 3.5 * error[1]


@RECURRENCES
def test_power_and_coverage_where_alleles_recur(again: list[float]) -> None:
    rng, probability, n = np.random.default_rng(8), np.array(again), 60
    detected, covered = 0, 0
    for _ in range(n):
        patient = design(rng, 2000, len(again))
        alt = immune(rng, patient, probability, 0.05)
        drawn = replace(patient[0], immune_alt=alt, recurrence=probability)
        found = estimate(drawn, details=False)
        detected += found.p_value < 0.01
        covered += found.low <= 0.05 <= found.high
    assert detected >= 0.97 * n - 1
    assert covered >= binom.ppf(0.001, n, 0.95)


def test_one_pseudo_count_is_shared_by_all_variants() -> None:
    data = checked(counts_of([1, 2, 3], 1000, 0.0))
    assert data.shares() == pytest.approx([1 / 3] * 3)
    unlike = checked(replace(counts_of([1, 2, 3], 1000, 0.0), tumor_alt=[900, 500, 50]))
    shares = unlike.shares()
    assert shares.sum() == pytest.approx(1.0) and (np.diff(shares) < 0).all()


def test_a_level_is_shown_where_all_normals_have_it() -> None:
    clean = checked(counts_of([0] * 4, 2000, 0.0, tumor=0.8))
    levels, weights, _, shown = clean.shared_levels
    assert shown == 0.0 and levels[0] == 0.0 and (np.diff(levels) > 0).all()
    assert weights.sum(axis=1) == pytest.approx([1.0, 1.0])
    leaky = replace(counts_of([0] * 4, 2000, 0.0, tumor=0.8), normal_alt=[16] * 4)
    *_, mode, shown = checked(leaky).shared_levels
    assert shown == mode == pytest.approx(16 / 2000 / 0.8, rel=0.25)


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
def test_impossible_input_is_refused(change: dict) -> None:
    good = VariantCounts([10], [100], [1], [1000], [0], [1000], 1.0, 1e3)
    with pytest.raises(ValueError):
        checked(replace(good, **change))
