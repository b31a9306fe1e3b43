"""Molecules behind amplicons: the number is found, and neither clones nor drift mislead far."""

from __future__ import annotations

import numpy as np
import pytest
from minor_variants import NOWHERE, sample
from patients import mixed

from mitotransfer.patient.amplicon_molecules import differences, lower_bound, molecules

DEPTH = 4000


def drawn(
    rng: np.random.Generator, number: int, sites: int, drift: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Differences of two libraries of this many molecules, as ``differences`` gives them."""
    vaf = rng.uniform(0.05, 0.95, sites)
    angles = []
    for _ in range(2):
        own = rng.beta(vaf / drift, (1 - vaf) / drift) if drift else vaf
        seen = rng.binomial(DEPTH, rng.binomial(number, own) / number) / DEPTH
        angles.append(np.arcsin(np.sqrt(seen)))
    return angles[0] - angles[1], np.full(sites, 2 / DEPTH)


def bounds(number: int, sites: int, seed: int, drift: float = 0.0, n: int = 150) -> np.ndarray:
    """Lower bounds from portions, of so many drawn pairs of libraries."""
    rng = np.random.default_rng(seed)
    return np.array([lower_bound(*drawn(rng, number, sites, drift), 2000.0, 1) for _ in range(n)])


@pytest.mark.parametrize(("number", "least"), [(100, 60), (1000, 550), (10_000, 2500)])
def test_many_heteroplasmies_show_the_number(number: int, least: float) -> None:
    """Less of what is beyond the depth of 4,000."""
    found = bounds(number, 40, 1)
    assert least < np.median(found) < number
    assert 0.85 < (found <= number).mean() <= 1


@pytest.mark.parametrize("sites", [1, 3])
def test_few_bound_the_number_and_say_so(sites: int) -> None:
    """Far fewer molecules than expected are seen; of many no fewer than of an unknown number."""
    few, many = bounds(100, sites, 2), bounds(3000, sites, 2)
    assert np.median(few) < 200 and (few < 400).mean() > 0.8
    assert (bounds(400, sites, 2) <= 400).mean() > 0.75
    assert np.median(many) > 250
    assert lower_bound(np.zeros(0), np.zeros(0), 2000.0) == pytest.approx(170, rel=0.05)


def test_of_other_samples_all_scatter_is_this_library_s() -> None:
    d, depth = drawn(np.random.default_rng(5), 300, 10)
    alone = lower_bound(d, depth, 2000.0)
    assert alone < lower_bound(d, depth, 2000.0, 3) < lower_bound(d, depth, 2000.0, 1) < 2.2 * alone


def test_a_clone_beside_the_heteroplasmies_does_not_decide() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(100):
        d, depth = drawn(rng, 3000, 6)
        found.append(lower_bound(np.append(d, 0.7), np.append(depth, depth[0]), 2000.0, 1))
    assert np.median(found) > 300


@pytest.mark.parametrize("drift", [0.01, 0.08])
def test_drift_between_tissues_passes_for_few_molecules(drift: float) -> None:
    """So intervals are wider, never narrower; a library of few molecules is seen beside it."""

    def median(number: int, drift: float) -> float:
        # Each tissue drifts by half of F.
        return float(np.median(bounds(number, 4, 4, drift / 2)))

    assert median(3000, drift) < 0.5 * median(3000, 0.0)
    assert median(150, drift) < 1.2 * median(150, 0.0) < 300


def test_differences_are_of_shared_heteroplasmies() -> None:
    one, other = (
        sample(mixed({100: 0.3, 200: 0.02, 300: 0.5}), 1000),
        sample(mixed({100: 0.4, 200: 0.02, 300: 0.5}), 500),
    )
    where = ~NOWHERE
    where[299] = False
    d, depth = differences(one, [other], where)
    assert d == pytest.approx([np.arcsin(np.sqrt(0.3)) - np.arcsin(np.sqrt(0.4))])
    assert depth == pytest.approx([1 / 1000 + 1 / 500])
    assert molecules(one, [], where, 700.0) == (700.0, 0)
    assert differences(one, [other, other], where)[1] == pytest.approx([1 / 1000 + 1 / 1000])
    number, sites = molecules(one, [other, other], where, 700.0)
    assert sites == 1 and number < molecules(one, [other, other], where, 700.0, portions=True)[0]
    bound = molecules(one, [other], where, 700.0, portions=True)[0]
    assert bound == lower_bound(d, depth, 700.0, 1)
    assert molecules(one, [other], NOWHERE, 700.0) == (700.0, 0)
