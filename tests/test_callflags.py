"""Flags of recurrent positions and of SNVs in one codon."""

import numpy as np
import pandas as pd
from draws import REFERENCE, RESOURCES

from mitotransfer import annotation, callflags, tracts

TABLES = annotation.load(RESOURCES, REFERENCE)
HOTSPOTS = callflags.load(RESOURCES)


def frame(*rows):
    return pd.DataFrame(rows, columns=["pos", "type", "filter", "flags"])


def flags(*rows):
    return callflags.add(frame(*rows), TABLES, HOTSPOTS)["flags"].tolist()


def test_tumour_indel_hotspots_are_homopolymers_in_protein_genes():
    runs = tracts.run_lengths(REFERENCE)
    table = pd.read_csv(RESOURCES / "indel_hotspots.tsv", sep="\t")
    assert (table["source"].str.contains("doi")).all()
    for start, end in zip(table["start"], table["end"], strict=True):
        assert set(runs[start - 1 : end]) == {end - start + 1}
        assert any(g.kind == "protein" and g.holds(start) and g.holds(end) for g in TABLES.genes)


def test_hot_spots_are_sites_that_mutated_often_or_too_often_for_a_tree():
    table = pd.read_csv(RESOURCES / "hotspots.tsv", sep="\t")
    assert table["pos"].is_monotonic_increasing and table["pos"].is_unique
    counted = table["occurrences"].notna()
    assert (table.loc[counted, "occurrences"] >= 20).all()
    assert table.loc[~counted, "source"].str.contains("left out").all()
    assert {152, 195, 16189, 16311, 16519} <= set(table["pos"])
    assert HOTSPOTS.bases.sum() == len(table)


def test_recurrent_positions_are_flagged_by_type():
    assert HOTSPOTS.bases[152 - 1] and not HOTSPOTS.bases[3244 - 1]
    assert flags((152, "SNV", "PASS", ""), (152, "insertion", "PASS", "")) == ["hot_spot", ""]
    # Left-normalised, an indel of 11867-11872 stands at 11866.
    got = flags((11866, "insertion", "PASS", "homopolymer"), (11866, "SNV", "PASS", ""))
    assert got == ["homopolymer;indel_hot_spot", ""]


def test_two_snvs_of_a_codon_are_flagged():
    start = next(g.start for g in TABLES.genes if g.name == "MT-ND1")
    same = flags((start + 3, "SNV", "PASS", ""), (start + 5, "SNV", "PASS", ""))
    assert same == ["same_codon"] * 2
    assert flags((start + 5, "SNV", "PASS", ""), (start + 6, "SNV", "PASS", "")) == ["", ""]
    filtered = flags((start + 3, "SNV", "low_vaf", ""), (start + 5, "SNV", "PASS", ""))
    assert filtered == ["", ""]
    # Two alleles at one position are never on one molecule.
    assert flags((start + 3, "SNV", "PASS", ""), (start + 3, "SNV", "PASS", "")) == ["", ""]


def test_codons_of_the_light_strand_are_counted_from_its_end():
    gene = next(g for g in TABLES.genes if g.name == "MT-ND6")
    pos = np.array([gene.end, gene.end - 2, gene.end - 3])
    shared = callflags.in_one_codon(pos, np.ones(3, bool), TABLES)
    assert shared.tolist() == [True, True, False]


def test_no_calls_no_flags():
    assert callflags.add(frame(), TABLES, HOTSPOTS).empty
