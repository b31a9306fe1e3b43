"""Write the configuration file, its JSON schema and the reference from what is checked.

Keys come from ``inputs/settings.py``, columns of the sheets from ``inputs/columns.py``, files and
columns that the workflow writes from docs/outputs.yaml, which a test compares with a finished run,
flags from the words of the report.

python docs/generate_reference.py
"""

from __future__ import annotations

import json
import sys
import textwrap
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "scripts"))
from mitotransfer import flags  # noqa: E402
from mitotransfer.inputs import settings  # noqa: E402
from mitotransfer.inputs.columns import PATIENTS, SAMPLES, Column  # noqa: E402
from mitotransfer.inputs.declaration import kind  # noqa: E402
from mitotransfer.inputs.defaults import defaults as declared_defaults  # noqa: E402

OUTPUTS = REPOSITORY / "docs" / "outputs.yaml"

MARK = "<!-- Written by docs/generate_reference.py: do not edit. -->"
HEAD = """\
# Configuration and sheets

`config.yaml` holds every key with its default; a cohort needs only `samples`. Any top-level key can
be given on the command line: `--config samples=my.tsv results=out`. Relative paths start at the
working directory. Unknown keys and columns, wrong values and missing files are reported before
anything runs, all at once.
"""
NOT_YET = "not yet supported"
SAMPLES_ABOUT = "One row per sequencing unit (lane); rows that repeat a sample are merged."
PATIENTS_ABOUT = "One row per patient. Further columns are kept; cohort.covariates may name them."
YAML_HEAD = """\
# yaml-language-server: $schema=schemas/config.schema.json
# Every key with its default. A cohort needs only `samples`; the rest can stay.
# Any top-level key can be given on the command line: --config samples=my.tsv results=out
"""


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _sections() -> list[tuple[str, list[tuple[str, Field[Any]]]]]:
    """Sections of the configuration with their keys; keys outside of one come under no name."""
    found: list[tuple[str, list[tuple[str, Field[Any]]]]] = [("", [])]
    for one in fields(settings.Settings):
        if is_dataclass(one.default):
            keys = fields(one.default)
            found.append((one.name, [(f"{one.name}.{inner.name}", inner) for inner in keys]))
        else:
            found[0][1].append((one.name, one))
    return found


def _yaml_value(default: Any) -> str:
    return default if isinstance(default, str) and default else json.dumps(default)


def _config_file() -> str:
    """``config.yaml``: every key in use with its default, described."""
    lines = [YAML_HEAD]
    for section, keys in _sections():
        indent = "  " if section else ""
        defaults = declared_defaults()
        if section:
            lines += ["", f"{section}:"]
            defaults = defaults[section]
        for _, key in keys:
            if key.name in defaults:
                about = key.metadata["description"]
                lines += textwrap.wrap(
                    about, 98, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
                )
                lines.append(f"{indent}{key.name}: {_yaml_value(defaults[key.name])}")
    return "\n".join(lines) + "\n"


def _schema() -> str:
    """JSON schema of the configuration, for editors."""
    schema = TypeAdapter(settings.Settings).json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _config() -> str:
    lines = ["## config.yaml", "", "| key | value | default | |", "| --- | --- | --- | --- |"]
    for section, keys in _sections():
        defaults = declared_defaults()
        defaults = defaults[section] if section else defaults
        for name, key in keys:
            default = defaults.get(key.name)
            shown = "" if default in ("", None) else f"`{json.dumps(default)}`"
            about = _cell(key.metadata["description"])
            value = _cell(kind(key))
            lines.append(f"| `{name}` | {value} | {shown} | {about} |")
    return "\n".join(lines)


def _column_kind(column: Column) -> str:
    words = " or ".join(f"`{word}`" for word in column.choices)
    later = ", ".join(f"`{word}`" for word in column.choices_later)
    kind = words or " ".join(filter(None, [column.kind, column.bounds.signs()]))
    return f"{kind}; {NOT_YET}: {later}" if later else kind


def _sheet(name: str, about: str, columns: tuple[Column, ...]) -> str:
    lines = [f"## {name}", "", about, "", "| column | | value | |"]
    lines.append("| --- | --- | --- | --- |")
    for column in columns:
        need = "required" if column.required else NOT_YET if column.later else ""
        kind = _cell(_column_kind(column))
        lines.append(f"| `{column.name}` | {need} | {kind} | {_cell(column.description)} |")
    return "\n".join(lines)


def _outputs() -> str:
    lines = ["# Results", "", "Below the folder `results`. Tables are tab-separated; what is"]
    lines += ["missing is empty. Fractions are 0 to 1, positions count from 1 on rCRS.", ""]
    files = yaml.safe_load(OUTPUTS.read_text(encoding="utf-8"))
    lines += ["| file | |", "| --- | --- |"]
    lines += [f"| `{file['path']}` | {_cell(file['text'])} |" for file in files]
    for file in files:
        if "columns" in file:
            lines += ["", f"## {file['path']}", "", file["text"], "", "| column | |"]
            lines.append("| --- | --- |")
            lines += [f"| `{name}` | {_cell(text)} |" for name, text in file["columns"].items()]
    return "\n".join(lines)


def _flags() -> str:
    lines = []
    tables = {
        "transfer.tsv": flags.OF_SAMPLES,
        "shared_variants.tsv": flags.OF_VARIANTS,
        "cells.tsv.gz and cell_shares.tsv": flags.OF_CELLS,
    }
    for name, meanings in tables.items():
        lines += ["", f"## Flags of {name}", "", "| flag | says |", "| --- | --- |"]
        lines += [f"| `{flag}` | {_cell(says)} |" for flag, says in meanings.items()]
    return "\n".join(lines[1:])


def _inputs() -> str:
    parts = [
        HEAD.strip(),
        _config(),
        _sheet("samples.tsv", SAMPLES_ABOUT, SAMPLES),
        "Each row holds `fastq_1` (and `fastq_2`), or `bam`. Rows that repeat a `sample` are its\n"
        "lanes: all other columns have to agree (a lane may leave them empty); further columns\n"
        "may differ. Their reads need names of their own. Lines\n"
        "that start with `#` are skipped. NA, n/a, nan, none and unknown are empty cells in the\n"
        "columns of both sheets that are not required.",
        _sheet("patients.tsv (optional)", PATIENTS_ABOUT, PATIENTS),
    ]
    return "\n\n".join(parts)


def _template(columns: tuple[Column, ...]) -> str:
    """A sheet with all columns that are in use, and no rows."""
    return "\t".join(column.name for column in columns if not column.later) + "\n"


def pages() -> dict[Path, str]:
    """The pages, by path."""
    return {
        REPOSITORY / "config" / "config.yaml": _config_file(),
        REPOSITORY / "config" / "schemas" / "config.schema.json": _schema(),
        REPOSITORY / "config" / "README.md": f"{MARK}\n\n{_inputs()}\n",
        REPOSITORY / "config" / "samples.template.tsv": _template(SAMPLES),
        REPOSITORY / "config" / "patients.template.tsv": _template(PATIENTS),
        REPOSITORY
        / "docs"
        / "reference.md": f"{MARK}\n\n{_inputs()}\n\n{_outputs()}\n\n{_flags()}\n",
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
