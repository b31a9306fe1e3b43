"""Error rates of one sample: recovered from simulated counts with known truth."""

import draws
import numpy as np
import pytest
from draws import (
    CODES,
    NO_READS,
    REFERENCE,
    draw,
    gamma_factors,
    rates,
    some_positions,
    spike,
)
from fitted_errors import errors_of
from places import LENGTH

from mitotransfer.counts import minor_alleles
from mitotransfer.errors import background, sample_errors, site_sums
from mitotransfer.stats import beta_binomial

OFF = ~np.eye(4, dtype=bool)


def relative_variance(errors):
    return (errors.rho * (1 - errors.rate))[OFF] / errors.rate[OFF]


@pytest.mark.parametrize("variance", [0.3, 1.0, 3.0])
def test_rates_and_spread_are_recovered(variance):
    rng = np.random.default_rng(int(variance * 10))
    rate = rates(rng)
    errors = sample_errors.estimate_errors(draw(rng, 4000, rate, gamma_factors(rng, variance)))
    # Standard error of a mean rate over N sites: sqrt((1 / E + variance) / N).
    n_sites = np.bincount(CODES, minlength=4)[:, None, None]
    relative = np.sqrt(
        (1 / (2000 * rate[OFF]) + variance) / np.broadcast_to(n_sites, rate.shape)[OFF]
    )
    assert np.all(np.abs(errors.rate[OFF] / rate[OFF] - 1) < 5 * relative)
    np.testing.assert_allclose(np.median(relative_variance(errors)), variance, rtol=0.1)
    assert errors.strand_correlation < 0.1
    assert np.all(errors.rate[~OFF] == 0)


def test_real_variants_do_not_move_the_rates():
    rate = rates(np.random.default_rng(7))
    clean = draw(np.random.default_rng(8), 3000, rate, gamma_factors(np.random.default_rng(9), 1.0))
    plain = sample_errors.estimate_errors(clean)
    rng = np.random.default_rng(10)
    mixed = clean
    for vaf in (0.02, 0.05, 0.15, 0.5, 1.0):
        mixed, _ = spike(rng, mixed, some_positions(rng, 40), vaf)
    moved = sample_errors.estimate_errors(mixed)
    np.testing.assert_allclose(moved.rate[OFF], plain.rate[OFF], rtol=0.05)
    np.testing.assert_allclose(
        np.median(relative_variance(moved)), np.median(relative_variance(plain)), rtol=0.1
    )
    assert moved.hot_spots < 2e-4


def test_many_variants_of_a_shallow_sample_do_not_move_the_rates():
    # As in a mixture of two people at 60x; half of the variants replace one base.
    rate = rates(np.random.default_rng(17), 2e-5, 2e-4)
    clean = draw(np.random.default_rng(18), 60, rate)
    rng = np.random.default_rng(19)
    places = some_positions(rng, 2000)
    chosen = np.r_[places[CODES[places] == 2][:25], places[CODES[places] != 2][:25]]
    mixed, truth = spike(rng, clean, chosen, 0.1, transitions=1.0)
    plain, moved = errors_of(clean), errors_of(mixed)
    np.testing.assert_allclose(moved.rate[OFF], plain.rate[OFF], rtol=0.5)
    found = draws.call(mixed)
    passed = found[found["filter"] == "PASS"]
    assert len(truth & set(zip(passed["pos"], passed["alt"], strict=True))) >= 40


AMPLICONS = [(0, 0.5), (24, 0.0), (24, 0.5), (24, 2.0)]
MORE = [(n, v) for n in (0, 6, 12) for v in (0.0, 0.5, 2.0) if n or v != 0.5]


