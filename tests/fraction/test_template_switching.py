"""Molecules joined from two: haplotypes by hand, the tree of a tumour, the share of joined ones."""

from __future__ import annotations

import numpy as np
import pytest
from molecule_draws import BREAKS, HAPLOTYPES, SHARES, draw

from mitotransfer.fraction.molecule_haplotypes import haplotypes_of, model_of
from mitotransfer.fraction.patterns import Deletion, Haplotypes, combinations, gathered
from mitotransfer.fraction.template_switching import (
    GRID,
    Breaks,
    breaks_between,
    fit_immune,
    fit_tumor,
    joined,
    normalised,
    parts_of,
    tree_of,
)


def weights(**shares):
    """Weights of haplotypes by their marks, such as h110, the first variant first."""
    size = len(next(iter(shares))) - 1
    found = np.zeros(1 << size)
    for name, share in shares.items():
        found[sum(1 << v for v, mark in enumerate(name[1:]) if mark == "1")] = share
    return found


def haplotypes(deletion=None, **shares):
    """All haplotypes with these weights."""
    found = weights(**shares)
    size = int(np.log2(len(found)))
    every, absent = combinations(size, deletion)
    return Haplotypes(every, found, absent)


def likelihoods(patterns, error=1e-3):
    """Of each pattern given each haplotype, one after the other."""
    size = patterns.alleles.shape[1]
    found = np.ones((len(patterns.alleles), 1 << size))
    for m, pattern in enumerate(patterns.alleles):
        for h in range(1 << size):
            for v, allele in enumerate(pattern):
                if allele >= 0:
                    found[m, h] *= 1 - error if (h >> v) & 1 == allele else error
    return found


def test_breaks_lie_outside_the_largest_gap_by_distance():
    found = breaks_between(np.array([16_000, 200, 3200]), 16_569)
    # In the order 16,000, 200, 3,200: 769 and 3,000 bases apart.
    assert found.left.tolist() == [1, 3] and found.right.tolist() == [6, 4]
    np.testing.assert_allclose(found.shares, np.array([769, 3000]) / 3769)


def test_joined_molecules_by_hand():
    breaks = Breaks(np.array([1, 3]), np.array([0.25, 0.75]), 3)
    found = joined(weights(h111=1.0), weights(h000=1.0), breaks)
    np.testing.assert_allclose(found, weights(h100=0.25, h110=0.75))
    own = joined(weights(h111=0.5, h000=0.5), weights(h111=0.5, h000=0.5), breaks)
    expected = weights(h111=0.25, h000=0.25, h100=1 / 16, h011=1 / 16, h110=3 / 16, h001=3 / 16)
    np.testing.assert_allclose(own, expected)


def test_haplotypes_of_a_tree():
    found = tree_of(haplotypes(h111=0.6, h110=0.2, h000=0.1, h011=0.06, h001=0.02, h100=0.02))
    kept = weights(h111=1, h110=1, h000=1, h100=1)
    # 011 and 001 lack the first allele and have the third, which 110 and 111 do not allow.
    assert found[[6, 4]].tolist() == [False, False]
    assert found[kept == 1].all()


def test_what_a_deleted_haplotype_lacks_breaks_no_tree():
    """The second variant came first, then the third; the first is a deletion of the second."""
    shares = {"h010": 0.3, "h011": 0.3, "h101": 0.3, "h000": 0.1}
    nothing = gathered(np.zeros((0, 3), np.int8))
    deletion = Deletion(0, np.array([False, True, False]), nothing)
    kept = weights(**shares) > 0
    assert tree_of(haplotypes(deletion, **shares))[kept].all()
    assert not tree_of(haplotypes(**shares))[kept].all()


@pytest.mark.parametrize("switched", [0.0, 0.1, 0.3])
def test_the_tumour_shows_how_many_are_joined(switched):
    rng = np.random.default_rng(3)
    tumor = gathered(draw(rng, 20_000, 1.0, 1e-3, 0.9, switched))
    plain = haplotypes_of(tumor, np.full(3, 1e-3))
    fit = fit_tumor(likelihoods(tumor), tumor.molecules, plain, BREAKS)
    chance = normalised(fit.log_p)
    assert chance @ GRID == pytest.approx(switched, abs=0.03)
    own = chance @ fit.weights
    for haplotype, share in zip(HAPLOTYPES, SHARES, strict=True):
        assert own[haplotype @ [1, 2, 4]] == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(("switched", "fraction"), [(0.0, 0.03), (0.3, 0.03), (0.3, 0.4)])
def test_a_tumour_of_one_haplotype_leaves_it_to_the_immune_sample(switched, fraction):
    rng = np.random.default_rng(4)
    ones = gathered(np.ones((500, 3), np.int8))
    fit = fit_tumor(likelihoods(ones), ones.molecules, haplotypes(h111=1.0), BREAKS)
    assert np.ptp(fit.log_p + GRID / 0.2) < 0.5  # no more than the prior
    size = 20_000
    whole = rng.random(size) < fraction
    other = rng.random(size) < fraction
    late = np.arange(3) >= rng.integers(1, 3, size)[:, None]
    turned = (rng.random(size) < switched)[:, None] & late
    immune = gathered(np.where(turned, other[:, None], whole[:, None]).astype(np.int8))
    own, fractions = fit_immune(likelihoods(immune), immune.molecules, parts_of(fit, BREAKS))
    chance = normalised(fit.log_p + own)
    assert chance @ GRID == pytest.approx(switched, abs=0.05)
    # Four standard errors of the whole molecules' number.
    error = 4 * np.sqrt(fraction * (1 - fraction) / size)
    assert chance @ fractions == pytest.approx(fraction, abs=error)


def test_molecules_with_a_part_of_the_tumour():
    """Of all with one, s more than of whole ones; the parts of either end are alike."""
    tumor = gathered(np.array([[1, 1, 1]] * 80 + [[0, 0, 0]] * 20, np.int8))
    fit = fit_tumor(likelihoods(tumor), tumor.molecules, haplotypes(h111=0.8, h000=0.2), BREAKS)
    parts = parts_of(fit, BREAKS)
    at = int(np.argmin(abs(GRID - 0.3)))
    found = parts.of_tumor(at)
    assert found.sum() == pytest.approx(1.3)
    assert found[1] == pytest.approx(found[6]) and found[3] == pytest.approx(found[4])
    # With nothing but tumour, molecules joined with others are none.
    np.testing.assert_allclose(parts.of_tumor(at, 1.0).sum(), 1.0)


def test_joined_molecules_are_of_the_tumour_where_it_switches():
    rng = np.random.default_rng(5)
    immune = gathered(draw(rng, 2000, 0.01, 1e-3, 0.95))
    late = np.array([[0, 1, 1]], np.int8)
    for switched, expected in ((0.0, False), (0.3, True)):
        tumor = gathered(draw(rng, 4000, 1.0, 1e-3, 0.95, switched))
        model = model_of(tumor, immune, np.full(3, 1e-3), BREAKS)
        assert model.positive(gathered(late)).tolist() == [expected]
