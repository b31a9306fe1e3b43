"""Another person's haplotype in a tumour, distinguished from mutations by its one level."""

import numpy as np
import pytest
from scipy import stats

from mitotransfer.patient.another_person import level_bounds, of_another_person


@pytest.mark.parametrize("depth", [300, 2000, 20000])
@pytest.mark.parametrize("level", [0.06, 0.15, 0.4])
def test_every_variant_of_another_person_is_taken(depth: int, level: float) -> None:
    rng = np.random.default_rng(depth)
    somatic = np.array([0.95, 0.99])
    for _ in range(50):
        person = rng.beta(level * 999, (1 - level) * 999, 30)  # uneven beyond binomial
        depths = rng.integers(depth // 2, 2 * depth, 32)
        alt = rng.binomial(depths, np.concatenate([person, somatic]))
        found = of_another_person(alt, depths, np.zeros(32, bool))
        assert found[:30].all() and not found[30:].any()


def test_mutations_are_no_haplotype() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        vafs = rng.uniform(0.05, 1.0, rng.integers(1, 13))
        alt = rng.binomial(2000, vafs)
        back = rng.random(len(vafs)) < 0.1
        back[np.flatnonzero(back)[2:]] = False
        assert not of_another_person(alt, np.full(len(vafs), 2000), back).any()
    clone = rng.binomial(2000, 0.3, 9)
    assert not of_another_person(clone, np.full(9, 2000), np.zeros(9, bool)).any()


def test_a_near_relation_shows_by_reversions() -> None:
    """Seven differences of one person, three of them the patient's own; a tumour's variants."""
    alt = np.array([120, 130, 118, 125, 122, 131, 116, 900, 640])
    back = np.array([True, False, True, False, False, True, False, False, False])
    found = of_another_person(alt, np.full(9, 1000), back)
    assert found.tolist() == [True] * 7 + [False] * 2
    back[0] = False
    assert not of_another_person(alt, np.full(9, 1000), back).any()


def test_no_variant_is_no_haplotype() -> None:
    none = np.zeros(0, np.int64)
    assert of_another_person(none, none, none.astype(bool)).shape == (0,)
    assert level_bounds(none, none, 0.95) == (0.0, 1.0)
    zero = np.zeros(3, np.int64)
    assert not of_another_person(zero, zero, zero.astype(bool)).any()


@pytest.mark.parametrize("alt", [[50], [50, 50], [30, 70], [20, 50, 80]])
def test_the_interval_of_a_level_widens_by_pearsons_dispersion(alt: list[int]) -> None:
    """Variants of depth 1000 and 5 %: chi-squared over its degrees of freedom, at least 1."""
    effect = max(1.0, np.var(alt, ddof=1) / (1000 * 0.05 * 0.95) if len(alt) > 1 else 1.0)
    k, n = sum(alt) / effect, 1000 * len(alt) / effect
    expected = stats.beta.ppf(0.025, k, n - k + 1), stats.beta.ppf(0.975, k + 1, n - k)
    found = level_bounds(np.array(alt), np.full(len(alt), 1000), 0.95)
    assert found == pytest.approx(expected)
