"""Error rates of samples and sites: recovered from simulated counts with known truth."""

import draws
import numpy as np
import pytest
from draws import CODES, REFERENCE, draw, gamma_factors, rates, some_positions, spike

from mitotransfer.counts import minor_alleles
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.errors import background, sample_errors, site_sums
from mitotransfer.genome.reference import LENGTH, PLACEHOLDER
from mitotransfer.stats import beta_binomial

OFF = ~np.eye(4, dtype=bool)
NO_READS = Counts(np.zeros((LENGTH, 4, 2), np.uint32), empty_indels(), {})


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
    plain, moved = sample_errors.estimate_errors(clean), sample_errors.estimate_errors(mixed)
    np.testing.assert_allclose(moved.rate[OFF], plain.rate[OFF], rtol=0.5)
    found = draws.call(mixed)
    passed = found[found["filter"] == "PASS"]
    assert len(truth & set(zip(passed["pos"], passed["alt"], strict=True))) >= 40


def test_strands_that_err_together_and_hot_spots_are_seen():
    rng = np.random.default_rng(4)
    rate = rates(rng)
    together = np.repeat(gamma_factors(rng, 1.0, (LENGTH, 4, 1)), 2, axis=2)
    counts = draw(rng, 4000, rate, together)
    assert sample_errors.estimate_errors(counts).strand_correlation > 0.9
    hot, _ = spike(rng, counts, some_positions(rng, 100), 0.05, strands=(0,))
    share = sample_errors.estimate_errors(hot).hot_spots
    assert share == pytest.approx(100 / (3 * LENGTH), rel=0.15)


def test_a_high_error_rate_is_taken_as_such():
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
    np.testing.assert_allclose(relative_variance(errors), 1.0)
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


# ---------------------------------------------------------------- sites


def panel(rng, n_samples, rate, factors, phi, depth=2000):
    total = site_sums.empty_sites()
    for _ in range(n_samples):
        scale = rng.lognormal(0, 0.5)  # samples of better and worse runs
        own = factors * gamma_factors(rng, phi)
        total = total + site_sums.site_contribution(draw(rng, depth, rate * scale, own))
    return total


def damaged_sample(rng, depth, damage):
    """Even C>T and G>A on top of sequencing errors that scatter over sites."""
    rate = rates(rng)
    factors = gamma_factors(rng, 0.5, (LENGTH, 4, 1)) * np.ones((1, 1, 2))
    for base, allele in ((1, 3), (2, 0)):
        factors[np.equal(CODES, base), allele] += damage / rate[base, allele].mean()
    return draw(rng, depth, rate, factors)


@pytest.mark.parametrize("damage", [0.0, 0.005])
def test_damage_has_a_site_factor_of_its_own(damage, tmp_path):
    counts = damaged_sample(np.random.default_rng(31), 1000, damage)
    found = sample_errors.estimate_errors(counts)
    if not damage:
        assert found.damaged is None and found.damage_factor is None
        return
    assert np.argwhere(found.damaged).tolist() == [[1, 3], [2, 0]]
    # Even where sequencing scatters: 15 of 5 expected are an error there, not here.
    usual, damage_tail = (f.upper_tail([20], [5.0])[0] for f in
                          (found.site_factor, found.damage_factor))  # fmt: skip
    assert damage_tail < 1e-5 < 0.001 < usual
    sample_errors.save_errors(found, tmp_path / "errors.json")
    back = sample_errors.load_errors(tmp_path / "errors.json")
    assert back.damage_factor == found.damage_factor
    np.testing.assert_array_equal(back.damaged, found.damaged)
    predicted = background.background(found, REFERENCE)
    np.testing.assert_array_equal(predicted.damaged[:, 3], CODES == 1)
    assert not predicted.damaged[PLACEHOLDER].any()
    sites = site_sums.site_contribution(counts)
    assert background.background(found, REFERENCE, sites).damaged is None


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


