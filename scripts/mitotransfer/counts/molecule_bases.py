"""What each long read shows: bases that count, as differences from the reference, and junctions.

The counts of a sample of long reads hold them, so that the haplotype of a molecule at any
positions can be asked for later. A molecule takes some 2 kB at one base in five below the quality
floor, a few hundred bytes where nearly all bases count.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Bytes, Ints, Mask
from mitotransfer.counts.junctions import LONG_MARGIN, MARGIN
from mitotransfer.counts.mates import hash_name
from mitotransfer.counts.split_reads import END, KEY, START

#: Allele where no base of a molecule counts.
SILENT = 4
#: Bases by which the ends of one junction, and its size, differ between reads: errors beside it.
_NEAR, _SLACK = 15, 10
#: Bases that count among ``MARGIN``, next to a bond and as far from it as a long read has to reach,
#: on either side, where a molecule runs across it.
_BESIDE = 5
_PREFIX = "molecule_"


@dataclass(frozen=True)
class MoleculeBases:
    """The n molecules of a sample that count, on the circle.

    Attributes:
        names: uint8, names of the reads, each with a newline.
        facts: int64, shape (n, 4): strand, first and last place covered (the last comes before the
            first where the origin lies between), bases that count.
        silent: uint8, shape (n, circle / 8): a bit for each place where no base counts.
        starts: int64, shape (n + 1,): where the differences of each molecule start.
        places, bases: uint16 and uint8: places and codes of bases that differ from the reference.
        junctions: int64, shape (j, 3): number of a molecule, last place before its junction and
            first one after it.
    """

    names: Bytes
    facts: Ints
    silent: Bytes
    starts: Ints
    places: NDArray[np.uint16]
    bases: Bytes
    junctions: Ints

    def __len__(self) -> int:
        return len(self.facts)

    def read_names(self) -> list[str]:
        """Names of the reads."""
        return self.names.tobytes().decode("ascii", "replace").split("\n")[:-1]

    def alleles(self, places: Ints, codes: Bytes) -> NDArray[np.uint8]:
        """Codes of the molecules' bases at k places of the circle, SILENT without one: (n, k).

        Args:
            codes: of the circle.
        """
        found = np.broadcast_to(codes[places], (len(self), len(places))).copy()
        owner = np.repeat(np.arange(len(self)), np.diff(self.starts))
        for column, place in enumerate(places.tolist()):
            here = self.places == place
            found[owner[here], column] = self.bases[here]
            found[self._mute(place), column] = SILENT
        return found

    def _mute(self, place: int) -> Mask:
        """Which molecules have no base that counts at a place."""
        found: Mask = (self.silent[:, place >> 3] >> (7 - (place & 7))) & 1 == 1
        return found

    def junction(self, start: int, end: int, repeat: int, circle: int) -> NDArray[np.int8]:
        """Which molecules have a junction, shape (n,): 1, else 0 if they run on at its start.

        Molecules that run on into its end alone are -1, as those at neither end: every molecule
        without the junction has one start, and each with it one junction.

        Args:
            start, end: last place before it and first one after it, the leftmost of the repeat.
            repeat: bases of the direct repeat there.
        """
        number, first, last = self.junctions.T
        moved, size = (first - start + circle // 2) % circle - circle // 2, (last - first) % circle
        same = (np.abs(moved) <= _NEAR) & (np.abs(size - (end - start) % circle) <= _SLACK)
        found = np.full(len(self), -1, np.int8)
        near, far = np.arange(MARGIN), LONG_MARGIN - 1 - np.arange(MARGIN)
        sides = [
            place for step in (near, far) for place in (start - step, start + repeat + 1 + step)
        ]
        beside = np.array([
            np.sum([~self._mute(place) for place in side.tolist()], axis=0)
            for side in np.array(sides) % circle
        ])  # fmt: skip
        found[beside.min(axis=0) >= _BESIDE] = 0
        found[number[same]] = 1
        return found


class Collector:
    """Molecules in the making, in the order in which they are counted."""

    def __init__(self, codes: Bytes) -> None:
        self._codes = codes
        self._names: list[bytes] = []
        self._facts: list[tuple[int, int, int, int]] = []
        self._silent: list[Bytes] = []
        self._places: list[NDArray[np.uint16]] = []
        self._bases: list[Bytes] = []

    def add(self, name: str, strand: int, bases: Bytes, counted: Mask, covered: Mask) -> None:
        """Add a molecule.

        Args:
            bases: codes at each place of the circle.
            counted: where they count.
            covered: where there is one.
        """
        differs = np.flatnonzero(counted & (bases != self._codes))
        first, last = _ends(np.flatnonzero(covered), len(bases))
        self._names.append(name.encode() + b"\n")
        self._facts.append((strand, first, last, int(counted.sum())))
        self._silent.append(np.packbits(~counted))
        self._places.append(differs.astype(np.uint16))
        self._bases.append(bases[differs])

    def molecules(self, splits: Ints | None = None) -> MoleculeBases:
        """All that were added.

        Args:
            splits: rows of ``counts.split_reads``: junctions of reads, some of which were added.
        """
        sizes = [len(places) for places in self._places]
        return MoleculeBases(
            np.frombuffer(b"".join(self._names), np.uint8),
            np.array(self._facts, np.int64).reshape(-1, 4),
            np.array(self._silent, np.uint8).reshape(len(sizes), -(-len(self._codes) // 8)),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            np.concatenate([np.zeros(0, np.uint16), *self._places]),
            np.concatenate([np.zeros(0, np.uint8), *self._bases]),
            self._junctions(splits),
        )

    def _junctions(self, splits: Ints | None) -> Ints:
        if splits is None or not len(splits) or not self._names:
            return np.zeros((0, 3), np.int64)
        keys = np.array([_key(name) for name in self._names], np.int64)
        order = np.argsort(keys)
        at = np.minimum(np.searchsorted(keys[order], splits[:, KEY]), len(keys) - 1)
        number = order[at]
        known = keys[number] == splits[:, KEY]
        return np.column_stack([number, splits[:, START], splits[:, END]])[known]


def _key(name: bytes) -> int:
    """Key of a read in ``counts.split_reads``, by its name with a newline."""
    letters = np.frombuffer(name, np.uint8).copy()  # kernels are compiled for what can be written
    return int(hash_name(letters, np.int64(0), np.int64(len(name) - 1))) >> 1


def _ends(covered: Ints, circle: int) -> tuple[int, int]:
    """First and last place of a molecule: those around the longest stretch that it lacks."""
    if not len(covered):
        return 0, -1
    gaps = np.diff(covered, append=covered[0] + circle)
    widest = int(gaps.argmax())
    if gaps[widest] == 1:
        return 0, circle - 1
    return int(covered[(widest + 1) % len(covered)]), int(covered[widest])


def arrays(molecules: MoleculeBases | None) -> dict[str, NDArray]:
    """The arrays for a file of counts; none without molecules."""
    return {} if molecules is None else {f"{_PREFIX}{k}": v for k, v in vars(molecules).items()}


def load(path: str | Path) -> MoleculeBases | None:
    """The molecules in a file of counts; None where the reads are short.

    Raises:
        ValueError: if the file is cut.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            if f"{_PREFIX}facts" not in archive:
                return None
            return MoleculeBases(
                *(archive[f"{_PREFIX}{name}"] for name in MoleculeBases.__dataclass_fields__)
            )
    except (KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not a file of allele counts; count the sample again") from error
