"""Flags of recurrent positions and of alleles of nuclear copies."""

import pandas as pd
from draws import REFERENCE
from places import RESOURCES

from mitotransfer.calls import nuclear_copies, published_sites
from mitotransfer.genome import consequences, tracts

TABLES = consequences.load(RESOURCES, REFERENCE)
PUBLISHED = published_sites.load(RESOURCES, nuclear_copies.load(RESOURCES / "numts.tsv"))


def frame(*rows):
    columns = ["pos", "alt", "type", "vaf", "filter", "flags"]
    return pd.DataFrame(rows, columns=columns)


def flags(*rows):
    return published_sites.add(frame(*rows), PUBLISHED)["flags"].tolist()


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
    assert PUBLISHED.bases.sum() == len(table)


def test_recurrent_positions_are_flagged_by_type():
    assert PUBLISHED.bases[152 - 1] and not PUBLISHED.bases[3244 - 1]
    rows = (152, "C", "SNV", 0.1, "PASS", ""), (152, "TC", "insertion", 0.1, "PASS", "")
    assert flags(*rows) == ["hot_spot", ""]
    # Left-normalised, an indel of 11867-11872 stands at 11866.
    got = flags(
        (11866, "AC", "insertion", 0.1, "PASS", "homopolymer"),
        (11866, "G", "SNV", 0.1, "PASS", ""),
    )
    assert got == ["homopolymer;indel_hot_spot", ""]


def test_alleles_of_nuclear_copies_differ_from_the_reference_within_the_copies_spans():
    table = pd.read_csv(RESOURCES / "numts.tsv", sep="\t")
    assert table["pos"].is_monotonic_increasing
    assert not table.duplicated(["pos", "allele"]).any()
    assert [REFERENCE.sequence[p - 1] for p in table["pos"]] == table["ref"].tolist()
    assert (table["allele"] != table["ref"]).all() and set(table["allele"]) <= set("ACGT")
    assert table["source"].str.fullmatch(r"((GRCh38 chr|GenBank )\S+(; )?)+").all()
    # The large copy on chromosome 1 is that of 3914-9755, at 98.6 % identity.
    large = table.loc[table["source"].str.contains("chr1:629084-634924"), "pos"]
    assert large.between(3914, 9755).all() and 75 <= len(large) <= 85
    # Alleles that take fragments of 100 bases to the nucleus: Maude et al. 2019.
    alleles = set(zip(table["pos"], table["allele"], strict=True))
    assert {(6023, "A"), (4456, "T"), (5147, "A"), (7521, "A")} <= alleles


def test_only_minor_alleles_of_nuclear_copies_are_flagged():
    rows = [
        (6023, "A", "SNV", 0.004, "PASS", "linked"),
        (6023, "T", "SNV", 0.004, "PASS", ""),
        (6023, "A", "SNV", 0.99, "PASS", ""),
    ]
    assert [text.split(";") for text in flags(*rows)] == [["linked", "numt"], [""], [""]]


def test_no_calls_no_flags():
    assert published_sites.add(frame(), PUBLISHED).empty