def test_site_contribution_counts_errors_and_leaves_variants_out():
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[np.arange(LENGTH), CODES] = 500
    bases[PLACEHOLDER] = 0
    ref = CODES[99]
    error, variant, third = [(ref + i) % 4 for i in (1, 2, 3)]
    bases[99, error] = [7, 2]
    bases[99, variant] = [40, 40]
    sites = site_sums.site_contribution(Counts(bases, empty_indels(), {}))
    np.testing.assert_array_equal(sites.error[99, error], [7, 2])
    np.testing.assert_array_equal(sites.error_squares[99, error], [49, 4])
    np.testing.assert_array_equal(sites.depth[99, error], [547, 542])
    np.testing.assert_array_equal(sites.depth[99, third], [547, 542])
    for array in (sites.error, sites.depth, sites.expected, sites.expected_squares):
        np.testing.assert_array_equal(array[99, [variant, ref]], 0)  # variant, own base
    assert sites.error.sum() == 9
    assert sites.depth[PLACEHOLDER].sum() == 0
    assert sites.n_samples == 1


def test_sums_without_a_patient_are_the_sums_of_the_rest():
    rng = np.random.default_rng(12)
    rate = rates(rng)
    parts = [site_sums.site_contribution(draw(rng, 300, rate)) for _ in range(3)]
    whole = parts[0] + parts[1] + parts[2]
    rest, direct = whole - parts[1], parts[0] + parts[2]
    np.testing.assert_array_equal(rest.error, direct.error)
    np.testing.assert_allclose(rest.expected, direct.expected, atol=1e-12)
    assert rest.n_samples == 2
    nothing = whole - parts[0] - parts[1] - parts[2]
    predicted = background.background(sample_errors.estimate_errors(NO_READS), REFERENCE, nothing)
    assert np.isfinite(predicted.alpha).all()


def test_sites_file_round_trips(tmp_path):
    rng = np.random.default_rng(13)
    sites = site_sums.site_contribution(draw(rng, 300, rates(rng)))
    site_sums.save_sites(sites, tmp_path / "sites.npz")
    back = site_sums.load_sites(tmp_path / "sites.npz")
    np.testing.assert_array_equal(back.error, sites.error)
    np.testing.assert_array_equal(back.expected_squares, sites.expected_squares)
    assert back.n_samples == 1
    np.savez(tmp_path / "other.npz", error=sites.error)
    with pytest.raises(ValueError, match=r"other\.npz"):
        site_sums.load_sites(tmp_path / "other.npz")


@pytest.mark.parametrize("phi", [0.0, 0.1, 0.5])
def test_spread_between_samples_is_recovered(phi):
    rng = np.random.default_rng(21)
    sites = panel(rng, 8, rates(rng), gamma_factors(rng, 1.0), phi)
    assert site_sums.spread_within(sites) == pytest.approx(phi, abs=0.03 + 0.1 * phi)


def test_low_variants_in_a_panel_do_not_widen_every_site():
    rng = np.random.default_rng(22)
    rate, factors = rates(rng), gamma_factors(rng, 1.0)
    total = site_sums.empty_sites()
    for _ in range(6):
        counts, _ = spike(rng, draw(rng, 2000, rate, factors), some_positions(rng, 4), 0.012)
        total = total + site_sums.site_contribution(counts)
    assert site_sums.spread_within(total) < 0.1


def test_one_sample_shows_no_spread_between_samples():
    rng = np.random.default_rng(23)
    assert site_sums.spread_within(panel(rng, 1, rates(rng), 1.0, 0.0)) == 0.25


# ---------------------------------------------------------------- prediction


def test_own_data_alone_predict_the_samples_rates():
    rng = np.random.default_rng(30)
    errors = sample_errors.estimate_errors(draw(rng, 2000, rates(rng), gamma_factors(rng, 1.0)))
    predicted = background.background(errors, REFERENCE)
    mean, rho = beta_binomial.mean_rho(predicted.alpha, predicted.beta)
    for position in (10, 5000, 16000):
        for allele in set(range(4)) - {CODES[position]}:
            np.testing.assert_allclose(mean[position, allele], errors.rate[CODES[position], allele])
            np.testing.assert_allclose(rho[position, allele], errors.rho[CODES[position], allele])


