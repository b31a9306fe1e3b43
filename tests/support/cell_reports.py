"""Tables of a simulated library of single cells, for its page of the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mitotransfer.cells import tables
from mitotransfer.report.cell_page import Library
from mitotransfer.simulate.cell_library import CellScenario, Subset, draw

NAN = float("nan")


def library(cells: int, share: float = 0.1, umap: bool = True) -> Library:
    """A library of CD8 and B cells with verdicts that follow from the truth."""
    half = cells // 2
    subsets = (
        Subset("CD8", half, share=share, fraction=0.3, doublets=0.02 if share else 0.0),
        Subset("B", cells - half, depth=60.0),
    )
    drawn = draw(CellScenario(subsets, tumor_cells=20, empty=0), 1)
    immune = drawn.subset != "tumor"
    alt, depth = drawn.alt[immune].sum(axis=1), drawn.depth[immune].sum(axis=1)
    given, doublet = drawn.fraction[immune] > 0, drawn.doublet[immune]
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "barcode": [f"C{k:06d}-1" for k in range(cells)],
            "cell_type": drawn.subset[immune],
            "subset": "",
            "verdict": np.select(
                [doublet, given], ["explained_by_doublet", "transfer_supported"], "not_detected"
            ),
            "tumor_fraction": alt / depth,
            "tumor_fraction_low": 0.0,
            "tumor_fraction_high": 1.0,
            "detection_limit": 0.2,
            "p_value": 0.5,
            "q_value": 0.5,
            "zero_p_value": 0.5,
            "alt": alt,
            "ambient_alt": 1 + 0.001 * depth,
            "zero_least_alt": 7,
            "least_alt": (7 + 0.06 * depth).astype(int),
            "informative_fragments": depth,
            "n_variants": 3,
            "mtdna_depth": drawn.total[immune],
            "ambient_share": 0.02,
            "doublet_probability": np.where(doublet, 0.9, 0.0),
            "tumor_score": rng.normal(0.1 + doublet, 0.1),
            "umap_1": rng.normal(size=cells) if umap else NAN,
            "umap_2": rng.normal(size=cells) if umap else NAN,
            "flags": "swap_assumed",
        }
    )
    verdict = "transfer_supported" if share else "not_detected"
    rows = [
        ["P0001", "L1", kind, "", n, n, found, 0.8 * found, 1.2 * found + 0.001, 0.7 * found, 0.002,
         0.004, 0.0, p, 0.8, 0.6, 0.005, told, "swap_assumed"]
        for kind, n, found, p, told in (
            ("all", cells, share / 2, NAN, verdict),
            ("B", cells - half, 3e-8, 1e-9, "not_detected"),
            ("CD8", half, share, 1e-9, verdict),
        )
    ]  # fmt: skip
    variants = [
        [pos, "C", "T", 0.6, 100.0, 900, 50, 9000, 0.0, 0.001, share / 2, share / 3, ""]
        for pos in (1001, 4001)
    ] + [[8001, "C", "T", 0.6, 100.0, 900, 50, 9000, 0.0, 0.001, NAN, NAN, "in_normal"]]
    return Library(
        "L1", "P0001", frame[tables.CELLS.names], tables.LIBRARY_SHARES.frame(rows),
        tables.CELL_VARIANTS.frame(variants),
        tables.FRACTIONS.frame([(0.0, 1 - share / 2), (0.05, 0.0), (0.3, share / 2), (1.0, 0.0)]),
    )  # fmt: skip


def write_tables(made: Library, samples: Path) -> None:
    """Write the tables of a library as the workflow does."""
    folder = samples / made.name
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / made.name
    tables.CELLS.write(made.cells, f"{stem}.cells.tsv.gz")
    tables.LIBRARY_SHARES.write(made.shares, f"{stem}.cell_shares.tsv")
    tables.CELL_VARIANTS.write(made.variants, f"{stem}.cell_variants.tsv")
    tables.FRACTIONS.write(made.fractions, f"{stem}.cell_fractions.tsv")
