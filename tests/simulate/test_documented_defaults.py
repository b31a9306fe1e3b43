"""The defaults in docs/simulator.md are those of the simulator."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from mitotransfer.simulate.cell_library import CellScenario
from mitotransfer.simulate.cell_plans import LibraryPlan
from mitotransfer.simulate.noise import Sequencing
from mitotransfer.simulate.scenario import SamplePlan


def documented(text: str, before: str) -> dict[str, str]:
    """Key and default of the rows of the first table after a text."""
    table = text[text.index(before) :].split("|", 1)[1].split("\n\n")[0]
    found = {}
    for names, value in re.findall(r"^\| (`[^|]+`) \| ([^|]*) \|", table, re.MULTILINE):
        keys, values = re.findall(r"`(\w+)`", names), value.strip().split(", ")
        if len(keys) == len(values):
            found |= dict(zip(keys, values, strict=True))
    return found


def numbers(text: str) -> list[float] | None:
    """A number, or the ends of a range; None for words."""
    try:
        return [float(one) for one in re.split(r"(?<=\d)-", text)]
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("before", "sections", "least"),
    [
        ("Parameters of `sequencing`", [Sequencing], 18),
        ("Of a sample:", [SamplePlan], 5),
        ("| key of a library |", [CellScenario, LibraryPlan], 12),
    ],
)
def test_numbers_are_the_defaults(repository, before, sections, least):
    table = documented((repository / "docs" / "simulator.md").read_text("utf-8"), before)
    declared = {one.name: one.default for section in sections for one in fields(section)}
    told = {key: numbers(value) for key, value in table.items() if numbers(value) is not None}
    assert len(told) >= least
    for key, values in told.items():
        default = declared[key]
        assert values == list(default if isinstance(default, tuple) else (default,)), key
