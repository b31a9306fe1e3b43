"""Checksums of input and output files.

The pipeline reads FASTQ files whole, so the checksum covers the whole file. Of an indexed BAM or
CRAM file it reads only the mitochondrial reads. There the checksum is that of the index, which
changes with the blocks of the file.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COLUMNS = ("role", "path", "bytes", "sha256", "sha256_of")
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


def records(role: str, paths: Iterable[str | Path], threads: int = 1) -> list[dict[str, str]]:
    """Rows of files with checksums of their whole content, sorted by path."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda path: record(role, path), sorted(map(str, paths))))


def write(rows: Iterable[dict[str, str]], path: str | Path) -> None:
    """Write rows as TSV."""
    with open(path, "w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read(path: str | Path) -> list[dict[str, str]]:
    """Rows of a file that ``write`` wrote."""
    with open(path, encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))
