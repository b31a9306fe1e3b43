"""Defaults of the keys that are in use, and the keys without a use yet."""

from __future__ import annotations

from mitotransfer.inputs.defaults import defaults, later


def test_keys_without_a_use_yet_are_no_defaults():
    assert later() == [("reference", "host_bundle")]
    assert "host_bundle" not in defaults()["reference"]


def test_defaults_are_as_a_user_writes_them() -> None:
    found = defaults()["contamination"]
    assert found["copy_ratio"] == [0.3, 20] and isinstance(found["input_cells"], int)
