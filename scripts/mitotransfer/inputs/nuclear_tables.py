"""Nuclear counts of the user: tables are read, checked and pooled over samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mitotransfer.inputs.user_tables import read_table
from mitotransfer.problems import InputError, Problem

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
    name = str(path)
    problems: list[Problem] = []
    if reason := _failure(name):
        raise InputError([Problem(name, reason)])
    header, rows = read_table(name, problems, REQUIRED_COLUMNS)
    for column in REQUIRED_COLUMNS:
        if header and column not in header:
            found = ", ".join(header)
            message = f"required column is missing (found: {found})"
            problems.append(Problem(name, message, 1, column))
    if any(not problem.warning for problem in problems):
        # A table without rows is a sample without loci, not a mistake.
        if header and not rows and all(column in header for column in REQUIRED_COLUMNS):
            return _nuclear_frame([])
        raise InputError(problems)

    parsed = []
    seen: dict[tuple[str, str], int] = {}
    for line, row in rows:
        wrong = {
            column: f"found '{row[column]}', expected {expected}"
            for column, (expected, accept) in CELLS.items()
            if not accept(row.get(column, ""))
        }
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
                    int(row["ref_count"]), int(row["alt_count"]), float(vaf) if vaf else np.nan,
                )
            )  # fmt: skip
    if problems:
        raise InputError(problems)
    return _nuclear_frame(parsed)


def _failure(path: str) -> str:
    """Why a table holds no counts; empty for any other table, and for a missing file."""
    try:
        with open(path, "rb") as handle:
            first = handle.readline().decode("utf-8", "replace").strip()
    except OSError:
        return ""
    return first.removeprefix(FAILURE) if first.startswith(FAILURE) else ""


def _nuclear_frame(rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*REQUIRED_COLUMNS, "tumor_vaf"])
    kinds = {"pos": np.int64, "ref_count": np.int64, "alt_count": np.int64, "tumor_vaf": float}
    return frame.astype(kinds)


def pool_nuclear_counts(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Counts of several samples, summed per locus and allele; the first ``tumor_vaf`` is kept."""
    pooled = pd.concat(frames, ignore_index=True)
    grouped = pooled.groupby(LOCUS_COLUMNS, sort=True, as_index=False)
    return grouped.agg({"ref_count": "sum", "alt_count": "sum", "tumor_vaf": "first"})
