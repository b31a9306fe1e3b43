"""Write docs/outputs.yaml: every file that the workflow writes, with the columns of its tables.

Tables are described where they are made, by a ``table_files.Table`` of a module of the package.
docs/files.yaml holds the order, and describes the files that are no such tables.

python docs/generate_outputs.py
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "scripts"))
import mitotransfer  # noqa: E402
from mitotransfer.table_files import Table  # noqa: E402

FILES = REPOSITORY / "docs" / "files.yaml"
OUTPUTS = REPOSITORY / "docs" / "outputs.yaml"
HEAD = "# Written by docs/generate_outputs.py: do not edit.\n"


def tables() -> dict[str, Table]:
    """The tables of all modules of the package, by path."""
    found: dict[str, Table] = {}
    for module in pkgutil.walk_packages(mitotransfer.__path__, "mitotransfer."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Table) and found.setdefault(value.path, value) is not value:
                raise ValueError(f"{module.name}: {value.path} is described twice")
    return found


def _described(table: Table) -> dict[str, Any]:
    columns = {column.name: column.text for column in table.columns}
    entry: dict[str, Any] = {"path": table.path, "text": table.doc, "columns": columns}
    return entry | ({"optional": True} if table.optional else {})


def page() -> str:
    """The text of docs/outputs.yaml."""
    entries, specified = yaml.safe_load(FILES.read_text(encoding="utf-8")), tables()
    if missing := specified.keys() - {entry["path"] for entry in entries}:
        raise ValueError(f"docs/files.yaml has no place for {min(missing)}")
    described = []
    for entry in entries:
        if set(entry) == {"path"}:
            entry = _described(specified[entry["path"]])
        elif entry["path"] in specified:
            raise ValueError(f"docs/files.yaml describes {entry['path']}, as its module does")
        described.append(entry)
    return HEAD + yaml.safe_dump(described, sort_keys=False, allow_unicode=True, width=10_000)


if __name__ == "__main__":
    OUTPUTS.write_text(page(), encoding="utf-8")
