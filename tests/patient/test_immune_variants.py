"""The immune sample's own variants, and immune mtDNA in the tumour."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from places import BUNDLE, LENGTH

from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.reference import Reference
from mitotransfer.patient.immune_variants import (
    PrivateVariants,
    private_variants,
    tumor_alleles_in_normal,
    with_haplotype,
    with_person_of_tumor,
)

USABLE = np.ones(LENGTH, bool)


def sample(vafs: dict[int, float], depth: int = 2000, allele: int = 2) -> Counts:
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[:, 0] = depth // 2
    for pos, vaf in vafs.items():
        alt = round(vaf * depth / 2)
        bases[pos, allele] += alt
        bases[pos, 0] -= alt
    return Counts(bases, empty_indels(), {})


CLEAN = sample({})


def own_variants(
    immune: Counts, normal: Counts, tumor: Counts, usable: NDArray[np.bool_] = USABLE
) -> PrivateVariants:
    return private_variants(
        immune, normal=normal, tumor=tumor, usable=usable, max_normal_vaf=0.02, confidence=0.95
    )


def test_none() -> None:
    found = own_variants(CLEAN, CLEAN, CLEAN)
    assert found.n == found.in_tumor == 0 and np.isnan(found.tumor_share_high)


def test_only_variants_of_the_immune_sample_alone() -> None:
    immune = sample({10: 0.3, 20: 0.1, 30: 0.3, 40: 0.3, 50: 0.01, 60: 0.3})
    normal = sample({30: 0.2})
    tumor = sample({40: 0.6})  # the tumour's: it has more of it
    usable = USABLE.copy()
    usable[60] = False
    found = own_variants(immune, normal, tumor, usable)
    assert found.n == 2 and found.highest == pytest.approx(0.3)
    assert found.in_tumor == 0
    # No read of 4,000 where 0.2 of 4,000 would be of pure immune mtDNA.
    assert found.tumor_share_high == pytest.approx(3.0 / (0.2 * 4000), rel=0.01)


def test_a_tumour_without_reads_bounds_no_share() -> None:
    nothing = Counts(np.zeros((LENGTH, 4, 2), np.uint32), empty_indels(), {})
    found = own_variants(sample({10: 0.3}), CLEAN, nothing)
    assert found.n == 1 and found.tumor_share_high == 1.0


def test_alleles_that_tumour_cells_in_the_normal_hide() -> None:
    """The tumour has far more of it, and the normal certainly has it, above the limit."""
    tumor = sample({10: 0.9, 20: 0.9, 30: 0.9, 40: 0.3, 50: 0.9})
    normal = sample({10: 0.05, 20: 0.003, 40: 0.15, 50: 0.05})
    usable = USABLE.copy()
    usable[50] = False
    assert tumor_alleles_in_normal(normal, tumor, usable, 0.02, 0.95) == 1
    assert tumor_alleles_in_normal(CLEAN, tumor, USABLE, 0.02, 0.95) == 0


def test_one_strand_is_an_artefact() -> None:
    immune = sample({10: 0.3})
    immune.bases[10, 0, 0] += immune.bases[10, 2, 0]
    immune.bases[10, 2, 0] = 0
    assert own_variants(immune, CLEAN, CLEAN).n == 0


def test_immune_cells_in_the_tumour_are_seen_and_bounded() -> None:
    rng = np.random.default_rng(8)
    vafs = np.array([0.3, 0.15, 0.6])
    covered = 0
    for _ in range(100):
        share = rng.uniform(0.01, 0.5)
        seen = rng.binomial(2000, share * vafs) / 2000
        immune, tumor = (sample(dict(zip((5, 15, 25), v, strict=True))) for v in (vafs, seen))
        found = own_variants(immune, CLEAN, tumor)
        assert found.n == 3
        covered += found.tumor_share_high >= share
        if share > 0.1:
            assert found.in_tumor >= 2
    assert covered >= 90


def test_a_dozen_variants_at_one_level_are_another_person() -> None:
    rng = np.random.default_rng(9)
    held = 0
    for _ in range(60):
        share = rng.uniform(0.04, 0.3)
        seen = rng.binomial(2000, share, 20) / 2000
        own = {5: 0.6, 15: 0.45}
        immune = sample(own | dict(zip(range(100, 500, 20), seen, strict=True)))
        found = own_variants(immune, CLEAN, CLEAN)
        assert found.person_variants >= 18
        assert found.n <= 4 and found.highest == pytest.approx(0.6)
        held += found.person_low <= share <= found.person_high
    assert held >= 50


def test_clones_are_no_person() -> None:
    vafs = np.geomspace(0.03, 0.6, 12)
    immune = sample(dict(zip(range(100, 340, 20), vafs, strict=True)))
    found = own_variants(immune, CLEAN, CLEAN)
    assert found.person_variants == 0 and found.n == 12
    assert np.isnan(found.person_low)


def test_the_persons_haplotype_is_the_patients_but_for_their_alleles() -> None:
    genome = Genome(Reference("A" * LENGTH, np.zeros(LENGTH, np.uint8)), BUNDLE)
    positions = list(range(100, 300, 20))
    normal = sample({50: 1.0, 60: 1.0, 400: 1.0})  # fixed for G at 51, 61 and 401
    # At 401 the person has A, as the reference.
    immune = sample({50: 1.0, 60: 1.0, 400: 0.9} | dict.fromkeys(positions, 0.1))
    usable = USABLE.copy()
    usable[60] = usable[500:510] = False
    vars(genome)["artefact"] = ~usable
    found = own_variants(immune, normal, normal, usable)
    profile = with_haplotype(found, normal, genome).person
    assert profile is not None
    assert profile.variants == ("51G", *(f"{p + 1}G" for p in positions))
    assert profile.ranges == "1-60;62-500;511-16569"
    nobody = own_variants(normal, normal, normal, usable)
    assert with_haplotype(nobody, normal, genome) == nobody


def test_a_person_in_the_tumour_is_found_if_absent_from_the_immune_sample() -> None:
    immune = sample({10: 0.02, 20: 0.02})
    variants = pd.DataFrame({"pos": [11, 21], "alt": ["G", "G"]})
    found = with_person_of_tumor(PrivateVariants(), immune, variants, 0.95)
    assert found.person_in_tumor and found.person_variants == 2
    assert found.person_alleles == ((10, 2), (20, 2))
    assert 0.015 < found.person_low < 0.02 < found.person_high < 0.025
    assert with_person_of_tumor(PrivateVariants(), immune, variants[:0], 0.95) == PrivateVariants()
    known = PrivateVariants(person_variants=12)
    assert with_person_of_tumor(known, immune, variants, 0.95) == known
