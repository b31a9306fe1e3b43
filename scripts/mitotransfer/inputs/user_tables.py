"""TSV tables of the user: reading, and checks that name the place of each mistake."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from mitotransfer.inputs.columns import Column
from mitotransfer.problems import InputError, Problem, suggest

#: Words for a missing value, in lower case; R and pandas write some of them.
MISSING = ("", "na", "n/a", "nan", "none", "unknown")
#: What a spreadsheet writes where a formula fails: no comment lines.
_FORMULA_ERRORS = (
    "#N/A", "#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
    "#ERROR!",
)  # fmt: skip


def write_table(table: Iterable[Sequence[str]], path: str | Path) -> None:
    """Write rows as TSV; cells that hold tabs, line ends or quotes are quoted."""
    with open(path, "w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, delimiter="\t", lineterminator="\n").writerows(table)


def _read_text(path: str) -> str:
    """The text of a sheet: UTF-8, or UTF-16 with its mark (Excel's "Unicode text").

    Raises:
        InputError: if the file is missing or is neither.
    """
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        message = "file not found: give a TSV sheet in the configuration"
        raise InputError([Problem(path, message)]) from None
    except OSError as error:
        raise InputError([Problem(path, f"cannot be read: {error.strerror}")]) from None
    if raw.startswith(b"PK\x03\x04"):
        message = "is an Excel workbook or another archive: save the sheet as tab-separated text"
        raise InputError([Problem(path, message)])
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"found byte 0x{raw[error.start]:02x}, expected UTF-8 text: save it as UTF-8"
        line = raw[: error.start].count(b"\n") + 1
        raise InputError([Problem(path, message, line)]) from None


def read_table(
    path: str, problems: list[Problem], required: Collection[str]
) -> tuple[list[str], list[tuple[int, dict]]]:
    """Header and (line, row) pairs of a TSV sheet; mistakes are added to ``problems``.

    Accepts a byte-order mark, any line ends, blank lines, and ``#`` comment lines, but a sample
    whose name is a formula's error is no comment. ``MISSING``
    words count as empty cells, except in ``required`` columns: a sample may be called NA.
    """
    try:
        text = _read_text(path)
    except InputError as error:
        problems += error.problems
        return [], []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t")
    header: list[str] = []
    rows: list[tuple[int, dict]] = []
    last = 0
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            cells = [cell.strip() for cell in cells]
            if any(mark in cell for cell in cells for mark in "\t\r\n"):
                # An open quotation mark would swallow all samples to the next one.
                message = (
                    f"a cell holds tabs or line ends, up to line {last}: take them out, or the "
                    'quotation mark (") that is left open'
                )
                problems.append(Problem(path, message, line))
            if not any(cells) or (cells[0].startswith("#") and cells[0] not in _FORMULA_ERRORS):
                continue
            if not header:
                header = cells
                while header and not header[-1]:
                    header.pop()
                continue
            if any(cells[len(header) :]):
                problems.append(
                    Problem(path, f"found {len(cells)} cells, expected {len(header)}", line)
                )
            cells += [""] * (len(header) - len(cells))
            row = dict(zip(header, cells, strict=False))
            missing = {c for c in row if c not in required and row[c].lower() in MISSING}
            rows.append((line, row | dict.fromkeys(missing, "")))
    except csv.Error as error:
        problems.append(Problem(path, f"not a TSV: {error}", reader.line_num))
        return [], []
    if not header:
        problems.append(Problem(path, "the sheet is empty: expected a header line and rows"))
    elif len(header) == 1 and any(mark in header[0] for mark in ",; "):
        problems.append(
            Problem(path, f"found {header[0]!r}, expected columns separated by tabs", 1)
        )
        return [], []
    elif not rows:
        problems.append(Problem(path, "the sheet has a header but no rows"))
    for name in sorted({name for name in header if header.count(name) > 1}):
        problems.append(Problem(path, "column is given twice", 1, name))
    return header, rows


def check_header(
    path: str, header: list[str], columns: Sequence[Column], *, free_columns: bool
) -> list[Problem]:
    """Missing and unknown columns; an unknown one is an error if it resembles a known one."""
    problems = [
        Problem(path, f"required column is missing (found: {', '.join(header)})", 1, column.name)
        for column in columns
        if column.required and column.name not in header
    ]
    known = {column.name for column in columns}
    absent = [c.name for c in columns if not c.later and c.name not in header]
    for name in header:
        if name in known:
            continue
        if hint := suggest(name, absent):
            problems.append(Problem(path, f"unknown column{hint}", 1, name))
        elif not free_columns:
            problems.append(Problem(path, "unknown column is ignored", 1, name, warning=True))
    return problems


class Cells:
    """Checks cells by their column; each distinct value once."""

    def __init__(self, path: str, columns: Sequence[Column]) -> None:
        self.path = path
        self.columns = {column.name: column for column in columns}
        self.known: dict[tuple[str, str, str], str] = {}

    def check(self, line: int, row: Mapping[str, str]) -> list[Problem]:
        """Problems of a row's cells."""
        problems = []
        for name, text in row.items():
            if name not in self.columns:
                continue
            column = self.columns[name]
            key = (name, text, row.get("role", "") if column.roles else "")
            if key not in self.known:
                self.known[key] = column.mistake(text, key[2])
            if self.known[key]:
                problems.append(Problem(self.path, self.known[key], line, name))
        return problems
