"""The configuration of a run: defaults filled in, and every mistake named with its line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any

import yaml

from mitotransfer.inputs import defaults, settings
from mitotransfer.inputs.declaration import kind
from mitotransfer.problems import InputError, Problem, suggest

KeyPath = tuple[str | int, ...]
#: More values than any configuration holds. Nested aliases can stand for so many that a walk over
#: them never ends.
MAX_VALUES = 10_000


def key_lines(path: str | Path) -> dict[KeyPath, int]:
    """1-based line of every key of a YAML file, by path of keys.

    An unreadable file gives no lines: Snakemake, which reads it, reports what is wrong.
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


def _content(path: str) -> Any:
    """The content of a YAML file; None if it cannot be read."""
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None


def _value_at(config: Any, path: KeyPath) -> Any:
    """The value at a path of keys; None where there is none."""
    for name in path:
        config = config.get(name) if isinstance(config, Mapping) else None
    return config


def written_out(value: Any, sizes: dict[int, int] | None = None) -> int:
    """Number of values in a configuration with every YAML alias written out."""
    sizes = {} if sizes is None else sizes
    if not isinstance(value, Mapping | list):
        return 1
    if id(value) not in sizes:
        parts = value.values() if isinstance(value, Mapping) else value
        sizes[id(value)] = 1 + sum(written_out(part, sizes) for part in parts)
    return sizes[id(value)]


def fill_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with the default of each key that is missing or null; sections may be null.

    A text in place of a number, true or false is read as YAML: Snakemake takes every value within
    a section of ``--config`` for text.
    """
    filled: dict[str, Any] = defaults.defaults()
    for name, value in given.items():
        if isinstance(value, Mapping) and isinstance(filled.get(name), dict):
            known = filled[name]
            read = {k: _as_declared((name, k), v) for k, v in value.items()}
            known |= {k: v for k, v in read.items() if v is not None or k not in known}
        elif value is not None or name not in filled:
            filled[name] = value
    return filled


def _as_declared(path: KeyPath, value: Any) -> Any:
    """A text as the value that it stands for, unless the key takes texts."""
    key = _declared(path)[0]
    if key is None or kind(key).startswith(("text", "list of texts")):
        return value
    if isinstance(value, list):
        return [_as_declared(path, item) for item in value]
    if not isinstance(value, str) or not value:
        return value
    for read in (yaml.safe_load, float):  # YAML takes 1e-3 for text
        try:
            found = read(value)
        except (yaml.YAMLError, ValueError):
            continue
        if not isinstance(found, str):
            return found
    return value


def _invalid(config: Mapping[str, Any]) -> dict[KeyPath, str]:
    """pydantic's type of error for each key that is unknown or has a wrong value."""
    # Imported here: it takes 0.3 s, and jobs get a configuration that was checked already.
    from pydantic import TypeAdapter, ValidationError

    try:
        # As JSON, so that lists serve as tuples while texts are no numbers.
        text = json.dumps(config, default=str)
        TypeAdapter(settings.Settings).validate_json(text, strict=True)
    except ValidationError as error:
        return {tuple(found["loc"][:2]): found["type"] for found in error.errors()}
    return {}


def _declared(path: KeyPath) -> tuple[Field[Any] | None, list[str]]:
    """The key at a path, if there is one, and the names of all keys beside it."""
    level: Any = settings.Settings
    for name in path[:-1]:
        level = {one.name: one for one in fields(level)}[str(name)].default
    keys = {one.name: one for one in fields(level)}
    return keys.get(str(path[-1])), list(keys)


_BUNDLE = "reference.bundle to the name of a bundle, or to a folder with one (docs/bundles.md)"
#: Keys of earlier versions, and what to set instead.
_REPLACED: Mapping[KeyPath, str] = {
    ("reference", "fasta"): _BUNDLE,
    ("reference", "allow_other"): _BUNDLE,
}


