"""Whose mitogenome a file holds, by its header."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import RCRS, RESOURCES

from mitotransfer.genome.reference import load
from mitotransfer.problems import BadFile
from mitotransfer.reads.species import (
    both_contigs,
    mitochondrial_contigs,
    own_contigs,
    species_of,
)

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


MOUSE = load(RESOURCES / "mouse_C57BL6J").facts


@pytest.mark.parametrize(("one", "other"), [("chrM", "mm10_chrM"), ("hs_M", "MT")])
def test_a_file_aligned_to_two_genomes_has_two_contigs(one, other):
    header = lines(("chr1", 9), (other, 16299), (one, 16569))
    assert both_contigs(PATH, header, HUMAN, MOUSE) == sorted([one, other])


@pytest.mark.parametrize(("length", "missing"), [(16569, "mouse"), (16299, "human")])
def test_reads_aligned_to_one_genome_are_not_of_two_species(length, missing):
    with pytest.raises(BadFile, match=f"without that of {missing}, whose reads would be missing"):
        both_contigs(PATH, lines(("chr1", 9), ("chrM", length)), HUMAN, MOUSE)


def test_a_file_without_contigs_is_taken_whole():
    assert both_contigs(PATH, [], HUMAN, MOUSE) == []
