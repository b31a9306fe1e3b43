"""Errors at each site, summed over samples."""

import numpy as np
import pytest
from draws import (
    CODES,
    NO_READS,
    REFERENCE,
    draw,
    gamma_factors,
    panel,
    rates,
    some_positions,
    spike,
)
from places import LENGTH, PLACEHOLDER

from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.errors import background, sample_errors, site_sums


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
    rest, direct = whole.without(parts[1]), parts[0] + parts[2]
    np.testing.assert_array_equal(rest.error, direct.error)
    np.testing.assert_allclose(rest.expected, direct.expected, atol=1e-12)
    assert rest.n_samples == 2
    nothing = whole.without(parts[0]).without(parts[1]).without(parts[2])
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
    total = site_sums.empty_sites(LENGTH)
    for _ in range(6):
        counts, _ = spike(rng, draw(rng, 2000, rate, factors), some_positions(rng, 4), 0.012)
        total = total + site_sums.site_contribution(counts)
    assert site_sums.spread_within(total) < 0.1


def test_one_sample_shows_no_spread_between_samples():
    rng = np.random.default_rng(23)
    assert site_sums.spread_within(panel(rng, 1, rates(rng), 1.0, 0.0)) == 0.25
