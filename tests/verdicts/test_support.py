"""The variants behind a finding, and what else is in the sample."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from assessed_patient import TUMOR, assessed
from minor_variants import sample
from patients import context, mixed
from places import RCRS

from mitotransfer.verdicts.assess import Assessment, assess_patient
from mitotransfer.verdicts.support import extra_alleles

USABLE = np.ones(RCRS.length, bool)


@pytest.mark.usefixtures("nobody_rare")
def test_an_immune_sample_with_more_than_the_tumour_denies_the_direction() -> None:
    """Of all variants that carry the finding; a sample of somebody else says nothing."""
    clone = dict.fromkeys(TUMOR, 0.95)
    assert assessed(others={"C": clone})["I"].case.support.more_in_immune
    swapped = {"C": {"status": "swapped"}}
    assert not assessed(others={"C": clone}, rows=swapped)["I"].case.support.more_in_immune
    part = clone | {12000: 0.3}
    assert not assessed(others={"C": part})["I"].case.support.more_in_immune


def of_two_people(tumor: dict[int, float], immune: dict[int, float]) -> Assessment:
    counts = {"T": sample(mixed(tumor), 2000), "I": sample(mixed(immune), 2000)}
    counts["N"] = sample({}, 2000)
    roles = {"T": "tumor", "I": "immune", "N": "normal"}
    (found,) = assess_patient(context(counts, roles, tuple(tumor), design="allogeneic"))
    return found


@pytest.mark.parametrize("purity", [1.0, 0.9, 0.5])
def test_of_two_people_the_tumours_own_variants_have_to_come_along(purity: float) -> None:
    """Cells of the tumour's person that are not tumour cells bring its haplotype alone.

    In the tumour's sample, too, there may be cells of the other person.
    """
    person = dict.fromkeys(range(1000, 4000, 200), 0.995 * purity)
    tumor = person | {pos: purity * vaf for pos, vaf in TUMOR.items()}
    haplotype = dict.fromkeys(person, 0.03)

    def found(immune: dict[int, float]) -> bool:
        one = of_two_people(tumor, immune)
        assert one.case.support.n >= len(person)
        return one.case.support.without_own

    assert found(haplotype)
    assert not found({pos: 0.03 * vaf for pos, vaf in tumor.items()})
    assert not found(haplotype | {9000: 0.015})  # one is enough: clones differ
    tumor[2000] *= 0.93  # nuclear copies lack what all cells have
    assert found(haplotype | {2000: 0.028})


@pytest.mark.usefixtures("nobody_rare")
def test_people_of_one_haplotype_have_no_variants_for_other_cells_to_bring() -> None:
    """As a mother and her children: all variants are the tumour's, and clones have some of them."""
    clone = range(1000, 2400, 200)
    tumor = dict.fromkeys(clone, 0.995) | {5000: 0.3}
    found = of_two_people(tumor, dict.fromkeys(clone, 0.03))
    assert found.case.estimate.low > 0.02 and not found.case.support.without_own


def test_alleles_beside_the_tumours() -> None:
    variants = pd.DataFrame({"pos": [1000, 2000, 3000]})

    def extra(alleles: dict[int, float], low: float, usable: np.ndarray = USABLE) -> int:
        normal = sample({}, 1000)
        return extra_alleles(sample(mixed(alleles), 1000), normal, variants, low, usable)

    seen = {1000: 0.3, 5000: 0.04, 6000: 0.038, 7000: 0.046}
    # From half of 8 % of 1,000 reads on: 40, at positions that are not informative.
    assert extra(seen, 0.08) == 2
    usable = USABLE.copy()
    usable[7000 - 1] = False
    assert extra(seen, 0.08, usable) == 1
    assert extra(seen, 0.0) == extra(seen, math.nan) == 0
    # The normal has one of them, too.
    has = sample(mixed({5000: 0.03}), 1000)
    seen_in = sample(mixed(seen), 1000)
    assert extra_alleles(seen_in, has, variants, 0.08, USABLE) == 1
    # Two reads are an allele, however low the fraction; none is not.
    assert extra({6000: 0.002}, 1e-4) == 1 and extra({}, 1e-4) == 0


def test_own_variants_are_not_looked_for_beside_a_foreign_haplotype() -> None:
    own = {5000: 0.08, 6000: 0.2, 7000: 0.15}
    assert assessed(own)["I"].case.private.n == 2  # informative variants are none of its own
    foreign = assessed(own, rows={"I": {"foreign_patient": "B"}})["I"].case.private
    assert foreign.n == foreign.person_variants == 0


def test_of_a_swapped_sample_nothing_is_its_own() -> None:
    """Its haplotype is a patient's of the cohort, not of an unknown person."""
    stranger = dict.fromkeys(range(1000, 4000, 200), 0.98)
    assert assessed(stranger)["I"].case.private.person_variants > 0
    assert assessed(stranger, rows={"I": {"status": "swapped"}})["I"].case.private.n == 0
    for name in ("I", "N"):
        found = assessed(stranger, rows={name: {"status": "swapped"}})["I"]
        assert found.case.private.person_variants == 0
        assert "foreign_dna" not in found.flags


def test_a_stranger_in_the_immune_sample_is_described() -> None:
    stranger = dict.fromkeys(range(1000, 4000, 200), 0.1)
    a = assessed(stranger)["I"]
    assert a.case.private.person_variants == 15 and "foreign_dna" in a.flags
    assert a.case.private.person is not None and len(a.case.private.person.variants) == 15


def test_a_rare_stranger_is_found_and_the_limit_stated() -> None:
    none = assessed({})["I"].case.private
    assert none.person_variants == 0 and 0 < none.person_limit < 0.02
    # Transitions in a sample of 2,000x, each too rare to be above the cap of errors.
    a = assessed(dict.fromkeys(range(500, 16000, 620), 0.01))["I"]
    assert a.case.private.person_variants >= 10 and "foreign_dna" in a.flags
    assert 0.005 < a.case.private.person_low < 0.01 < a.case.private.person_high < 0.015
