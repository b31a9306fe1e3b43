"""Barcodes of cells: lists of them, and a compiled table from the text of a tag to a number."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit, njit_views
from mitotransfer.counts.fragments import Hashes
from mitotransfer.counts.mates import find, hash_name
from mitotransfer.genome.reference import BASES, reverse_complement
from mitotransfer.problems import BadFile

#: New barcodes that are noted before they are named.
ROOM = 1 << 14
_FULLEST = 0.5  # share of the table that may be taken
UNKNOWN = -1


class Table(NamedTuple):
    """Numbers of barcodes by a hash of their text.

    Attributes:
        keys, numbers: a hash table.
        new: where the texts of barcodes start that were added since ``Known.name``.
        used: barcodes in the table, those of them in ``new``, and whether others are added.
    """

    keys: Hashes
    numbers: Ints
    new: Ints
    used: Ints


@njit_views
def text_end(data: Bytes, at: Int) -> Int:
    """Where the text that starts at ``at`` ends (its final 0)."""
    end = at
    while data[end] != 0:
        end += 1
    return end


@njit_views
def number_of(data: Bytes, at: Int, table: Table) -> tuple[Int, np.uint64]:
    """Number of the barcode whose text starts at ``at``, or UNKNOWN, and the hash of its text."""
    key = hash_name(data, at, text_end(data, at) - at)
    place = find(table.keys, key)
    if table.keys[place] == np.uint64(0):
        if table.used[2] == 0:
            return np.int64(UNKNOWN), key
        table.keys[place] = key
        table.numbers[place] = table.used[0]
        table.new[table.used[1]] = at
        table.used[0] += 1
        table.used[1] += 1
    return table.numbers[place], key


@njit
def _insert(keys: Hashes, numbers: Ints, more: Hashes, values: Ints) -> None:
    for i in range(more.shape[0]):
        place = find(keys, more[i])
        keys[place] = more[i]
        numbers[place] = values[i]


@njit
def _hashes(data: Bytes, starts: Ints, ends: Ints, out: Hashes) -> None:
    for i in range(starts.shape[0]):
        out[i] = hash_name(data, starts[i], ends[i] - starts[i])


def hashes_of(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Hash of each text."""
    raw = [text.encode() for text in texts]
    sizes = np.array([len(one) for one in raw], np.int64)
    ends = np.cumsum(sizes)
    out = np.empty(len(raw), np.uint64)
    _hashes(np.frombuffer(b"".join(raw) + b"\0", np.uint8), ends - sizes, ends, out)
    return out


class Known:
    """Barcodes with their numbers, in the order in which they came.

    Args:
        texts: the barcodes that count.
        more: whether others that are met count too.
    """

    def __init__(self, texts: Sequence[str], more: bool) -> None:
        self.texts = list(texts)
        keys = hashes_of(self.texts)
        if len(np.unique(keys)) != len(keys):
            raise ValueError("two barcodes have the same hash, or one is there twice")
        self.table = _new_table(1 << 16, more)
        self._fill(keys, np.arange(len(keys)))

    def _fill(self, keys: NDArray[np.uint64], numbers: Ints) -> None:
        size = len(self.table.keys)
        while len(keys) + ROOM > _FULLEST * size:
            size *= 2
        self.table = _new_table(size, bool(self.table.used[2]))
        _insert(self.table.keys, self.table.numbers, keys, numbers)
        self.table.used[0] = len(keys)

    def name(self, data: Bytes) -> None:
        """Take the texts of the new barcodes from the bytes of the records."""
        n, new, _ = self.table.used.tolist()
        for at in self.table.new[:new].tolist():
            raw = data[at : at + 256].tobytes()
            self.texts.append(raw[: raw.index(0)].decode("ascii", "replace"))
        self.table.used[1] = 0
        if n + ROOM > _FULLEST * len(self.table.keys):
            taken = self.table.keys != 0
            self._fill(self.table.keys[taken], self.table.numbers[taken])


def _new_table(size: int, more: bool) -> Table:
    used = np.array([0, 0, more], np.int64)
    return Table(
        np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(ROOM, np.int64), used
    )


def read_list(path: str | Path) -> list[str]:
    """The barcodes of a list: one a line, plain or gzipped; of further columns the first counts.

    Raises:
        BadFile: if the file has none.
    """
    raw = Path(path).read_bytes()
    text = (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode("utf-8-sig")
    cells = (line.replace(",", "\t").split("\t")[0].strip() for line in text.splitlines())
    found = [cell for cell in cells if cell and cell.lower() not in ("barcode", "barcodes")]
    if not found:
        raise BadFile(f"{path}: no barcodes; expected one a line")
    return sorted(set(found))


def spellings(barcode: str) -> dict[str, str]:
    """Other ways to write a barcode, by what they do to it.

    >>> spellings("ACG-1")
    {'without its suffix': 'ACG', 'reverse complement': 'CGT-1'}
    >>> spellings("ACG")["with the suffix -1"]
    'ACG-1'
    """
    stem, dash, suffix = barcode.rpartition("-")
    if not dash:
        stem = barcode
    numbered = bool(dash) and suffix.isdigit()
    found = {"without its suffix": stem} if numbered else {"with the suffix -1": f"{barcode}-1"}
    bases = stem if numbered else barcode
    if set(bases) <= set(BASES):
        turned = reverse_complement(bases)
        found["reverse complement"] = f"{turned}-{suffix}" if numbered else turned
    return found


def mismatch(listed: Sequence[str], seen: Iterable[str]) -> str:
    """Why no listed barcode is among those seen; empty where one is."""
    seen = set(seen)
    if seen.intersection(listed):
        return ""
    message = (
        f"none of its {len(listed):,} barcodes is among the {len(seen):,} of the reads: the list "
        f"has '{listed[0]}', the reads have '{min(seen, default='none')}'"
    )
    for way in ("without its suffix", "with the suffix -1", "reverse complement"):
        if seen.intersection(spellings(text).get(way, "") for text in listed):
            return f"{message}; they fit {way}: write them so"
    return f"{message}; the reads may have the barcode in another tag (such as DB): set barcode_tag"