@pytest.mark.parametrize(
    ("number", "variance"),
    [*AMPLICONS, *(pytest.param(*one, marks=pytest.mark.slow) for one in MORE)],
)
def test_an_amplicon_shows_another_haplotype(number, variance):
    """Variants of some 70 sites of a substitution are no errors, as many as two people differ."""
    rng = np.random.default_rng([number, int(10 * variance)])
    depth, amplicon = np.zeros((LENGTH, 1)), np.arange(16_023, 16_290)
    depth[amplicon] = rng.gamma(2.0, 3000.0, (amplicon.size, 1))
    rate, site = rates(rng), gamma_factors(rng, variance, (LENGTH, 4, 1))
    places = rng.choice(np.setdiff1d(amplicon, np.r_[16180:16196]), number, replace=False)
    counts, truth = spike(rng, draw(rng, depth, rate, site), places, 0.05, transitions=0.9)
    bases = draws.alleles_of(counts).bases
    called = bases[bases["minor"] & (bases["q_value"] <= draws.SETTINGS.max_fdr)]
    called = set(zip(called["pos"], called["alt"], strict=True))
    assert len(truth & called) >= 0.95 * number
    assert len(called - truth) <= 1
    errors = errors_of(counts)
    assert np.all(errors.rate[OFF] < 8 * rate[OFF])


@pytest.mark.parametrize("stray", [1, pytest.param(3, marks=pytest.mark.slow), 300])
def test_reads_elsewhere_do_not_blind_an_amplicon(stray):
    """Thousands of sites with stray fragments have no variants, and say nothing on the amplicon."""
    rng = np.random.default_rng(stray)
    amplicon = np.arange(15_923, 16_180)
    depth = np.full((LENGTH, 1), 2.0 * stray)
    depth[amplicon] = 6000.0
    counts = draw(rng, depth, rates(rng), gamma_factors(rng, 0.5, (LENGTH, 4, 1)))
    places = rng.choice(amplicon, 12, replace=False)
    counts, truth = spike(rng, counts, places, 0.01, transitions=0.9)
    bases = draws.alleles_of(counts).bases
    called = bases[bases["minor"] & (bases["q_value"] <= draws.SETTINGS.max_fdr)]
    called = called[called["filter"] == "PASS"]
    called = set(zip(called["pos"], called["alt"], strict=True))
    assert len(truth & called) >= 11
    assert len(called - truth) <= 1


def test_only_sites_near_the_usual_depth_show_errors():
    depth = np.array([0, 2, 299, 301, *[6000] * 10])
    assert sample_errors.deep(depth).tolist() == [False] * 3 + [True] * 11
    assert not sample_errors.deep(np.zeros(3, np.int64)).any()


def test_strands_that_err_together_and_hot_spots_are_seen():
    rng = np.random.default_rng(4)
    rate = rates(rng)
    together = np.repeat(gamma_factors(rng, 1.0, (LENGTH, 4, 1)), 2, axis=2)
    counts = draw(rng, 4000, rate, together)
    assert sample_errors.estimate_errors(counts).strand_correlation > 0.9
    hot, _ = spike(rng, counts, some_positions(rng, 100), 0.05, strands=(0,))
    share = sample_errors.estimate_errors(hot).hot_spots
    assert share == pytest.approx(100 / (3 * LENGTH), rel=0.15)


def test_a_high_error_rate_is_recovered():
    # Pooled low-quality data: 1.2 % mismatches, 0.4 % per allele.
    rng = np.random.default_rng(2)
    rate = rates(rng, 3e-3, 5e-3)
    errors = sample_errors.estimate_errors(draw(rng, 2000, rate, gamma_factors(rng, 0.5)))
    np.testing.assert_allclose(errors.rate[OFF], rate[OFF], rtol=0.1)
    np.testing.assert_allclose(np.median(relative_variance(errors)), 0.5, rtol=0.15)


