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
from typing import IO

import numpy as np

from mitotransfer.arrays import Ints
from mitotransfer.genome.circle import Circle
from mitotransfer.genome.reference import Reference
from mitotransfer.problems import BadFile
from mitotransfer.reads.bam_records import Records, whole_records
from mitotransfer.reads.consensus import join_copies
from mitotransfer.reads.umis import (
    LENGTH,
    PLACE,
    SIGNATURE,
    SIZE,
    START,
    UMI,
    describe,
    gather,
    join_near,
)

_PART = 1 << 27  # bytes of records that are joined at once


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
        self._folder = folder
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._described: list[Ints] = []
        self.copies = self.molecules = 0

    def add(self, records: Records) -> None:
        """Take records of whole fragments, mates next to each other.

        Raises:
            BadFile: if a read has no UMI at the end of its name.
        """
        if not len(records.offsets):
            return
        found, bad = describe(records, self._circle, self._in_name)
        if bad >= 0:
            raise BadFile(
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
        parts = self._file.tell() // _PART + 1
        for part, file in enumerate(self._split(families % parts, parts)):
            file.seek(0)
            data = np.frombuffer(bytearray(file.read()), np.uint8)
            file.close()
            rows = np.flatnonzero(families % parts == part)
            chosen = described[rows]
            order = np.lexsort((-chosen[:, LENGTH], chosen[:, SIGNATURE], families[rows]))
            starts = np.append(0, np.cumsum(chosen[:, SIZE]))
            kinds = np.stack([families[rows], chosen[:, SIGNATURE]])
            joined, copies = join_copies(data, starts, order, kinds, self._reference)
            self.copies += copies
            yield whole_records(joined)

    def _split(self, part_of: Ints, parts: int) -> list[IO[bytes]]:
        """The records by the part that each fragment belongs to, in the order of fragments."""
        files: list[IO[bytes]] = [
            tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            for _ in range(parts)
        ]
        self._file.seek(0)
        first = 0
        for described in self._described:
            data = np.load(self._file)
            mine = part_of[first : first + len(described)]
            order = np.argsort(mine, kind="stable")
            sorted_data = gather(data, described[:, START], described[:, SIZE], order)
            ends = np.cumsum(np.bincount(mine, described[:, SIZE], parts).astype(np.int64))
            for file, start, end in zip(files, [0, *ends.tolist()], ends.tolist(), strict=False):
                file.write(sorted_data[start:end].data)
            first += len(described)
        self._file.close()
        return files


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
