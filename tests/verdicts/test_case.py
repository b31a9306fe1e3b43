"""Cases: which variants support a finding, and what an untested sample has."""

import math

import numpy as np
import pandas as pd
import pytest
from cases import case

from mitotransfer.verdicts.case import NOT_TESTED, Case, Support, support_of

VARIANTS = pd.DataFrame(
    {
        "flags": ["linked;hot_spot", "only_one_strand;numt", "indel_hot_spot;direct_repeat"],
        "tumor_vaf_low": [0.5, 0.7, 0.6],
        "immune_vaf_low": [0.05, 0.07, 0.06],
        "immune_vaf_high": [0.08, 0.1, 0.09],
        "normal_vaf_high": [0.001, 0.003, 0.002],
        "carriers": np.array([0, 9, 1]),
    }
)


def test_the_support_lists_its_variants_one_by_one() -> None:
    x = support_of(VARIANTS, 5, more_in_immune=True)
    assert (x.n, x.again, x.more_in_immune) == (3, 2, True)
    assert (x.tumor_low, x.immune_low) == ([0.5, 0.7, 0.6], [0.05, 0.07, 0.06])
    assert (x.immune_high, x.normal_high) == ([0.08, 0.1, 0.09], [0.001, 0.003, 0.002])
    assert (x.linked, x.of_copy) == ([True, False, False], [False, True, False])
    assert (x.hot_spot, x.one_strand) == ([True, False, False], [False, True, False])
    assert x.direct_repeat == [False, False, True]
    # Nine samples are of the five other patients at most.
    assert x.carriers == [0, 5, 1]
    assert support_of(VARIANTS, 0, more_in_immune=False).again == 0


def test_no_variant() -> None:
    assert support_of(VARIANTS[:0], 5, more_in_immune=False) == Support(
        [], [], [], [], [], [], [], [], [], []
    )


def test_an_untested_sample_has_no_numbers() -> None:
    x = Case()
    assert not x.tested and not x.baseline_excluded and x.estimate == NOT_TESTED
    assert math.isnan(x.estimate.low) and math.isnan(x.findings.q_value)


@pytest.mark.parametrize(
    ("p_hidden", "confidence", "excluded"),
    [(0.02, 0.95, True), (0.03, 0.95, False), (0.03, 0.9, True)],
)
def test_the_baseline_is_excluded_at_half_of_the_confidence(
    p_hidden: float, confidence: float, excluded: bool
) -> None:
    assert case(p_hidden=p_hidden, confidence=confidence).baseline_excluded == excluded
