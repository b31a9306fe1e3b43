"""Defaults of the keys."""

from __future__ import annotations

from mitotransfer.inputs.defaults import defaults


def test_defaults_are_as_a_user_writes_them() -> None:
    found = defaults()["contamination"]
    assert found["copy_ratio"] == [0.3, 20] and isinstance(found["input_cells"], int)
