"""Files of a cohort's steps: what a sample's folder holds, sheets and tables, and progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from mitotransfer import counts as counting
from mitotransfer.counts import Counts
from mitotransfer.sampleerrors import SampleErrors, load_errors

Load = Callable[[str], Counts]
LoadErrors = Callable[[str], SampleErrors]


def sample_file(folder: str | Path, sample: str, suffix: str) -> Path:
    """``{folder}/{sample}/{sample}.{suffix}``."""
    return Path(folder) / sample / f"{sample}.{suffix}"


def loaders(folder: str | Path) -> tuple[Load, LoadErrors]:
    """Functions that load a sample's counts and error rates."""
    return (
        lambda sample: counting.load(sample_file(folder, sample, "counts.npz")),
        lambda sample: load_errors(sample_file(folder, sample, "errors.json")),
    )


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


def designs_of(patients: pd.DataFrame) -> dict[str, str]:
    """Design by patient; autologous where the sheet is silent."""
    if "design" not in patients:
        return {}
    return {
        p: d or "autologous" for p, d in zip(patients["patient"], patients["design"], strict=True)
    }


def progress(done: int, total: int, what: str) -> None:
    """A line on stderr every few hundred steps."""
    if done % 200 == 0 or done == total:
        print(f"{what}: {done} of {total}", file=sys.stderr, flush=True)
