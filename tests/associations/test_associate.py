"""Associations of the tumour fraction: who counts, what is tested, and what is not."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import script_runs
from transfer_rows import transfer_rows

from mitotransfer.associations import associate
from mitotransfer.associations.fractions import CohortTables, patient_fractions, sample_fractions
from mitotransfer.associations.tables import ASSOCIATIONS
from mitotransfer.stats import rank_tests
from mitotransfer.verdicts.conclude import TRANSFER
from mitotransfer.verdicts.preparations import PREPARATIONS
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS


def _cohort(n: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Patients with one sample each, random fractions, and their sheet."""
    rng = np.random.default_rng(seed)
    found = rng.random(n) < 0.5
    fractions = np.where(found, 10 ** rng.uniform(-3, -0.5, n), 0.0)
    rows = [
        (f"P{i:03d}", "CD8", "", "transfer_supported" if found[i] else "not_detected", fractions[i])
        for i in range(n)
    ]
    sheet = pd.DataFrame(
        {
            "patient": [f"P{i:03d}" for i in range(n)],
            "cancer_type": rng.choice(["lung", "melanoma", "renal"], n),
            "stage": rng.choice(["II", "IV"], n),
            "age": rng.integers(30, 80, n).astype(str),
            "os_months": [f"{x:.2f}" for x in rng.exponential(20, n)],
            "death": rng.integers(0, 2, n).astype(str),
        }
    )
    return transfer_rows(rows), sheet


NO_VARIANTS = pd.DataFrame(columns=["patient", "consequence", "flags"], dtype=str)
NO_SAMPLES = pd.DataFrame(columns=["patient", "role"], dtype=str)


def _associate(transfer: pd.DataFrame, sheet: pd.DataFrame, covariates: list[str]) -> pd.DataFrame:
    return associate.associate(
        CohortTables(transfer, NO_VARIANTS, NO_SAMPLES, sheet), covariates, 0.95
    )[0]


def test_a_patient_counts_once() -> None:
    transfer, sheet = _cohort(30)
    copies = transfer[transfer["patient"] == "P003"]
    more = pd.concat([transfer, *[copies] * 20], ignore_index=True)
    one, two = _associate(transfer, sheet, ["age"]), _associate(more, sheet, ["age"])
    pd.testing.assert_frame_equal(one, two)


def test_pairs_within_preparations_are_a_family_of_their_own() -> None:
    transfer, sheet = _cohort(12)
    pair = dict.fromkeys(PREPARATIONS.names, "") | {
        "patient": "P001", "preparation": "flask", "first": "a", "second": "b",
        "second_cell_type": "CD8", "difference": "0.1", "difference_low": "0.05",
        "difference_high": "0.2", "p_value": "0.001",
    }  # fmt: skip
    other = pair | {"second": "c", "p_value": "0.5"}
    tables = CohortTables(transfer, NO_VARIANTS, NO_SAMPLES, sheet, pd.DataFrame([pair, other]))
    found = associate.associate(tables, [], 0.95)[0].set_index("family").loc["preparations"]
    assert found["comparison"].iloc[0] == "CD8 minus a, preparation flask of P001"
    assert found["effect"].tolist() == [0.1, 0.1] and found["effect_low"].iloc[0] == 0.05
    assert found["q_value"].tolist() == [0.002, 0.5]


def test_covariates_by_their_kind() -> None:
    transfer, sheet = _cohort(40)
    table = _associate(transfer, sheet, ["age"])
    part = table[(table["family"] == "covariates") & (table["outcome"] == "tumor_fraction")]
    assert part.set_index("variable")["test"].to_dict() == {
        "age": "spearman", "cancer_type": "kruskal_wallis", "stage": "mann_whitney",
    }  # fmt: skip
    fractions = patient_fractions(transfer, "tumor_fraction")
    stage = sheet.set_index("patient")["stage"]
    expected = rank_tests.compare_two(fractions[stage == "II"], fractions[stage == "IV"], 0.95)
    row = part.set_index("variable").loc["stage"]
    assert row["comparison"] == "IV against II" and row["n"] == 40
    assert (row["effect"], row["p_value"]) == (expected.effect, expected.p_value)
    assert table.columns.tolist() == ASSOCIATIONS.names


