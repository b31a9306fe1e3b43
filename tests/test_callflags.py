"""Flags of recurrent positions."""

import pandas as pd
from draws import REFERENCE
from places import RESOURCES

from mitotransfer import annotation, callflags, tracts

TABLES = annotation.load(RESOURCES, REFERENCE)
HOTSPOTS = callflags.load(RESOURCES)


def frame(*rows):
    return pd.DataFrame(rows, columns=["pos", "type", "filter", "flags"])


def flags(*rows):
    return callflags.add(frame(*rows), HOTSPOTS)["flags"].tolist()


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


def test_no_calls_no_flags():
    assert callflags.add(frame(), HOTSPOTS).empty
