"""Counts per cell that other tools made: mgatk (text), mgatk2 (HDF5), cellSNP-lite (mtx)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Ints
from mitotransfer.cells.cell_counts import CellCounts, arranged
from mitotransfer.genome.reference import BASES, CODE_OF, Reference
from mitotransfer.problems import BadFile

if TYPE_CHECKING:
    import pandas as pd

_SNP = "cellSNP"
_ROWS = 1 << 20  # of a text file that are read at once
#: Types of the columns of entries: of a library there are hundreds of millions.
_KINDS = (np.int32, np.int32, np.int8, np.int8, np.int32)
#: Bases that a fragment gives where a tool counts bases alone: those of common reads of single
#: cells. No source was found for it.
BASES_PER_FRAGMENT = 100


@dataclass(frozen=True, eq=False)
class Entries:
    """Counts of many cells at many positions, only those above zero.

    Attributes:
        barcodes: of the cells.
        cells: number of the cell of each entry.
        positions: 0-based, on the reference.
        alleles, strands: A, C, G, T as 0 to 3; forward 0, reverse 1.
        counts: of each entry.
        stranded: whether the strands are known; else all entries are forward.
        listed: positions that the tool lists; None where it lists all.
        tool: that made them.
        length: positions of the reference.
    """

    barcodes: tuple[str, ...]
    cells: NDArray[np.int32]
    positions: NDArray[np.int32]
    alleles: NDArray[np.int8]
    strands: NDArray[np.int8]
    counts: NDArray[np.int32]
    stranded: bool
    listed: Ints | None
    tool: str
    length: int


def read(path: str | Path, reference: Reference) -> Entries:
    """Counts of a folder or file of one of the tools.

    Args:
        reference: that they were counted on.

    Raises:
        BadFile: if it is of none of them, or damaged.
    """
    path = Path(path)
    try:
        if path.is_file():
            return _mgatk2(path, reference)
        if (path / "counts.h5").is_file():
            return _mgatk2(path / "counts.h5", reference)
        if found := _named(path, f"{_SNP}.tag.AD.mtx"):
            return _cellsnp(path, found, reference)
        if _named(path, "*.A.txt"):
            return _mgatk(path, reference)
    except (ValueError, KeyError, OSError, EOFError, IndexError) as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile(f"{path}: damaged or of another version ({error}); make it again") from error
    raise BadFile(
        f"{path}: no counts per cell: expected the folder of mgatk (*.A.txt.gz, ...), counts.h5 of "
        f"mgatk2, or the folder of cellSNP-lite ({_SNP}.tag.AD.mtx, ...)"
    )


def files_of(path: str | Path) -> list[Path]:
    """The file, or those of the folder that are not hidden, sorted."""
    path = Path(path)
    if path.is_file():
        return [path]
    return sorted(one for one in path.iterdir() if one.is_file() and one.name[:1] != ".")


def _named(folder: Path, pattern: str) -> Path | None:
    """The file of a name, plain or gzipped."""
    found = sorted([*folder.glob(pattern), *folder.glob(f"{pattern}.gz")])
    return found[0] if found else None


def _opened(path: Path) -> IO[str]:
    """A text file, plain or gzipped."""
    with path.open("rb") as handle:
        packed = handle.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt") if packed else path.open()


def _text(path: Path) -> str:
    with _opened(path) as handle:
        return handle.read()


def _rows(path: Path) -> Iterator[pd.DataFrame]:
    """The rows of mgatk's text, in parts; the second column, of cells, as categories."""
    import pandas as pd

    with _opened(path) as handle:
        if not handle.read(1):
            return
        handle.seek(0)
        yield from pd.read_csv(handle, header=None, dtype={1: "category"}, chunksize=_ROWS)