def test_small_groups_are_left_out_and_named() -> None:
    transfer, sheet = _cohort(24)
    sheet["cancer_type"] = ["lung"] * 10 + ["renal"] * 11 + ["rare"] * 3
    row = _associate(transfer, sheet, []).set_index("variable").loc["cancer_type"].iloc[0]
    assert row["test"] == "mann_whitney" and row["n"] == 21
    assert row["note"] == "Left out, fewer than 5 patients: rare: 3."


def test_a_group_of_the_least_size_is_tested() -> None:
    fractions = pd.Series(np.arange(12) / 100)
    sizes = pd.Series(["a"] * associate.MIN_GROUP + ["b"] * 7)
    row = associate.by_covariate(fractions, sizes, False, 0.95)
    assert row["p_value"] < 0.05 and not row["note"]


def test_patients_without_a_difference_are_neither_higher_nor_lower() -> None:
    up = pd.Series([0.0] * 2 + [0.1] * 9 + [-0.1])
    row = associate._within(up, 0.95)
    assert row["groups"] == "higher in 9, lower in 1 patients" and row["p_value"] < 0.05
    row = associate._within(up * 0, 0.95)
    assert row["note"] == "Not tested: no difference in any patient." and "p_value" not in row


def test_small_numbers_get_a_sentence_and_no_p_value() -> None:
    transfer, sheet = _cohort(8)
    table = _associate(transfer, sheet, ["age"])
    assert len(table) and table[["effect", "p_value", "q_value"]].isna().all(axis=None)
    assert table["note"].str.match(r"Not tested: at least .* needed\.").all()


def test_equal_fractions_are_not_tested() -> None:
    transfer, sheet = _cohort(30)
    transfer = transfer.assign(verdict="not_detected", tumor_fraction="0")
    table = _associate(transfer, sheet, ["age"])
    part = table[table["family"] == "covariates"]
    assert part["p_value"].isna().all() and part["note"].str.contains("the same").all()


def test_subsets_are_paired_within_patient_and_time_point() -> None:
    rows = [
        ("A", "CD4", "0", "transfer_supported", 0.1), ("A", "CD8", "0", "transfer_supported", 0.3),
        ("A", "CD4", "9", "transfer_supported", 0.2), ("A", "CD8", "9", "not_detected", 0.0),
        ("B", "CD4", "0", "transfer_supported", 0.5), ("B", "CD8", "9", "transfer_supported", 0.1),
        ("C", "CD8", "0", "transfer_supported", 0.4),
    ]  # fmt: skip
    samples = sample_fractions(transfer_rows(rows), "tumor_fraction")
    ((first, second, apart),) = associate.subset_differences(samples)
    assert (first, second) == ("CD4", "CD8")
    assert apart.to_dict() == pytest.approx({"A": (0.2 - 0.2) / 2})


@pytest.mark.parametrize(("one", "other"), [("7", "7.0"), ("", "")])
def test_subsets_are_paired_however_their_time_is_written(one: str, other: str) -> None:
    rows = [("A", "CD4", one, "transfer_supported", 0.1),
            ("A", "CD8", other, "transfer_supported", 0.3)]  # fmt: skip
    samples = sample_fractions(transfer_rows(rows), "tumor_fraction")
    ((*_, apart),) = associate.subset_differences(samples)
    assert apart.to_dict() == pytest.approx({"A": 0.2})


def test_time_courses_follow_each_cell_type_by_itself() -> None:
    rows = [
        ("A", "CD4", "28", "transfer_supported", 0.4), ("A", "CD4", "0", "not_detected", 0.0),
        ("A", "CD4", "7", "transfer_supported", 0.9), ("A", "CD8", "0", "transfer_supported", 0.2),
        ("A", "CD8", "28", "transfer_supported", 0.3), ("B", "CD4", "0", "not_detected", 0.0),
        ("B", "CD8", "28", "transfer_supported", 0.3), ("C", "CD4", "", "not_detected", 0.0),
    ]  # fmt: skip
    samples = sample_fractions(transfer_rows(rows), "tumor_fraction")
    found = associate.time_changes(samples)
    assert found["change"].to_dict() == pytest.approx({"A": (0.4 + 0.1) / 2})
    assert found["days"].to_dict() == {"A": 28}


