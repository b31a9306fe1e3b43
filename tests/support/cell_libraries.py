"""Simulated libraries of cells, with what the analysis learns of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mitotransfer.cells import ambient, donors
from mitotransfer.cells.ambient import Ambient
from mitotransfer.cells.cell_counts import CellCounts
from mitotransfer.cells.donors import Donors
from mitotransfer.cells.mixture import Library
from mitotransfer.simulate.cell_library import CellLibrary, CellScenario, draw

ERROR = 5e-4


@dataclass(frozen=True)
class Learned:
    """The immune cells of a drawn library, and their truth."""

    library: Library
    fraction: np.ndarray
    doublet: np.ndarray
    subset: np.ndarray


def learn(scenario: CellScenario, seed: int | list[int]) -> Learned:
    """Draw a library, and learn VAFs and ambient mtDNA from its tumour cells and empty droplets."""
    drawn = draw(scenario, seed)
    immune = ~np.isin(drawn.subset, ["tumor", "empty"])
    return Learned(
        library_of(drawn, immune),
        drawn.fraction[immune],
        drawn.doublet[immune],
        drawn.subset[immune],
    )


def library_of(drawn: CellLibrary, immune: np.ndarray, swap: float = 0.005) -> Library:
    tumor, empty = drawn.subset == "tumor", drawn.subset == "empty"
    error = np.full(drawn.alt.shape[1], ERROR)
    given = donors.of_tumor_cells(drawn.alt[tumor], drawn.depth[tumor])
    mean, shape = ambient.load_of_droplets(drawn.fragments[empty])
    share = ambient.tumor_share(
        drawn.alt[empty].sum(axis=0), drawn.depth[empty].sum(axis=0), given.vaf, error
    )
    of_reads = drawn.total[tumor].sum() / drawn.total[~empty].sum()
    load = mean * drawn.total.sum() / drawn.fragments.sum()
    found = Ambient(float(load), shape, share, swap, float(of_reads))
    return Library(drawn.alt[immune], drawn.depth[immune], drawn.total[immune], given, error, found)


def library(
    alt: list[list[int]],
    depth: list[list[int]],
    vaf: list[float],
    ambient: Ambient = ambient.NONE,
    *,
    total: list[float] | None = None,
    concentration: float = 500.0,
    error: float = ERROR,
) -> Library:
    """A library of given counts; the cells' depth is that at the variants unless given."""
    n = np.array(depth)
    return Library(
        np.array(alt),
        n,
        n.mean(axis=1) if total is None else np.array(total),
        Donors(np.array(vaf), np.full(len(vaf), concentration)),
        np.full(len(vaf), error),
        ambient,
    )


#: 0-based positions of the variants of drawn libraries, far apart.
PLACES = np.array([1000, 4000, 8000, 12000, 15000])


def counted(
    drawn: CellLibrary, scores: np.ndarray | None = None
) -> tuple[CellCounts, pd.DataFrame]:
    """A drawn library as annotated counts: C is the cells' own allele, T the tumour's.

    Args:
        scores: doublet score of each droplet.
    """
    droplets, variants = drawn.alt.shape
    counts = np.zeros((droplets, variants, 4), np.uint32)
    counts[:, :, 3], counts[:, :, 1] = drawn.alt, drawn.depth - drawn.alt
    barcodes = tuple(f"CELL{i:06d}-1" for i in range(droplets))
    is_cell = drawn.subset != "empty"
    cells = CellCounts(
        barcodes, PLACES[:variants], counts, drawn.total, drawn.fragments, is_cell, {}
    )
    annotation = pd.DataFrame(
        {
            "cell_role": np.where(drawn.subset == "tumor", "tumor", "immune"),
            "cell_type": drawn.subset,
            "subset": "",
            "doublet_score": np.nan if scores is None else scores,
            "tumor_score": np.nan,
        },
        index=list(barcodes),
    )
    return cells, annotation[is_cell]
