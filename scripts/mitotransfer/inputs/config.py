"""The configuration: defaults from the schema, and every mistake named with its line."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from mitotransfer.problems import InputError, Problem, suggest

KeyPath = tuple[str | int, ...]
#: More than any configuration holds; what aliases multiply would be walked for ever.
MAX_VALUES = 10_000


def read_schema(path: str | Path) -> dict[str, Any]:
    """A JSON schema file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def key_lines(path: str | Path) -> dict[KeyPath, int]:
    """1-based line of every key of a YAML file, by path of keys.

    An unreadable file has no lines: the reader of the file tells what is wrong with it.
    """
    lines: dict[KeyPath, int] = {}
    seen: set[int] = set()  # an alias repeats a node: walking it again could take for ever

    def walk(node: yaml.Node, at: KeyPath) -> None:
        lines.setdefault(at, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and id(node) not in seen:
            seen.add(id(node))
            for key, value in node.value:
                lines[(*at, key.value)] = key.start_mark.line + 1
                walk(value, (*at, key.value))

    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    if root is not None:
        walk(root, ())
    return lines


def written_out(value: Any, sizes: dict[int, int] | None = None) -> int:
    """Values in a configuration if every YAML alias were written out; a shared one counts anew."""
    sizes = {} if sizes is None else sizes
    if not isinstance(value, Mapping | list):
        return 1
    if id(value) not in sizes:
        parts = value.values() if isinstance(value, Mapping) else value
        sizes[id(value)] = 1 + sum(written_out(part, sizes) for part in parts)
    return sizes[id(value)]


def fill_defaults(given: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with the schema's defaults where keys are missing; sections may be null."""
    filled = dict(given)
    for key, rule in schema.get("properties", {}).items():
        if "default" in rule and filled.get(key) is None:
            filled[key] = copy.deepcopy(rule["default"])
        if rule.get("type") == "object" and isinstance(filled.get(key), Mapping):
            filled[key] = fill_defaults(filled[key], rule)
    return filled


def _quoted(value: Any) -> bool:
    """Whether a text says what is none without its quotes: a number, true, null."""
    try:
        return isinstance(value, str) and not isinstance(yaml.safe_load(value), str)
    except yaml.YAMLError:
        return False


def _message(error: jsonschema.ValidationError) -> tuple[KeyPath, str]:
    path: KeyPath = tuple(error.absolute_path)
    rule = error.schema
    hint = f" ({rule['description']})" if isinstance(rule, dict) and "description" in rule else ""
    if error.validator == "enum" and isinstance(rule, dict):
        allowed = ", ".join(str(word) for word in rule["enum"])
        return path, f"found {error.instance!r}, expected one of {allowed}{hint}"
    if error.validator == "type" and _quoted(error.instance):
        # What --config has within a section is text to Snakemake, whatever it looks like.
        hint += "; write it without quotes, in a file for --configfile if it came by --config"
    return path, f"found {error.instance!r}: {error.message}{hint}"


def check(
    given: Mapping[str, Any], schema: Mapping[str, Any], files: Iterable[str | Path] = ()
) -> dict[str, Any]:
    """The configuration with defaults, if it is right.

    Args:
        given: the merged configuration as the workflow engine read it.
        schema: JSON schema with defaults; sections are objects without further properties.
        files: the files it was merged from, the last one winning; for the messages.

    Raises:
        InputError: with every unknown key and every wrong value.
    """
    files = list(files)
    located = [(str(path), key_lines(path)) for path in files]

    def problem(path: KeyPath, message: str) -> Problem:
        for file, lines in reversed(located):
            if path in lines:
                return Problem(file, message, lines[path], ".".join(map(str, path)))
        return Problem("configuration", message, 0, ".".join(map(str, path)))

    if written_out(given) > MAX_VALUES:
        message = f"its aliases (&, *) stand for more than {MAX_VALUES} values: write them out"
        where = ", ".join(file for file, _ in located) or "configuration"
        raise InputError([Problem(where, message)])
    problems = []
    filled = fill_defaults(given, schema)
    for error in jsonschema.Draft202012Validator(schema).iter_errors(filled):
        if error.validator == "additionalProperties":
            at: KeyPath = tuple(error.absolute_path)
            known = error.schema["properties"]
            for key in error.instance:
                if key not in known:
                    hint = suggest(str(key), known)
                    allowed = f" (known here: {', '.join(known)})" if not hint else ""
                    problems.append(problem((*at, key), f"unknown key{hint}{allowed}"))
        else:
            problems.append(problem(*_message(error)))
    if not problems:
        low, high = filled["contamination"]["copy_ratio"]
        if low > high:
            problems.append(
                problem(
                    ("contamination", "copy_ratio"),
                    f"found [{low}, {high}], expected the lower ratio first",
                )
            )
    if problems:
        raise InputError(problems)
    return filled
