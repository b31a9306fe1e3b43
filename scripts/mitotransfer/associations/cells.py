"""Associations within libraries of single cells, the patient as the unit.

Shares of receivers of two kinds of cell are compared within patients; so is the correlation of a
score with the tumour fraction. Cells are not the unit: those of one patient are not independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from mitotransfer.arrays import Floats
from mitotransfer.associations.associate import MIN_PAIRS, adjusted
from mitotransfer.associations.tables import EFFECT
from mitotransfer.stats import rank_tests
from mitotransfer.table_files import Column, Table

#: Classes of depth within which cells are ranked: deeper cells show fractions that others hide.
STRATA = 5
#: Cells of a library that a correlation needs.
MIN_CELLS = 50
#: Columns of an annotation that are no scores to associate.
NO_SCORES = ("doublet_score",)

CELL_ASSOCIATIONS = Table(
    "cohort/cell_associations.tsv",
    "Receivers among immune cells by kind of cell, and scores against the tumour fraction, within "
    "patients.",
    (
        Column("family", "subsets or scores: tests that are adjusted together."),
        Column("variable", "Kinds of cell compared, or the score."),
        Column("n", "Patients.", int),
        Column("groups", "In how many patients it is higher and lower."),
        *EFFECT,
        Column("note", "Why there is no p value."),
    ),
    optional=True,
)


def stratified_correlation(score: Floats, fraction: Floats, depth: Floats) -> float:
    """Spearman's correlation of two columns with ranks taken within classes of depth.

    NaN where one of them does not vary, or with fewer than ``MIN_CELLS`` cells.
    """
    known = ~np.isnan(score) & ~np.isnan(fraction)
    score, fraction, depth = score[known], fraction[known], depth[known]
    if len(score) < MIN_CELLS:
        return float("nan")
    stratum = pd.Series(depth).rank(method="first").to_numpy() * STRATA // (len(depth) + 1)
    ranks = pd.DataFrame({"a": score, "b": fraction}).groupby(stratum).rank()
    centred = ranks - ranks.groupby(stratum).transform("mean")
    spread = np.sqrt((centred["a"] ** 2).sum() * (centred["b"] ** 2).sum())
    return float((centred["a"] * centred["b"]).sum() / spread) if spread > 0 else float("nan")


def subset_differences(shares: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Two kinds of cell; the second's share of receivers minus the first's, by patient."""
    kinds = shares[(shares["cell_type"] != "all") & (shares["subset"].fillna("") == "")]
    judged = kinds[~kinds["verdict"].isin(["failed_qc", "uninformative"])]
    wide = judged.pivot_table(index="patient", columns="cell_type", values="share")
    for first, second in combinations(sorted(wide.columns), 2):
        apart = (wide[second] - wide[first]).dropna()
        if len(apart):
            yield f"{second} minus {first}", apart


def score_correlations(
    cells: Mapping[str, pd.DataFrame], annotations: Mapping[str, pd.DataFrame],
    patients: Mapping[str, str],
) -> Iterator[tuple[str, pd.Series]]:  # fmt: skip
    """A score; by patient its correlation with the tumour fraction, the mean over libraries.

    Args:
        cells, annotations: tables of each library; ``patients``: the patient of each.
    """
    rows = []
    for library, table in cells.items():
        known = annotations[library].reindex(table["barcode"])
        for name in known.select_dtypes("number"):
            if name not in NO_SCORES:
                found = stratified_correlation(
                    known[name].to_numpy(float),
                    table["tumor_fraction"].to_numpy(float),
                    table["informative_fragments"].to_numpy(float),
                )
                rows.append((str(name), patients[library], found))
    frame = pd.DataFrame(rows, columns=["score", "patient", "rho"]).dropna()
    for name, part in frame.groupby("score"):
        yield str(name), part.groupby("patient")["rho"].mean()


def associate(
    shares: pd.DataFrame, scores: Iterator[tuple[str, pd.Series]], confidence: float
) -> pd.DataFrame:
    """``CELL_ASSOCIATIONS``: signed-rank tests over patients.

    Args:
        shares: ``cell_shares.tsv``; ``scores``: of ``score_correlations``.
    """
    named = [("subsets", "median_difference_of_shares", *one) for one in subset_differences(shares)]
    named += [("scores", "median_correlation", *one) for one in scores]
    table = CELL_ASSOCIATIONS.frame(
        {"family": family, "variable": variable, "measure": measure} | _within(values, confidence)
        for family, measure, variable, values in named
    )
    for column in ("effect", "effect_low", "effect_high", "p_value"):
        table[column] = table[column].astype(float)
    table["q_value"] = adjusted(table) if len(table) else pd.Series(dtype=float)
    return table


def _within(values: pd.Series, confidence: float) -> dict[str, Any]:
    d = values.to_numpy(float)
    up, down = int((d > 0).sum()), int((d < 0).sum())
    row: dict[str, Any] = {"n": len(d), "groups": f"higher in {up}, lower in {down} patients"}
    if len(d) < MIN_PAIRS:
        return row | {"note": f"Not tested: at least {MIN_PAIRS} patients with both are needed."}
    if not d.any():
        return row | {"note": "Not tested: no difference in any patient."}
    effect = rank_tests.paired(d, confidence)
    return row | {
        "test": effect.test, "effect": effect.effect, "effect_low": effect.low,
        "effect_high": effect.high, "p_value": effect.p_value,
    }  # fmt: skip
