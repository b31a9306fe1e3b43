"""Counts of all cells at all positions, in the text format of mgatk, as Signac reads it.

The positions come in their order as the reads pass them, so that no matrix of all positions by all
cells is ever held.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Bytes, Ints
from mitotransfer.cells.bam_stream import mitochondrial_records
from mitotransfer.cells.counting import Counter, Library
from mitotransfer.cells.votes import Settled
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.genome.reference import BASES, Reference
from mitotransfer.inputs.settings import Counting

_LEVEL = 4  # of compression


def write(
    library: Library,
    folder: Path,
    reference: Reference,
    rules: Counting,
    own: Bytes | None = None,
) -> None:
    """Write ``{name}.A.txt.gz`` to ``T``, ``coverage``, ``depthTable`` and ``chrM_refAllele``.

    A row of an allele: position, barcode, forward and reverse fragments. The order of the rows is
    by position and barcode.

    Args:
        library: its barcodes are those written.
        own: as for ``counting.count_cells``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    circle = Circle.of(reference)
    codes = circle_codes(reference) if own is None else own
    counter = Counter(library, np.arange(circle.length), codes, reference, rules)
    files = _Files(folder, folder.name, sorted(library.barcodes), library.barcodes, circle)
    with files:
        for records in mitochondrial_records(library.path, reference):
            for found in counter.feed(records):
                files.add(found)
        files.add(counter.finish())
    with open(folder / f"{folder.name}.depthTable.txt", "w") as out:
        for barcode, bases in zip(files.names, files.depth.tolist(), strict=True):
            out.write(f"{barcode}\t{bases / circle.length:.2f}\n")
    with open(folder / "chrM_refAllele.txt", "w") as out:
        out.writelines(f"{at + 1}\t{base}\n" for at, base in enumerate(reference.sequence))


class _Files:
    """The files of alleles and of the coverage.

    Args:
        names: barcodes, sorted.
        texts: the same in the order of their numbers.
    """

    def __init__(
        self, folder: Path, name: str, names: Sequence[str], texts: Sequence[str], circle: Circle
    ) -> None:
        self.names = list(names)
        rank = {barcode: place for place, barcode in enumerate(names)}
        self._rank = np.array([rank[text] for text in texts], np.int64)
        self._circle = circle
        self.depth = np.zeros(len(names), np.int64)
        paths = [folder / f"{name}.{kind}.txt.gz" for kind in (*BASES, "coverage")]
        self._raw = [open(path, "wb") for path in paths]  # noqa: SIM115
        self._files = [gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) for raw in self._raw]

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (*self._files, *self._raw):
            file.close()

    def add(self, found: Settled) -> None:
        """Add counted bases; each position comes once, and later positions come later."""
        n = len(self.names)
        cells = self._rank[found.cells]
        self.depth += np.bincount(cells, minlength=n)
        place = found.targets.astype(np.int64) * n + cells
        for allele, file in enumerate(self._files[:4]):
            of_allele = found.values >> 1 == allele
            keys, forward, reverse = _by_strand(place[of_allele], found.values[of_allele] & 1)
            self._write(file, keys, [forward, reverse])
        keys, forward, reverse = _by_strand(place, found.values & 1)
        self._write(self._files[4], keys, [forward + reverse])

    def _write(self, file: gzip.GzipFile, keys: Ints, columns: list[Ints]) -> None:
        n = max(len(self.names), 1)
        positions = np.asarray(self._circle.to_reference(keys // n)) + 1
        rows = zip(
            positions.tolist(), (keys % n).tolist(), *(c.tolist() for c in columns), strict=True
        )
        text = "".join(
            f"{position},{self.names[cell]},{','.join(map(str, counts))}\n"
            for position, cell, *counts in rows
        )
        file.write(text.encode())


def _by_strand(keys: Ints, strand: NDArray[Any]) -> tuple[Ints, Ints, Ints]:
    """Distinct keys in their order, and how often each is there, forward and reverse."""
    distinct, number = np.unique(keys, return_inverse=True)
    reverse = np.bincount(number, strand, len(distinct)).astype(np.int64)
    return distinct, np.bincount(number, minlength=len(distinct)) - reverse, reverse
