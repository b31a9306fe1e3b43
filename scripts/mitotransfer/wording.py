"""Words and numbers that several steps write into their tables."""

from __future__ import annotations

import math

#: Where the program that aligns long reads is not installed.
NO_MINIMAP2 = (
    "long reads are aligned with minimap2, which is not installed: install it (Debian and "
    "Ubuntu: apt install minimap2; conda: minimap2 of bioconda), or run with --sdm conda"
)


def plural(n: int, one: str, many: str = "", space: str = " ") -> str:
    """A number and its noun: ``1 variant``, ``2 variants``."""
    return f"{n:,}{space}{one if n == 1 else many or one + 's'}"


def would_have_been_seen(power: float) -> str:
    """Text on the fractions above a detection limit: ``would have been seen with 95 % power``."""
    return f"would have been seen with {percent(power)} power"


def percent(value: float) -> str:
    """A share as text with two significant digits: ``1.2 %``, ``0.004 %``; ``unknown`` for NaN."""
    if math.isnan(value):
        return "unknown"
    return f"{float(f'{100 * value:.2g}'):.6g} %"
