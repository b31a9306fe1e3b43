"""Positions of recurrent mutation: in the tree of human mtDNA, and in tumours."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mitotransfer.arrays import Floats, Mask
from mitotransfer.genome.facts import read_facts

#: Haplogroups of PhyloTree Build 17 (Dür et al., Int J Mol Sci 2021, doi 10.3390/ijms22115747).
BRANCHES = 5435


def load_hot_spots(path: Path, length: int) -> Floats:
    """Probability that a lineage mutates at a published hot spot, 0 elsewhere, shape (length,).

    It is the number of occurrences in PhyloTree over the number of branches: a clone of immune
    cells is taken to mutate there as often as a branch of the tree, which has a mutation or a few.
    PhyloTree leaves out some positions as too recurrent; these get the highest number that it has.

    Args:
        path: table with the columns ``pos occurrences``.
    """
    rows = read_facts(path, ["pos", "occurrences"])
    seen = {int(row["pos"]) - 1: float(row["occurrences"] or "nan") for row in rows}
    most = max((number for number in seen.values() if number == number), default=0.0)
    found = np.zeros(length)
    for pos, number in seen.items():
        found[pos] = (number if number == number else most) / BRANCHES
    return found


def load_indel_hot_spots(path: Path, length: int) -> Mask:
    """Anchors and bases of homopolymers in which tumours have indels, mask (length,).

    Args:
        path: table with the columns ``start end`` (1-based, inclusive).
    """
    found = np.zeros(length, bool)
    for row in read_facts(path, ["start", "end"]):
        found[int(row["start"]) - 2 : int(row["end"])] = True
    return found
