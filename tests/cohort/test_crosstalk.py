import numpy as np
import pytest
from numpy.typing import NDArray
from people import ANCESTOR, ERRORS, LENGTH, PEOPLE, USABLE, counted, library
from scipy.stats import beta, poisson

from mitotransfer.cohort import crosstalk
from mitotransfer.cohort.crosstalk import Batch, Sites, estimate_rate, foreign_sites
from mitotransfer.errors.sample_errors import SampleErrors

PATIENTS = ["A", "A", "A", "B", "B", "C", "D"]
ROLES = ["tumor", "immune", "normal", "tumor", "normal", "normal", "normal"]
SIZES = np.array([4.0, 1, 1, 1, 1, 2, 2])
OF_LIBRARY = [PEOPLE["ABCD".index(p)] for p in PATIENTS]
BATCH = Batch(PATIENTS, ROLES, SIZES, np.stack(OF_LIBRARY))


def hopped(which: int, rate: float, depth: int, seed: int) -> NDArray[np.uint32]:
    others = [i for i in range(len(SIZES)) if i != which]
    total = sum(SIZES[i] for i in others)
    parts = [(rate * SIZES[i] / total, OF_LIBRARY[i]) for i in others]
    return library([(1 - rate, OF_LIBRARY[which]), *parts], depth, seed)


def test_weights_are_shares_of_the_other_libraries() -> None:
    weights = BATCH.weights(1)
    only_b = np.flatnonzero((PEOPLE[1] != ANCESTOR) & (PEOPLE[0] == ANCESTOR))
    only_b = only_b[(PEOPLE[2][only_b] == ANCESTOR[only_b])]
    only_b = only_b[(PEOPLE[3][only_b] == ANCESTOR[only_b])]
    assert weights[only_b, PEOPLE[1][only_b]] == pytest.approx(2 / 11)
    # The patient's own alleles cannot show cross-talk.
    assert (weights[np.arange(LENGTH), PEOPLE[0]] == 0).all()
    assert BATCH.tumor_weight(1) == pytest.approx(4 / 11)
    assert BATCH.tumor_weight(3) == 0  # itself is the only tumour of B
    assert BATCH.tumor_weight(4) == pytest.approx(1 / 11)
    assert BATCH.tumor_weight(2) == pytest.approx(5 / 11)  # the immune library may hold some


@pytest.mark.parametrize("rate", [0.0, 0.002, 0.01])
def test_rate_is_recovered(rate: float) -> None:
    missed = 0
    draws = 20
    for seed in range(draws):
        sites = foreign_sites(
            counted(hopped(1, rate, 2000, seed)), PEOPLE[0], BATCH.weights(1), ERRORS, USABLE
        )
        found = estimate_rate(sites, 0.95)
        assert 50 < found.n_sites < 120
        missed += not found.low <= rate <= found.high
        assert found.rate == pytest.approx(rate, abs=0.002)
    assert missed <= 4  # 5 % of 20, three Monte Carlo standard errors


@pytest.mark.parametrize(("number", "reads"), [(2, 50), (15, 12)])
def test_own_heteroplasmies_do_not_count(number: int, reads: int) -> None:
    bases = hopped(1, 0.001, 2000, 3)
    sites = foreign_sites(counted(bases), PEOPLE[0], BATCH.weights(1), ERRORS, USABLE)
    odd = np.flatnonzero(PEOPLE[1] != ANCESTOR)[:number]
    for p in odd:
        bases[p, PEOPLE[1][p]] += reads
    disturbed = foreign_sites(counted(bases), PEOPLE[0], BATCH.weights(1), ERRORS, USABLE)
    assert estimate_rate(disturbed, 0.95).rate == pytest.approx(
        estimate_rate(sites, 0.95).rate, rel=0.2
    )


def test_error_is_subtracted_below_but_not_above() -> None:
    n = np.full(40, 5000.0)
    sites = Sites(np.full(40, 5.0), n, np.full(40, 0.25), np.full(40, 1e-3))
    found = estimate_rate(sites, 0.95)
    assert found.rate == 0 and found.low == 0
    assert found.high >= 200 / (40 * 5000 * 0.25)


def test_the_interval_is_the_exact_one_of_the_reads_less_errors_below() -> None:
    # 40 sites of 10,000 reads that show just what they should: 20 of 10,000, 10 of them errors.
    n, error, weight = np.full(40, 1e4), np.full(40, 1e-3), np.full(40, 0.25)
    found = estimate_rate(Sites(np.full(40, 20.0), n, weight, error), 0.95)
    assert found.rate == pytest.approx(0.004)
    low, high = beta.ppf(0.025, 800, 4e5 - 799), beta.ppf(0.975, 801, 4e5 - 800)
    assert found.low == pytest.approx((low * 4e5 - 400) / 1e5)
    assert found.high == pytest.approx(high * 4e5 / 1e5)


