"""Checks of the files that a sheet of samples names, before anything runs."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

from mitotransfer.problems import Problem

READ_COLUMNS = ("fastq_1", "fastq_2", "bam")
FILE_COLUMNS = (*READ_COLUMNS, "nuclear_counts", "nuclear_vcf")
#: Snakemake takes these characters in a path for wildcards or path variables.
PATTERN_MARKS = frozenset("{}<>\n")


def _first_read(path: str) -> tuple[list[str], str]:
    """Words of a FASTQ file's first line, and the rest of its first read; none if unreadable."""
    with open(path, "rb") as handle:
        head = handle.read(2)
    opener = gzip.open if head == b"\x1f\x8b" else open
    try:
        with opener(path, "rb") as handle:
            lines = [handle.readline(1000).decode("ascii", "replace") for _ in range(4)]
    except (OSError, EOFError):
        return [], ""  # the aligner's reader names what is wrong inside a file
    return (lines[0].split(), "".join(lines[1:])) if lines[0].startswith("@") else ([], "")


def _mate(header: list[str]) -> int:
    """The mate (1 or 2) that a read's header names; 0 if it names none."""
    if len(header) > 1 and header[1][:2] in ("1:", "2:"):
        return int(header[1][0])
    if header and header[0][-2:] in ("/1", "/2"):
        return int(header[0][-1])
    return 0


def _unreadable(name: str) -> str:
    """Why a file cannot be used; empty for a usable file."""
    if set(name) & PATTERN_MARKS:
        return f"found '{name}', expected a path without {{ }} < >: rename it, or link to it"
    try:
        with open(name, "rb") as handle:
            return "" if handle.read(1) else f"'{name}' is an empty file"
    except IsADirectoryError:
        reason = "is a folder"
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = str(getattr(error, "strerror", None) or error).lower()
    return f"found '{name}', expected a readable file: {reason}"


def check_files_of(path: str, rows: list[tuple[int, dict]]) -> list[Problem]:
    """Problems of the files of a sheet's rows.

    A file must be readable and used once. Mates must not be exchanged. Two lanes of a sample must
    not begin with the same read, bases and qualities too, as copies of a file do.
    """
    problems = []
    first_reads: dict[tuple[str, str, str], int] = {}
    used: dict[tuple[int, int], tuple[int, str]] = {}
    names = {line: row.get("sample", "") for line, row in rows}

    def check(line: int, column: str, row: dict[str, str]) -> Iterator[str]:
        name = row[column]
        if problem := _unreadable(name):
            yield problem
            return
        if column == "nuclear_vcf":  # one list of a patient's variants serves all its samples
            return
        status = Path(name).stat()
        other_line, other_column = used.setdefault((status.st_dev, status.st_ino), (line, column))
        of_one_sample = row.get("sample", "") == names[other_line]
        if column == other_column == "nuclear_counts" and of_one_sample:
            return
        if (other_line, other_column) != (line, column):
            yield f"'{name}' is used twice: also in line {other_line}, {other_column}"
            return
        expected = {"fastq_1": 1, "fastq_2": 2}.get(column, 0)
        header, rest = _first_read(name) if expected else ([], "")
        if expected and row.get("fastq_2") and _mate(header) == 3 - expected:
            yield (
                f"'{name}' holds mates {3 - expected} (by the name of its first read), "
                f"expected mates {expected}: exchange fastq_1 and fastq_2"
            )
        if expected == 1 and header:
            first = first_reads.setdefault((row.get("sample", ""), header[0], rest), line)
            if first != line:
                yield (
                    f"the first read of '{name}' is that of the file in line {first}, "
                    f"'{header[0]}', with its bases and qualities: take the copy out"
                )

    for line, row in rows:
        for column in FILE_COLUMNS:
            if row.get(column):
                problems += [Problem(path, said, line, column) for said in check(line, column, row)]
    return problems