def _entries(
    barcodes: Sequence[str], columns: Sequence[Any], reference: Reference, **about: Any
) -> Entries:
    """Entries of columns (cells, positions, alleles, strands, counts), without zeros, checked."""
    cells, positions, alleles, strands, counts = (
        np.asarray(column, kind) for column, kind in zip(columns, _KINDS, strict=True)
    )
    length = reference.length
    if len(positions) and not (positions.min() >= 0 and positions.max() < length):
        raise BadFile(
            f"positions up to {positions.max() + 1}, expected 1 to {length:,}: count on "
            f"{reference.facts.title}"
        )
    kept = counts > 0
    return Entries(
        tuple(barcodes), cells[kept], positions[kept], alleles[kept], strands[kept], counts[kept],
        **about, length=length,
    )  # fmt: skip


def _merged(columns: Sequence[list[NDArray[Any]]]) -> list[NDArray[Any]]:
    """The parts of each column together; they are let go one column after the other."""
    merged = []
    for parts in columns:
        merged.append(np.concatenate(parts) if parts else np.zeros(0))
        parts.clear()
    return merged


def _mgatk(folder: Path, reference: Reference) -> Entries:
    """mgatk's text: position, cell, forward, reverse; or with the mean quality behind each."""
    number: dict[str, int] = {}
    columns: list[list[NDArray[Any]]] = [[] for _ in range(5)]
    for allele, base in enumerate(BASES):
        path = _named(folder, f"*.{base}.txt")
        if path is None:
            raise BadFile(f"{folder}: the file *.{base}.txt.gz is missing; copy the folder whole")
        for part in _rows(path):
            places = {4: (2, 3), 6: (2, 4)}.get(part.shape[1])
            if places is None:
                raise BadFile(f"{path}: found {part.shape[1]} columns, expected 4 or 6")
            names = part[1].cat.categories
            own = np.array([number.setdefault(name, len(number)) for name in names], np.int32)
            cells = own[part[1].cat.codes.to_numpy()]
            positions = part[0].to_numpy(np.int32) - 1
            for strand, place in enumerate(places):
                counts = part[place].to_numpy(float).astype(np.int32)
                seen = counts > 0
                full = (np.full(len(part), value, np.int8) for value in (allele, strand))
                for column, values in zip(columns, (cells, positions, *full, counts), strict=True):
                    column.append(values[seen])
    merged = _merged(columns)
    return _entries(list(number), merged, reference, stranded=True, listed=None, tool="mgatk")


def _mgatk2(path: Path, reference: Reference) -> Entries:
    import h5py

    columns: list[list[NDArray[Any]]] = [[] for _ in range(5)]
    with h5py.File(path, "r") as file:
        barcodes = [text.decode() for text in file["barcode"][()]]
        for allele, base in enumerate(BASES):
            for strand, name in enumerate(("fwd", "rev")):
                data = file[f"{base}_{name}"]
                if data.shape != (reference.length, len(barcodes)):
                    raise BadFile(
                        f"{path}: {base}_{name} has shape {data.shape}, expected "
                        f"{reference.length:,} positions by cells: count on {reference.facts.title}"
                    )
                for start in range(0, reference.length, 1024):
                    part = data[start : start + 1024]
                    positions, cells = np.nonzero(part)
                    full = (np.full(len(cells), value, np.int8) for value in (allele, strand))
                    values = (cells, positions + start, *full, part[positions, cells])
                    for column, value, kind in zip(columns, values, _KINDS, strict=True):
                        column.append(value.astype(kind))
    merged = _merged(columns)
    return _entries(barcodes, merged, reference, stranded=True, listed=None, tool="mgatk2")


def _matrix(path: Path) -> tuple[Ints, Ints, Ints]:
    """Rows, columns and values of a MatrixMarket file, 0-based."""
    import pandas as pd

    with _opened(path) as handle:
        read = pd.read_csv(handle, sep=r"\s+", comment="%", header=None, dtype=np.int64)
    size, table = read.to_numpy()[0], read.to_numpy()[1:]
    if len(table) != size[2]:
        raise BadFile(f"{path}: fewer entries than its header says; copy it again")
    return table[:, 0] - 1, table[:, 1] - 1, table[:, 2]