def test_a_panel_finds_each_sites_rate_and_says_how_sure_it_is():
    rng = np.random.default_rng(31)
    rate, factors, phi = rates(rng), gamma_factors(rng, 1.0), 0.1
    sites = panel(rng, 12, rate, factors, phi)
    truth = np.where(np.arange(4)[None, :, None] != CODES[:, None, None], factors * rate[CODES], 0)
    sample = draw(rng, 2000, rate, factors * gamma_factors(rng, phi))
    errors = sample_errors.estimate_errors(sample)
    alone = background.background(errors, REFERENCE)
    informed = background.background(errors, REFERENCE, sites)
    real = truth > 0
    real[PLACEHOLDER] = False

    def misfit(predicted):
        mean, _ = beta_binomial.mean_rho(predicted.alpha, predicted.beta)
        return np.mean((mean - truth)[real] ** 2)

    assert misfit(informed) < 0.4 * misfit(alone)
    mean, rho = beta_binomial.mean_rho(informed.alpha, informed.beta)
    deviation = np.sqrt(mean * (1 - mean) * rho)
    # Given the panel, a new sample's rate at a site is truth * epsilon.
    score = ((truth * gamma_factors(rng, phi) - mean) / deviation)[real]
    assert score.mean() == pytest.approx(0.0, abs=0.05)
    assert score.std() == pytest.approx(1.0, abs=0.1)


def test_a_worse_sample_is_predicted_worse_by_the_same_panel():
    rng = np.random.default_rng(32)
    rate, factors = rates(rng), gamma_factors(rng, 1.0)
    sites = panel(rng, 6, rate, factors, 0.0)
    good = sample_errors.estimate_errors(draw(rng, 3000, rate, factors))
    poor = sample_errors.estimate_errors(draw(rng, 3000, 5 * rate, factors))
    means = [
        beta_binomial.mean_rho(p.alpha, p.beta)[0]
        for p in (background.background(e, REFERENCE, sites) for e in (good, poor))
    ]
    real = np.arange(4) != CODES[:, None]
    assert np.median((means[1] / means[0])[real]) == pytest.approx(5, rel=0.1)


def test_many_samples_never_sharpen_beyond_the_spread_between_samples():
    errors = sample_errors.estimate_errors(NO_READS)
    one = np.ones((LENGTH, 4, 2))
    sites = site_sums.SiteSums(1e4 * one, 1e7 * one, 1e4 * one, 1e6 * one, 1e6 * one, 100)
    predicted = background.background(errors, REFERENCE, sites, within=0.2)
    mean, rho = beta_binomial.mean_rho(predicted.alpha, predicted.beta)
    position, allele = 5000, (CODES[5000] + 1) % 4
    relative = (rho * (1 - mean) / mean)[position, allele]
    assert np.all((relative > 0.2) & (relative < 0.21))

    assert background.background(errors, REFERENCE, sites, within=0.0).alpha[
        position, allele
    ] == pytest.approx(1e4, rel=0.02)


def test_joined_strands_have_the_mean_and_variance_of_the_sum():
    rng = np.random.default_rng(33)
    alpha, beta = np.full((LENGTH, 4, 2), 2.0), np.full((LENGTH, 4, 2), 1000.0)
    alpha[..., 1], beta[..., 1] = 0.5, 4000.0
    where, allele = np.array([100]), np.array([1])
    depth = (np.array([3000]), np.array([1000]))
    forward, reverse = rng.beta(2.0, 1000.0, 400_000), rng.beta(0.5, 4000.0, 400_000)
    pooled = 0.75 * forward + 0.25 * reverse
    predicted = background.Background(alpha, beta, 0.0, 0.0)
    mean, rho = beta_binomial.mean_rho(*background.joined(predicted, where, allele, *depth))
    assert mean[0] == pytest.approx(pooled.mean(), rel=0.01)
    assert (mean * (1 - mean) * rho)[0] == pytest.approx(pooled.var(), rel=0.02)
    # One strand alone is that strand, whatever the correlation.
    predicted = background.Background(alpha, beta, 1.0, 0.0)
    got = background.joined(predicted, where, allele, np.array([0]), np.array([50]))
    np.testing.assert_allclose(np.ravel(got), [0.5, 4000.0])
