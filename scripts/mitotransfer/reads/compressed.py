"""The content of a file, plain or compressed: gzip, bgzip, bzip2, xz or zstd.

A compressed file may have several members one after the other, as bgzip, pigz and ``cat`` make
them. Zeros may pad them. Other bytes after a member are passed over with a warning, unless a
compressed member follows later: then reads would be lost.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, cast

import zstandard
from isal import isal_zlib

from mitotransfer.problems import BadFile, warn

_PIECE = 1 << 16  # compressed bytes taken at once
_LONGEST_WINDOW = 1 << 31  # of zstd --long
_ZSTD_FRAME, _ZSTD_SKIPPED = b"\x28\xb5\x2f\xfd", b"\x2a\x4d\x18"

#: What the libraries raise for damaged data.
ERRORS: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    lzma.LZMAError,
    cast(type[Exception], isal_zlib.error),
    zstandard.ZstdError,
)


class _Format(NamedTuple):
    """A kind of compression: its name, how a member starts, and what unpacks a member."""

    name: str
    magic: bytes
    unpacker: Callable[[], Any]


_FORMATS = (
    _Format("gzip", b"\x1f\x8b\x08", lambda: isal_zlib.decompressobj(31)),
    _Format("bzip2", b"BZh", bz2.BZ2Decompressor),
    _Format("xz", b"\xfd7zXZ", lzma.LZMADecompressor),
    _Format(
        "zstd",
        _ZSTD_FRAME,
        lambda: zstandard.ZstdDecompressor(max_window_size=_LONGEST_WINDOW).decompressobj(),
    ),
)


def format_of(head: bytes) -> _Format | None:
    """The kind of compression of a file that starts with ``head``; None for a plain file."""
    for one in _FORMATS:
        if head.startswith(one.magic):
            return one
    if head[1:4] == _ZSTD_SKIPPED:  # pzstd starts with a frame to be skipped
        return _FORMATS[-1]
    return None


class Content:
    """The unpacked bytes of a file, read piece by piece."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open(path, "rb")  # noqa: SIM115 (closed by __exit__)
        self._held = self._file.read(_PIECE)
        self._format = format_of(self._held)
        self._member: Any = None

    @property
    def kind(self) -> str:
        """Name of the compression; ``plain`` without one."""
        return self._format.name if self._format else "plain"

    def read(self, size: int) -> bytes:
        """The next bytes, up to some more than ``size``; none at the end.

        Raises:
            EOFError, OSError and others of ``ERRORS``: for damaged data.
            BadFile: if a compressed member follows bytes of another kind.
        """
        if self._format is None:
            held, self._held = self._held, b""
            return held or self._file.read(size)
        parts: list[bytes] = []
        found = 0
        while found < size:
            if self._member is None and not self._next_member():
                break
            piece = self._held or self._file.read(_PIECE)
            if not piece:
                if found:  # what came before the damage is good
                    break
                raise EOFError("it ends inside the compressed data")
            part = self._member.decompress(piece)
            if self._member.eof:
                self._held, self._member = self._member.unused_data, None
            else:
                self._held = b""
            parts.append(part)
            found += len(part)
        return b"".join(parts)

    def _next_member(self) -> bool:
        """Start the next member; False at the end of the file."""
        assert self._format is not None
        while True:
            self._held = self._held.lstrip(b"\0")
            if len(self._held) >= len(self._format.magic):
                break
            more = self._file.read(_PIECE)
            if not more:
                break
            self._held += more
        if not self._held:
            return False
        if format_of(self._held) is self._format:
            self._member = self._format.unpacker()
            return True
        self._pass_over()
        return False

    def _pass_over(self) -> None:
        """Pass over the bytes after the last member."""
        assert self._format is not None
        start = self._file.tell() - len(self._held)
        size = self._path.stat().st_size
        what = f"{self._path}: {size - start} bytes from byte {start} on are not {self.kind} data"
        tail = b""
        while self._held:
            if self._format.magic in tail + self._held:
                raise BadFile(f"{what}, but compressed data follow them; copy the file again")
            tail = self._held[-len(self._format.magic) :]
            self._held = self._file.read(_PIECE)
        warn(f"{what} and were passed over")

    def __enter__(self) -> Content:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
