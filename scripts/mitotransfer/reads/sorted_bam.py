"""The sorted, indexed BAM file of a sample, written beside the work on its records."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

import pysam
from isal import isal_zlib

from mitotransfer.reads.bam_header import Header
from mitotransfer.reads.bam_records import Records

_SORT_MEMORY = "256M"
_LEVEL = "5"  # of compression: two thirds of the default's time for 4 % more bytes
_BLOCK = 0xFF00  # bytes of content per BGZF block, as in htslib
END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def _bgzf_block(content: bytes | memoryview, stored: bool = False) -> bytes:
    if stored:
        packer = zlib.compressobj(0, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush()
    else:
        packed = isal_zlib.compress(content, 1, -15)
    head = struct.pack("<4BI2BH2B2H", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(packed) + 25)
    return head + packed + struct.pack("<2I", isal_zlib.crc32(content), len(content))


def write_bgzf(file: IO[bytes], content: bytes | memoryview, stored: bool = False) -> None:
    """Append content to a bgzip file."""
    for start in range(0, len(content), _BLOCK):
        file.write(_bgzf_block(content[start : start + _BLOCK], stored))


class BamWriter:
    """Writes raw records to a BAM file, lightly compressed, for a sorter to read.

    The blocks of the header are stored uncompressed, so that a header of the same length can
    replace it at the end, when the totals are known.
    """

    def __init__(self, path: str | Path, header: Header) -> None:
        self._file = open(path, "wb")  # noqa: SIM115 (closed by __exit__)
        self._head = self._write_header(header)

    def _write_header(self, header: Header) -> int:
        content = bytes(header)
        write_bgzf(self._file, content, stored=True)
        return len(content)

    def write(self, records: bytes | memoryview) -> None:
        write_bgzf(self._file, records)

    def replace_header(self, header: Header) -> None:
        if len(bytes(header)) != self._head:
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
            self._file.write(END_OF_FILE)
        self._file.close()


def keep(
    batches: Iterator[Records],
    output: Path,
    folder: Path,
    header: Callable[[], Header],
    threads: int,
) -> Iterator[Records]:
    """Pass batches of records on, and write ``output`` and its ``.bai`` after the last one.

    The bytes of the files depend on the records and the header alone.

    Args:
        folder: for temporary files, on the disk of ``output``.
        header: makes the header; called before the first batch and, for its final numbers,
            after the last one.
    """
    raw, made = folder / "raw.bam", folder / "sorted.bam"
    with BamWriter(raw, header()) as writer:
        for records in batches:
            writer.write(records.data.data)
            yield records
        writer.replace_header(header())
    index = folder / "sorted.bam.bai"
    pysam.samtools.sort(
        "--no-PG", "-m", _SORT_MEMORY, "-@", str(max(threads - 1, 0)), "-l", _LEVEL,
        "-T", str(folder / "sort"), "--write-index", "-o", f"{made}##idx##{index}", str(raw),
        catch_stdout=False,
    )  # fmt: skip
    made.replace(output)
    index.replace(f"{output}.bai")
