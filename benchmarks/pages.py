"""Tables and marked blocks that the benchmarks write into the documentation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def replace_block(page: Path, name: str, text: str) -> None:
    """Put text between ``<!-- name -->`` and ``<!-- /name -->`` of a page.

    Raises:
        ValueError: if the page has no such block.
    """
    old = page.read_text(encoding="utf-8")
    block = f"<!-- {name} -->\n\n{text.strip()}\n\n<!-- /{name} -->"
    new, found = re.subn(f"<!-- {name} -->.*<!-- /{name} -->", lambda _: block, old, flags=re.S)
    if not found:
        raise ValueError(f"{page}: no block named {name}")
    page.write_text(new, encoding="utf-8")
