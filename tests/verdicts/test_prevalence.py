"""Prevalence: patients are counted once, and doubtful findings separately."""

import pandas as pd
import pytest
from scipy import stats

from mitotransfer.verdicts.prevalence import PREVALENCE, prevalence


def test_prevalence_counts_patients_once() -> None:
    transfer = pd.DataFrame(
        {
            "patient": ["A", "A", "B", "C"],
            "verdict": ["transfer_supported", "not_detected", "underpowered", "not_detected"],
            "tumor_fraction_low": [0.1, 0.0, 0.0, 0.0],
        }
    )
    patients = pd.DataFrame({"patient": ["A", "B", "C"], "stage": ["I", "I", ""]})
    table = prevalence(transfer, patients, 0.95)
    rows = table.set_index(["group", "value", "finding", "denominator"])
    assert rows.loc[("overall", "", "detected", "powered"), "patients"] == 2
    assert rows.loc[("overall", "", "detected", "all"), "prevalence"] == pytest.approx(1 / 3)
    assert rows.loc[("stage", "I", "detected", "powered"), "positive"] == 1
    assert rows.loc[("stage", "", "detected", "powered"), "prevalence"] == 0
    assert rows.loc[("overall", "", "baseline_not_excluded", "all"), "positive"] == 0


def test_what_the_normal_may_have_is_counted_apart() -> None:
    transfer = pd.DataFrame(
        {
            "patient": ["A", "A", "B", "C"],
            "verdict": ["contamination_not_excluded"] * 3 + ["not_detected"],
            "tumor_fraction_low": [0.1, 0.0, 0.0, 0.0],
        }
    )
    table = prevalence(transfer, pd.DataFrame({"patient": ["A", "B", "C"]}), 0.95)
    powered = table[table["denominator"] == "powered"].set_index("finding")
    assert powered["patients"].tolist() == [3, 3, 3]
    assert powered["positive"].to_dict() == {
        "transfer_supported": 0, "detected": 1, "baseline_not_excluded": 1,
    }  # fmt: skip


def test_intervals_are_exact() -> None:
    """Of Clopper and Pearson, by patients: two of seven with a finding."""
    transfer = pd.DataFrame(
        {
            "patient": list("ABCDEFG"),
            "verdict": ["transfer_supported"] * 2 + ["not_detected"] * 5,
            "tumor_fraction_low": [0.1, 0.2, 0, 0, 0, 0, 0],
        }
    )
    table = prevalence(transfer, pd.DataFrame({"patient": list("ABCDEFG")}), 0.9)
    assert list(table.columns) == PREVALENCE.names and set(table["group"]) == {"overall"}
    row = table[table["finding"] == "transfer_supported"].iloc[0]
    exact = stats.binomtest(2, 7).proportion_ci(0.9)
    assert (row["prevalence_low"], row["prevalence_high"]) == pytest.approx((exact.low, exact.high))
    assert row["prevalence"] == pytest.approx(2 / 7)


def test_no_immune_sample_no_patient() -> None:
    transfer = pd.DataFrame({"patient": [], "verdict": [], "tumor_fraction_low": []}, dtype=object)
    table = prevalence(transfer, pd.DataFrame({"patient": ["A"], "stage": ["I"]}), 0.95)
    assert list(table.columns) == PREVALENCE.names and table.empty
