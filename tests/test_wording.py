"""Numbers in words."""

from __future__ import annotations

import math

import pytest

from mitotransfer import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.95, "95 %"),
        (0.0123, "1.2 %"),
        (0.00004, "0.004 %"),
        (1.0, "100 %"),
        (math.nan, "unknown"),
    ],
)
def test_a_share_has_two_digits_and_is_never_rounded_to_nothing(value, text):
    assert wording.percent(value) == text


@pytest.mark.parametrize(("n", "text"), [(0, "0 reads"), (1, "1 read"), (1200, "1,200 reads")])
def test_one_and_many(n, text):
    assert wording.plural(n, "read") == text
    assert wording.plural(2, "copy", "copies") == "2 copies"
