"""Bounds and keys: their checks and their words."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer.inputs.declaration import Bounds, Section, key, kind

NUMBERS = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0])


@given(st.dictionaries(st.sampled_from(["ge", "gt", "le", "lt"]), NUMBERS), NUMBERS)
def test_bounds_hold_where_pydantic_accepts_the_value(bounds, value):
    checked = pydantic.TypeAdapter(Annotated[float, Bounds(bounds)])
    try:
        checked.validate_python(value)
        accepted = True
    except pydantic.ValidationError:
        accepted = False
    assert Bounds(bounds).hold(value) == accepted


@pytest.mark.parametrize(
    ("bounds", "signs", "words"),
    [
        (Bounds(), "", ""),
        (Bounds(le=1, ge=0), "≥ 0, ≤ 1", "at least 0 and at most 1"),
        (Bounds(gt=0, lt=0.5), "> 0, < 0.5", "above 0 and below 0.5"),
    ],
)
def test_bounds_are_named_from_the_lower_to_the_upper(bounds, signs, words):
    assert (bounds.signs(), bounds.words()) == (signs, words)


@dataclasses.dataclass(frozen=True)
class Example(Section):
    quality: int = key(20, "Quality.", unit="Phred", ge=0, le=60)
    mismatches: float = key(4.0, "Mismatches.", gt=0)
    dispersion: str = key("auto", "Dispersion.", parts=Bounds(ge=0, lt=1))
    ratio: tuple[float, float] = key((1.0, 10.0), "Ratio.", parts=Bounds(gt=0))
    columns: tuple[str, ...] = key((), "Columns.", parts=Bounds(min_length=1))
    limit: float | None = key(None, "Limit.", gt=0, lt=1)
    title: str = key("A title", "Title.", min_length=1)
    keep: bool = key(True, "Whether to keep.")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("quality", "integer ≥ 0, ≤ 60 Phred"),
        ("mismatches", "number > 0"),
        ("dispersion", "auto or number ≥ 0, < 1"),
        ("ratio", "list of 2 numbers > 0"),
        ("columns", "list of texts"),
        ("limit", "number > 0, < 1"),
        ("title", "text, not empty"),
        ("keep", "true or false"),
    ],
)
def test_what_a_key_takes_in_words(name, words):
    (one,) = (one for one in dataclasses.fields(Example) if one.name == name)
    assert kind(one) == words


def test_a_section_refuses_unknown_keys_and_numbers_that_are_not_finite():
    section = pydantic.TypeAdapter(Example)
    assert section.validate_python({"mismatches": 2.5}) == Example(mismatches=2.5)
    for wrong in ({"qualities": 3}, {"mismatches": float("inf")}, {"quality": 61}):
        with pytest.raises(pydantic.ValidationError):
            section.validate_python(wrong)
