"""Survival against R's published results."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from mitotransfer.associations import survival
from mitotransfer.associations.fractions import CohortTables

# Acute myelogenous leukaemia (Miller 1997; `aml` of R's survival): months, death, maintained.
AML = [
    (9, 1, 1), (13, 1, 1), (13, 0, 1), (18, 1, 1), (23, 1, 1), (28, 0, 1), (31, 1, 1), (34, 1, 1),
    (45, 0, 1), (48, 1, 1), (161, 0, 1),
    (5, 1, 0), (5, 1, 0), (8, 1, 0), (8, 1, 0), (12, 1, 0), (16, 0, 0), (23, 1, 0), (27, 1, 0),
    (30, 1, 0), (33, 1, 0), (43, 1, 0), (45, 1, 0),
]  # fmt: skip
# Remission under 6-MP or placebo (Freireich et al., Blood 1963): weeks, relapse.
MERCAPTOPURINE = [
    (6, 1), (6, 1), (6, 1), (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1), (16, 1),
    (17, 0), (19, 0), (20, 0), (22, 1), (23, 1), (25, 0), (32, 0), (32, 0), (34, 0), (35, 0),
]  # fmt: skip
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def leukaemia() -> tuple[survival.Contrast, pd.DataFrame]:
    rows = [(*row, False) for row in MERCAPTOPURINE] + [(t, 1, True) for t in PLACEBO]
    frame = pd.DataFrame(rows, columns=["months", "death", "placebo"])
    frame.index = pd.Index([f"P{i}" for i in range(len(frame))], name="patient")
    contrast = survival.Contrast("f", "v", frame["placebo"], ("placebo", "6-MP"))
    return contrast, frame[["months", "death"]].assign(death=frame["death"] == 1)


def test_cox_and_log_rank_on_aml_are_those_of_r() -> None:
    frame = pd.DataFrame(AML, columns=["months", "death", "maintained"])
    data = frame.assign(positive=frame["maintained"] == 0)
    ratio, low, high, constant = survival.hazard_ratio(data, 0.95)
    assert constant > 0.05
    assert np.log(ratio) == pytest.approx(0.9155, abs=1e-4)
    assert (np.log(high) - np.log(low)) / (2 * 1.959964) == pytest.approx(0.5119, abs=1e-4)
    assert survival.log_rank(data) == pytest.approx(0.0653, abs=1e-4)


def test_cox_on_leukaemia_is_that_of_r() -> None:
    contrast, times = leukaemia()
    row = survival.compare(contrast, times, 0.95)
    assert row["effect"] == pytest.approx(4.817, abs=5e-3)
    assert (row["effect_low"], row["effect_high"]) == pytest.approx((2.147, 10.81), abs=0.02)
    assert row["p_value"] == pytest.approx(4.17e-5, rel=0.01)  # chi-squared 16.79
    assert row["n"] == 42 and row["events"] == 30


def test_kaplan_meier_curve_is_that_of_the_textbook() -> None:
    contrast, times = leukaemia()
    table = survival.curves(contrast, times, 0.95)
    treated = table[table["group"] == "6-MP"].set_index("months")
    assert treated.loc[[6, 7, 10, 13, 16, 22, 23], "survival"].tolist() == pytest.approx(
        [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=1e-4
    )
    assert treated.loc[[6, 10, 23], "at_risk"].tolist() == [21, 15, 6]
    assert treated.loc[10, ["deaths", "censored"]].tolist() == [1, 1]
    inside = treated[treated.index > 0]
    assert (inside["survival_low"] < inside["survival"]).all()


def _times(n: int, deaths: int) -> pd.DataFrame:
    index = pd.Index([f"P{i}" for i in range(n)], name="patient")
    return pd.DataFrame(
        {"months": np.arange(1.0, n + 1), "death": np.arange(n) < deaths}, index=index
    )


def _contrast(status: list[bool]) -> survival.Contrast:
    index = [f"P{i}" for i in range(len(status))]
    return survival.Contrast("f", "v", pd.Series(status, index=index), ("yes", "no"))


@pytest.mark.parametrize(
    ("status", "deaths"), [([True] * 4 + [False] * 20, 20), ([True, False] * 12, 9)]
)
def test_small_numbers_give_a_sentence(status: list[bool], deaths: int) -> None:
    row = survival.compare(_contrast(status), _times(24, deaths), 0.95)
    assert "p_value" not in row and "effect" not in row
    assert row["note"].startswith("Not tested: at least 5 patients")


def test_group_without_death_has_a_p_value_and_no_hazard_ratio() -> None:
    row = survival.compare(_contrast([True] * 12 + [False] * 12), _times(24, 12), 0.95)
    assert "effect" not in row and 0 < row["p_value"] < 0.01
    assert "cannot be estimated" in row["note"]


def test_groups_that_follow_one_another_have_no_finite_hazard_ratio() -> None:
    """Everybody of one group dies before the first of the other does: the ratio has no bound."""
    for status in ([True] * 6 + [False] * 14, [False] * 14 + [True] * 6):
        row = survival.compare(_contrast(status), _times(20, 20), 0.95)
        assert "effect" not in row and "cannot be estimated" in row["note"]
        # Chi-squared says 1e-7; no draw of six of twenty is that rare.
        assert 1 / 38760 < row["p_value"] < 1e-3


def test_groups_that_were_not_followed_at_one_time_are_not_tested() -> None:
    times = _times(20, 20)
    times.iloc[:5] = [[0.5, False]] * 5
    row = survival.compare(_contrast([True] * 5 + [False] * 15), times, 0.95)
    assert "p_value" not in row and row["note"].startswith("Not tested: nobody died while both")


def test_a_ratio_that_changes_with_time_is_called_an_average() -> None:
    """One group dies early or never, the other late: the curves cross."""
    early = pd.DataFrame({"months": np.r_[np.linspace(1, 5, 15), np.full(15, 40.0)],
                          "death": np.r_[np.ones(15), np.zeros(15)]})  # fmt: skip
    late = pd.DataFrame({"months": np.linspace(12, 38, 30), "death": np.ones(30)})
    times = pd.concat([early, late], ignore_index=True)
    times.index = pd.Index([f"P{i}" for i in range(60)], name="patient")
    status = pd.Series(np.arange(60) < 30, index=times.index)
    contrast = survival.Contrast("f", "v", status, ("yes", "no"))
    row = survival.compare(contrast, times.assign(death=times["death"] == 1), 0.95)
    assert "changes with time" in row["note"]
    plain, leukaemia_times = leukaemia()
    assert "changes with time" not in survival.compare(plain, leukaemia_times, 0.95)["note"]


@pytest.mark.slow
def test_hazard_ratio_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(5)
    runs, true, hits = 120, 2.0, 0
    for _ in range(runs):
        positive = rng.random(60) < 0.5
        end = rng.exponential(20, 60) / np.where(positive, true, 1.0)
        leave = rng.uniform(5, 60, 60)
        data = pd.DataFrame(
            {"months": np.minimum(end, leave), "death": end <= leave, "positive": positive}
        )
        _, low, high, _ = survival.hazard_ratio(data, 0.95)
        hits += low <= true <= high
    assert hits / runs >= 0.95 - 3 * (0.05 * 0.95 / runs) ** 0.5


def test_permuted_log_rank_is_that_of_all_draws() -> None:
    """Six patients with ties: the share of the 15 pairs of them in the nearer tail, twice."""
    data = pd.DataFrame({"months": [1, 2, 2, 3, 5, 5], "death": [True] * 3 + [False] + [True] * 2})
    group = pd.Series([True, False, True, False, False, False])
    expected = np.array([1 / 6, 1 / 6 + 2 / 5, 1 / 6 + 2 / 5, 17 / 30, 47 / 30, 47 / 30])
    excess = data["death"].to_numpy(float) - expected
    sums = np.array([excess[list(pair)].sum() for pair in itertools.combinations(range(6), 2)])
    own = excess[[0, 2]].sum()
    tail = min(np.mean(sums >= own - 1e-9), np.mean(sums <= own + 1e-9))
    assert survival.permuted(data, group) == pytest.approx(2 * tail, abs=8 * (0.25 / 10_000) ** 0.5)


@pytest.mark.slow
def test_log_rank_keeps_its_level_in_small_groups() -> None:
    """Chi-squared alone rejects 2.6 times as often as it should at 0.01."""
    rng = np.random.default_rng(6)
    runs, p_values = 400, []
    for _ in range(runs):
        end, leave = rng.exponential(1, 45), rng.exponential(1, 45)
        data = pd.DataFrame(
            {"months": np.minimum(end, leave), "death": end <= leave, "positive": np.arange(45) < 5}
        )
        p_values.append(survival.permuted(data, data["positive"]))
    rate = np.mean(np.array(p_values) < 0.01)
    assert rate <= 0.01 + 3 * (0.01 * 0.99 / runs) ** 0.5


@pytest.mark.slow
def test_log_rank_keeps_its_level() -> None:
    rng = np.random.default_rng(4)
    rejected = 0
    for _ in range(150):
        end, leave = rng.exponential(20, 40), rng.uniform(5, 60, 40)
        data = pd.DataFrame(
            {
                "months": np.minimum(end, leave),
                "death": end <= leave,
                "positive": rng.random(40) < 0.4,
            }
        )
        rejected += survival.log_rank(data) < 0.05
    assert rejected / 150 <= 0.05 + 3 * (0.05 * 0.95 / 150) ** 0.5


def test_transfer_groups_leave_out_uncertain_patients() -> None:
    transfer = pd.DataFrame(
        [
            ("A", "transfer_supported"), ("A", "not_detected"), ("B", "contamination_not_excluded"),
            ("B", "not_detected"), ("C", "not_detected"), ("C", "underpowered"),
            ("D", "underpowered"), ("E", "uninformative"), ("F", "failed_qc"),
        ],
        columns=["patient", "verdict"],
    ).assign(tumor_fraction_low=0.1)  # fmt: skip
    # The normal of G may have as much: neither group has it.
    hidden = pd.DataFrame([("G", "contamination_not_excluded", 0.0), ("G", "not_detected", 0.0)])
    transfer = pd.concat([transfer, hidden.set_axis(transfer.columns, axis=1)])
    supported, detected = survival.transfer_status(transfer)
    assert supported.status.to_dict() == {"A": True, "C": False}
    assert detected.status.to_dict() == {"A": True, "B": True, "C": False}


def test_mutation_status_counts_the_tumours_own_variants() -> None:
    transfer = pd.DataFrame(
        {"patient": list("ABCDEFG"), "verdict": ["not_detected"] * 6 + ["failed_qc"]}
    )
    shared = pd.DataFrame(
        [
            ("A", "frameshift", "indel"), ("A", "missense", ""), ("B", "missense,tRNA", ""),
            ("C", "stop_gained", "artefact;homopolymer"), ("D", "rRNA", "foreign_haplotype"),
            ("D", "synonymous", ""), ("D", "tRNA", "indel;normals_disagree"), ("E", "missense", ""),
            ("F", "missense", ""), ("G", "rRNA", ""),
        ],
        columns=["patient", "consequence", "flags"],
    )  # fmt: skip
    samples = pd.DataFrame(
        [(p, role) for p in "ABCDFG" for role in ("tumor", "normal", "immune")] + [("E", "tumor")],
        columns=["patient", "role"],
    )
    patients = pd.DataFrame({"patient": list("ABCDEFG"), "design": ["autologous"] * 7})
    patients.loc[5, "design"] = "allogeneic"
    found = {
        c.variable: {p for p, has in c.status.items() if has}
        for c in survival.mutation_status(CohortTables(transfer, shared, samples, patients))
    }
    # C's only variant is an artefact; D's are a foreign haplotype and one that a normal has; E
    # lacks a normal.
    assert found == {
        "any_mutation": {"A", "B"}, "truncating_mutation": {"A"}, "missense_mutation": {"A", "B"},
        "tRNA_mutation": {"B"}, "rRNA_mutation": set(),
    }  # fmt: skip
    status = next(
        survival.mutation_status(CohortTables(transfer, shared, samples, patients))
    ).status
    assert sorted(status.index) == list("ABCD")


def test_times_need_both_columns_and_both_cells() -> None:
    sheet = pd.DataFrame(
        {"patient": ["A", "B", "C"], "os_months": ["3", "", "5.5"], "death": ["1", "0", ""]}
    )
    assert survival.times(sheet).to_dict("index") == {"A": {"months": 3.0, "death": True}}
    assert survival.times(sheet.drop(columns="death")).empty
