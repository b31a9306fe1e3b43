"""Allele counts of the cells of one library: the shape that the steps of single cells work on."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Ints, Mask

#: Key of ``meta``: why the library's reads cannot be used.
FAILED = "failed"
#: Key of ``meta``: fragments of all barcodes along the genome, pairs of 0-based position and depth.
COVERAGE = "coverage"
_LEVEL = 4  # of compression


@dataclass(frozen=True, eq=False)
class CellCounts:
    """Fragments of each barcode of a library at some positions. A fragment counts once.

    Attributes:
        barcodes: sorted; of cells and of droplets without a cell.
        positions: int64, shape (k,), ascending: 0-based positions on the reference.
        counts: uint32, shape (barcodes, k, 4): fragments by allele (A, C, G, T).
        depth: float64, shape (barcodes,): mean depth of the mtDNA, aligned bases of fragments over
            the length of the mitogenome.
        mtdna_fragments: int64, shape (barcodes,): mtDNA fragments (of RNA: UMIs) seen.
        is_cell: bool, shape (barcodes,): the barcode is in the annotation.
        meta: facts about the library, as JSON takes them.
    """

    barcodes: tuple[str, ...]
    positions: Ints
    counts: NDArray[np.uint32]
    depth: Floats
    mtdna_fragments: Ints
    is_cell: Mask
    meta: dict[str, Any]

    def __post_init__(self) -> None:
        n, k = len(self.barcodes), len(self.positions)
        if self.counts.shape != (n, k, 4):
            raise ValueError(f"counts of shape {self.counts.shape}, expected {(n, k, 4)}")
        if any(array.shape != (n,) for array in (self.depth, self.mtdna_fragments, self.is_cell)):
            raise ValueError(f"depth, mtdna_fragments and is_cell have not all {n} barcodes")
        if list(self.barcodes) != sorted(set(self.barcodes)):
            raise ValueError("the barcodes are not sorted, or one is there twice")
        if np.any(np.diff(self.positions) <= 0):
            raise ValueError("the positions do not ascend")


def arranged(
    barcodes: Sequence[str],
    positions: Ints,
    *,
    counts: NDArray[Any],
    depth: Floats,
    mtdna_fragments: Ints,
    is_cell: Mask,
    meta: dict[str, Any],
) -> CellCounts:
    """Counts whose barcodes and positions may come in any order."""
    rows = np.argsort(np.array(barcodes, object), kind="stable")
    columns = np.argsort(positions, kind="stable")
    return CellCounts(
        tuple(barcodes[i] for i in rows),
        np.asarray(positions, np.int64)[columns],
        np.ascontiguousarray(counts[rows][:, columns], np.uint32),
        np.asarray(depth, np.float64)[rows],
        np.asarray(mtdna_fragments, np.int64)[rows],
        np.asarray(is_cell, np.bool_)[rows],
        meta,
    )


def with_facts(cells: CellCounts, facts: Mapping[str, Any]) -> CellCounts:
    """Counts with further facts about the library."""
    return replace(cells, meta={**cells.meta, **facts})


def without_cells(positions: Ints, reason: str) -> CellCounts:
    """Valid counts of a library whose reads cannot be used, with the reason."""
    return arranged(
        (),
        positions,
        counts=np.zeros((0, len(positions), 4), np.uint32),
        depth=np.zeros(0),
        mtdna_fragments=np.zeros(0, np.int64),
        is_cell=np.zeros(0, np.bool_),
        meta={FAILED: reason},
    )


def save(cells: CellCounts, path: str | Path) -> None:
    """Write counts as a compressed ``.npz`` whose bytes depend on the counts alone."""
    arrays: dict[str, NDArray[Any]] = {
        "barcodes": np.frombuffer("\n".join(cells.barcodes).encode(), np.uint8),
        "positions": cells.positions.astype(np.int64, copy=False),
        "counts": cells.counts.astype(np.uint32, copy=False),
        "depth": cells.depth.astype(np.float64, copy=False),
        "mtdna_fragments": cells.mtdna_fragments.astype(np.int64, copy=False),
        "is_cell": cells.is_cell.astype(np.bool_, copy=False),
        "meta": np.frombuffer(json.dumps(cells.meta, sort_keys=True).encode(), np.uint8),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as handle:
                np.lib.format.write_array(handle, array, allow_pickle=False)


def load(path: str | Path) -> CellCounts:
    """Counts as ``save`` wrote them.

    Raises:
        ValueError: if the file is cut, or another version wrote it.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            text = archive["barcodes"].tobytes().decode()
            return CellCounts(
                tuple(text.split("\n")) if text else (),
                archive["positions"],
                archive["counts"],
                archive["depth"],
                archive["mtdna_fragments"],
                archive["is_cell"],
                json.loads(archive["meta"].tobytes().decode()),
            )
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not a file of counts per cell; count the cells again") from error
