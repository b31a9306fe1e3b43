"""What every script does the same way: options from a dataclass, and how an error ends it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

Settings = TypeVar("Settings")


def run(main: Callable[[], None]) -> None:
    """Run a script; what its user can mend ends it with a line on stderr, not a traceback."""
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f"{Path(sys.argv[0]).stem}: {error}")


def add_settings(
    parser: argparse.ArgumentParser, kind: type, help_texts: Mapping[str, str] | None = None
) -> None:
    """An option for each field of a dataclass whose fields are numbers with defaults."""
    texts = help_texts or {}
    for field in fields(kind):
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            type=type(field.default),
            default=field.default,
            help=f"{texts.get(field.name, '')} (%(default)s)".lstrip(),
        )


def settings(kind: Callable[..., Settings], arguments: argparse.Namespace) -> Settings:
    """The dataclass that the options of ``add_settings`` describe."""
    named: Any = kind
    return kind(**{field.name: getattr(arguments, field.name) for field in fields(named)})
