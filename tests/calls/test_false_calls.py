"""Thresholds for counts: errors expected are those that occur, q values those of the definition."""

import draws
import numpy as np
import pytest
from draws import CODES, REFERENCE, draw, gamma_factors, rates
from places import LENGTH, PLACEHOLDER
from scipy import stats

from mitotransfer.calls import false_calls
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors import background, sample_errors
from mitotransfer.errors.background import Alleles, error_tail
from mitotransfer.errors.site_factor import SiteFactors


def known(rate, variance, own=CODES):
    """A background that knows the mean rates and how sites scatter."""
    mean = np.broadcast_to(rate[own], (LENGTH, 4, 2))
    flat = np.full(mean.shape, 1e12)
    factors = SiteFactors(*np.full((2, LENGTH, 4), variance), np.zeros((LENGTH, 4)))
    return background.Background(flat * mean, flat * (1 - mean), 1.0, 0.0, factors)


def minor_alleles(counts):
    own = own_bases(counts)
    pos, allele = np.nonzero((own < 4)[:, None] & (own[:, None] != np.arange(4)))
    kept = pos != PLACEHOLDER
    return own, pos[kept], allele[kept]


def test_weights_average_one_and_favour_transitions():
    own, allele = np.divmod(np.arange(16), 4)
    weight = sample_errors.weights(own, allele).reshape(4, 4)
    transitions = {("A", "G"), ("G", "A"), ("C", "T"), ("T", "C")}
    for i in range(4):
        others = [j for j in range(4) if j != i]
        assert sum(weight[i, others]) == pytest.approx(3.0)
        for j in others:
            assert (weight[i, j] > 1) == (("ACGT"[i], "ACGT"[j]) in transitions)


@pytest.mark.parametrize("depth", [300, 4000])
def test_errors_expected_are_those_that_occur(depth):
    rng = np.random.default_rng(depth)
    v, rounds = 0.5, 20
    rate = rates(rng)
    predicted = known(rate, v)
    thresholds = np.array([1e-5, 3e-5, 1e-4, 3e-4])
    seen, expected = np.zeros(4), np.zeros(4)
    for _ in range(rounds):
        counts = draw(rng, depth, rate, gamma_factors(rng, v, (LENGTH, 4, 1)))
        own, pos, allele = minor_alleles(counts)
        n = counts.depth[pos]
        k = counts.bases[pos, allele].sum(axis=1, dtype=np.int64)
        p = error_tail(predicted, Alleles(pos, allele, n), k)
        scaled = p / sample_errors.weights(own[pos], allele)
        seen += [(scaled <= t).sum() for t in thresholds]
        errors = false_calls.false_calls(counts, predicted, REFERENCE)
        assert errors.tests == pos.size
        expected += errors.expected(thresholds)
    # Never more than by the definition of a p value, and less where counts are discrete.
    assert np.all(expected <= rounds * 3 * LENGTH * thresholds * 1.0001)
    assert np.all(expected < 0.75 * rounds * 3 * LENGTH * thresholds)
    for a, b in zip(seen, expected, strict=True):
        # Poisson, and 600 alleles that stand for all.
        assert abs(a - b) <= 4 * np.sqrt(b) + 0.1 * b


def test_steps_are_those_of_a_slow_sum():
    # One kind of site without overdispersion: binomial, and so few that all are taken.
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[:300][np.arange(300), CODES[:300]] = 500
    counts = Counts(bases, empty_indels(), {})
    rate = np.full((4, 4, 2), 2e-4)
    errors = false_calls.false_calls(counts, known(rate, 1e-6), REFERENCE)
    assert false_calls.false_calls(counts, known(rate, 1e-6), REFERENCE, 1001).tests == 0
    tails = stats.poisson(1000 * 2e-4).sf(np.arange(-1, 12))
    for threshold in (2e-6, 1e-5, 1e-4, 3e-4):
        slow = sum(
            number * tails[tails <= weight * threshold].max()
            for number, weight in (
                (300, sample_errors.TRANSITION),
                (600, sample_errors.TRANSVERSION),
            )
        )
        assert errors.expected(np.array([threshold]))[0] == pytest.approx(slow, rel=1e-3)


def test_q_values_and_threshold_agree():
    errors = false_calls.FalseCalls(1000, np.array([1e-6, 1e-5]), np.array([1e-4, 4e-3]))
    scaled = np.array([2e-5, 1e-4, 5e-6, 1e-12])
    q = errors.q_values(scaled, np.full(4, 0.01))
    # At least: 1000 x 1e-12 errors for one call; 1e-4 for two; on the last step 4e-3 for four.
    np.testing.assert_allclose(q, [4e-3 / 4, 4e-3 / 4, 1e-4 / 2, 1e-9])
    found = errors.threshold(3e-3)
    assert errors.expected(np.array([found]))[0] <= 3e-3 < errors.expected(np.array([1.1e-5]))[0]
    assert found == pytest.approx(1e-5, rel=0.03)


def test_only_alleles_of_no_higher_vaf_raise_the_threshold():
    rng = np.random.default_rng(4)
    errors = false_calls.FalseCalls(50_000, np.zeros(0), np.zeros(0))
    scaled = 10.0 ** rng.uniform(-9, -3, 80)
    vaf = 10.0 ** rng.uniform(-3, 0, 80)
    q = errors.q_values(scaled, vaf)
    for row in range(80):
        alike = vaf <= false_calls.LIKE * vaf[row]
        slow = min(50_000 * t / np.sum(scaled[alike] <= t) for t in scaled if t >= scaled[row])
        together = min(50_000 * t / np.sum(scaled <= t) for t in scaled if t >= scaled[row])
        assert q[row] == pytest.approx(min(slow if together <= 0.5 else together, 1.0))


def test_variants_of_other_people_do_not_let_errors_pass():
    # A pool of people: 100 differences of 30 %. Errors are called no more often than without.
    rng = np.random.default_rng(11)
    false = lone = wanted = 0
    for _ in range(4):
        counts = draws.draw(rng, 600, draws.rates(rng), draws.gamma_factors(rng, 0.5))
        places = draws.some_positions(rng, 130)
        mixed, major = draws.spike(rng, counts, places[:100], 0.3)
        mixed, minority = draws.spike(rng, mixed, places[100:], 0.04)
        bases = draws.alleles_of(mixed).bases
        got = bases[bases["minor"] & (bases["q_value"] <= draws.SETTINGS.max_fdr)]
        alleles = set(zip(got["pos"], got["alt"], strict=True))
        assert major <= alleles
        lone += len(minority & alleles)
        wanted += len(minority)
        false += len(alleles - major - minority)
    assert lone >= 0.98 * wanted
    # All alleles together have 1.3 a sample by their false-discovery rate, those of 4 % 0.3.
    assert false <= 2


def test_without_reads_there_is_nothing_to_test():
    nothing = Counts(np.zeros((LENGTH, 4, 2), np.uint32), empty_indels(), {})
    predicted = background.background(sample_errors.estimate_errors(nothing), REFERENCE)
    errors = false_calls.false_calls(nothing, predicted, REFERENCE)
    assert errors.tests == 0 and errors.q_values(np.zeros(0), np.zeros(0)).size == 0
