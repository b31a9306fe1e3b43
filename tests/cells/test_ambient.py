"""Ambient mtDNA: its load, shape and share of the tumour are found in drawn droplets."""

import math

import numpy as np
import pytest

from mitotransfer.cells import ambient

RNG = np.random.default_rng


def droplets(rng, mean, shape, size):
    return rng.poisson(mean * rng.gamma(shape, 1 / shape, size))


@pytest.mark.parametrize("shape", [1.0, 2.0, 5.0])
def test_mean_and_shape_are_found(shape):
    load, found = ambient.load_of_droplets(droplets(RNG(1), 60, shape, 5000))
    assert load == pytest.approx(60, rel=0.05)
    assert found == pytest.approx(shape, rel=0.12)


def test_stray_barcodes_and_damaged_cells_hardly_matter():
    rng = RNG(2)
    strays, damaged = np.ones(100_000, int), np.full(50, 4000)
    mixed = np.concatenate([droplets(rng, 60, 2.0, 5000), strays, damaged])
    load, shape = ambient.load_of_droplets(mixed)
    assert load == pytest.approx(60, rel=0.05)
    assert shape == pytest.approx(2.0, rel=0.12)


def test_barcodes_without_fragments_may_be_missing_from_the_list():
    drawn = droplets(RNG(3), 3, 1.0, 20_000)
    load, _ = ambient.load_of_droplets(drawn[drawn > 0])
    assert load == pytest.approx(3, rel=0.1)


def test_too_few_barcodes_measure_nothing_and_empty_ones_measure_zero():
    assert all(map(math.isnan, ambient.load_of_droplets(np.array([5] * 10))))
    assert ambient.load_of_droplets(np.zeros(100, int))[0] == 0


def test_share_of_the_tumor_in_free_mtdna():
    vaf, error = np.array([0.9, 0.3]), np.array([1e-3, 1e-3])
    depth = np.array([20_000, 40_000])
    alt = RNG(4).binomial(depth, 0.6 * vaf + (1 - 0.6 * vaf) * error)
    assert ambient.tumor_share(alt, depth, vaf, error) == pytest.approx(0.6, abs=0.02)
    assert ambient.tumor_share(np.zeros(2, int), depth, vaf, error) == 0
    assert ambient.tumor_share(np.zeros(2, int), np.zeros(2, int), vaf, error) == 0


def test_the_mirror_can_only_lower_the_assumed_rate_of_swaps():
    own, depth = np.array([2000, 8]), np.array([20_000, 20_000])
    # 14.4 is the upper bound of a Poisson mean of which 8 were seen.
    expected = 14.43 / 20_000 / 0.5
    assert ambient.swap_rate(own, depth, 0.5, 0.005) == pytest.approx(expected, rel=1e-3)
    assert ambient.swap_rate(own[:1], depth[:1], 0.5, 0.005) == 0.005
    assert ambient.swap_rate(np.zeros(1, int), np.array([100]), 0.5, 0.005) == 0.005
    assert ambient.swap_rate(own, np.zeros(2, int), 0.5, 0.005) == 0.005
    assert ambient.swap_rate(own, depth, 1.0, 0.005) == 0.005
