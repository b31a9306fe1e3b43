"""The demo cohort on simulated count arrays: the three scripts from counts to verdicts.

A run on eight patients, which all tests share, takes ten CPU seconds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from count_cohort import expected, run_cohort
from places import REPOSITORY

from mitotransfer.simulate.scenario import load_scenario
from mitotransfer.simulate.truth import Truth, draw_truth
from mitotransfer.verdicts.conclude import EXPLAINED, TRANSFER
from mitotransfer.verdicts.explanations import EXPLANATIONS
from mitotransfer.verdicts.prevalence import PREVALENCE
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS
from mitotransfer.verdicts.swapped_pairs import NULL

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo_truth() -> Truth:
    scenario = load_scenario(REPOSITORY / "config" / "simulation_demo.yaml")
    return draw_truth(scenario, seed=1)


@pytest.fixture(scope="module")
def demo(demo_truth: Truth, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    return run_cohort(demo_truth, tmp_path_factory.mktemp("demo"), left_out=["P07-PBMC"])


def test_verdicts_are_as_simulated(demo_truth: Truth, demo: dict[str, pd.DataFrame]) -> None:
    table = demo["transfer"].set_index("sample")
    assert list(demo["transfer"].columns) == TRANSFER.names
    for sample, row in table.iterrows():
        # The normal of P07 was left out.
        wanted = "uninformative" if sample == "P07-TIL" else expected(demo_truth, str(sample))
        assert row["verdict"] == wanted, (sample, row["evidence"], row["flags"])
    assert "no_normal" in table.loc["P07-TIL", "flags"]
    assert "immune_swapped" in table.loc["P06-TIL", "flags"]
    assert not table["flags"].fillna("").str.contains("foreign_in_normal").any()


def test_intervals_hold_the_simulated_fractions(
    demo_truth: Truth, demo: dict[str, pd.DataFrame]
) -> None:
    for row in demo["transfer"].to_dict("records"):
        if np.isnan(row["tumor_fraction"]):
            continue
        truth = demo_truth.samples[row["sample"]]
        # Cross-talk adds or takes up to its rate.
        slack = demo_truth.noise.sequencing.index_hopping
        assert row["tumor_fraction_low"] - slack <= truth.tumor_fraction
        assert row["tumor_fraction_high"] + slack >= truth.tumor_fraction
        if row["verdict"] == "transfer_supported":
            assert 0 < row["excess_low"] < row["tumor_fraction_low"]


def test_contamination_bound_holds(demo_truth: Truth, demo: dict[str, pd.DataFrame]) -> None:
    for row in demo["transfer"].to_dict("records"):
        if row["verdict"] == "explained_by_contamination":
            assert row["contamination_low"] >= row["tumor_fraction_low"]
            assert row["contamination_high"] >= demo_truth.samples[row["sample"]].contamination


def test_crosstalk_is_measured(demo_truth: Truth, demo: dict[str, pd.DataFrame]) -> None:
    table = demo["crosstalk"]
    assert (table["source"] == "measured").all()
    true = demo_truth.noise.sequencing.index_hopping
    inside = (table["rate_low"] <= true) & (table["rate_high"] >= true)
    assert inside.mean() > 0.85, table[["sample", "rate", "rate_low", "rate_high"]]
    assert table["foreign_patient"].isna().all()


def test_identity_names_the_swap(demo: dict[str, pd.DataFrame]) -> None:
    table = demo["identity"].set_index("sample")
    assert table.loc["P06-TIL", "status"] == "swapped"
    assert table.loc["P06-TIL", "best_patient"] == "P04"
    assert (table["status"].drop("P06-TIL") == "ok").all()


def test_shared_variants_have_numbers(demo: dict[str, pd.DataFrame]) -> None:
    table = demo["shared-variants"]
    assert list(table.columns) == SHARED_VARIANTS.names
    usable = table[table["usable"]]
    assert len(usable[usable["patient"] == "P01"]) == 8  # four SNVs, two immune samples
    for role in ("tumor", "immune", "normal"):
        assert (table[f"{role}_vaf_low"] <= table[f"{role}_vaf"]).all()
        assert (table[f"{role}_vaf_high"] >= table[f"{role}_vaf"]).all()
    assert usable["background_rate"].between(0, 0.02).all()


def test_explanations_are_complete(demo: dict[str, pd.DataFrame]) -> None:
    table = demo["explanations"]
    assert list(table.columns) == EXPLAINED.names
    assert (table.groupby("sample")["explanation"].agg(tuple) == EXPLANATIONS).all()
    status = table.set_index(["sample", "explanation"])["status"]
    assert status["P01-TIL-CD8", "tumor_cell_contamination"] == "excluded"
    assert status["P03-TIL", "tumor_cell_contamination"] == "not_excluded"
    assert status["P04-TIL", "tumor_cell_contamination"] == "not_assessed"
    assert status["P06-TIL", "sample_swap"] == "not_excluded"
    assert status["P08-TIL", "low_power"] == "not_excluded"


def test_swapped_pairs(demo: dict[str, pd.DataFrame]) -> None:
    table = demo["null"]
    assert list(table.columns) == NULL.names
    tested = demo["transfer"].dropna(subset="p_value")
    assert set(table["sample"]) == set(tested["sample"])
    assert (table["patient"] != table["partner"]).all()
    assert table.groupby("sample")["partner"].nunique().between(3, 5).all()
    # P05 has no informative variant, P07 no normal.
    assert not {"P05", "P07"} & set(table["partner"])
    (summary,) = demo["null-summary"].to_dict("records")
    assert summary["pairs"] == len(table) and summary["rejected"] <= 2
    assert not summary["warning"]


def test_prevalence(demo: dict[str, pd.DataFrame]) -> None:
    table = demo["prevalence"]
    assert list(table.columns) == PREVALENCE.names
    overall = table[table["group"] == "overall"].set_index(["finding", "denominator"])
    assert overall.loc[("transfer_supported", "all"), ["positive", "patients"]].tolist() == [2, 8]
    # P01 to P04: seen, or would have been.
    assert overall.loc[("detected", "powered"), ["positive", "patients"]].tolist() == [3, 4]
    assert table["group"].unique().tolist() == ["overall", "cancer_type", "stage"]


def test_a_patient_alone_has_the_answer_that_it_has_in_the_cohort(
    demo_truth: Truth, demo: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    others = [n for n, s in demo_truth.samples.items() if s.patient not in ("P01",)]
    alone = run_cohort(demo_truth, tmp_path, left_out=others)["transfer"].set_index("sample")
    together = demo["transfer"].set_index("sample")
    for sample in alone.index:
        assert alone.loc[sample, "verdict"] == together.loc[sample, "verdict"]
        assert alone.loc[sample, "tumor_fraction"] == pytest.approx(
            together.loc[sample, "tumor_fraction"], rel=0.02
        )
