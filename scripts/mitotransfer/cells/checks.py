"""What is wrong, or cannot be known, about the cells of a library: one sentence with its cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mitotransfer.cells import barcodes
from mitotransfer.cells.cell_counts import COVERAGE, CellCounts

if TYPE_CHECKING:
    import pandas as pd

MIN_JOINED = 0.5  # share of the annotated cells that should be among the barcodes
MIN_DEPTH = 5.0  # median depth of cells, below which single cells say little
_HOLE = 0.02  # depth of a position over the median one, below which it is a hole
_MIN_SEEN = 10  # median fragments of a position from which holes are told


def warnings(cells: CellCounts, annotation: pd.DataFrame) -> list[str]:
    """Warnings about a library's counts and annotation."""
    found = [
        *_joined(cells, annotation),
        *_without_ambient(cells),
        *_roles(annotation),
        *_depth(cells),
        *_holes(cells),
    ]
    return [text for text in found if text]


def _joined(cells: CellCounts, annotation: pd.DataFrame) -> list[str]:
    listed = annotation.index.tolist()
    joined = int(cells.is_cell.sum())
    share = joined / max(len(listed), 1)
    if joined == 0:
        reason = barcodes.mismatch(listed, cells.barcodes)
        return [f"the annotation joins none of the barcodes: {reason}"]
    if share < MIN_JOINED:
        other = min(set(listed) - set(cells.barcodes))
        return [
            f"the annotation joins {share:.0%} of its {len(listed):,} cells to barcodes of the "
            f"reads ('{other}' is not among them): give the annotation of this library"
        ]
    return []


def _without_ambient(cells: CellCounts) -> list[str]:
    if len(cells.barcodes) and cells.is_cell.all():
        return [
            "all barcodes are of cells, so ambient mtDNA cannot be measured: give the unfiltered "
            "BAM, and in barcodes the list of all barcodes"
        ]
    return []


def _roles(annotation: pd.DataFrame) -> list[str]:
    if not (annotation["cell_role"] == "tumor").any():
        return [
            "no tumour cells are annotated: the VAF of the tumour's cells is taken from other "
            "samples; give the tumour cells the cell_role tumor"
        ]
    return []


def _depth(cells: CellCounts) -> list[str]:
    if not cells.is_cell.any():
        return []
    depth = float(np.median(cells.depth[cells.is_cell]))
    if depth >= MIN_DEPTH:
        return []
    return [
        f"the median mtDNA depth of cells is {depth:.1f}, below {MIN_DEPTH:g}: only shares of all "
        "cells can be told, hardly single cells. Nuclei and multiome hold little mtDNA, and not "
        "that of their own cell; enrich mtDNA (mtscATAC, MAESTER)"
    ]


def _holes(cells: CellCounts) -> list[str]:
    """Positions without reads where others have many: reads lost to nuclear copies.

    Counted positions, and those along the genome at which the depth is measured: RNA has holes
    there by its genes, and is judged by counted positions alone.
    """
    depth = cells.counts.sum(axis=(0, 2), dtype=np.int64)
    seen = dict(zip(cells.positions.tolist(), depth.tolist(), strict=True))
    if not cells.meta.get("umi_tag"):
        seen = dict(cells.meta.get(COVERAGE, ())) | seen
    typical = float(np.median(list(seen.values()))) if seen else 0.0
    if len(seen) < 2 or typical < _MIN_SEEN:
        return []
    order = sorted(seen)
    found: list[list[int]] = []
    for before, at in zip([-1, *order], order, strict=False):
        if seen[at] >= _HOLE * typical:
            continue
        if found and found[-1][-1] == before:
            found[-1].append(at)
        else:
            found.append([at])
    if not found:
        return []
    named = [f"{run[0] + 1}" + (f" to {run[-1] + 1}" if len(run) > 1 else "") for run in found]
    return [
        f"hardly a read covers position {', '.join(named[:5])}, while others are deep: mask "
        "nuclear copies of mtDNA in the reference that the reads were taken from"
    ]
