"""Tumours with a frameshift and nothing else: the three scripts from counts to verdicts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from count_cohort import run_cohort

from mitotransfer.simulate.scenario import parse_scenario
from mitotransfer.simulate.truth import draw_truth

#: A run on five patients, which both tests share, takes six CPU seconds.
pytestmark = pytest.mark.slow

# Each loses one base, outside runs; the last one is in a run of six.
PLACES = {"A": 6002, "B": 9000, "C": 12000, "D": 10000, "E": 570}
TRANSFER = {"A": 0.2, "B": 0.05, "C": 0.0, "D": 0.0, "E": 0.2}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    patients = [
        {
            "patient": name,
            "batch": "b1",
            "expected": "transfer_supported",
            "somatic": [{"vaf": 0.6, "type": "deletion", "pos": pos}],
            "nuclear": {"loci": 400, "depth": 200},
            "samples": [
                {"sample": f"{name}-tumor", "role": "tumor", "mtdna_copies": 800, "purity": 0.9},
                {"sample": f"{name}-til", "role": "immune", "mtdna_copies": 400,
                 "transfer": TRANSFER[name]},
                {"sample": f"{name}-blood", "role": "normal", "mtdna_copies": 400},
            ],
        }
        for name, pos in PLACES.items()
    ]  # fmt: skip
    depth = {"tumor": 2000, "immune": 4000, "normal": 4000}
    scenario = parse_scenario({"depth": depth, "patients": patients})
    folder: Path = tmp_path_factory.mktemp("indels")
    return run_cohort(draw_truth(scenario, seed=3), folder, indels=True)


def test_a_frameshift_is_enough_for_an_answer(tables: dict[str, pd.DataFrame]) -> None:
    found = tables["transfer"].set_index("patient")
    for name in "ABCD":
        row = found.loc[name]
        assert row["verdict"] not in ("uninformative", "failed_qc"), row["evidence"]
        assert row["tumor_fraction_low"] <= TRANSFER[name] + 1e-3, row
        assert row["tumor_fraction_high"] >= TRANSFER[name]
        assert row["detection_limit"] < 0.01
    assert found.loc["A", "verdict"] == "transfer_supported", found.loc["A", "evidence"]
    assert found.loc[["C", "D"], "verdict"].tolist() == ["not_detected"] * 2
    # In a homopolymer it is no evidence.
    assert found.loc["E", "verdict"] == "uninformative"


def test_the_indels_are_in_the_tables(tables: dict[str, pd.DataFrame]) -> None:
    found = tables["shared-variants"].set_index("patient")
    one = found.loc["A"]
    assert bool(one["usable"]) and len(one["ref"]) == 2 and len(one["alt"]) == 1
    assert one["background_rate"] < 1e-3 and one["p_value"] < 1e-6
    assert "indel_in_repeat" in found.loc["E", "flags"] and not found.loc["E", "usable"]
    # Swapped pairs test for them, too.
    assert (tables["null"]["n_variants"] == 1).all() and len(tables["null"]) >= 10
    assert (tables["null"]["p_value"] > 1e-3).all()