def test_errors_belong_to_the_samples_own_base():
    rng = np.random.default_rng(6)
    rate = np.full((4, 4, 2), 1e-4)
    rate[0, 2] = 5e-3  # A>G
    rate[np.arange(4), np.arange(4)] = 0
    truth = CODES.copy()
    variants = np.flatnonzero(CODES == 3)[:1500]
    truth[variants] = 0  # many homoplasmic T>A
    errors = sample_errors.estimate_errors(draw(rng, 3000, rate, truth=truth))
    np.testing.assert_allclose(errors.rate[0, 2], 5e-3, rtol=0.05)
    np.testing.assert_allclose(errors.rate[3, 2], 1e-4, rtol=0.25)
    own = minor_alleles.own_bases(draw(rng, 3000, rate, truth=truth))
    predicted = background.background(errors, REFERENCE, own=own)
    mean, _ = beta_binomial.mean_rho(predicted.alpha, predicted.beta)
    np.testing.assert_allclose(mean[variants[0], 2], errors.rate[0, 2])
    np.testing.assert_allclose(mean[np.flatnonzero(CODES == 3)[-1], 2], errors.rate[3, 2])


def test_without_reads_the_prior_remains():
    errors = sample_errors.estimate_errors(NO_READS)
    np.testing.assert_allclose(errors.rate[OFF], 1e-3)
    np.testing.assert_allclose(relative_variance(errors), 1.0, rtol=1e-4)
    predicted = background.background(errors, REFERENCE)
    assert np.isfinite(predicted.alpha).all() and (predicted.alpha > 0).all()
    assert np.isfinite(predicted.beta).all() and (predicted.beta > 0).all()


def test_errors_file_round_trips(tmp_path):
    rng = np.random.default_rng(1)
    errors = sample_errors.estimate_errors(draw(rng, 500, rates(rng)))
    path = tmp_path / "errors.json"
    sample_errors.save_errors(errors, path)
    back = sample_errors.load_errors(path)
    np.testing.assert_array_equal(back.rate, errors.rate)
    np.testing.assert_array_equal(back.rho, errors.rho)
    assert (back.strand_correlation, back.hot_spots) == (
        errors.strand_correlation,
        errors.hot_spots,
    )
    first = path.read_bytes()
    sample_errors.save_errors(back, path)
    assert path.read_bytes() == first
    path.write_text('{"rate": []}')
    with pytest.raises(ValueError, match=r"errors\.json"):
        sample_errors.load_errors(path)


def damaged_sample(rng, depth, damage):
    """Even C>T and G>A on top of sequencing errors that scatter over sites."""
    rate = rates(rng)
    factors = gamma_factors(rng, 0.5, (LENGTH, 4, 1)) * np.ones((1, 1, 2))
    for base, allele in ((1, 3), (2, 0)):
        factors[np.equal(CODES, base), allele] += damage / rate[base, allele].mean()
    return draw(rng, depth, rate, factors)


def test_damage_has_a_tail_of_its_own(tmp_path):
    counts = damaged_sample(np.random.default_rng(31), 1000, 0.005)
    found = sample_errors.estimate_errors(counts)
    factors = found.site_factors
    # Even where sequencing scatters: 20 of 5 expected are an error there, not here.
    base, allele = np.array([[0, 2], [1, 3]]).T
    usual, damage = factors.upper_tail([20, 20], [5.0, 5.0], base, allele)
    assert damage < 1e-5 < 0.001 < usual
    sample_errors.save_errors(found, tmp_path / "errors.json")
    back = sample_errors.load_errors(tmp_path / "errors.json").site_factors
    np.testing.assert_array_equal(back.gamma, factors.gamma)
    np.testing.assert_array_equal(back.lognormal, factors.lognormal)
    np.testing.assert_array_equal(back.heavy, factors.heavy)
    sites = site_sums.site_contribution(counts)
    assert background.background(found, REFERENCE, sites).site_factors is None


