"""Whose mitogenome a file holds, by its header."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import RCRS

from mitotransfer.reads.species import mitochondrial_contigs, own_contigs, species_of

PATH, HUMAN = Path("x.bam"), RCRS.facts


def lines(*contigs):
    return [{"SN": name, "LN": length} for name, length in contigs]


def test_contig_names():
    assert mitochondrial_contigs([("1", 5), ("MT", 16569)], HUMAN) == ["MT"]
    assert mitochondrial_contigs([("chrM", 16571), ("chrMT", 16569)], HUMAN) == ["chrM", "chrMT"]
    assert mitochondrial_contigs([("a", 16569), ("b", 16571)], HUMAN) == []


@pytest.mark.parametrize("length", [16569, 16571, 17569])
def test_human_contigs_of_any_length_are_taken(length):
    assert own_contigs(PATH, lines(("chr1", 9), ("chrM", length)), HUMAN) == ["chrM"]


@pytest.mark.parametrize(
    ("length", "species"), [(16299, "mouse"), (16313, "rat"), (16727, "dog"), (16596, "zebrafish")]
)
def test_other_species_are_refused_by_name(length, species):
    with pytest.raises(
        ValueError, match=rf"x\.bam: contig MT of .* is the mitogenome of {species}"
    ):
        own_contigs(PATH, lines(("1", 9), ("MT", length)), HUMAN)


def test_a_species_that_the_header_states(tmp_path):
    assert species_of({"SN": "chrM", "LN": 16569, "SP": "Mus musculus"}, HUMAN) == "Mus musculus"
    assert species_of({"SN": "chrM", "LN": 16569, "SP": "Homo_sapiens"}, HUMAN) == ""


def test_the_host_of_a_xenograft_is_left_out():
    assert own_contigs(PATH, lines(("MT", 16569), ("chrM", 16299)), HUMAN) == ["MT"]
    assert own_contigs(PATH, lines(("chr1", 9)), HUMAN) == []
