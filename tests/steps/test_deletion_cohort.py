"""Tumours with a deletion and nothing else: the three scripts from counts to verdicts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from count_cohort import run_cohort
from deleted_samples import COMMON, PLAIN

from mitotransfer.simulate.scenario import parse_scenario
from mitotransfer.simulate.truth import draw_truth

SHARE = 0.6
#: Deletion of each tumour, and share of the immune sample's mtDNA that is the tumour's.
PATIENTS = {"A": (PLAIN, 0.2), "B": ((9000, 13_000), 0.0), "C": (COMMON, 0.2)}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    patients = [
        {
            "patient": name,
            "batch": "b1",
            "expected": "transfer_supported",
            "somatic": [],
            "nuclear": {"loci": 400, "depth": 200},
            "samples": [
                {"sample": f"{name}-tumor", "role": "tumor", "mtdna_copies": 800, "purity": 0.95,
                 "deletion": {"share": SHARE, "start": start, "end": end}},
                {"sample": f"{name}-til", "role": "immune", "mtdna_copies": 400,
                 "transfer": fraction},
                # The normal of A has two molecules in a thousand with the common deletion.
                {"sample": f"{name}-blood", "role": "normal", "mtdna_copies": 400,
                 "deletion": 0.002 if name == "A" else None},
            ],
        }
        for name, ((start, end), fraction) in PATIENTS.items()
    ]  # fmt: skip
    depth = {"tumor": 2000, "immune": 4000, "normal": 4000}
    scenario = parse_scenario({"depth": depth, "patients": patients})
    folder: Path = tmp_path_factory.mktemp("deletions")
    return run_cohort(draw_truth(scenario, seed=3), folder)


def test_a_deletion_is_enough_for_an_answer(tables: dict[str, pd.DataFrame]) -> None:
    found = tables["transfer"].set_index("patient")
    for name, (_, fraction) in PATIENTS.items():
        row = found.loc[name]
        assert row["verdict"] not in ("uninformative", "failed_qc"), row["evidence"]
        assert row["tumor_fraction_low"] <= fraction + 1e-3 <= row["tumor_fraction_high"] + 1e-3
        assert row["n_informative"] == 1
    assert found.loc["B", "verdict"] == "not_detected" and found.loc["B", "detection_limit"] < 0.02
    assert found.loc["A", "tumor_fraction_low"] > 0.05


def test_at_a_repeat_that_another_patient_shows_it_is_not_enough(
    tables: dict[str, pd.DataFrame],
) -> None:
    # Of four unrelated immune samples and normals one has fragments of it.
    found = tables["shared-variants"].set_index("patient").loc["C"]
    assert found["flags"] == "direct_repeat;recurrent" and found["p_value"] < 1e-9
    assert found["recurrence"] == pytest.approx(1.5 / 5)
    row = tables["transfer"].set_index("patient").loc["C"]
    assert row["verdict"] == "underpowered" and "direct_repeat_only" in row["flags"]
    assert tables["shared-variants"].set_index("patient").loc["A", "recurrence"] == 0


def test_the_deletions_are_in_the_tables(tables: dict[str, pd.DataFrame]) -> None:
    found = tables["shared-variants"].set_index("patient")
    assert found["usable"].all()
    assert found["consequence"].tolist() == ["large_deletion"] * 3
    assert found.loc["C", "hgvs_m"] == "m.8483_13459del"
    assert found["tumor_vaf"].tolist() == pytest.approx([SHARE] * 3, abs=0.05)
    # Swapped pairs test for them, too.
    assert (tables["null"]["n_variants"] == 1).all() and len(tables["null"]) >= 4
    assert (tables["null"]["p_value"] > 1e-3).all()