def _mistake(path: KeyPath, value: Any) -> str:
    """What is wrong with the value of a key, and what was expected."""
    key, beside = _declared(path)
    if new := _REPLACED.get(path):
        return f"is no longer a key: set {new}"
    if key is None:
        known = f" (known here: {', '.join(beside)})"
        return f"unknown key{suggest(str(path[-1]), beside) or known}"
    if is_dataclass(key.default):
        known = ", ".join(one.name for one in fields(key.default))
        return f"found {value!r}, expected a section with the keys {known}"
    hint = f" ({key.metadata['description']})"
    bounds = key.metadata["bounds"]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and value > 1 and bounds.get("lt", bounds.get("le")) == 1:
        hint += f"; a share of 1, no percentage: {value / 100:g} for {value:g} %"
    return f"found {value!r}, expected {kind(key)}{hint}"


def _mistakes(config: dict[str, Any]) -> dict[KeyPath, str]:
    """What is wrong with a configuration in which every key has a value."""
    found: dict[KeyPath, str] = {}
    for path in _invalid(config):
        top = config[str(path[0])]
        found[path] = _mistake(path, top if len(path) == 1 else top[path[1]])
    return found


#: Default of contamination.copy_ratio while it meant a tumour cell over an immune cell.
OLD_COPY_RATIO = [1, 10]


def check(given: Mapping[str, Any], files: Iterable[str | Path] = ()) -> dict[str, Any]:
    """The checked configuration, with defaults filled in.

    Args:
        given: the merged configuration as the workflow engine read it.
        files: the files that it was merged from, for the messages; later ones take precedence.

    Raises:
        InputError: with every unknown key and every wrong value.
    """
    located = [(str(path), key_lines(path)) for path in files]

    def problem(path: KeyPath, message: str) -> Problem:
        name, value = ".".join(map(str, path)), _value_at(given, path)
        named = [(file, lines[path]) for file, lines in reversed(located) if path in lines]
        for file, line in named:
            if _value_at(_content(file), path) == value:
                return Problem(file, message, line, name)
        # No file has this value: it came on the command line, or from another workflow.
        return Problem("--config" if named else "configuration", message, 0, name)

    if written_out(given) > MAX_VALUES:
        message = f"its aliases (&, *) stand for more than {MAX_VALUES} values: write them out"
        where = ", ".join(file for file, _ in located) or "configuration"
        raise InputError([Problem(where, message)])
    filled = fill_defaults(given)
    mistakes = _mistakes(filled)
    if not mistakes:
        low, high = filled["contamination"]["copy_ratio"]
        if low > high:
            wrong = f"found [{low}, {high}], expected the lower ratio first"
            mistakes["contamination", "copy_ratio"] = wrong
        if [low, high] == OLD_COPY_RATIO:
            new = defaults.defaults()["contamination"]["copy_ratio"]
            mistakes["contamination", "copy_ratio"] = (
                f"found {OLD_COPY_RATIO}, the default of an earlier meaning: it is now the ratio "
                f"of the tumour sample over the preparation, by default {new}; leave it out"
            )
        covariates = filled["cohort"]["covariates"]
        if len(set(covariates)) < len(covariates):
            mistakes["cohort", "covariates"] = f"found {covariates}, expected each column once"
    if mistakes:
        raise InputError(problem(path, message) for path, message in mistakes.items())
    return filled


def changed_meanings(given: Mapping[str, Any]) -> list[Problem]:
    """Warnings of keys that a configuration sets and whose meaning has changed."""
    section = given.get("contamination")
    own = section.get("copy_ratio") if isinstance(section, Mapping) else None
    if own is None or own == defaults.defaults()["contamination"]["copy_ratio"]:
        return []
    message = (
        f"found {own}: this is the mtDNA copies per cell of the tumour sample over those of the "
        "preparation, no longer of a tumour cell over an immune cell"
    )
    column = "contamination.copy_ratio"
    return [Problem("configuration", message, column=column, warning=True)]
