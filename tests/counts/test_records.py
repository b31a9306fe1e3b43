"""Fields of raw records. Positions: see ``test_decode``."""

from __future__ import annotations

import pytest

from mitotransfer.counts.records import is_primary
from mitotransfer.reads.bam_records import TAG_AFTER, TAG_BEFORE


@pytest.mark.parametrize(("flag", "primary"), [(0, True), (0x51, True), (0x100, False),
                                               (0x800, False), (0x900, False)])  # fmt: skip
def test_a_read_has_one_primary_record(flag, primary):
    assert is_primary(flag) == primary


def test_the_letters_of_the_tags_are_those_that_are_written():
    from mitotransfer.counts import records

    letters = [chr(records._Y) + chr(second) for second in (records._B, records._A)]
    assert letters == [TAG_BEFORE, TAG_AFTER]
