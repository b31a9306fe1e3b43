"""Another person's haplotype in a sample, at known shares."""

import numpy as np
import pytest
from people import ANCESTOR, ERRORS, LENGTH, PEOPLE, USABLE, counted, library

from mitotransfer.cohort import foreign_haplotypes
from mitotransfer.cohort.foreign_haplotypes import find_foreign

POOL = foreign_haplotypes.haplotype_pool(["A", "B", "C", "D"], np.stack(PEOPLE), USABLE)


NOTHING = np.zeros((LENGTH, 4), bool)


def test_sums_over_patients_are_those_of_their_alleles() -> None:
    some = np.stack(PEOPLE)
    some[1, 5] = some[2, np.flatnonzero(PEOPLE[2] != ANCESTOR)[:3]] = -1  # not known
    pool = foreign_haplotypes.haplotype_pool(["A", "B", "C", "D"], some, USABLE)
    values = np.random.default_rng(5).normal(size=(2, len(pool.columns), 4))
    slow = [
        [sum(v[c, a] for c, a in enumerate(row) if a >= 0) for row in some[:, pool.columns]]
        for v in values
    ]
    np.testing.assert_allclose(pool.sums(values), slow, rtol=1e-9)


@pytest.mark.parametrize("share", [0.005, 0.03, 0.2])
def test_foreign_haplotype_is_named_and_measured(share: float) -> None:
    bases = library([(1 - share, PEOPLE[0]), (share, PEOPLE[2])], 2000, 1)
    found = find_foreign(
        counted(bases), ERRORS, POOL, own_patient="A", excluded=NOTHING, confidence=0.95
    )
    assert found is not None and found[0].patient == "C"
    assert found[0].low <= share <= found[0].high


def test_clean_samples_have_no_foreign_haplotype() -> None:
    for seed in range(10):
        bases = library([(1.0, PEOPLE[0])], 2000, seed)
        assert (
            find_foreign(
                counted(bases), ERRORS, POOL, own_patient="A", excluded=NOTHING, confidence=0.95
            )
            is None
        )


def test_a_few_heteroplasmies_are_no_haplotype() -> None:
    bases = library([(1.0, PEOPLE[0])], 2000, 1)
    for p in np.flatnonzero(PEOPLE[2] != ANCESTOR)[:3]:
        bases[p, PEOPLE[2][p]] += 60
    assert (
        find_foreign(
            counted(bases), ERRORS, POOL, own_patient="A", excluded=NOTHING, confidence=0.95
        )
        is None
    )


def test_the_donor_of_an_allogeneic_patient_is_not_foreign() -> None:
    bases = library([(0.9, PEOPLE[0]), (0.1, PEOPLE[1])], 2000, 1)
    own = np.zeros((LENGTH, 4), bool)
    own[np.arange(LENGTH), PEOPLE[1]] = True
    assert (
        find_foreign(counted(bases), ERRORS, POOL, own_patient="A", excluded=own, confidence=0.95)
        is None
    )


def test_the_more_people_are_compared_the_more_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The needed log likelihood ratio rises by the logarithm of their number."""
    bases = library([(0.995, PEOPLE[0]), (0.005, PEOPLE[2])], 2000, 1)
    counts = counted(bases)

    def highest(names: list[str]) -> float:
        """The highest ratio to be asked for at which C is found."""
        of_them = np.stack([PEOPLE["ABCD".index(name)] for name in names])
        pool = foreign_haplotypes.haplotype_pool(names, of_them, USABLE)
        low, high = 0.0, 1e4
        for _ in range(40):
            middle = (low + high) / 2
            monkeypatch.setattr(foreign_haplotypes, "MIN_LOG_RATIO", middle)
            found = find_foreign(
                counts, ERRORS, pool, own_patient="A", excluded=NOTHING, confidence=0.95
            )
            low, high = (middle, high) if found is not None else (low, middle)
        return low

    fewer, more = highest(["A", "C"]), highest(["A", "B", "C", "D"])
    assert fewer > 20
    assert fewer - more == pytest.approx(np.log(4 / 2), abs=1e-6)
