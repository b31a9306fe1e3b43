"""Haplotypes, indels and drift of simulated people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import RCRS, RESOURCES

from mitotransfer.genome.reference import load
from mitotransfer.simulate import genomes


def apply_variant(pos: int, ref: str, alt: str) -> str:
    assert RCRS.sequence[pos - 1 : pos - 1 + len(ref)] == ref
    return RCRS.sequence[: pos - 1] + alt + RCRS.sequence[pos - 1 + len(ref) :]


@given(st.integers(100, 16400), st.sampled_from("ACGT"))
def test_indels_are_normalised_without_changing_the_sequence(pos: int, base: str) -> None:
    deletion = genomes.make_deletion(RCRS, pos, 0.5, "indel")
    insertion = genomes.make_insertion(RCRS, pos, base, 0.5, "indel")
    sequence = RCRS.sequence
    assert apply_variant(*deletion.allele) == sequence[: pos - 1] + sequence[pos:]
    assert apply_variant(*insertion.allele) == sequence[: pos - 1] + base + sequence[pos - 1 :]
    for variant in (deletion, insertion):
        assert variant.ref[0] == variant.alt[0]
        # Leftmost: the last bases differ, or a further shift would keep the sequence.
        assert variant.ref[-1] != variant.alt[-1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_people_differ_from_rcrs_and_from_each_other_as_people_do(seed: int) -> None:
    phylogeny = genomes.Haplotypes(RCRS, seed)
    people = [phylogeny.person(f"P{i}") for i in range(60)]
    alleles = [{v.allele for v in variants if len(v.ref) == len(v.alt)} for _, variants in people]
    sizes = [len(found) for found in alleles]
    assert min(sizes) >= 20 and max(sizes) <= 45
    shared, apart = [], []
    for i in range(60):
        for j in range(i):
            apart.append(len(alleles[i] ^ alleles[j]))
            if people[i][0] == people[j][0]:
                shared.append(len(alleles[i] & alleles[j]))
    assert min(apart) >= 15
    assert min(shared) >= 15  # people of one subclade share the root and both blocks
    substitutions = [v for _, variants in people for v in variants if len(v.ref) == len(v.alt)]
    transitions = np.mean([genomes.TRANSITION[v.ref] == v.alt for v in substitutions])
    assert 0.9 < transitions < 1.0
    inside = genomes.tract_positions(RCRS)
    assert not any(v.pos in inside for v in substitutions)


def test_a_clade_can_be_chosen_or_is_refused() -> None:
    phylogeny = genomes.Haplotypes(RCRS, 1)
    first, second = (set(phylogeny.person(name, "5.1")[1]) for name in ("A", "B"))
    assert len(first & second) >= 15
    for clade in ("99.0", "x", "1", "-1.0"):
        with pytest.raises(ValueError, match="clade"):
            phylogeny.person("A", clade)


def test_drift_has_the_mean_and_variance_of_the_theory() -> None:
    rng = genomes.stream(1, "drift")
    drawn = np.array([genomes.drift(rng, 0.3, 0.1) for _ in range(5000)])
    variance = 0.1 * 0.3 * 0.7
    assert drawn.mean() == pytest.approx(0.3, abs=4 * np.sqrt(variance / 5000))
    assert drawn.var() == pytest.approx(variance, rel=0.1)
    assert genomes.drift(rng, 0.3, 0.0) == 0.3
    assert genomes.drift(rng, 1.0, 0.1) == 1.0


MOUSE = load(RESOURCES / "mouse_C57BL6J")


def test_facts_about_people_hold_for_people_alone() -> None:
    phylogeny = genomes.Haplotypes(MOUSE, 1)
    _, variants = phylogeny.person("M")
    alleles = {variant.allele for variant in variants}
    for pos in genomes.RARE_IN_RCRS:
        base = MOUSE.sequence[pos - 1]
        assert (pos, base, genomes.TRANSITION[base]) not in alleles
    assert not any(len(variant.alt) > 1 for variant in variants)
    # The run of A at 9821 of the mouse, and no tract of rCRS.
    tracts = genomes.tract_positions(MOUSE)
    assert set(range(9821, 9829)) <= tracts and 310 not in tracts


def test_animals_of_the_strain_of_the_reference_have_its_haplotype() -> None:
    phylogeny = genomes.Haplotypes(MOUSE, 1)
    assert phylogeny.person("A", "reference") == ("reference", [])
