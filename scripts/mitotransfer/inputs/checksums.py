"""Checksums of input and output files.

The pipeline reads FASTQ files whole, so the checksum covers the whole file. Of an indexed BAM or
CRAM file it reads only the mitochondrial reads. There the checksum is that of the index, which
changes with the blocks of the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mitotransfer.table_files import Column, Table

CHECKSUMS = Table(
    "samples/{sample}/{sample}.checksums.tsv",
    "Checksums of the sample's input and BAM.",
    (
        Column("role", "input, output, or shared: an input of all groups of cells of a library."),
        Column("path", "As given."),
        Column("bytes", "Size.", int),
        Column("sha256", "Checksum."),
        Column(
            "sha256_of",
            "The file itself, or the index of an indexed BAM or CRAM, which is not read whole.",
        ),
    ),
)
INDEX_SUFFIXES = (".bai", ".csi", ".crai")


def sha256(path: str | Path) -> str:
    """Checksum of a file's bytes, in hexadecimal."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def index_of(path: Path) -> Path | None:
    """The index beside a BAM or CRAM (``x.bam.bai`` or ``x.bai``), if there is one."""
    for suffix in INDEX_SUFFIXES:
        for index in (Path(f"{path}{suffix}"), path.with_suffix(suffix)):
            if path.suffix in {".bam", ".cram"} and index.is_file():
                return index
    return None


def record(role: str, path: str | Path, *, whole: bool = True) -> dict[str, str]:
    """Row of a file; with ``whole=False`` the checksum is that of its index, if it has one."""
    index = None if whole else index_of(Path(path))
    return {
        "role": role,
        "path": str(path),
        "bytes": str(Path(path).stat().st_size),
        "sha256": sha256(index or path),
        "sha256_of": str(index or path),
    }


def records(
    role: str, paths: Iterable[str | Path], threads: int = 1, *, whole: bool = True
) -> list[dict[str, str]]:
    """Rows of files, as of ``record``, sorted by path."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda path: record(role, path, whole=whole), sorted(map(str, paths))))


def write(rows: Iterable[dict[str, str]], path: str | Path) -> None:
    """Write rows as TSV."""
    CHECKSUMS.write_rows(([row[name] for name in CHECKSUMS.names] for row in rows), path)


def read(path: str | Path) -> list[dict[str, str]]:
    """Rows of a file that ``write`` wrote."""
    return CHECKSUMS.read_rows(path)
