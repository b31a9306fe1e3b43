"""Positions on the circle and on the reference, and the circle's sequence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import RCRS

from mitotransfer.genome.circle import (
    Circle,
    circle_codes,
    deleted_bases,
    extended_codes,
    to_circle,
    to_reference,
)
from mitotransfer.genome.reference import Reference, encode

RCRS_CIRCLE = Circle(16568, 3106, 302, 309, 314)
CIRCLES = st.integers(2, 40).flatmap(
    lambda length: st.integers(-1, length).map(lambda gap: Circle(length, gap))
)


def listed(circle: Circle, laps: int) -> list[int]:
    """Reference positions of the circle's bases, one after another, by counting."""
    positions = [pos for pos in range(circle.length + (circle.gap >= 0)) if pos != circle.gap]
    lap = circle.length + (circle.gap >= 0)
    return [pos + lap * turn for turn in range(laps) for pos in positions]


def test_the_circle_of_the_reference_lacks_the_placeholder():
    assert Circle.of(RCRS) == RCRS_CIRCLE
    assert RCRS_CIRCLE.reference_length == RCRS.length
    assert len(circle_codes(RCRS)) == RCRS_CIRCLE.length
    assert (circle_codes(RCRS) < 4).all()


def test_a_sequence_without_placeholder_is_its_own_circle():
    short = Reference("ACGTACGT", encode("ACGTACGT"))
    assert Circle.of(short) == Circle(8, -1)
    assert circle_codes(short).tolist() == short.codes.tolist()


@given(CIRCLES)
def test_positions_are_those_found_by_counting(circle):
    expected = listed(circle, 3)
    at = np.arange(3 * circle.length)
    assert circle.to_reference(at).tolist() == expected
    assert [circle.to_reference(int(one)) for one in at] == expected
    assert [to_reference(one, circle) for one in at] == expected


@given(CIRCLES)
def test_to_circle_undoes_to_reference(circle):
    at = np.arange(3 * circle.length)
    assert circle.to_circle(circle.to_reference(at)).tolist() == at.tolist()
    first_lap = range(circle.length)
    assert [to_circle(circle.to_reference(one), circle) for one in first_lap] == list(first_lap)
    assert to_circle(-1, circle) == -1


@given(CIRCLES)
def test_the_circles_bases_are_the_references_but_for_the_placeholder(circle):
    values = np.arange(1, circle.length + 1)
    assert circle.bases(circle.rows(values)).tolist() == values.tolist()


@given(CIRCLES, st.data())
def test_a_deletion_loses_the_bases_between_its_ends(circle, data):
    before = data.draw(st.integers(0, circle.length - 2))  # the bases on its both sides
    after = data.draw(st.integers(before + 1, circle.length - 1))
    size = circle.to_reference(after) - circle.to_reference(before) - 1
    assert deleted_bases(before + 1, size, circle) == after - before - 1


def test_the_placeholder_stands_for_the_base_after_it():
    assert [RCRS_CIRCLE.to_circle(pos) for pos in (3105, 3106, 3107)] == [3105, 3106, 3106]
    assert RCRS_CIRCLE.to_circle(RCRS.length + 5) == 16568 + 5


@given(CIRCLES, st.integers(1, 3))
def test_rows_stand_at_the_positions_of_the_reference(circle, width):
    values = np.arange(1, circle.length * width + 1).reshape(circle.length, width)
    rows = circle.rows(values)
    assert len(rows) == circle.reference_length
    assert (rows[circle.to_reference(np.arange(circle.length))] == values).all()
    assert rows.sum() == values.sum()


def test_the_extended_circle_goes_on_with_its_first_bases():
    extended = extended_codes(RCRS, 100)
    assert extended[16568:].tolist() == RCRS.codes[:100].tolist()
    assert extended[:16568].tolist() == circle_codes(RCRS).tolist()


@pytest.mark.parametrize("extension", [-1, 16569])
def test_an_extension_is_at_most_the_circle(extension):
    with pytest.raises(ValueError, match="expected 0 to 16568 bases"):
        extended_codes(RCRS, extension)


def test_another_ambiguous_base_is_refused():
    unclear = RCRS.sequence[:99] + "R" + RCRS.sequence[100:]
    with pytest.raises(ValueError, match="near position 100"):
        extended_codes(Reference(unclear, encode(unclear)), 10)
