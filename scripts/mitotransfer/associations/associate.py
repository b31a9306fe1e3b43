"""Associations of the tumour fraction, between and within patients: ``associations.tsv``.

The fractions are those of ``associations.fractions``. q values are Benjamini and Hochberg's within
a family.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from mitotransfer.associations import survival
from mitotransfer.associations.fractions import (
    OUTCOMES,
    CohortTables,
    covariate,
    patient_fractions,
    sample_fractions,
)
from mitotransfer.associations.tables import ASSOCIATIONS, SURVIVAL
from mitotransfer.stats import false_discovery, rank_tests
from mitotransfer.stats.rank_tests import Effect

#: Columns that are read of the sheet of samples.
SAMPLE_COLUMNS = ["patient", "role"]

#: Below these numbers a sentence replaces the p value.
MIN_GROUP = 5
MIN_PATIENTS = 10
MIN_PAIRS = 10


def by_covariate(
    fractions: pd.Series, values: pd.Series, is_number: bool, confidence: float
) -> dict[str, Any]:
    """Association of a fraction with one covariate, both by patient (index)."""
    common = fractions.index.intersection(values.index)
    fraction, value = fractions[common], values[common]
    row: dict[str, Any] = {"n": len(common)}
    if is_number:
        row |= {"comparison": "rank by rank", "groups": _range(value)}
        if len(common) < MIN_PATIENTS:
            return row | {"note": _not_tested(f"{MIN_PATIENTS} patients with both are needed")}
        if fraction.nunique() < 2 or value.nunique() < 2:
            return row | {"note": "Not tested: all values of one of the two are the same."}
        return row | _result(rank_tests.spearman(value, fraction, confidence))
    sizes = value.value_counts().sort_index()
    row["groups"] = _sizes(sizes)
    large = sorted(sizes.index[sizes >= MIN_GROUP])
    if len(large) < 2:
        need = f"two groups of {MIN_GROUP} patients with a fraction are needed"
        return row | {"note": _not_tested(need)}
    small = sizes[sizes < MIN_GROUP]
    note = f"Left out, fewer than {MIN_GROUP} patients: {_sizes(small)}." if len(small) else ""
    groups = [fraction[value == name].to_numpy(float) for name in large]
    row |= {"n": sum(map(len, groups)), "comparison": f"between {len(large)} groups"}
    if len(large) == 2:
        row["comparison"] = f"{large[1]} against {large[0]}"
    if np.ptp(np.concatenate(groups)) == 0:
        return row | {"note": f"Not tested: all fractions are the same. {note}".strip()}
    if len(large) == 2:
        effect = rank_tests.compare_two(groups[0], groups[1], confidence)
    else:
        effect = rank_tests.compare_groups(groups, confidence)
    return row | _result(effect) | {"note": note}


def subset_differences(samples: pd.DataFrame) -> Iterator[tuple[str, str, pd.Series]]:
    """Two cell types; the second's fraction minus the first's, by patient with both.

    Samples of the same time point are paired where both have one; several pairs of a patient are
    averaged.

    Args:
        samples: of ``sample_fractions``.
    """
    named = samples[samples["cell_type"].fillna("").str.strip() != ""]
    # Samples without a time point are paired with each other: rows of a pivot table need a value.
    days = pd.to_numeric(named["timepoint"], errors="coerce").fillna(np.inf)
    wide = named.assign(timepoint=days).pivot_table(
        index=["patient", "timepoint"], columns="cell_type", values="value", aggfunc="mean"
    )
    for first, second in combinations(sorted(wide.columns), 2):
        apart = (wide[second] - wide[first]).dropna()
        if len(apart):
            yield first, second, apart.groupby("patient").mean()


def time_changes(samples: pd.DataFrame) -> pd.DataFrame:
    """By patient: ``change``, last minus first time point, and the ``days`` between them.

    Changes are taken within a cell type, then averaged over a patient's cell types.
    """
    days = pd.to_numeric(samples["timepoint"], errors="coerce")
    timed = samples.assign(days=days, cell_type=samples["cell_type"].fillna(""))[days.notna()]
    means = timed.groupby(["patient", "cell_type", "days"])["value"].mean().reset_index()
    means = means.sort_values("days", kind="stable")
    courses = means.groupby(["patient", "cell_type"]).agg(["first", "last"])
    found = pd.DataFrame(
        {
            "change": courses["value"]["last"] - courses["value"]["first"],
            "days": courses["days"]["last"] - courses["days"]["first"],
        }
    )
    return found[found["days"] > 0].groupby("patient").mean()


def _within(differences: pd.Series, confidence: float) -> dict[str, Any]:
    values = differences.to_numpy(float)
    up, down = int((values > 0).sum()), int((values < 0).sum())
    row = {"n": len(values), "groups": f"higher in {up}, lower in {down} patients"}
    if len(values) < MIN_PAIRS:
        return row | {"note": _not_tested(f"{MIN_PAIRS} patients with both are needed")}
    if not values.any():
        return row | {"note": "Not tested: no difference in any patient."}
    return row | _result(rank_tests.paired(values, confidence))


def fraction_rows(
    transfer: pd.DataFrame, patients: pd.DataFrame, covariates: Sequence[str], confidence: float
) -> Iterator[dict[str, Any]]:
    """Rows of all families about the fraction."""
    names = [name for name in dict.fromkeys([*covariates, "cancer_type", "stage"])
             if name in patients]  # fmt: skip
    for outcome in OUTCOMES:
        samples = sample_fractions(transfer, outcome)
        fractions = patient_fractions(transfer, outcome)
        for name in names:
            values, is_number = covariate(patients, name)
            # The column may be empty.
            if len(values):
                row = {"family": "covariates", "outcome": outcome, "variable": name}
                yield row | by_covariate(fractions, values, is_number, confidence)
        for first, second, apart in subset_differences(samples):
            row = {
                "family": "subsets", "outcome": outcome, "variable": "cell_type",
                "comparison": f"{second} minus {first}, same patient",
            }  # fmt: skip
            yield row | _within(apart, confidence)
        changes = time_changes(samples)
        if len(changes):
            days = f"{changes['days'].median():g}"
            row = {
                "family": "time_course", "outcome": outcome, "variable": "timepoint",
                "comparison": f"last minus first time point, same patient (median {days} days)",
            }  # fmt: skip
            yield row | _within(changes["change"], confidence)


def pair_rows(pairs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows of the family of pairs within preparations, which were tested before."""
    for pair in pairs.to_dict("records"):
        first, second = (str(pair[f"{one}_cell_type"] or pair[one]) for one in ("first", "second"))
        numbers = ("difference", "difference_low", "difference_high", "p_value")
        effect, low, high, p = (float(pair[name]) for name in numbers)
        yield {
            "family": "preparations", "outcome": "excess", "variable": "preparation",
            "comparison": f"{second} minus {first}, preparation {pair['preparation']} of "
            f"{pair['patient']}", "n": 1, "groups": f"{pair['first']}; {pair['second']}",
            "test": "likelihood_ratio", "measure": "difference", "effect": effect,
            "effect_low": low, "effect_high": high, "p_value": p,
        }  # fmt: skip


