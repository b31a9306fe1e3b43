"""Measures that shorten start-up, each with what it buys."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any


def keep_signatures(rules: Iterable[Any]) -> None:
    """Keep the signatures of all functions of rules, which Snakemake asks for again for each job.

    Python takes an attribute ``__signature__`` for the answer. Where a version of Snakemake keeps
    its functions elsewhere, this does nothing.
    """
    for rule in rules:
        found = [getattr(item, "_file", item) for item in (*rule.input, *rule.params)]
        found = [getattr(item, "callable", None) or item for item in found]
        for resource in rule.resources.values():
            found += [
                getattr(type(resource), "evaluate", None),
                getattr(resource, "_evaluator", None),
            ]
        for function in filter(inspect.isfunction, found):
            function.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
