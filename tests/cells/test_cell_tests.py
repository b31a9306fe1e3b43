"""Tests of a cell: exact tails, levels under simulation, detection limits."""

import numpy as np
import pytest
from cell_libraries import learn, library
from scipy import stats

from mitotransfer.cells import cell_tests
from mitotransfer.cells.ambient import Ambient
from mitotransfer.simulate.cell_library import CellScenario, Subset
from mitotransfer.stats.false_discovery import q_values


def exact_tail(count, fixed, mixed, shape):
    """P(X >= count) of a Poisson plus a negative binomial variable, by convolution."""
    below = np.arange(count)
    share = shape / (shape + mixed)
    poisson, negative = stats.poisson.pmf(below, fixed), stats.nbinom.pmf(below, shape, share)
    return 1 - np.convolve(poisson, negative)[:count].sum()


@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0, 5.0])
def test_p_values_are_the_exact_tail(shape):
    ambient = Ambient(load=0.8, shape=shape, tumor_share=0.6, swap=0.005, swap_tumor_share=0.2)
    counts = np.arange(1, 16)
    cells = library([[k] for k in counts], [[120]] * 15, [0.6], ambient, total=[40.0] * 15)
    mixed = 120 * 0.6 * 0.8 / 40 * 0.6
    fixed = 120 * 0.6 * 0.005 * 0.2 + 120 * 5e-4
    exact = [exact_tail(k, fixed, mixed, shape) for k in counts]
    found = cell_tests.p_values(cells, 0.0)
    checked = np.array(exact) > 1e-7
    np.testing.assert_allclose(found[checked], np.array(exact)[checked], rtol=0.02)


def test_a_cell_without_fragments_has_no_p_value_and_one_without_alleles_has_one():
    p = cell_tests.p_values(library([[0], [0]], [[0], [10]], [0.9]), 0.0)
    assert np.isnan(p[0]) and p[1] == 1


def test_a_higher_fraction_is_harder_to_exceed():
    cells = library([[4]], [[40]], [0.9], Ambient(0.8, 2.0, 0.6))
    p = [cell_tests.p_values(cells, f)[0] for f in (0.0, 0.02, 0.05, 0.2)]
    assert p == sorted(p) and p[0] < p[-1]


@pytest.mark.parametrize("ambient", [0.0, 0.8, 2.0])
@pytest.mark.parametrize("shape", [1.0, 5.0])
def test_null_cells_are_rarely_called(ambient, shape):
    scenario = CellScenario((Subset("CD8", 3000),), ambient=ambient, ambient_shape=shape)
    p = cell_tests.p_values(learn(scenario, 1).library, 0.0)
    # Of 36 expected at 1.2 %, five standard deviations.
    assert (p < 0.01).sum() <= 36 + 30
    assert (q_values(cell_tests.p_values(learn(scenario, 1).library, 0.05)) < 0.05).sum() == 0


@pytest.mark.parametrize("hopped", [0.005, 0.01])
def test_reads_of_another_library_of_the_pool_call_no_cell(hopped):
    """Its person was born with the tumour's alleles: twice the rate that is assumed is borne."""
    scenario = CellScenario((Subset("CD8", 3000),), hopped=hopped, hopped_vafs=(1.0, 1.0, 1.0))
    p = cell_tests.p_values(learn(scenario, 1).library, 0.05)
    assert (p < 0.01).sum() <= 36 and (q_values(p) < 0.05).sum() == 0


def test_cells_at_the_threshold_are_not_above_it():
    scenario = CellScenario((Subset("CD8", 3000, share=1.0, fraction=0.05),), concentration=10)
    p = cell_tests.p_values(learn(scenario, 2).library, 0.05)
    assert (p < 0.01).sum() <= 36 + 30


def test_receivers_are_found():
    scenario = CellScenario((Subset("CD8", 2000, share=0.1, fraction=0.2),), depth_spread=0.0)
    learned = learn(scenario, 3)
    receivers = learned.fraction > 0
    for threshold, power in ((0.05, 0.65), (0.0, 0.9)):
        called = q_values(cell_tests.p_values(learned.library, threshold)) < 0.05
        assert called[receivers].mean() > power - 0.06
        assert called[~receivers].sum() <= 0.05 * called.sum() + 10


@pytest.mark.parametrize(
    ("depth", "zero", "zero_ambient", "above"),
    [
        (10, 0.40, 0.51, 0.70),
        (20, 0.22, 0.34, 0.46),
        (40, 0.115, 0.21, 0.335),
        (80, 0.06, 0.135, 0.22),
    ],
)
def test_detection_limits_of_one_variant_on_all_mtdna(depth, zero, zero_ambient, above):
    def limit(share, fraction):
        ambient = Ambient(load=share * depth, shape=20.0, tumor_share=0.6)
        cells = library([[0]], [[depth]], [1.0], ambient)
        return cell_tests.detection_limits(cells, fraction, 0.001)[0]

    assert limit(0.0, 0.0) == pytest.approx(zero, abs=0.02)
    assert limit(0.02, 0.0) == pytest.approx(zero_ambient, abs=0.02)
    assert limit(0.0, 0.05) == pytest.approx(above, abs=0.02)


def test_a_cell_of_too_few_fragments_has_no_detection_limit():
    limits = cell_tests.detection_limits(library([[0]] * 2, [[1], [60]], [1.0]), 0.05, 0.001)
    assert np.isnan(limits[0]) and limits[1] < 0.3


def test_the_power_at_the_detection_limit_is_as_stated():
    cells = library([[0]], [[40]], [0.8])
    limit = cell_tests.detection_limits(cells, 0.05, 0.001)[0]
    counts = np.random.default_rng(4).binomial(40, limit * 0.8 + 5e-4, 4000)
    many = library([[k] for k in counts], [[40]] * 4000, [0.8])
    assert (cell_tests.p_values(many, 0.05) <= 0.001).mean() == pytest.approx(0.95, abs=0.02)


def test_the_needed_count_is_the_least_one():
    means, weights = np.array([[0.5, 3.0], [20.0, 40.0]]), np.array([0.7, 0.3])
    found = cell_tests.needed(means, weights, 0.001)
    for shift, enough in ((0, True), (-1, False)):
        tail = cell_tests.upper_tail(found + shift, means, weights)
        assert ((tail <= 0.001) == enough).all()


def test_one_site_that_alone_has_alleles_is_seen_when_it_is_left_out():
    cells = library([[9, 0, 0], [3, 3, 3]], [[40, 40, 40]] * 2, [0.6, 0.6, 0.6])
    left = cell_tests.without_each(cells)
    assert left[0].max() == 1 and left[1].max() < 0.01
    assert cell_tests.without_each(library([[9]], [[40]], [0.6])).tolist() == [[1.0]]
