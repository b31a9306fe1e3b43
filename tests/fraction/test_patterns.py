"""Patterns of molecules, and those of molecules with a deletion."""

from __future__ import annotations

import numpy as np
import pytest
from deleted_molecules import APART, ONE, PHASE, Reads, study

from mitotransfer.fraction.estimate import detection_limit, estimate
from mitotransfer.fraction.molecule_haplotypes import log_odds, model_of, molecule_counts
from mitotransfer.fraction.patterns import Deletion, Patterns, combinations, gathered
from mitotransfer.fraction.template_switching import breaks_between
from mitotransfer.fraction.variant_counts import VariantCounts

INSIDE = np.array([False, False, True])


def deletion(*covered):
    """The second of three variants, which lacks the third."""
    return Deletion(1, INSIDE, gathered(np.array(covered, np.int8).reshape(-1, 3)))


def test_patterns_add_up_and_lose_what_shows_nothing():
    alleles = np.array([[1, 0], [1, 0], [-1, -1], [0, -1]], np.int8)
    found = gathered(alleles, np.array([1, 2, 5, 7]))
    assert {tuple(a): n for a, n in zip(found.alleles.tolist(), found.molecules, strict=True)} == {
        (1, 0): 3,
        (0, -1): 7,
    }
    assert found.spanning().tolist() == [False, True]
    assert found.over(np.array([True, False])).molecules.sum() == 10
    assert found.covered().molecules.sum() == 10 and found.alone().tolist() == [7, 0]


def test_what_haplotypes_lack():
    every, absent = combinations(3, deletion())
    assert absent[:, 2].tolist() == every[:, 1].tolist() and not absent[:, :2].any()
    assert not combinations(3, None)[1].any()


def test_weights_of_reads_as_those_of_molecules():
    every, _ = combinations(3, deletion())
    weights = np.zeros((1, 8))
    weights[0, [0, 2, 3]] = 0.6, 0.3, 0.1  # the reads of deleted molecules are too few
    found = deletion().anchored(weights, every, 0.5)
    np.testing.assert_allclose(found[0, [0, 2, 3]], [0.5, 0.375, 0.125])


def test_copies_by_what_is_covered():
    """Of four reads two start within the deletion; of the others one reaches further."""
    whole = gathered(np.array([[0, 0, -1], [0, -1, -1], [-1, -1, 0], [-1, 0, 0]] * 1000, np.int8))
    own = deletion(*[[0, 0, -1], [0, 0, -1]] * 1000)
    found = own.copies(whole, 0.5)
    # Two for two over two or more; none for one over the first alone; none inside.
    np.testing.assert_allclose(found, [1.0, 0.5, 1.0, 0.5], atol=2e-3)


def test_odds_by_hand():
    """Half of the tumour is deleted, half has the SNV inside; all have that outside."""
    tumor = gathered(np.array([[1, 1, -1], [1, 0, 1]] * 500, np.int8))
    immune = gathered(np.array([[0, 0, 0]] * 100, np.int8))
    error = np.array([1e-3, 1e-4, 1e-3])
    breaks = breaks_between(np.array([10, 20, 30]), 100)
    model = model_of(tumor, immune, error, breaks, deletion([0, 0, -1] * 100))
    assert model.deleted == pytest.approx(0.5)
    patterns = np.array([[1, 1, -1], [1, 0, 1], [-1, 1, -1], [1, -1, 0], [-1, 0, -1]], np.int8)
    odds = np.exp(log_odds(patterns, model.tumor, error))
    both = 1 / (1e-3 * 1e-4)
    # Molecules are hardly joined: all odds are those of one half of the tumour.
    assert 0.3 * both < odds[0] < 0.5 * both
    assert 0.3 / 1e-6 < odds[1] < 0.5 / 1e-6
    assert 0.4 / 1e-4 < odds[2] < 0.6 / 1e-4
    # A base inside excludes the deletion: what is left lacks its allele, but for joined ones.
    assert odds[3] < 0.2 / 1e-3
    assert 0.4 < odds[4] < 0.6


def test_rare_double_errors_have_a_limit():
    """Many variants: a rate of false molecules below 1e-9 made a limit of 1."""
    tumor = gathered(np.ones((500, 5), np.int8))
    none = gathered(np.zeros((3000, 5), np.int8))
    few = gathered(np.array([[0, -1, -1, -1, -1]], np.int8))
    both = Patterns(np.vstack([none.alleles, few.alleles]), np.array([3000, 1]))
    rates = np.full(5, 0.02), np.full(5, 2000.0)
    sites = VariantCounts(*([np.full(5, 500)] * 2), *([np.full(5, 3000)] * 4), *rates)
    breaks = breaks_between(np.arange(1000, 6000, 1000), 16_569)
    found = molecule_counts(sites, tumor, both, none, clustering=1.0, breaks=breaks)
    assert detection_limit(found.design) < 0.003


@pytest.mark.parametrize(
    ("tumor", "bases"), [(PHASE, 5000), (PHASE, 40_000), (APART, 12_000), (ONE, 12_000)]
)
def test_a_deletion_on_molecules_gives_the_fraction(tumor, bases):
    rng = np.random.default_rng([len(tumor.pos), bases])
    for fraction in (0.05, 0.3):
        found = [
            estimate(study(rng, tumor, Reads(4000, bases))(fraction)[1].found, details=False)
            for _ in range(4)
        ]
        mean = np.mean([one.fraction for one in found])
        held = [one.low <= fraction <= one.high for one in found]
        assert mean == pytest.approx(fraction, rel=0.12 if fraction < 0.1 else 0.06)
        assert sum(held) >= 3


def test_a_deletion_and_one_snv_detect_as_little_as_by_site():
    """Reads of a whole turn: two alleles on one molecule are no error, one may be."""
    rng = np.random.default_rng(3)
    sites, molecules = study(rng, ONE, Reads(5000, 40_000, error=1e-3, chimeras=1e-3))(0.0)
    limits = detection_limit(sites), detection_limit(molecules.design)
    assert limits[1] < 0.8 * limits[0]


@pytest.mark.slow
@pytest.mark.parametrize("switched", [0.0, 0.3])
def test_false_positives_without_tumour(switched):
    rng = np.random.default_rng(11)
    reads = Reads(3000, 8000, error=1e-3, chimeras=1e-3, switched=switched)
    p = [
        estimate(study(rng, PHASE, reads)(0.0)[1].design, details=False).p_value for _ in range(150)
    ]
    assert (np.array(p) < 0.01).mean() <= 0.04  # 1 % at a true rate of 1 % in 150
