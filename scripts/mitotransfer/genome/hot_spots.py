"""Positions that mutate again and again, from their branches in the tree of human mtDNA."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.genome.reference import LENGTH

#: Haplogroups of PhyloTree Build 17 (Dür et al., Int J Mol Sci 2021, doi 10.3390/ijms22115747).
BRANCHES = 5435


def load_hot_spots(path: str | Path) -> NDArray[np.float64]:
    """Probability that a lineage mutates at a published hot spot, 0 elsewhere, shape (16569,).

    Occurrences in PhyloTree over its branches: that a clone of immune cells mutates there is taken
    to be as likely as for a branch, both having a mutation or a few. A position that the tree
    leaves out as too recurrent is taken for the most recurrent one that it has.

    Args:
        path: table with the columns ``pos occurrences``.
    """
    table = pd.read_csv(path, sep="\t")
    seen = table["occurrences"].fillna(table["occurrences"].max()).to_numpy(float)
    found = np.zeros(LENGTH)
    found[table["pos"].to_numpy(np.int64) - 1] = seen / BRANCHES
    return found