def test_sites_that_differ_widen_the_interval_by_their_dispersion() -> None:
    n, error, weight = np.full(40, 1e4), np.full(40, 1e-3), np.full(40, 0.25)
    found = estimate_rate(Sites(np.tile([15.0, 25.0], 20), n, weight, error), 0.95)
    assert found.rate == pytest.approx(0.004)
    factor = 40 * 5**2 / 20 / 39  # Pearson's statistic over its degrees of freedom
    hits, reads = 800 / factor, 4e5 / factor
    low, high = beta.ppf(0.025, hits, reads - hits + 1), beta.ppf(0.975, hits + 1, reads - hits)
    assert found.low == pytest.approx((low * 4e5 - 400) / 1e5)
    assert found.high == pytest.approx(high * 4e5 / 1e5)


def test_a_site_counts_as_the_samples_own_beyond_chance_at_three_times_the_rate() -> None:
    # 400 errors and 100 crossed-over reads expected in all sites but the last: 5 of 10,000 each.
    n, error, weight = np.full(100, 1e4), np.full(100, 4e-4), np.full(100, 0.25)
    limit = poisson.isf(1e-6, 3 * 5.0)
    for own, kept in ((limit, 100), (limit + 2, 99)):
        alt = np.append(np.full(99, 5.0), own)
        sites = Sites(alt, n, weight, error)
        assert len(crosstalk.without_own_variants(sites)) == kept
    unread = Sites(np.append(alt[:99], 0), np.append(n[:99], 0), weight, error)
    assert len(crosstalk.without_own_variants(unread)) == 99


def test_error_rates_are_those_of_the_strands_by_their_depth() -> None:
    rate = np.random.default_rng(1).uniform(1e-4, 1e-3, (4, 4, 2))
    errors = SampleErrors(rate, np.full((4, 4, 2), 1e-6), 0.0, 1e-6)
    positions, alleles = np.array([0, 1, 2]), np.array([1, 3, 0])
    own = np.array([2, 0, 3], np.int8)
    depth = np.array([[30, 10], [0, 7], [0, 0]])
    expected = [0.75 * rate[2, 1, 0] + 0.25 * rate[2, 1, 1], rate[0, 3, 1], 0]
    found = crosstalk.error_rates(positions, alleles, own, depth, errors)
    assert found == pytest.approx(expected)


def test_alleles_of_a_batch_are_looked_up_by_position_and_base() -> None:
    carried, alleles = BATCH.carried, BATCH.alleles()
    assert alleles.reads == SIZES.sum()
    varying = (carried > 0).sum(axis=1) > 1
    positions, bases = (grid.ravel() for grid in np.indices((LENGTH, 4)))
    expected = np.where(varying[:, None], carried, 0).ravel()
    assert (alleles.at(positions, bases) == expected).all() and len(alleles.keys) > 100
    alone = Batch(["A"], ["tumor"], np.ones(1), PEOPLE[0][None])
    nothing = alone.alleles()
    assert not len(nothing.keys) and (nothing.at(positions, bases) == 0).all()
    assert alone.tumor_weight(0) == 0 and (alone.weights(0) == 0).all()


def test_without_sites_there_is_no_bound() -> None:
    empty = np.zeros(0)
    found = estimate_rate(Sites(empty, empty, empty, empty), 0.95)
    assert np.isnan(found.rate) and found.low == 0 and found.high == 1 and found.n_sites == 0


def test_sites_have_a_known_own_allele_and_a_foreign_one() -> None:
    own = PEOPLE[0].copy()
    other = np.flatnonzero(BATCH.weights(1).max(axis=1) > 0)
    own[other[0]], usable = -1, USABLE.copy()
    usable[other[1]] = False
    bases = hopped(1, 0.01, 2000, 1)
    sites = foreign_sites(counted(bases), own, BATCH.weights(1), ERRORS, usable)
    everywhere = foreign_sites(counted(bases), PEOPLE[0], BATCH.weights(1), ERRORS, USABLE)
    assert len(everywhere) == (BATCH.weights(1) > 0).sum() == len(sites) + 2
    kept = everywhere[np.arange(2, len(everywhere))]
    assert (sites.alt == kept.alt).all() and (sites.depth == kept.depth).all()
    assert (sites.weight == kept.weight).all() and (sites.error == kept.error).all()
    assert everywhere.alt[0] == bases[other[0], BATCH.weights(1)[other[0]].argmax()].sum()
