"""Fields of raw records. Positions: see ``test_decode``."""

from __future__ import annotations

import pytest

from mitotransfer.counts.records import is_primary


@pytest.mark.parametrize(("flag", "primary"), [(0, True), (0x51, True), (0x100, False),
                                               (0x800, False), (0x900, False)])  # fmt: skip
def test_a_read_has_one_primary_record(flag, primary):
    assert is_primary(flag) == primary
