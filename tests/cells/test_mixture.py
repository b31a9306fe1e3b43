"""The model of a cell: its parts add up as written, and parts of a library are itself."""

import numpy as np
import pytest
from cell_libraries import library

from mitotransfer.cells import mixture
from mitotransfer.cells.ambient import Ambient

AMBIENT = Ambient(load=0.4, shape=2.0, tumor_share=0.5, swap=0.01, swap_tumor_share=0.3)
TWO = library([[1, 2], [0, 0]], [[20, 10], [0, 40]], [0.9, 0.4], AMBIENT, total=[20.0, 0.1])


def test_expected_alleles_are_those_of_the_formula():
    g, weights = mixture.loads(2.0)
    means, same = mixture.expected(TWO, 0.2)
    np.testing.assert_allclose(weights, same)
    alleles, errors = 20 * 0.9 + 10 * 0.4, 30 * 5e-4
    a = g * 0.4 / 20
    expected = ((1 - a - 0.01) * 0.2 + a * 0.5 + 0.01 * 0.3) * alleles + errors
    np.testing.assert_allclose(means[0], expected)


def test_a_cell_cannot_have_more_free_mtdna_than_mtdna():
    means, _ = mixture.expected(TWO, 0.2)
    assert means[1].max() <= (0.5 + 0.01 * 0.3) * 40 * 0.4 + 40 * 5e-4 + 1e-9


@pytest.mark.parametrize("shape", [0.2, 1.0, 5.0, 100.0])
def test_loads_have_the_moments_of_the_gamma_distribution(shape):
    g, weights = mixture.loads(shape)
    assert weights.sum() == pytest.approx(1)
    assert weights @ g == pytest.approx(1)
    assert weights @ g**2 == pytest.approx(1 + 1 / shape)


def test_parts_of_a_library():
    one = TWO.of(np.array([True, False]))
    assert one.alt.tolist() == [[1, 2]] and one.total.tolist() == [20.0]
    left = TWO.without(0)
    assert left.alt.tolist() == [[2], [0]] and left.donors.vaf.tolist() == [0.4]
    assert left.total.tolist() == TWO.total.tolist()
