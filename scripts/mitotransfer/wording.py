"""Words that several steps write into their tables."""

from __future__ import annotations

import math


def plural(n: int, one: str, many: str = "", space: str = " ") -> str:
    """``1 variant``, ``2 variants``."""
    return f"{n:,}{space}{one if n == 1 else many or one + 's'}"


def would_have_been_seen(power: float) -> str:
    """What a detection limit says of the fractions above it."""
    return f"would have been seen with {percent(power)} power"


def percent(value: float) -> str:
    """A share in words: two significant digits, never rounded to nothing."""
    if math.isnan(value):
        return "unknown"
    return f"{float(f'{100 * value:.2g}'):.6g} %"
