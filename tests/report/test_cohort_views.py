"""Sentences of the index on screening, swapped pairs and associations."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from mitotransfer.report import cohort_views, words

NAN = math.nan


def test_screening_says_what_was_shown() -> None:
    frame = pd.DataFrame(
        {"patient": "P", "sample": list("abc"), "result": ["pass", "inconclusive", "pass"],
         "max_tumor_fraction": 0.01}
    )  # fmt: skip
    said = cohort_views.screening_sentence(frame).replace(words.NBSP, " ")
    assert "Of 3 immune samples" in said and "1 % of the mtDNA" in said
    assert said.endswith("0 failed (lower bound above it), 1 inconclusive and 2 passed (upper "
                         "bound below it).")  # fmt: skip
    assert cohort_views.screening_sentence(frame[:0]) == ""


def _summary(**numbers: object) -> pd.DataFrame:
    row: dict[str, object] = {"pairs": 40.0, "rejected": 0.0, "rate": 0.0, "rate_low": 0.0,
                              "rate_high": 0.088, "nominal": 0.01, "warning": "false"}  # fmt: skip
    return pd.DataFrame([row | numbers])


def test_swapped_pairs_say_how_well_they_show_it() -> None:
    few = cohort_views.null_sentence(_summary())
    assert "0 of 40" in few and "too few" in few
    many = cohort_views.null_sentence(_summary(pairs=4000.0, rate_high=0.011))
    assert "too few" not in many and "above the nominal rate" not in many
    bad = cohort_views.null_sentence(_summary(rejected=9.0, rate=0.2, rate_low=0.1, warning="true"))
    assert "above the nominal rate" in bad
    assert "No immune sample could be tested" in cohort_views.null_sentence(_summary(pairs=0.0))


@pytest.mark.parametrize(
    ("p", "q", "said"),
    [([], [], "No association was examined"), ([NAN], [NAN], "too small to test any"),
     ([0.2, NAN], [0.2, NAN], "1 could be tested, of which none has"),
     ([0.001, 0.002], [0.002, 0.002], "of which 2 have a q value below 0.05")],
)  # fmt: skip
def test_associations_in_a_sentence(p: list[float], q: list[float], said: str) -> None:
    assert said in cohort_views.association_sentence(pd.DataFrame({"p_value": p, "q_value": q}))
