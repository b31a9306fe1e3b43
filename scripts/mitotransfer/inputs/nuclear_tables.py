"""Nuclear counts of the user: tables are read, checked and pooled over samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mitotransfer.inputs.user_tables import read_table
from mitotransfer.problems import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

LOCUS_COLUMNS = ["chrom", "pos", "ref", "alt"]
#: Start of a table in place of counts that a file did not give; the reason follows.
FAILURE = "# failed: "
REQUIRED_COLUMNS = [*LOCUS_COLUMNS, "ref_count", "alt_count"]


def _is_base(text: str) -> bool:
    return text.upper() in ("A", "C", "G", "T")


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19  # an int64


def _is_position(text: str) -> bool:
    return _is_count(text) and int(text) > 0


def _is_per_cent(text: str) -> bool:
    try:
        return 1 < float(text) <= 100
    except ValueError:
        return False


def _is_vaf(text: str) -> bool:
    try:
        return not text or 0 < float(text) <= 1
    except ValueError:
        return False


#: The expected content of each column, in words and as a test.
CELLS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "chrom": ("a chromosome name", bool),
    "pos": ("a position, at least 1", _is_position),
    "ref": ("a base A, C, G or T", _is_base),
    "alt": ("a base A, C, G or T", _is_base),
    "ref_count": ("a whole number, at least 0", _is_count),
    "alt_count": ("a whole number, at least 0", _is_count),
    "tumor_vaf": ("a number above 0 and at most 1, or nothing", _is_vaf),
}


def read_nuclear_counts(path: str | Path) -> pd.DataFrame:
    """Table of a sample's reads at the somatic nuclear SNVs of the patient's tumour.

    Returns:
        Columns ``chrom pos ref alt ref_count alt_count tumor_vaf``; the last is NaN where it
        is missing or empty.

    Raises:
        InputError: with file, line, column and value of every problem.
    """
    problems, parsed = _parse(str(path))
    if problems:
        raise InputError(problems)
    return _nuclear_frame(parsed)


def check(path: str | Path, first_rows: int) -> list[Problem]:
    """Problems of a table's header and its first rows."""
    return _parse(str(path), first_rows)[0]


def _parse(name: str, first_rows: int | None = None) -> tuple[list[Problem], list[tuple]]:
    """Problems and good rows of a table."""
    problems: list[Problem] = []
    if reason := _failure(name):
        return [Problem(name, reason)], []
    header, rows = read_table(name, problems, REQUIRED_COLUMNS)
    for column in REQUIRED_COLUMNS:
        if header and column not in header:
            found = ", ".join(header)
            message = f"required column is missing (found: {found})"
            problems.append(Problem(name, message, 1, column))
    if problems:
        # A table without rows is a sample without loci, not a mistake.
        without_loci = header and not rows and set(REQUIRED_COLUMNS) <= set(header)
        return [] if without_loci else problems, []

    parsed = []
    seen: dict[tuple[str, str], int] = {}
    for line, row in rows[:first_rows]:
        wrong = {
            column: f"found '{row[column]}', expected {expected}"
            for column, (expected, accept) in CELLS.items()
            if not accept(row.get(column, ""))
        }
        if "tumor_vaf" in wrong and _is_per_cent(row["tumor_vaf"]):
            share = float(row["tumor_vaf"]) / 100
            wrong["tumor_vaf"] += f": a share of 1, no percentage: {share:g}"
        if "alt" not in wrong and row["ref"].upper() == row["alt"].upper():
            wrong["alt"] = f"found '{row['alt']}', expected another base than ref"
        locus = (row["chrom"], row["pos"])
        if locus in seen:
            place = ":".join(locus)
            wrong["pos"] = f"found locus {place} again, line {seen[locus]} has it already"
        seen.setdefault(locus, line)
        problems += [Problem(name, message, line, column) for column, message in wrong.items()]
        if not wrong:
            vaf = row.get("tumor_vaf", "")
            parsed.append(
                (
                    row["chrom"], int(row["pos"]), row["ref"].upper(), row["alt"].upper(),
                    int(row["ref_count"]), int(row["alt_count"]), float(vaf) if vaf else math.nan,
                )
            )  # fmt: skip
    return problems, parsed


def _failure(path: str) -> str:
    """Why a table holds no counts; empty for any other table, and for a missing file."""
    try:
        with open(path, "rb") as handle:
            first = handle.readline().decode("utf-8", "replace").strip()
    except OSError:
        return ""
    return first.removeprefix(FAILURE) if first.startswith(FAILURE) else ""


def _nuclear_frame(rows: list[tuple]) -> pd.DataFrame:
    import pandas as pd  # checks before a run do without: it takes 0.4 s

    frame = pd.DataFrame(rows, columns=[*REQUIRED_COLUMNS, "tumor_vaf"])
    kinds: dict[str, Any] = dict.fromkeys(("pos", "ref_count", "alt_count"), "int64")
    return frame.astype(kinds | {"tumor_vaf": float})


def pool_nuclear_counts(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Counts of several samples, summed per locus and allele; the first ``tumor_vaf`` is kept."""
    import pandas as pd

    pooled = pd.concat(frames, ignore_index=True)
    grouped = pooled.groupby(LOCUS_COLUMNS, sort=True, as_index=False)
    return grouped.agg({"ref_count": "sum", "alt_count": "sum", "tumor_vaf": "first"})
