"""Annotations of cells: role, type and scores by barcode, from TSV, CSV or h5ad."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.inputs.columns import ROLES as SAMPLE_ROLES
from mitotransfer.inputs.columns import SHARE
from mitotransfer.inputs.user_tables import MISSING
from mitotransfer.problems import InputError, Problem, suggest

if TYPE_CHECKING:
    import pandas as pd

ROLES = (*SAMPLE_ROLES, "unknown")
#: Columns that an annotation has to have, and further ones with a meaning.
REQUIRED = ("barcode", "cell_role", "cell_type")
WORDS = ("cell_role", "cell_type", "subset")
SCORES = ("doublet_score", "tumor_score")
_HDF5 = b"\x89HDF\r\n\x1a\n"
_MOST_SHOWN = 20  # mistakes of one file
#: Names that programs give the first column, of barcodes.
_INDEX_NAMES = ("", "_index", "index", "cell", "cell_id", "cell_barcode", "barcodes", "cb")

Table = dict[str, Sequence[Any]]


def read(path: str | Path) -> pd.DataFrame:
    """An annotation as a frame by barcode, sorted.

    Columns: ``cell_role``, ``cell_type``, ``subset`` (text, empty where missing),
    ``doublet_score``, ``tumor_score`` (float64, NaN where missing), then all others of the file.

    Raises:
        InputError: with the mistakes of the file: line, column, what was found and expected.
    """
    import pandas as pd

    name = str(path)
    table, first = _read(name)
    _check(name, table, first)
    frame = pd.DataFrame(table).set_index("barcode")
    for column in WORDS:
        frame[column] = [_word(cell) for cell in frame[column]] if column in frame else ""
    frame["cell_role"] = frame["cell_role"].replace("", "unknown")
    for column in SCORES:
        values = [_number(cell) for cell in frame[column]] if column in frame else np.nan
        frame[column] = np.asarray(values, np.float64) if column in frame else np.nan
    others = [column for column in frame if column not in (*WORDS, *SCORES)]
    return frame[[*WORDS, *SCORES, *others]].sort_index()


def _read(name: str) -> tuple[Table, int]:
    """The columns of a file, and the line of the first row (0: it has no lines)."""
    try:
        with open(name, "rb") as handle:
            raw = handle.read()
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise InputError([Problem(name, message, column="cell_annotation")]) from None
    if raw.startswith(_HDF5):
        return _read_h5ad(name), 0
    try:
        raw = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
        text = raw.decode("utf-8-sig")
    except (UnicodeDecodeError, OSError, EOFError):
        message = "is no TSV, CSV or h5ad file: save the annotation as one of them"
        raise InputError([Problem(name, message, column="cell_annotation")]) from None
    return _read_text(name, text), 2


def _read_text(name: str, text: str) -> Table:
    lines = io.StringIO(text, newline="")
    separator = "\t" if "\t" in text.partition("\n")[0] else ","
    header, *rows = [row for row in csv.reader(lines, delimiter=separator) if row] or [[]]
    header = [cell.strip() for cell in header]
    if rows and len(rows[0]) == len(header) + 1:
        header = ["barcode", *header]  # R writes no name for the names of rows
    if header and header[0].lower() in _INDEX_NAMES and "barcode" not in header:
        header[0] = "barcode"
    problems = [
        Problem(name, f"found {len(row)} cells, expected {len(header)}", line)
        for line, row in enumerate(rows, 2)
        if len(row) != len(header)
    ]
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    problems += [Problem(name, "column is given twice", 1, column) for column in twice]
    if not rows:
        problems.append(Problem(name, "the annotation has no rows"))
    if problems:
        raise InputError(problems[:_MOST_SHOWN])
    columns = [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]
    return dict(zip(header, columns, strict=True))


def _check(name: str, table: Table, first: int) -> None:
    """Raise InputError for mistakes of the columns with a meaning."""
    problems = []
    for column in REQUIRED:
        if column not in table:
            hint = suggest(column, table.keys() - set(REQUIRED))
            if column == "cell_role":
                hint = f": give each cell's role ({', '.join(ROLES)}){hint}"
            message = f"required column is missing (found: {', '.join(table)}){hint}"
            problems.append(Problem(name, message, 1 if first else 0, column))
    if problems:
        raise InputError(problems)
    known: set[str] = set()
    for row, barcode in enumerate(table["barcode"]):
        line = first + row if first else 0
        if not barcode or barcode in known:
            message = f"barcode '{barcode}' is there twice" if barcode else "is empty"
            problems.append(Problem(name, message, line, "barcode"))
        known.add(barcode)
        role = _word(table["cell_role"][row])
        if role and role not in ROLES:
            message = f"found '{role}', expected one of {', '.join(ROLES)}{suggest(role, ROLES)}"
            problems.append(Problem(name, message, line, "cell_role"))
        for column in SCORES:
            if column in table:
                problems += _score_problems(name, line, column, table[column][row])
        if len(problems) >= _MOST_SHOWN:
            break
    if problems:
        raise InputError(problems)


def _score_problems(name: str, line: int, column: str, cell: Any) -> list[Problem]:
    try:
        value = _number(cell)
    except ValueError:
        return [Problem(name, f"found '{cell}', expected a number", line, column)]
    if column == "doublet_score" and not (np.isnan(value) or SHARE.hold(value)):
        message = f"found {value:g}, expected the probability of a doublet, 0 to 1"
        return [Problem(name, message, line, column)]
    return []


def _word(cell: Any) -> str:
    text = "" if cell is None or cell != cell else str(cell)
    return "" if text.lower() in MISSING and text.lower() != "unknown" else text


def _number(cell: Any) -> float:
    return float(cell) if _word(cell) not in ("", "unknown") else np.nan


def _read_h5ad(name: str) -> Table:
    """The table ``obs`` of an h5ad file (anndata's format 0.7 and later)."""
    import h5py

    try:
        with h5py.File(name, "r") as file:
            if "obs" not in file or not isinstance(file["obs"], h5py.Group):
                message = "has no table obs: write the file with anndata 0.7 or newer"
                raise InputError([Problem(name, message, column="cell_annotation")])
            obs = file["obs"]
            index = obs.attrs.get("_index", "_index")
            names = [str(column) for column in obs.attrs.get("column-order", [])]
            names = [column for column in names or list(obs) if column != index]
            table = {column: _h5ad_column(obs, column) for column in names if column in obs}
            # A column called barcode goes before the names of the rows.
            return {"barcode": _h5ad_column(obs, str(index)).tolist(), **table}
    except OSError as error:
        message = f"is no readable h5ad file ({error}): copy it again"
        raise InputError([Problem(name, message, column="cell_annotation")]) from None


def _h5ad_column(obs: Any, name: str) -> NDArray[Any]:
    item = obs[name]
    if not hasattr(item, "shape"):  # a group
        if "categories" in item:
            categories = _texts(item["categories"][()]).astype(object)
            codes = item["codes"][()]
            return np.where(codes >= 0, np.append(categories, "")[codes], "")
        values = _texts(item["values"][()]).astype(object)
        return np.where(item["mask"][()], np.nan, values)
    values = _texts(item[()])
    if "categories" in item.attrs:  # before anndata 0.8
        categories = _texts(obs[item.attrs["categories"]][()]).astype(object)
        return np.where(values >= 0, np.append(categories, "")[values], "")
    return values


def _texts(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind in "SO":
        decoded = [v.decode() if isinstance(v, bytes) else v for v in values.tolist()]
        return np.array(decoded, object)
    return values


def roles_of(path: str | Path) -> dict[str, int]:
    """Number of cells of each role, without pandas, whose import takes longer.

    Raises:
        InputError: as ``read``.
    """
    table, first = _read(str(path))
    _check(str(path), table, first)
    return dict(Counter(_word(cell) or "unknown" for cell in table["cell_role"]))


def cells_of_role(frame: pd.DataFrame, role: str) -> list[str]:
    """Barcodes of the cells of a role, sorted."""
    return sorted(frame.index[frame["cell_role"] == role])
