"""What all scripts share: options from the settings, and errors in one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, TypeVar

from mitotransfer import startup

Section = TypeVar("Section")


def run(main: Callable[[], None]) -> None:
    """Run a script; an error in the input ends it with one line on stderr."""
    startup.collect_rarely()
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f"{Path(sys.argv[0]).stem}: {error}")


def add_settings(parser: argparse.ArgumentParser, section: type, *names: str) -> None:
    """Add an option for each key of a section of the settings, or for the named keys.

    Type, default and help come from the key's declaration in ``inputs.settings``.
    """
    for field in _keys(section, names):
        default: Any = field.default
        listed = default if isinstance(default, tuple) else [default]
        shown = " ".join(map(str, listed)) or "none"
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            default=default,
            help=f"{field.metadata['description']} ({shown})".replace("%", "%%"),
            **_reading(field),
        )


def _keys(section: Any, names: tuple[str, ...]) -> list[Field[Any]]:
    return [field for field in fields(section) if not names or field.name in names]


def _reading(field: Field[Any]) -> dict[str, Any]:
    """How ``argparse`` reads a key: by the type of its default; as a number where that is None."""
    default: Any = field.default
    if isinstance(default, bool):
        return {"action": argparse.BooleanOptionalAction}
    if isinstance(default, tuple):
        return {"nargs": len(default) or "*", "type": type(default[0]) if default else str}
    if isinstance(default, str):
        return {"type": _number_or_text if field.metadata["bounds"].signs() else str}
    return {"type": float if default is None else type(default)}


def _number_or_text(word: str) -> float | str:
    try:
        return float(word)
    except ValueError:
        return word


def settings(
    section: Callable[..., Section], arguments: argparse.Namespace, *names: str
) -> Section:
    """A section of the settings, with the values of the options of ``add_settings``.

    Keys without an option have their defaults.
    """
    values = {field.name: getattr(arguments, field.name) for field in _keys(section, names)}
    return section(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
