"""Figures of the cohort: no two labels overlap, none is cut off."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from figure_layout import check_layout

from mitotransfer.associations import survival
from mitotransfer.report import tables
from mitotransfer.report.figures import cohort
from mitotransfer.verdicts.verdict import VERDICTS

NAN = math.nan


def records(n: int) -> list[tables.Row]:
    return [
        {
            "patient": f"P{k}", "sample": f"PATIENT{k:04d}_TIL", "verdict": VERDICTS[k % 5],
            "tumor_fraction": k / 400, "tumor_fraction_low": 0.0, "tumor_fraction_high": 1.0,
            "detection_limit": 0.01,
        }
        for k in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize("n", [1, 3, 30, 300])
def test_fractions(n: int) -> None:
    drawn = cohort.fraction_figure(records(n))
    assert drawn is not None and drawn.get_size_inches()[1] < 14
    check_layout(drawn)


@pytest.mark.parametrize("n", [3, 30, 300])
def test_covariates(n: int) -> None:
    rng = np.random.default_rng(5)
    index = [f"P{k}" for k in range(n)]
    fractions = pd.Series(np.where(rng.random(n) < 0.4, 0.0, rng.random(n) ** 4), index)
    groups = [f"carcinoma of the unlikely organ {k}" for k in range(30)]
    covariates = [
        ("age_at_first_diagnosis", pd.Series(rng.integers(20, 90, n).astype(float), index), True),
        ("stage", pd.Series(rng.choice(["I", "II", "III", "IV"], n), index), False),
        ("cancer_type", pd.Series(rng.choice(groups, n), index), False),
        ("x" * 90, pd.Series(rng.choice(["yes", "no"], n), index), False),
    ]
    drawn = cohort.covariate_figure(fractions, covariates)
    assert drawn is not None
    check_layout(drawn)


def test_no_covariate_is_no_figure() -> None:
    assert cohort.covariate_figure(pd.Series({"A": 0.1}), []) is None
    other = [("stage", pd.Series({"B": "I"}), False)]
    assert cohort.covariate_figure(pd.Series({"A": 0.1}), other) is None


@pytest.mark.parametrize("n", [3, 30, 300])
def test_survival(n: int) -> None:
    rng = np.random.default_rng(6)
    index = [f"P{k}" for k in range(n)]
    times = pd.DataFrame(
        {"months": rng.exponential(30, n).round(1), "death": rng.random(n) < 0.6}, index
    )
    status = pd.Series(np.arange(n) % 2 == 0, index)
    groups = ("protein-changing or RNA mutation", "the rest")
    table = survival.curves(survival.Contrast("f", "v", status, groups), times, 0.95)
    title = "hazard ratio 12.41 (10.52 to 1.23e+03), q 1.2e-15"
    check_layout(cohort.survival_figure([(title, table)] * 3))


@pytest.mark.parametrize("n", [3, 300, 30000])
def test_null(n: int) -> None:
    p = np.random.default_rng(7).random(n)
    check_layout(cohort.null_figure(p, 0.01))


@pytest.mark.parametrize("n", [2, 3, 9, 26, 60])
def test_identity(n: int) -> None:
    rng = np.random.default_rng(8)
    differences = rng.integers(0, 80, (n, n)).astype(float)
    differences[0, 0] = NAN
    names = [f"PATIENT{k // 3:03d}-TIL-CD8-d28"[-20 + k % 7 :] for k in range(n)]
    owners = [str(k // 3) for k in range(n)]
    check_layout(cohort.identity_figure(names, owners, differences))
