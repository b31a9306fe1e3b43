"""Reads of FASTQ files: the text of the file, and the offsets of each read in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.problems import BadFile
from mitotransfer.reads import compressed
from mitotransfer.reads.compressed import Content

_MAX_NAME = 254  # longest name in BAM
_CHUNK = 1 << 21  # bytes read at once
_NEWLINE, _RETURN, _SPACE, _PLUS, _SLASH, _COLON, _AT, _YES = 10, 13, 32, 43, 47, 58, 64, 89

# Columns of the offsets of a read.
NAME, NAME_END, SEQUENCE, LENGTH, QUALITY, FAILED = range(6)


@dataclass(frozen=True)
class FastqReads:
    """Reads in file order.

    Attributes:
        text: of the file, from the first read on.
        places: shape (n, 6): where a read's name starts and ends in the text, where its bases
            start, their number, where its qualities start, and whether it failed the filter of
            the sequencer (``1:Y:`` after the name).
    """

    text: Bytes
    places: Ints

    def _parts(self, rows: Ints | None, start: int, end: int | None) -> list[bytes]:
        places = self.places if rows is None else self.places[rows]
        starts = places[:, start]
        ends = starts + places[:, LENGTH] if end is None else places[:, end]
        text = self.text.data
        return [bytes(text[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]

    def names(self, rows: Ints | None = None) -> list[bytes]:
        return self._parts(rows, NAME, NAME_END)

    def sequences(self, rows: Ints | None = None) -> list[bytes]:
        return self._parts(rows, SEQUENCE, None)

    def qualities(self, rows: Ints | None = None) -> list[bytes]:
        return self._parts(rows, QUALITY, None)


NONE = FastqReads(np.zeros(0, np.uint8), np.zeros((0, 6), np.int64))


def _malformed(path: Path, record: int, what: str) -> BadFile:
    return BadFile(f"{path}: malformed FASTQ at record {record}: {what}; write the file again")


def _raise_malformed(path: Path, record: int, text: bytes) -> NoReturn:
    """Raise an error that names the fault of the record at the start of ``text``."""
    lines = text.splitlines()[:4]
    header = lines[0]
    if not header.startswith(b"@") or not header[1:].split():
        shown = header[:30].decode("ascii", "replace")
        raise _malformed(path, record, f"expected '@' and a read name, found '{shown}'")
    if len(header[1:].split(None, 1)[0]) > _MAX_NAME:
        raise _malformed(path, record, f"read name longer than {_MAX_NAME} characters")
    if len(lines) < 4:
        raise _malformed(path, record, "the file ends inside the record")
    if not lines[2].startswith(b"+"):
        raise _malformed(path, record, "its third line does not start with '+'")
    if len(lines[1]) != len(lines[3]):
        what = f"{len(lines[1])} bases but {len(lines[3])} qualities"
        raise _malformed(path, record, what)
    raise _malformed(path, record, "a quality is not between '!' and '~'")


@njit_views
def _line_end(text: Bytes, at: Int, end: Int) -> Int:
    """End of the line that starts at ``at``; -1 if it does not end before ``end``."""
    for i in range(np.uint64(at), np.uint64(end)):
        if text[i] == _NEWLINE:
            return np.int64(i)
    return np.int64(-1)


@njit_views
def _scan(text: Bytes, end: Int, places: Ints, count: Int, at: Int) -> tuple[Int, Int, bool]:
    """Enter the complete records from ``at`` on into ``places``.

    Returns:
        How many there are, where the last one ends, and whether a malformed one follows.
    """
    while count < places.shape[0] and at < end:
        header = _line_end(text, at, end)
        if header < 0:
            return count, at, text[at] != _AT
        name = at + 1
        while name < header and text[name] <= _SPACE:
            name += 1
        name_end = name
        while name_end < header and text[name_end] > _SPACE:
            name_end += 1
        if text[at] != _AT or name == name_end or name_end - name > _MAX_NAME:
            return count, at, True
        comment = name_end + 1
        failed = (
            comment + 3 < header
            and text[comment + 1] == _COLON
            and text[comment + 2] == _YES
            and text[comment + 3] == _COLON
        )
        ends = text[name_end - 1]
        if name_end - name > 2 and text[name_end - 2] == _SLASH and (ends == 49 or ends == 50):
            name_end -= 2
        bases = header + 1
        bases_end = _line_end(text, bases, end)
        if bases_end < 0:
            return count, at, False
        plus = _line_end(text, bases_end + 1, end)
        if plus < 0:
            return count, at, False
        length = bases_end - bases
        if length and text[bases_end - 1] == _RETURN:
            length -= 1
        quality = plus + 1
        if text[bases_end + 1] != _PLUS:
            return count, at, True
        stop = quality + length
        if stop >= end:
            return count, at, False
        if text[stop] == _RETURN:
            stop += 1
            if stop >= end:
                return count, at, False
        low, high = np.uint8(255), np.uint8(0)
        for i in range(np.uint64(quality), np.uint64(quality + length)):
            low = min(low, text[i])
            high = max(high, text[i])
        if text[stop] != _NEWLINE or (length and (low < 33 or high > 126)):
            return count, at, True
        place = places[count]
        place[NAME], place[NAME_END], place[SEQUENCE] = name, name_end, bases
        place[LENGTH], place[QUALITY], place[FAILED] = length, quality, np.int64(failed)
        count += 1
        at = stop + 1
    return count, at, False


def read(path: Path, size: int) -> Iterator[FastqReads]:
    """Reads of a FASTQ file, ``size`` at a time.

    Raises:
        BadFile: for a damaged or malformed file, with the number of the record.
    """
    first = 1
    held = np.zeros(0, np.uint8)
    ended = False
    with Content(path) as handle:
        while not ended or len(held):
            places = np.empty((size, 6), np.int64)
            count, at, bad = _scan(held, len(held), places, 0, 0)
            while count < size and not bad and not ended:
                try:
                    more = handle.read(_CHUNK)
                except compressed.ERRORS as error:
                    raise BadFile(
                        f"{path}: truncated or corrupt {handle.kind} after record "
                        f"{first - 1 + count} ({error}); copy or write the file again"
                    ) from None
                if more.startswith((b"BAM\1", b"CRAM")) and first == 1 and not len(held):
                    raise BadFile(f"{path}: not FASTQ; give this file in the column 'bam'")
                ended = not more
                # The last line may lack its line end; blank lines may follow it.
                held = np.concatenate([held, np.frombuffer(more or b"\n", np.uint8)])
                count, at, bad = _scan(held, len(held), places, count, at)
            rest = held[at:]
            if bad or (ended and count < size):
                text = rest.tobytes() + (b"" if ended else handle.read(_CHUNK))
                if text.strip():
                    _raise_malformed(path, first + count, text)
                rest, ended = held[:0], True
            if count:
                yield FastqReads(held[:at], places[:count])
            first += count
            held = rest
