"""The default of every key of the configuration."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from mitotransfer.inputs.settings import Settings


def _plain(value: Any) -> Any:
    """A default as a user writes it: 4 for 4.0, a list for a tuple."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def defaults(section: Any = Settings) -> dict[str, Any]:
    """The default of every key, by section, as a user writes them."""
    found = {}
    for one in fields(section):
        if is_dataclass(one.default):
            found[one.name] = defaults(one.default)
        else:
            found[one.name] = _plain(one.default)
    return found
