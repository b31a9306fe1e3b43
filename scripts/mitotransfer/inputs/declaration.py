"""How a key of the configuration or a column of a sheet is declared: default, bounds, meaning."""

from __future__ import annotations

from dataclasses import Field, field
from typing import Any, ClassVar


class Bounds(dict[str, float]):
    """Bounds of a number (``ge``, ``gt``, ``le``, ``lt``) or of a text (``min_length``)."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return handler(source) | self

    def __hash__(self) -> int:  # type: ignore[override]  # annotations are compared by hash
        # By its text: types that Python keeps for equal annotations would mix 0 and 0.0.
        return hash(repr(self))

    def hold(self, value: float) -> bool:
        """Whether a number lies within the bounds."""
        return (
            self.get("ge", value) <= value <= self.get("le", value)
            and ("gt" not in self or value > self["gt"])
            and ("lt" not in self or value < self["lt"])
        )

    def signs(self) -> str:
        """The bounds as signs: ``≥ 0, ≤ 1``."""
        signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
        return ", ".join(f"{sign} {self[name]:g}" for name, sign in signs.items() if name in self)

    def words(self) -> str:
        """The bounds in words: ``at least 0 and at most 1``."""
        words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
        return " and ".join(
            f"{word} {self[name]:g}" for name, word in words.items() if name in self
        )


def key(
    default: Any,
    description: str,
    *,
    unit: str = "",
    parts: Bounds | None = None,
    **bounds: float,
) -> Any:
    """The field of a dataclass that declares a key of a section.

    Args:
        default: value where the user gives none.
        description: meaning of the key.
        unit: unit of a number.
        parts: bounds that the annotation gives to the parts of the value.
        bounds: bounds of the value itself, as of ``Bounds``.
    """
    told = {"unit": unit, "bounds": parts or Bounds(bounds)}
    return field(default=default, metadata={"description": description, **told, **bounds})


def kind(one: Field[Any]) -> str:
    """The values that a key takes, in words: ``integer ≥ 0, ≤ 60 Phred``."""
    bounds = one.metadata["bounds"]
    default = one.default
    name = {bool: "true or false", int: "integer", str: "text"}.get(type(default), "number")
    if isinstance(default, tuple):
        name = f"list of {len(default)} numbers" if default else "list of texts"
    elif name == "text" and bounds.signs():
        name = f"{default} or number"
    filled = "not empty" if "min_length" in bounds and name == "text" else ""
    said = ", ".join(filter(None, [name, filled]))
    return " ".join(filter(None, [said, bounds.signs(), one.metadata["unit"]]))


class Section:
    """Part of the configuration; unknown keys in it are mistakes."""

    __pydantic_config__: ClassVar = {"extra": "forbid", "allow_inf_nan": False}
