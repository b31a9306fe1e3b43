"""Names of the array types that the package shares, and a search."""

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
