"""Copies of one molecule, known by their UMI, joined to one fragment by consensus.

Fragments are of one molecule if the outer ends of their mates, the strands and the UMI are equal.
UMIs that differ by one base are joined by the directional method of UMI-tools (Smith et al. 2017,
doi 10.1101/gr.209601.116): a UMI of n copies takes in one of at most (n + 1) / 2. Where so many
molecules share their ends that neighbours arise by chance, no UMIs are joined.

The fragment whose indels most copies have stands for the molecule. Its bases become those with the
largest sum of qualities over the copies; the quality is this sum less that of the other bases.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Bytes, Ints
from mitotransfer.genome.circle import Circle
from mitotransfer.genome.reference import Reference
from mitotransfer.reads.bam_records import Records, whole_records
from mitotransfer.reads.consensus import join_copies
from mitotransfer.reads.umis import LENGTH, PLACE, SIGNATURE, START, UMI, describe, join_near

Bools = NDArray[np.bool_]

_PART = 1 << 28  # bytes of records that are joined at once


class Molecules:
    """Collects the records of a sample; gives those of its molecules at the end.

    Args:
        reference: that the records are aligned to.
        umi: ``name``: the UMI is at the end of the read's name; ``RX``: behind its last colon.
        folder: for temporary files.
    """

    def __init__(self, reference: Reference, umi: str, folder: Path) -> None:
        self._reference = reference
        self._circle = Circle.of(reference)
        self._in_name = umi == "name"
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._described: list[Ints] = []
        self.copies = self.molecules = 0

    def add(self, records: Records) -> None:
        """Take records of whole fragments, mates next to each other.

        Raises:
            ValueError: if a read has no UMI at the end of its name.
        """
        if not len(records.offsets):
            return
        found, bad = describe(records, self._circle, self._in_name)
        if bad >= 0:
            raise ValueError(
                f"read '{records.name(bad)}' has no UMI (letters A, C, G, T, N after a separator) "
                "at the end of its name; leave the column umi empty, or give it as RX"
            )
        self._described.append(found)
        np.save(self._file, records.data)

    def joined(self) -> Iterator[Records]:
        """Records of the molecules, in batches of whole fragments."""
        if not self._described:
            return
        described = np.concatenate(self._described)
        families = _families(described[:, PLACE], described[:, UMI])
        self.molecules = int(families.max()) + 1
        size = self._file.tell()
        parts = size // _PART + 1
        for part in range(parts):
            data, starts, rows = self._part(families % parts == part)
            chosen = described[rows]
            order = np.lexsort((-chosen[:, LENGTH], chosen[:, SIGNATURE], families[rows]))
            joined, copies = join_copies(
                data, starts, order, np.stack([families[rows], chosen[:, SIGNATURE]]),
                self._reference,
            )  # fmt: skip
            self.copies += copies
            yield whole_records(joined)
        self._file.close()

    def _part(self, chosen: Bools) -> tuple[Bytes, Ints, Ints]:
        """The records of chosen fragments, where those of each start, and their rows."""
        self._file.seek(0)
        taken, sizes = [], []
        first = 0
        for described in self._described:
            data = np.load(self._file)
            size = np.diff(np.append(described[:, START], len(data)))
            mine = chosen[first : first + len(described)]
            taken.append(data if mine.all() else data[np.repeat(mine, size)])
            sizes.append(size[mine])
            first += len(described)
        ends = np.cumsum(np.concatenate(sizes))
        return np.concatenate(taken), np.append(0, ends), np.flatnonzero(chosen)


def _families(places: Ints, umis: Ints) -> Ints:
    """Number of the molecule of each fragment."""
    order = np.lexsort((umis, places))
    place, umi = places[order], umis[order]
    new = np.ones(len(order), bool)
    new[1:] = (place[1:] != place[:-1]) | (umi[1:] != umi[:-1])
    starts = np.flatnonzero(new)
    counts = np.diff(np.append(starts, len(order)))
    into = join_near(place[starts], umi[starts], counts)
    _, numbers = np.unique(into, return_inverse=True)
    families = np.empty(len(order), np.int64)
    families[order] = numbers[np.cumsum(new) - 1]
    return families
