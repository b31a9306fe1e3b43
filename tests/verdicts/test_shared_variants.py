"""The table of shared variants: strands summed, intervals, and which variants support."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mitotransfer.inputs.columns import ROLES
from mitotransfer.patient.evidence_table import COUNT_KINDS, EVIDENCE
from mitotransfer.verdicts.case import NOT_TESTED
from mitotransfer.verdicts.shared_variants import (
    SHARED_VARIANTS,
    by_read_lengths,
    carries,
    shared_variants,
    supports,
    variant_counts,
)

NAN = math.nan
#: Fragments of two variants: alternative forward, alternative reverse, depth forward and reverse.
FRAGMENTS = {
    "tumor": ([30, 20], [10, 0], [50, 40], [60, 10]),
    "immune": ([3, 0], [1, 2], [500, 400], [500, 300]),
    "normal": ([0, 0], [1, 0], [100, 0], [200, 0]),
}


def evidence() -> pd.DataFrame:
    """Evidence rows of ``with_background``: a usable variant, and one that does not count."""
    counts = {
        f"{role}_{kind}": values
        for role in ROLES
        for kind, values in zip(COUNT_KINDS, FRAGMENTS[role], strict=True)
    }
    facts = {
        "patient": "P", "sample": "I", "pos": [100, 200], "ref": "A", "alt": "G", "type": "SNV",
        "usable": [True, False], "flags": "", "error_alpha": [1.0, 2.0],
        "error_beta": [999.0, 398.0], "overdispersion": 1e-4, "recurrence": [0.02, 0.0],
        "tumor_copies": [0.2, 1.0], "length_bias": 1.0,
    }  # fmt: skip
    rest = dict.fromkeys(set(EVIDENCE.names) - {*counts, *facts}, "")
    return pd.DataFrame(facts | counts | rest)


def test_the_likelihood_sees_both_strands_together() -> None:
    counts = variant_counts(evidence())
    expected = {
        "tumor_alt": [40, 20], "tumor_depth": [110, 50], "immune_alt": [4, 2],
        "immune_depth": [1000, 700], "normal_alt": [1, 0], "normal_depth": [300, 0],
        "error_alpha": [1.0, 2.0], "error_beta": [999.0, 398.0],
        "overdispersion": [1e-4, 1e-4], "recurrence": [0.02, 0.0], "copies": [0.2, 1.0],
    }  # fmt: skip
    assert {name: np.asarray(getattr(counts, name)).tolist() for name in expected} == expected


def test_vafs_have_the_intervals_of_the_calls() -> None:
    table = shared_variants(evidence(), NOT_TESTED, 0.9)
    assert set(SHARED_VARIANTS.names) <= set(table.columns)
    for role, k, n in (("tumor", 40, 110), ("immune", 4, 1000), ("normal", 1, 300)):
        low, high = stats.beta.ppf([0.05, 0.95], k + 0.5, n - k + 0.5)  # Jeffreys
        found = table.loc[0, [f"{role}_vaf", f"{role}_vaf_low", f"{role}_vaf_high"]].tolist()
        assert found == pytest.approx([k / n, low, high])
    # A normal without reads excludes nothing.
    assert math.isnan(table.loc[1, "normal_vaf"])
    assert table.loc[1, ["normal_vaf_low", "normal_vaf_high"]].tolist() == [0.0, 1.0]
    assert table["background_rate"].tolist() == pytest.approx([0.001, 0.005])


def test_only_usable_variants_have_a_fraction_of_their_own() -> None:
    estimate = replace(
        NOT_TESTED, variant_fraction=np.array([0.01]), variant_low=np.array([0.002]),
        variant_high=np.array([0.03]), variant_p=np.array([1e-4]),
    )  # fmt: skip
    own = ["variant_fraction", "variant_fraction_low", "variant_fraction_high", "p_value"]
    table = shared_variants(evidence(), estimate, 0.95)
    assert table.loc[0, own].tolist() == [0.01, 0.002, 0.03, 1e-4]
    assert table.loc[1, own].isna().all()
    assert supports(table).tolist() == [True, False]
    assert shared_variants(evidence(), NOT_TESTED, 0.95)[own].isna().all(axis=None)


def test_variants_carry_a_finding_if_they_allow_for_it() -> None:
    variants = pd.DataFrame(
        {"p_value": [1e-9, 1e-9, 0.2, NAN], "variant_fraction_high": [0.2, 0.04, 0.3, NAN]}
    )
    assert supports(variants).tolist() == [True, True, False, False]
    assert carries(variants, 0.05).tolist() == [True, False, False, False]
    assert not carries(variants, NAN).any()


def test_the_bias_of_read_lengths_is_stated_with_the_fraction_without_it() -> None:
    estimate = replace(NOT_TESTED, fraction=0.277, low=0.25, high=0.3)
    rows = evidence()
    assert by_read_lengths(rows, estimate) == ""
    told = by_read_lengths(rows.assign(length_bias=0.893), estimate)
    # 30 % in reads of 67 beside 100 bases are counted as 27.7 %.
    assert "shorter" in told and "about 30 %" in told and "(27 % to 32 %)" in told
    assert "longer" in by_read_lengths(rows.assign(length_bias=1.2), estimate)
    assert by_read_lengths(rows.assign(length_bias=0.893), NOT_TESTED) == ""
    assert by_read_lengths(rows.assign(length_bias=0.893, usable=False), estimate) == ""
