"""Cases for the verdict and the explanations, made of facts by name."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from mitotransfer.verdicts.case import Case

PARTS = ("sample", "findings", "estimate", "support", "cohort")


def changed(case: Case, **facts: Any) -> Case:
    """A case with other facts: fields of its parts, or whole parts."""
    parts = {name: facts.pop(name) for name in [f.name for f in fields(Case)] if name in facts}
    settings = parts.pop("settings", case.settings)
    for section in fields(settings):
        own = getattr(settings, section.name)
        names = {field.name for field in fields(own)} & facts.keys()
        own = replace(own, **{name: facts.pop(name) for name in names})
        settings = replace(settings, **{section.name: own})
    parts["settings"] = settings
    for part in PARTS:
        own = parts.get(part, getattr(case, part))
        names = {field.name for field in fields(own)} & facts.keys()
        parts[part] = replace(own, **{name: facts.pop(name) for name in names})
    assert not facts, f"no part has {sorted(facts)}"
    return replace(case, **parts)


def case(**facts: Any) -> Case:
    """A case with only these facts."""
    return changed(Case(), **facts)
