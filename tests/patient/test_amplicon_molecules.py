"""Molecules behind amplicons: the number is found, and neither clones nor drift mislead far."""

from __future__ import annotations

import numpy as np
import pytest
from minor_variants import NOWHERE, sample
from patients import mixed

from mitotransfer.patient.amplicon_molecules import differences, estimate, molecules

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


@pytest.mark.parametrize("number", [100, 1000, 10_000])
def test_many_heteroplasmies_show_the_number(number: int) -> None:
    rng = np.random.default_rng(1)
    found = [estimate(*drawn(rng, number, 40), 2000.0) for _ in range(40)]
    assert np.median(found) == pytest.approx(number, rel=0.35)


def test_few_say_little_and_none_nothing() -> None:
    rng = np.random.default_rng(2)
    found = np.array([estimate(*drawn(rng, 100, 3), 2000.0) for _ in range(200)])
    assert 100 < np.median(found) < 700
    assert estimate(np.zeros(0), np.zeros(0), 2000.0) == pytest.approx(2000, rel=0.01)


def test_a_clone_beside_the_heteroplasmies_does_not_decide() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(100):
        d, depth = drawn(rng, 3000, 6)
        found.append(estimate(np.append(d, 0.7), np.append(depth, depth[0]), 2000.0))
    assert np.median(found) > 800


@pytest.mark.parametrize("drift", [0.01, 0.08])
def test_drift_between_tissues_passes_for_few_molecules(drift: float) -> None:
    """So intervals are wider, never narrower; a library of few molecules is seen beside it."""
    rng = np.random.default_rng(4)

    def median(number: int, drift: float) -> float:
        # Each tissue drifts by half of F.
        found = [estimate(*drawn(rng, number, 4, drift / 2), 2000.0) for _ in range(150)]
        return float(np.median(found))

    assert median(3000, drift) < 0.5 * median(3000, 0.0)
    assert median(150, drift) < 1.2 * median(150, 0.0) < 700


def test_differences_are_of_shared_heteroplasmies() -> None:
    one, other = (
        sample(mixed({100: 0.3, 200: 0.02, 300: 0.5}), 1000),
        sample(mixed({100: 0.4, 200: 0.02, 300: 0.5}), 500),
    )
    where = ~NOWHERE
    where[299] = False
    d, depth = differences(one, other, where)
    assert d == pytest.approx([np.arcsin(np.sqrt(0.3)) - np.arcsin(np.sqrt(0.4))])
    assert depth == pytest.approx([1 / 1000 + 1 / 500])
    assert molecules(one, [], where, 700.0) == (700.0, 0)
    assert molecules(one, [other, other], where, 700.0)[1] == 2
    assert molecules(one, [other], NOWHERE, 700.0) == (700.0, 0)
