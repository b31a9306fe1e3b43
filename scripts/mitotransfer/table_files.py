"""Tables as files: one specification per table that the workflow writes.

A module that makes a table has a ``Table`` at its top level. The ``Table`` gives path and columns,
and reads and writes the file. ``docs/outputs.yaml`` is generated from all of them. Rows are read
and written without pandas: its import takes longer than most steps.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

TRUE, FALSE = "true", "false"


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        name: as in the header.
        doc: a sentence for the reference.
        kind: ``str``, ``int``, ``float`` or ``bool``. Numbers may be missing from a ``float``
            column, and from an ``int`` column that is ``optional``, which is read as float64.
        unit: of the numbers.
    """

    name: str
    doc: str
    kind: type = str
    unit: str = ""
    optional: bool = False

    @property
    def text(self) -> str:
        """The sentence with the unit."""
        return f"{self.doc.removesuffix('.')} ({self.unit})." if self.unit else self.doc

    def cell(self, value: Any, digits: int) -> str:
        """A value as written to a file; None and NaN are empty."""
        if value is None or value != value:
            return ""
        if self.kind is bool:
            return TRUE if value else FALSE
        return f"{value:.{digits}g}" if isinstance(value, float) else str(value)

    def values(self, cells: Sequence[str]) -> Any:
        """The cells of a file as an array, shape (rows,); raises ValueError."""
        import numpy as np

        if self.kind is str:
            return np.array(cells, object)
        if self.kind is bool:
            if not {TRUE, FALSE}.issuperset(cells):
                raise ValueError(f"not all cells are {TRUE} or {FALSE}")
            return np.array([cell == TRUE for cell in cells], np.bool_)
        if self.kind is int and not self.optional:
            return np.array([int(cell) for cell in cells], np.int64)
        return np.array([float(cell) if cell else np.nan for cell in cells], np.float64)


@dataclass(frozen=True)
class Table:
    """A table that the workflow writes: TSV with a header, missing cells empty.

    Attributes:
        path: below the folder of results, with ``{sample}`` and ``{patient}``.
        doc: a sentence or two for the reference.
        columns: in the order of the file.
        cure: advice if a file is not such a table.
        digits: significant digits of fractional numbers.
        further: whether other columns may follow, such as covariates of a user's sheet.
        optional: whether a run may do without it.
    """

    path: str
    doc: str
    columns: tuple[Column, ...]
    cure: str = "delete the file and run the workflow again"
    digits: int = 6
    further: bool = False
    optional: bool = False

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def frame(self, rows: Iterable[Any] = ()) -> pd.DataFrame:
        """Rows (sequences or mappings) as a frame with these columns."""
        import pandas as pd

        return pd.DataFrame(list(rows), columns=self.names)

    def text(self, rows: Iterable[Sequence[Any]]) -> str:
        """Rows as the text of a file."""
        handle = io.StringIO()
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(self.names)
        for row in rows:
            pairs = zip(self.columns, row, strict=True)
            writer.writerow([column.cell(value, self.digits) for column, value in pairs])
        return handle.getvalue()

    def write_rows(self, rows: Iterable[Sequence[Any]], path: str | Path) -> None:
        """Write rows."""
        Path(path).write_text(self.text(rows), encoding="utf-8", newline="\n")

    def write(self, frame: pd.DataFrame, path: str | Path) -> None:
        """Write the columns of a frame; a path that ends in .gz is compressed."""
        handle = io.StringIO()
        writer = csv.writer(handle, delimiter="\t", lineterminator="\n")
        writer.writerow(self.names)
        cells = (_cells(frame[column.name].to_numpy(), self.digits) for column in self.columns)
        writer.writerows(zip(*cells, strict=True))
        content = handle.getvalue().encode()
        if str(path).endswith(".gz"):
            # Without a time stamp equal tables are equal files. Level 6 takes thrice as long as 4.
            content = gzip.compress(content, 4, mtime=0)
        Path(path).write_bytes(content)

    def read_rows(self, path: str | Path) -> list[dict[str, str]]:
        """Rows of a file by column, all cells as text.

        Raises:
            ValueError: if the file is not such a table. The message names file and cure.
        """
        header, rows = self._parse(path)
        return [dict(zip(header, row, strict=True)) for row in rows]

    def read_text(self, path: str | Path) -> pd.DataFrame:
        """A file as a frame, all cells as text; raises as ``read_rows``."""
        import pandas as pd

        header, rows = self._parse(path)
        return pd.DataFrame(rows, columns=header, dtype=object)

    def read(self, path: str | Path) -> pd.DataFrame:
        """A file as a frame, cells as the columns say, further columns as text.

        Raises:
            ValueError: as ``read_rows``, or if a cell is not what its column says.
        """
        frame = self.read_text(path)
        for column in self.columns:
            try:
                frame[column.name] = column.values(frame[column.name].tolist())
            except ValueError as error:
                raise ValueError(f"{path}: column {column.name}: {error}; {self.cure}") from None
        return frame

    def _parse(self, path: str | Path) -> tuple[list[str], list[list[str]]]:
        """Header and rows of a file, with its columns checked."""
        opened: Any = gzip.open if str(path).endswith(".gz") else open
        try:
            with opened(path, "rt", encoding="utf-8", newline="") as handle:
                rows = [row for row in csv.reader(handle, delimiter="\t") if row]
        except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}: not a table ({error}); {self.cure}") from None
        header = rows[0] if rows else []
        fault = self._fault(header, rows)
        if fault:
            raise ValueError(f"{path}: {fault}; {self.cure}")
        return header, rows[1:]

    def _fault(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """What is wrong with the columns of a file; empty if nothing."""
        if not header:
            return "its header is missing"
        missing = [name for name in self.names if name not in header]
        if missing:
            return f"column {', '.join(missing)} is missing"
        unknown = [name for name in header if name not in self.names]
        if unknown and not self.further:
            return f"column {', '.join(unknown)} is unknown"
        if list(header[: len(self.columns)]) != self.names or len(set(header)) < len(header):
            return "its columns are not in order"
        ragged = [i for i, row in enumerate(rows, 1) if len(row) != len(header)]
        return f"row {ragged[0]} has not {len(header)} cells" if ragged else ""


def _cells(values: NDArray[Any], digits: int) -> list[str]:
    """Values of a column as written to a file; None and NaN are empty."""
    import numpy as np

    kind = values.dtype.kind
    if kind == "O":
        return ["" if one is None or one != one else str(one) for one in values.tolist()]
    if kind == "b":
        return np.where(values, TRUE, FALSE).tolist()
    # Numbers repeat in long tables: each is formatted once. As integers, for -0.0 equals 0.0.
    as_fraction = kind == "f"
    bits = np.ascontiguousarray(values, np.float64).view(np.int64) if as_fraction else values
    distinct, which = np.unique(bits, return_inverse=True)
    listed = (distinct.view(np.float64) if as_fraction else distinct).tolist()
    form = f".{digits}g" if as_fraction else ""
    texts = ["" if one != one else format(one, form) for one in listed]
    return np.array(texts, object)[which].tolist()


def read_sheet(path: str | Path, columns: Iterable[str] = ()) -> pd.DataFrame:
    """A normalised sheet; text, missing cells are empty.

    Raises:
        ValueError: if the file has no header, or not these columns: another version wrote it.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError:
        table = pd.DataFrame()
    missing = [column for column in columns if column not in table]
    if missing or not len(table.columns):
        lacks = f"column {', '.join(missing)}" if missing else "its header"
        raise ValueError(f"{path}: {lacks} is missing; delete the file and run the workflow again")
    return table