def _cellsnp(folder: Path, ad: Path, reference: Reference) -> Entries:
    """cellSNP-lite: reads of the alternative allele, of it and the reference, at listed sites.

    Its third matrix, of other alleles, does not tell which they are, so it is left out.
    """
    dp, samples = _named(folder, f"{_SNP}.tag.DP.mtx"), _named(folder, f"{_SNP}.samples.tsv")
    vcf = _named(folder, f"{_SNP}.base.vcf")
    if dp is None or samples is None or vcf is None:
        raise BadFile(
            f"{folder}: expected {_SNP}.tag.DP.mtx, {_SNP}.samples.tsv and {_SNP}.base.vcf beside "
            f"{ad.name}; copy the folder whole"
        )
    barcodes = [line.split("\t")[0] for line in _text(samples).splitlines() if line]
    sites = [line.split("\t") for line in _text(vcf).splitlines() if line[:1] not in ("#", "")]
    positions = np.array([site[1] for site in sites], np.int64) - 1
    ref, alt = (np.array([CODE_OF.get(site[k].upper(), -1) for site in sites]) for k in (3, 4))
    rows, cells, alts = _matrix(ad)
    all_rows, all_cells, depths = _matrix(dp)
    key = all_rows * max(len(barcodes), 1) + all_cells
    order = np.argsort(key)
    place = np.searchsorted(key[order], rows * max(len(barcodes), 1) + cells)
    depths = depths.copy()
    depths[order[place]] -= alts
    parts = [
        (cells, positions[rows], alt[rows], alts),
        (all_cells, positions[all_rows], ref[all_rows], depths),
    ]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    known = columns[2] >= 0
    cell, position, allele, count = (column[known] for column in columns)
    return _entries(
        barcodes, (cell, position, allele, np.zeros(len(cell)), count), reference,
        stranded=False, listed=np.unique(positions), tool="cellSNP-lite",
    )  # fmt: skip


def as_cell_counts(entries: Entries, positions: Ints, cells: frozenset[str]) -> CellCounts:
    """Counts per cell at some positions.

    The depth is the mean over the positions that the tool lists. The number of fragments is not
    known: it is taken from the depth, with BASES_PER_FRAGMENT each.

    Args:
        positions: 0-based, on the reference.
        cells: barcodes of the annotation.
    """
    wanted = np.unique(np.asarray(positions, np.int64))
    n = len(entries.barcodes)
    counts = np.zeros((n, len(wanted), 4), np.uint32)
    column = np.searchsorted(wanted, entries.positions)
    chosen = np.isin(entries.positions, wanted)
    at = (entries.cells[chosen], column[chosen], entries.alleles[chosen])
    np.add.at(counts, at, entries.counts[chosen].astype(np.uint32))
    total = np.bincount(entries.cells, entries.counts, n)
    sites = entries.length if entries.listed is None else max(len(entries.listed), 1)
    depth = total / sites
    return arranged(
        entries.barcodes,
        wanted,
        counts=counts,
        depth=depth,
        mtdna_fragments=np.ceil(depth * entries.length / BASES_PER_FRAGMENT).astype(np.int64),
        is_cell=np.array([barcode in cells for barcode in entries.barcodes], np.bool_),
        meta={"tool": entries.tool, "stranded": entries.stranded},
    )


def bases(entries: Entries, cells: frozenset[str]) -> NDArray[np.uint32]:
    """Counts of all these cells together, shape (length, 4, 2) as ``Counts.bases``."""
    member = np.array([barcode in cells for barcode in entries.barcodes], np.bool_)
    found = np.zeros((entries.length, 4, 2), np.uint32)
    chosen = member[entries.cells] if len(member) else np.zeros(0, np.bool_)
    at = (entries.positions[chosen], entries.alleles[chosen], entries.strands[chosen])
    np.add.at(found, at, entries.counts[chosen].astype(np.uint32))
    return found
