"""Tables of facts about a genome, from its folder."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path


def read_facts(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a table with a header, as text; lines that start with ``#`` are comments.

    Raises:
        ValueError: if a column is missing.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t")
        missing = set(columns) - set(rows.fieldnames or ())
        if missing:
            raise ValueError(f"{path}: column {min(missing)} is missing")
        return list(rows)
