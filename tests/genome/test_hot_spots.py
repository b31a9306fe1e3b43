"""Tables of positions that mutate again and again."""

import numpy as np
import pandas as pd
from places import BUNDLE, GENOME

from mitotransfer.genome import hot_spots


def test_hot_spots_are_sites_that_mutated_often_or_too_often_for_a_tree():
    table = pd.read_csv(BUNDLE / "hotspots.tsv", sep="\t")
    assert table["pos"].is_monotonic_increasing and table["pos"].is_unique
    counted = table["occurrences"].notna()
    assert (table.loc[counted, "occurrences"] >= 20).all()
    assert table.loc[~counted, "source"].str.contains("left out").all()
    assert {152, 195, 16189, 16311, 16519} <= set(table["pos"])
    assert np.flatnonzero(GENOME.hot_spots).tolist() == (table["pos"] - 1).tolist()
    assert GENOME.hot_spots[151] > 0 and GENOME.hot_spots[3243] == 0


def test_probabilities_are_occurrences_over_branches(tmp_path):
    path = tmp_path / "hotspots.tsv"
    path.write_text("pos\toccurrences\tsource\n2\t30\tx\n4\t\tleft out\n5\t60\tx\n")
    found = hot_spots.load_hot_spots(path, 6) * hot_spots.BRANCHES
    np.testing.assert_allclose(found, [0, 30, 0, 60, 60, 0])


def test_indel_hot_spots_in_tumours_are_homopolymers_in_protein_genes():
    table = pd.read_csv(BUNDLE / "indel_hotspots.tsv", sep="\t")
    assert (table["source"].str.contains("doi")).all()
    for start, end in zip(table["start"], table["end"], strict=True):
        assert set(GENOME.run_lengths[start - 1 : end]) == {end - start + 1}
        assert any(g.kind == "protein" and g.holds(start) and g.holds(end) for g in GENOME.genes)


def test_an_indel_hot_spot_has_its_anchor_with_it(tmp_path):
    path = tmp_path / "indel_hotspots.tsv"
    path.write_text("start\tend\n4\t6\n")
    assert np.flatnonzero(hot_spots.load_indel_hot_spots(path, 9)).tolist() == [2, 3, 4, 5]
