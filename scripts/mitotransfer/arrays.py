"""Names of the array types that the package shares, a search, and distinct values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
# An int outside compiled code and an np.int64 inside: type checkers know no such type.
Int: TypeAlias = Any


def smallest(enough: Callable[[Ints], Mask], most: Ints) -> Ints:
    """Smallest k in 1..most + 1 for which ``enough``, which is monotone in k, is true."""
    low, high = np.ones_like(most), most + 1
    while np.any(low < high):
        middle = (low + high) // 2
        found = enough(middle)
        high = np.where(found, middle, high)
        low = np.where(found, low, np.minimum(middle + 1, high))
    return high


def distinct(*columns: NDArray[Any]) -> tuple[Ints, Ints]:
    """Kinds of rows, in order: the first row of each, and the kind of each row.

    Columns are sorted one by one: to sort whole rows takes ten times as long.
    """
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values, rank = np.unique(column, return_inverse=True)
        code = code * values.size + rank
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    return first, which
