"""Sections of the configuration that verdicts depend on, and numbers in cells of tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mitotransfer.inputs.settings import Contamination, Fraction, Informative
from mitotransfer.verdicts.settings import Settings, number


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("0.25", 0.25), ("1e-3", 0.001), (3, 3.0), (np.float64(0.5), 0.5), (" 2 ", 2.0)],
)
def test_a_cell_is_a_number(cell: object, expected: float) -> None:
    assert number(cell) == expected


@pytest.mark.parametrize("cell", ["", " ", "nan", math.nan, np.float64("nan")])
def test_an_empty_cell_is_not_known(cell: object) -> None:
    assert math.isnan(number(cell))


def test_a_word_is_no_number() -> None:
    with pytest.raises(ValueError, match="high"):
        number("high")


def test_the_settings_are_those_of_their_sections() -> None:
    settings = Settings(
        fraction=Fraction(confidence=0.9),
        informative=Informative(max_normal_vaf=0.03),
        contamination=Contamination(copy_ratio=(2.0, 7.0)),
    )
    assert (settings.confidence, settings.max_normal_vaf, settings.max_copy_ratio) == (
        0.9,
        0.03,
        7.0,
    )
