"""Flags of an immune sample, whatever its verdict."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from assessed_patient import assessed

from mitotransfer.flags import OF_SAMPLES
from mitotransfer.patient.contamination_table import SampleFacts
from mitotransfer.verdicts.sample_flags import carrier_flags

pytestmark = pytest.mark.usefixtures("nobody_rare")


@pytest.mark.parametrize(
    ("immune", "changes", "expected"),
    [
        ({5000: 0.08}, {}, {"variants_disagree"}),
        (None, {"rows": {"I": {"source": "assumed"}}}, {"crosstalk_assumed"}),
        (None, {"rows": {"I": {"source": "assumed", "from_tumor_high": "0"}}}, set()),
        (None, {"rows": {"N": {"status": "shared"}}}, {"reads_in_common"}),
        (None, {"rows": {"N": {"foreign_patient": "B"}}}, {"foreign_in_normal"}),
        (None, {"cells": {"immune_in_tumor_high": 0.9}}, {"maybe_immune_clone"}),
        (None, {"facts": SampleFacts()}, {"maybe_immune_clone"}),
        (None, {"tool": "mgatk"}, {"counted_elsewhere"}),
    ],
)
def test_flags(
    immune: dict[int, float] | None, changes: dict[str, Any], expected: set[str]
) -> None:
    flags = set(assessed(immune, **changes)["I"].flags)
    assert flags >= expected and flags <= set(OF_SAMPLES)
    assert expected or not flags


def test_what_the_supporting_variants_are() -> None:
    rows = pd.DataFrame(
        {"normal_vaf_low": [0.004, 0.0],
         "background_rate": [5e-4, 5e-4], "flags": ["recurrent", "hot_spot;linked"]}
    )  # fmt: skip
    assert carrier_flags(rows) == ("recurrent_only",)
    assert carrier_flags(rows[:1]) == ("recurrent_only", "inherited_only")
    assert carrier_flags(rows[1:]) == ("recurrent_only",)
    noisy = rows[:1].assign(background_rate=2e-3, flags="")
    assert carrier_flags(noisy) == ()
    assert carrier_flags(rows.assign(flags=["", "linked"])) == ()
    assert carrier_flags(rows[:0]) == ()
    at_repeats = rows.assign(flags=["direct_repeat", "direct_repeat;linked"])
    assert carrier_flags(at_repeats) == ("direct_repeat_only",)
    assert carrier_flags(rows.assign(flags=["direct_repeat", ""])) == ()
