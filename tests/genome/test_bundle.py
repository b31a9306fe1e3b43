"""The genome as one object."""

import shutil

import numpy as np
import pytest
from places import BUNDLE, GENOME

from mitotransfer.genome import bundle
from mitotransfer.genome.circle import Circle

TABLES = {
    "artefacts.tsv": ("artefact", "no_snv"),
    "hotspots.tsv": ("hot_spots",),
    "indel_hotspots.tsv": ("indel_hot_spots",),
    "rna_sites.tsv": ("rna_sites",),
    "numts.tsv": ("nuclear_copies", "nuclear_alleles"),
    "genes.tsv": ("genes", "control_region", "proteins"),
    "codons.tsv": ("code", "proteins"),
}


def test_every_table_of_the_folder_is_part_of_the_genome():
    assert set(TABLES) == {path.name for path in BUNDLE.glob("*.tsv")}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_read_when_it_is_asked_for(table, tmp_path):
    shutil.copytree(BUNDLE, tmp_path / "tables")
    (tmp_path / "tables" / table).unlink()
    genome = bundle.load(tmp_path / "tables")
    for other, parts in TABLES.items():
        for part in parts:
            if part in TABLES[table]:
                with pytest.raises(FileNotFoundError, match=table):
                    getattr(genome, part)
            elif other != table:
                getattr(genome, part)


def test_a_table_is_read_once():
    assert GENOME.artefact is GENOME.artefact


def test_masks_of_the_artefact_table():
    assert np.flatnonzero(GENOME.no_snv).tolist() == list(range(301, 316))
    assert GENOME.artefact.sum() == 15 + 13 + 13 + 5
    assert not (GENOME.no_snv & ~GENOME.artefact).any()


def test_the_control_region_crosses_the_origin():
    inside = np.flatnonzero(GENOME.control_region) + 1
    assert inside.tolist() == [*range(1, 577), *range(16024, 16570)]


def test_the_poly_c_tract_is_on_the_list_of_artefacts():
    first, middle, last = GENOME.split_tract
    assert first < middle < last and GENOME.no_snv[first : last + 1].all()


def test_the_circle_is_that_of_the_reference():
    assert GENOME.circle == Circle.of(GENOME.reference)


def test_nuclear_alleles_are_those_of_all_copies():
    pairs = {
        pair
        for copy in GENOME.nuclear_copies
        for pair in zip(copy.pos.tolist(), copy.allele.tolist(), strict=True)
    }
    assert set(map(tuple, np.argwhere(GENOME.nuclear_alleles).tolist())) == pairs
