"""Results per cell as h5ad, the file format of anndata, written with h5py alone.

The format is that of the on-disk specification of anndata 0.8 and later: tables as groups of
columns, texts as categories, matrices as compressed sparse rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

#: Prefix of the columns of cells, so that they join a table of other results.
PREFIX = "mito_"


def _mark(item: Any, kind: str, version: str) -> None:
    item.attrs["encoding-type"] = kind
    item.attrs["encoding-version"] = version


def _put_texts(group: Any, name: str, values: Sequence[str]) -> None:
    import h5py

    data = np.array([str(value) for value in values], object)
    item = group.create_dataset(name, data=data, dtype=h5py.string_dtype(), track_times=False)
    _mark(item, "string-array", "0.2.0")


def _put_array(group: Any, name: str, values: NDArray[Any]) -> None:
    _mark(group.create_dataset(name, data=values, track_times=False), "array", "0.2.0")


def _put_column(group: Any, name: str, values: NDArray[Any]) -> None:
    """A column of a table: numbers as they are, anything else as categories."""
    if values.dtype.kind in "biuf":
        _put_array(group, name, values)
        return
    texts = np.array(["" if value is None or value != value else str(value) for value in values])
    categories, codes = np.unique(texts, return_inverse=True)
    item = group.create_group(name)
    _mark(item, "categorical", "0.2.0")
    item.attrs["ordered"] = False
    _put_texts(item, "categories", categories.tolist())
    _put_array(item, "codes", codes.astype(np.int32))


def _put_table(file: Any, name: str, frame: pd.DataFrame) -> None:
    import h5py

    group = file.create_group(name)
    _mark(group, "dataframe", "0.2.0")
    group.attrs["_index"] = "_index"
    order = np.array([str(column) for column in frame.columns], object)
    group.attrs.create("column-order", order, dtype=h5py.string_dtype())
    _put_texts(group, "_index", frame.index.tolist())
    for column in frame.columns:
        _put_column(group, str(column), frame[column].to_numpy())


def _put_matrix(file: Any, name: str, matrix: NDArray[Any]) -> None:
    rows, columns = np.nonzero(matrix)
    group = file.create_group(name)
    _mark(group, "csr_matrix", "0.1.0")
    group.attrs["shape"] = np.array(matrix.shape, np.int64)
    starts = np.append(0, np.cumsum(np.bincount(rows, minlength=len(matrix))))
    for part, values in (
        ("data", matrix[rows, columns].astype(np.float32)),
        ("indices", columns.astype(np.int32)),
        ("indptr", starts.astype(np.int32)),
    ):
        group.create_dataset(part, data=values, track_times=False)


def write(
    path: str | Path,
    cells: pd.DataFrame,
    variants: pd.DataFrame,
    alt: NDArray[Any],
    depth: NDArray[Any],
) -> None:
    """Write cells by variants: ``X`` holds the tumour's alleles, the layer ``depth`` all fragments.

    The bytes depend on the content alone.

    Args:
        cells: by barcode; its columns get the prefix ``mito_``.
        variants: by name, such as 16147C>T.
        alt, depth: shape (cells, variants).
    """
    import h5py

    with h5py.File(path, "w") as file:
        _mark(file, "anndata", "0.1.0")
        _put_table(file, "obs", cells.rename(columns=lambda name: f"{PREFIX}{name}"))
        _put_table(file, "var", variants)
        _put_matrix(file, "X", np.asarray(alt))
        for name in ("layers", "obsm", "varm", "obsp", "varp", "uns"):
            _mark(file.create_group(name), "dict", "0.1.0")
        _put_matrix(file["layers"], "depth", np.asarray(depth))
