"""Two mitogenomes aligned to each other, and the places that tell their reads apart."""

from __future__ import annotations

import numpy as np
import pytest
from places import GENOME
from two_species import MOUSE, human_and_mouse

from mitotransfer.genome import species_pair
from mitotransfer.genome.species_pair import SpeciesPair


def related(rng, length=4000, turn=700):
    """A circle, and one that descends from it, turned, and where each base went (-1: lost)."""
    one = rng.integers(0, 4, length).astype(np.uint8)
    other = one.copy()
    changed = rng.random(length) < 0.2
    other[changed] = (other[changed] + rng.integers(1, 4, changed.sum())) % 4
    kept = np.ones(length, bool)
    kept[1500:1530] = False
    place = np.where(kept, np.cumsum(kept) - 1, -1)
    other = np.insert(other[kept], 2500, rng.integers(0, 4, 60))
    place[place >= 2500] += 60
    return one, np.roll(other, turn), np.where(place >= 0, (place + turn) % len(other), -1)


def test_circles_are_aligned_wherever_they_are_cut():
    one, other, place = related(np.random.default_rng(1))
    found = species_pair.aligned(one, other)
    # At the edges of a gap the best alignment may differ from the true one.
    assert np.mean(found == place) > 0.95
    inside = np.r_[100:1400, 1700:2400, 2700:3900]
    assert np.mean(found[inside] == place[inside]) > 0.98


def test_nothing_is_aligned_to_a_gap_twice():
    one, other, _ = related(np.random.default_rng(2))
    found = species_pair.aligned(one, other)
    used = found[found >= 0]
    assert len(np.unique(used)) == len(used)


@pytest.mark.parametrize("tumor", ["human", "mouse"])
def test_markers_lie_a_fragment_apart_where_the_bases_differ(tumor):
    pair = human_and_mouse() if tumor == "human" else SpeciesPair(MOUSE, GENOME)
    at = pair.markers
    around = np.diff(np.append(at, at[0] + pair.tumor.reference.length))
    assert len(at) >= 35 and around.min() >= species_pair.SPACING
    assert np.all(pair.tumor.reference.codes[at] != pair.host.reference.codes[pair.host_at[at]])
    for genome, where in ((pair.tumor, at), (pair.host, pair.host_at[at])):
        assert not genome.control_region[where].any() and not genome.near_homopolymer[where].any()


def test_genes_lie_opposite_each_other():
    # tRNA-Phe starts at 577 of rCRS and at 1 of the mouse's; ND1 at 3307 and 2751.
    pair = human_and_mouse()
    assert pair.host_at[576] == 0 and pair.host_at[3306] == 2750
    assert 0.2 < pair.differs.mean() < 0.3


def test_genomes_of_one_species_are_no_pair():
    with pytest.raises(ValueError, match=r"0 places tell their reads apart.*design allogeneic"):
        SpeciesPair(GENOME, GENOME)
