"""Words that several steps write into their tables."""

from __future__ import annotations


def plural(n: int, one: str, many: str = "", space: str = " ") -> str:
    """``1 variant``, ``2 variants``."""
    return f"{n:,}{space}{one if n == 1 else many or one + 's'}"