def test_a_strand_that_errs_far_more_often_is_no_evidence():
    rate = np.array([[1e-3, 1e-4], [1e-4, 1e-4], [1e-4, 1e-3], [1e-3, 1e-4]])
    depth = np.array([[10, 10], [10, 10], [10, 10], [10, 0]])
    noisy = sample_errors.noisy_strands(rate, depth)
    assert noisy.tolist() == [[True, False], [False, False], [False, True], [False, False]]


def test_the_fit_ends_in_the_same_place_from_every_start(monkeypatch):
    """The site factors have no start; the first rates leave out more or fewer alleles."""
    rng = np.random.default_rng(34)
    counts = draw(rng, 2000, rates(rng), gamma_factors(rng, 0.5, (LENGTH, 4, 1)))
    for vaf in (0.01, 0.02, 0.1):
        counts, _ = spike(rng, counts, some_positions(rng, 60), vaf, transitions=0.9)
    usual = sample_errors.estimate_errors(counts)
    monkeypatch.setattr(sample_errors, "SUSPECTED_SITES", 0)
    for suspected in (0.0, 0.1):
        monkeypatch.setattr(sample_errors, "SUSPECTED", suspected)
        moved = sample_errors.estimate_errors(counts)
        np.testing.assert_allclose(moved.rate[OFF], usual.rate[OFF], rtol=0.01)
        np.testing.assert_allclose(
            moved.site_factors.gamma[OFF], usual.site_factors.gamma[OFF], rtol=0.05
        )
        assert moved.site_factors.heavy == pytest.approx(usual.site_factors.heavy, abs=0.05)


def test_a_heavy_tail_of_the_transitions_alone_is_not_called():
    rng = np.random.default_rng(35)
    s = np.sqrt(np.log1p(3.0))
    factors = gamma_factors(rng, 3.0, (LENGTH, 4, 1))
    transitions = np.arange(4) == CODES[:, None] ^ 2
    factors[transitions, 0] = np.exp(rng.normal(-0.5 * s * s, s, transitions.sum()))
    counts = draw(rng, 8000, rates(rng), factors)
    found = draws.call(counts)
    assert not np.any((found["filter"] == "PASS") & (found["vaf"] < 0.5))
    heavy = errors_of(counts).site_factors.heavy
    assert heavy[0, 2] > 0.99 and heavy[0, 1] < 0.01


@pytest.mark.slow
def test_variants_are_found_in_damaged_dna():
    rng = np.random.default_rng(33)
    wanted = found = false = 0
    for _ in range(4):
        counts = damaged_sample(rng, 600, 0.01)
        places = some_positions(rng, 200)
        places = places[np.isin(CODES[places], (1, 2))][:10]
        counts, truth = spike(rng, counts, places, 0.06, transitions=1.0)
        bases = draws.alleles_of(counts).bases
        got = bases[bases["minor"] & (bases["q_value"] <= draws.SETTINGS.max_fdr)]
        alleles = set(zip(got["pos"], got["alt"], strict=True))
        wanted, found = wanted + len(truth), found + len(truth & alleles)
        false += len(alleles - truth)
    assert found >= 0.95 * wanted
    assert false <= 2


def test_the_fit_has_one_answer(monkeypatch):
    """Rates and site factors of a noisy sample with many variants, from four starts."""
    rng = np.random.default_rng(0)
    counts, _ = draws.noisy(rng)
    counts, _ = spike(rng, counts, some_positions(rng, 200), 0.02, transitions=0.9)
    found = []
    for start in (1e-4, 2e-3, 1e-2, 5e-2):  # shares of alleles that are left out at first
        monkeypatch.setattr(sample_errors, "SUSPECTED", start)
        found.append(sample_errors.estimate_errors(counts))
    usual = found[2]
    for other in found:
        np.testing.assert_allclose(other.rate[OFF], usual.rate[OFF], rtol=0.01)
        for name in ("gamma", "lognormal"):
            got, expected = (getattr(x.site_factors, name)[OFF] for x in (other, usual))
            np.testing.assert_allclose(got, expected, rtol=0.02)
