"""Write config/README.md and docs/reference.md, so that they cannot drift from what is checked.

Keys and columns of the sheets come from the JSON schemas, files and columns that the workflow
writes from docs/outputs.yaml, which a test compares with a finished run, flags from the words of
the report.

python docs/generate_reference.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "scripts"))
from mitotransfer import flags  # noqa: E402

SCHEMAS = REPOSITORY / "config" / "schemas"
OUTPUTS = REPOSITORY / "docs" / "outputs.yaml"

MARK = "<!-- Written by docs/generate_reference.py: do not edit. -->"
HEAD = """\
# Configuration and sheets

`config.yaml` holds every key with its default; a cohort needs only `samples`. Any top-level key can
be given on the command line: `--config samples=my.tsv results=out`. Relative paths start at the
working directory. An unknown key or column, a wrong value and a missing file are told before
anything runs, all at once.
"""


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _kind(rule: dict[str, Any]) -> str:
    if "enum" in rule:
        return " or ".join(f"`{word}`" for word in rule["enum"])
    if "anyOf" in rule:
        return " or ".join(_kind(option) for option in rule["anyOf"])
    if "const" in rule:
        return f"`{rule['const']}`"
    if rule.get("format") == "path":
        return "path"
    kind = rule.get("type", "")
    kind = kind[0] if isinstance(kind, list) else kind
    names = {"string": "text", "array": "list", "boolean": "true or false"}
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {rule[key]}" for key, sign in signs.items() if key in rule]
    return " ".join([names.get(kind, kind), ", ".join(bounds)]).strip()


def _config() -> str:
    schema = json.loads((SCHEMAS / "config.schema.json").read_text(encoding="utf-8"))
    lines = ["## config.yaml", "", "| key | value | default | |", "| --- | --- | --- | --- |"]
    for name, rule in schema["properties"].items():
        inner = rule.get("properties")
        rows = {f"{name}.{key}": value for key, value in inner.items()} if inner else {name: rule}
        for key, value in rows.items():
            default = json.dumps(value["default"]) if value["default"] not in ("", None) else ""
            shown = f"`{default}`" if default else ""
            lines.append(
                f"| `{key}` | {_cell(_kind(value))} | {shown} | {_cell(value['description'])} |"
            )
    return "\n".join(lines)


def _sheet(file: str, name: str) -> str:
    schema = json.loads((SCHEMAS / file).read_text(encoding="utf-8"))
    lines = [f"## {name}", "", schema["description"], "", "| column | | value | |"]
    lines.append("| --- | --- | --- | --- |")
    for column, rule in schema["properties"].items():
        need = "required" if column in schema["required"] else ""
        lines.append(f"| `{column}` | {need} | {_cell(_kind(rule))} | {rule['description']} |")
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
    tables = {"transfer.tsv": flags.OF_SAMPLES, "shared_variants.tsv": flags.OF_VARIANTS}
    for name, meanings in tables.items():
        lines += ["", f"## Flags of {name}", "", "| flag | says |", "| --- | --- |"]
        lines += [f"| `{flag}` | {_cell(says)} |" for flag, says in meanings.items()]
    return "\n".join(lines[1:])


def _inputs() -> str:
    parts = [
        HEAD.strip(),
        _config(),
        _sheet("samples.schema.json", "samples.tsv"),
        "Each row holds `fastq_1` (and `fastq_2`), or `bam`. Rows that repeat a `sample` are its\n"
        "lanes: all other columns have to agree, and their reads need names of their own. Lines\n"
        "that start with `#` are skipped. NA, n/a, nan, none and unknown are empty cells in the\n"
        "columns of both sheets that are not required.",
        _sheet("patients.schema.json", "patients.tsv (optional)"),
    ]
    return "\n\n".join(parts)


def pages() -> dict[Path, str]:
    """The pages, by path."""
    return {
        REPOSITORY / "config" / "README.md": f"{MARK}\n\n{_inputs()}\n",
        REPOSITORY
        / "docs"
        / "reference.md": f"{MARK}\n\n{_inputs()}\n\n{_outputs()}\n\n{_flags()}\n",
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
