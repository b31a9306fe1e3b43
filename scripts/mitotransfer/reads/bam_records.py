"""Raw BAM records: fields, tags, and streams of whole records in one reused buffer.

Records are kept as the bytes of the file (SAM specification, section 4.2), because
objects per read cost more than everything that is done with them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import numpy as np
from isal import igzip, isal_zlib

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit, njit_views

PAIRED, PROPER, UNMAPPED, MATE_UNMAPPED = 0x1, 0x2, 0x4, 0x8
REVERSE, MATE_REVERSE = 0x10, 0x20
READ1, READ2, SECONDARY, QC_FAIL, DUPLICATE, SUPPLEMENTARY = 0x40, 0x80, 0x100, 0x200, 0x400, 0x800
MATCH, INSERTION, DELETION, SKIP, SOFT_CLIP, HARD_CLIP, EQUAL, MISMATCH = 0, 1, 2, 3, 4, 5, 7, 8

# isal_zlib.error under a name that type checkers take for an exception.
DeflateError: type[Exception] = cast(type[Exception], isal_zlib.error)

# Offsets in a record, counted from its length field.
O_REF, O_POS, O_NAME_LENGTH, O_MAPQ, O_BIN, O_CIGAR_LENGTH, O_FLAG = 4, 8, 12, 13, 14, 16, 18
O_SEQ_LENGTH, O_MATE_REF, O_MATE_POS, O_TEMPLATE, O_NAME = 20, 24, 28, 32, 36

# Own tags, on the two records of a read that crosses the origin: aligned bases of the
# read that lie before this record and after it, in the other record.
TAG_BEFORE, TAG_AFTER = "YB", "YA"

# 4-bit bases of BAM as codes 0 to 3; 9 for anything ambiguous.
NIBBLE_CODES = np.full(16, 9, np.uint8)
NIBBLE_CODES[[1, 2, 4, 8]] = [0, 1, 2, 3]


@njit
def get_u16(data: Bytes, at: Int) -> Int:
    return np.int64(data[at]) | (np.int64(data[at + 1]) << 8)


@njit
def get_i32(data: Bytes, at: Int) -> Int:
    value = (
        np.int64(data[at])
        | (np.int64(data[at + 1]) << 8)
        | (np.int64(data[at + 2]) << 16)
        | (np.int64(data[at + 3]) << 24)
    )
    return value - ((value >> 31) << 32)


@njit
def get_base(data: Bytes, at: Int, index: Int) -> Int:
    """The 4-bit base number ``index`` of the sequence that starts at ``at``."""
    return (np.int64(data[at + (index >> 1)]) >> (4 * (1 - (index & 1)))) & 15


@njit
def _value_size(data: Bytes, at: Int) -> Int:
    """Size of the tag value whose type letter is at ``at``, without the letter."""
    kind = data[at]
    if kind == 65 or kind == 99 or kind == 67:  # A c C
        return 1
    if kind == 115 or kind == 83:  # s S
        return 2
    if kind == 105 or kind == 73 or kind == 102:  # i I f
        return 4
    if kind == 66:  # B
        item = data[at + 1]
        width = 4
        if item == 99 or item == 67:
            width = 1
        elif item == 115 or item == 83:
            width = 2
        return 5 + width * get_i32(data, at + 2)
    end = at + 1  # Z H
    while data[end] != 0:
        end += 1
    return end - at


@njit
def find_tag(data: Bytes, start: Int, end: Int, first: Int, second: Int) -> Int:
    """Where the type letter of a tag stands among the tags in [start, end); -1 if absent."""
    at = start
    while at + 3 <= end:
        if data[at] == first and data[at + 1] == second:
            return at + 2
        at += 3 + _value_size(data, at + 2)
    return -1


@njit
def get_int_tag(data: Bytes, at: Int) -> Int:
    """Value of an integer tag whose type letter is at ``at``; 0 for ``at`` = -1."""
    if at < 0:
        return 0
    kind = data[at]
    if kind == 67:
        return np.int64(data[at + 1])
    if kind == 99:
        value = np.int64(data[at + 1])
        return value - ((value >> 7) << 8)
    if kind == 83:
        return get_u16(data, at + 1)
    if kind == 115:
        value = get_u16(data, at + 1)
        return value - ((value >> 15) << 16)
    return get_i32(data, at + 1)


@njit
def locate_records(data: Bytes, end: Int, offsets: Ints) -> tuple[Int, Int]:
    """Offsets of the whole records in data[:end]: how many, and where the last one ends."""
    at = 0
    count = 0
    while at + 4 <= end and count < offsets.shape[0]:
        following = at + 4 + get_i32(data, at)
        if following > end:
            break
        offsets[count] = at
        count += 1
        at = following
    return count, at


@njit
def same_name(data: Bytes, one: Int, other: Int) -> bool:
    """Whether two records are of reads of one name."""
    size = np.int64(data[one + O_NAME_LENGTH])
    if size != np.int64(data[other + O_NAME_LENGTH]):
        return False
    different = np.int64(0)
    for i in range(size):
        different += data[one + O_NAME + i] != data[other + O_NAME + i]
    return different == 0


@njit
def by_position(data: Bytes, offsets: Ints, count: Int) -> Ints:
    """Offsets of records in the order of their positions; those without one last."""
    places = np.empty(count, np.int64)
    for i in range(count):
        at = get_i32(data, offsets[i] + O_POS)
        places[i] = at if get_i32(data, offsets[i] + O_REF) >= 0 else np.int64(1) << 40
    return offsets[:count][np.argsort(places, kind="mergesort")]


@dataclass(frozen=True)
class Header:
    """Header of a BAM file: its text, and names and lengths of the contigs."""

    text: str
    contigs: tuple[tuple[str, int], ...]


class RecordStream:
    """Records of a BAM file, a few megabytes at a time.

    Iterating yields ``(data, offsets, count)``: record ``i`` of ``count`` starts (length
    field included) at ``data[offsets[i]]``. Both arrays are reused by the next step.

    Raises:
        ValueError: if the file is not BAM, is damaged or ends inside a record.
    """

    def __init__(self, path: str | Path, size: int = 1 << 20, records: int = 1 << 12) -> None:
        self._path = path
        self._data = np.empty(size, np.uint8)
        self._offsets = np.empty(records, np.int64)
        self._file: Any = igzip.open(path, "rb")
        try:
            self.header = self._read_header()
        except (OSError, EOFError, struct.error, DeflateError) as error:
            self._file.close()
            raise ValueError(f"{path}: not a readable BAM file ({error})") from None

    def _read_header(self) -> Header:
        if self._file.read(4) != b"BAM\1":
            raise OSError("it does not start as BAM")

        def number() -> int:
            return int(struct.unpack("<i", self._file.read(4))[0])

        text = self._file.read(number()).rstrip(b"\0").decode()
        contigs = []
        for _ in range(number()):
            name = self._file.read(number())[:-1].decode()
            contigs.append((name, number()))
        return Header(text, tuple(contigs))

    def __iter__(self) -> Iterator[tuple[Bytes, Ints, int]]:
        held = 0
        with self._file:
            while True:
                read = self._fill(held)
                held += read
                count, used = locate_records(self._data, held, self._offsets)
                if count:
                    yield self._data, self._offsets, count
                    self._data[: held - used] = self._data[used:held].copy()
                    held -= used
                elif read == 0:
                    break
                elif held == len(self._data):
                    self._data = np.concatenate([self._data, np.empty_like(self._data)])
        if held:
            raise ValueError(f"{self._path}: the BAM file ends inside a record; make it again")

    def _fill(self, held: int) -> int:
        try:
            return int(self._file.readinto(self._data[held:].data))
        except (OSError, EOFError, DeflateError) as error:
            raise ValueError(f"{self._path}: damaged BAM file ({error}); make it again") from None


_BLOCK = 0xFF00  # bytes of content per BGZF block, as in htslib
_END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def _bgzf_block(content: bytes | memoryview, stored: bool = False) -> bytes:
    if stored:
        packer = zlib.compressobj(0, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush()
    else:
        packed = isal_zlib.compress(content, 1, -15)
    head = struct.pack("<4BI2BH2B2H", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(packed) + 25)
    return head + packed + struct.pack("<2I", isal_zlib.crc32(content), len(content))


def header_bytes(header: Header) -> bytes:
    """A header as it stands at the start of an uncompressed BAM file."""
    text = header.text.encode()
    parts = [b"BAM\1", struct.pack("<i", len(text)), text, struct.pack("<i", len(header.contigs))]
    for name, length in header.contigs:
        raw = name.encode() + b"\0"
        parts += [struct.pack("<i", len(raw)), raw, struct.pack("<i", length)]
    return b"".join(parts)


class BamWriter:
    """Writes raw records to a BAM file, lightly compressed, for a sorter to read.

    The header can be replaced at the end by one of the same length (numbers that are
    known only then), since its blocks are stored uncompressed.
    """

    def __init__(self, path: str | Path, header: Header) -> None:
        self._file = open(path, "wb")  # noqa: SIM115 (closed by __exit__)
        self._head = self._write_header(header)

    def _write_header(self, header: Header) -> int:
        content = header_bytes(header)
        for start in range(0, len(content), _BLOCK):
            self._file.write(_bgzf_block(content[start : start + _BLOCK], stored=True))
        return len(content)

    def write(self, records: bytes | memoryview) -> None:
        for start in range(0, len(records), _BLOCK):
            self._file.write(_bgzf_block(records[start : start + _BLOCK]))

    def replace_header(self, header: Header) -> None:
        if len(header_bytes(header)) != self._head:
            raise ValueError("the new header has another length")
        end = self._file.tell()
        self._file.seek(0)
        self._write_header(header)
        self._file.seek(end)

    def __enter__(self) -> BamWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._file.write(_END_OF_FILE)
        self._file.close()


@njit_views
def aligned_part(data: Bytes, cigar: Int, n_ops: Int, length: Int) -> tuple[Int, Int]:
    """Bases [first, last) of a read that lie between its clips."""
    first = np.int64(0)
    last = length
    for i in range(n_ops):
        op = get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        if op & 15 == SOFT_CLIP:
            first += op >> 4
        elif op & 15 != HARD_CLIP:
            break
    for i in range(n_ops - 1, -1, -1):
        op = get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        if op & 15 == SOFT_CLIP:
            last -= op >> 4
        elif op & 15 != HARD_CLIP:
            break
    return first, last


@njit_views
def reference_span(data: Bytes, record: Int) -> Int:
    """Reference positions that a record covers."""
    cigar = record + O_NAME + np.int64(data[record + O_NAME_LENGTH])
    span = np.int64(0)
    for i in range(get_u16(data, record + O_CIGAR_LENGTH)):
        op = get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        kind = op & 15
        if (kind != INSERTION and kind < SOFT_CLIP) or kind >= EQUAL:
            span += op >> 4
    return span
