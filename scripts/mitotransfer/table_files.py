"""Tables as files: TSV with a header, read and written the same way everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd


def read_sheet(path: str | Path, columns: Iterable[str] = ()) -> pd.DataFrame:
    """A normalised sheet, or a table of an earlier step; text, missing cells are empty.

    Raises:
        ValueError: if the file has no header, or not these columns: another version wrote it.
    """
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError:
        table = pd.DataFrame()
    missing = [column for column in columns if column not in table]
    if missing or not len(table.columns):
        lacks = f"column {', '.join(missing)}" if missing else "its header"
        raise ValueError(f"{path}: {lacks} is missing; delete the file and run the workflow again")
    return table


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as TSV, six significant digits, missing cells empty."""
    table.to_csv(path, sep="\t", index=False, float_format="%.6g", lineterminator="\n")


def _tsv(rows: list[list[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)