def test_pairs_are_tested_from_ten_patients_on() -> None:
    rng = np.random.default_rng(3)
    rows = []
    for i in range(12):
        for kind, scale in (("CD4", 0.1), ("CD8", 0.3)):
            rows.append((f"P{i}", kind, "0", "transfer_supported", scale * rng.random()))
    sheet = pd.DataFrame({"patient": [f"P{i}" for i in range(12)]})
    table = _associate(transfer_rows(rows), sheet, [])
    row = table[table["family"] == "subsets"].iloc[0]
    assert row["test"] == "wilcoxon_signed_rank" and row["p_value"] < 0.05
    assert row["effect_low"] > 0 and "CD8 minus CD4" in row["comparison"]
    short = _associate(transfer_rows(rows[:18]), sheet, [])
    assert short["p_value"].isna().all()


def test_q_values_are_those_of_a_family() -> None:
    table = pd.DataFrame({"family": ["a", "a", "b", "a"], "p_value": [0.01, 0.04, 0.03, math.nan]})
    assert associate.adjusted(table).tolist()[:3] == pytest.approx([0.02, 0.04, 0.03])
    assert math.isnan(associate.adjusted(table)[3])


@pytest.mark.slow
def test_no_association_is_found_without_one() -> None:
    """False discoveries over whole cohorts without any association: at most 5 % per family."""
    found, runs = 0, 60
    for seed in range(runs):
        transfer, sheet = _cohort(40, seed)
        table = _associate(transfer, sheet.drop(columns=["os_months"]), ["age"])
        found += bool((table["q_value"] < 0.05).any())
    assert found / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_a_planted_association_is_found() -> None:
    transfer, sheet = _cohort(40)
    order = transfer["tumor_fraction"].astype(float).to_numpy()
    noise = np.random.default_rng(2).normal(0, 0.05, 40)
    sheet["age"] = (order + noise).astype(str)
    row = _associate(transfer, sheet, ["age"]).set_index("variable").loc["age"].iloc[0]
    assert row["q_value"] < 0.01 and 0 < row["effect_low"] < row["effect"] < row["effect_high"]


def test_empty_cohort_gives_empty_tables() -> None:
    transfer = transfer_rows([])
    table, curves = associate.associate(
        CohortTables(transfer, NO_VARIANTS, NO_SAMPLES, pd.DataFrame({"patient": []}, dtype=str)),
        [],
        0.95,
    )
    assert table.empty and curves.empty and table.columns.tolist() == ASSOCIATIONS.names


def test_command_line(tmp_path: Path) -> None:
    transfer, sheet = _cohort(30)
    tables = {
        "transfer": transfer.reindex(columns=TRANSFER.names),
        "shared-variants": SHARED_VARIANTS.frame(), "samples": NO_SAMPLES,
        "patients": sheet, "preparations": PREPARATIONS.frame(),
    }  # fmt: skip
    words: list[object] = []
    for name, frame in tables.items():
        frame.to_csv(tmp_path / f"{name}.tsv", sep="\t", index=False)
        words += [f"--{name}", tmp_path / f"{name}.tsv"]
    words += ["--associations", tmp_path / "a.tsv", "--survival", tmp_path / "s.tsv"]
    done = script_runs.run("associate_cohort", *words, "--covariates", "age")
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "a.tsv").read_bytes()
    assert written.decode().splitlines()[0].split("\t") == ASSOCIATIONS.names
    assert (tmp_path / "s.tsv").read_text().startswith("family\tvariable\tgroup\tmonths")
    done = script_runs.run("associate_cohort", *words, "--covariates", "agee")
    assert done.returncode == 1 and "no column 'agee'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    lacking = [name for name in SHARED_VARIANTS.names if name not in ("consequence", "flags")]
    (tmp_path / "shared-variants.tsv").write_text("\t".join(lacking) + "\n")
    done = script_runs.run("associate_cohort", *words)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "shared-variants.tsv: column consequence, flags is missing; delete" in done.stderr
