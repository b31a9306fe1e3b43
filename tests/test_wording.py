"""How numbers are worded."""

import pytest

from mitotransfer import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "50 %"), (0.00123, "0.12 %"), (1e-6, "0.0001 %"), (float("nan"), "unknown")],
)
def test_percent(value: float, text: str) -> None:
    assert wording.percent(value) == text