def associate(
    tables: CohortTables, covariates: Sequence[str], confidence: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``associations.tsv`` and ``survival.tsv`` (Kaplan-Meier curves).

    Args:
        covariates: columns of the sheet of patients.
    """
    rows = list(fraction_rows(tables.transfer, tables.patients, covariates, confidence))
    rows += pair_rows(tables.preparations)
    times, steps = survival.times(tables.patients), []
    if len(times):
        contrasts = [*survival.transfer_status(tables.transfer), *survival.mutation_status(tables)]
        rows += [survival.compare(contrast, times, confidence) for contrast in contrasts]
        steps = [survival.curves(contrast, times, confidence) for contrast in contrasts]
    steps = [part for part in steps if len(part)]
    table = ASSOCIATIONS.frame(rows)
    for column in ("effect", "effect_low", "effect_high", "p_value"):
        table[column] = table[column].astype(float)
    table["events"] = table["events"].astype("Int64")
    table["q_value"] = adjusted(table)
    curves = pd.concat(steps) if steps else SURVIVAL.frame()
    return table, curves


def adjusted(table: pd.DataFrame) -> pd.Series:
    """Benjamini-Hochberg q values of the tests within each family."""
    families = table.groupby("family", sort=False)["p_value"]
    return families.transform(lambda p: false_discovery.q_values(p)).astype(float)


def _result(effect: Effect) -> dict[str, Any]:
    return {
        "test": effect.test, "measure": effect.measure, "effect": effect.effect,
        "effect_low": effect.low, "effect_high": effect.high, "p_value": effect.p_value,
    }  # fmt: skip


def _not_tested(need: str) -> str:
    return f"Not tested: at least {need}."


def _sizes(sizes: pd.Series) -> str:
    return "; ".join(f"{name}: {n}" for name, n in sizes.items())


def _range(values: pd.Series) -> str:
    return f"{values.min():g} to {values.max():g}" if len(values) else ""
