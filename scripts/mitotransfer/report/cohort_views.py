"""Rows, sentences and figures on the whole cohort, for the index page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mitotransfer.associations import fractions
from mitotransfer.counts.haplotypes import differences_between, haplotype
from mitotransfer.report import words
from mitotransfer.report.figures import cohort, trajectories
from mitotransfer.report.patient_views import Cell, cell, sort_key
from mitotransfer.report.tables import Patient, Row, Tables, number, read_bases, records, text

OUTCOMES = {
    "tumor_fraction": "tumour fraction, of any origin",
    "supported_fraction": "tumour fraction, transfer supported",
    "overall_survival": "overall survival",
    "excess": "tumour mtDNA beyond tumour cells",
}
RESULTS = {
    "fail": "failed (lower bound above it)",
    "inconclusive": "inconclusive",
    "pass": "passed (upper bound below it)",
}
MEASURES = {
    "spearman_rho": "Spearman’s ρ",
    "cliffs_delta": "Cliff’s δ",
    "epsilon_squared": "ε²",
    "median_difference": "median difference",
    "hazard_ratio": "hazard ratio",
}
TESTS = {
    "spearman": "Spearman",
    "mann_whitney": "Mann-Whitney",
    "kruskal_wallis": "Kruskal-Wallis",
    "wilcoxon_signed_rank": "Wilcoxon signed rank",
    "log_rank": "log-rank",
    "likelihood_ratio": "likelihood ratio",
}
#: q value below which a sentence counts an association; the table has all of them.
NOTABLE = 0.05


def association_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table of associations, the tested ones first."""
    found = []
    for row in records(frame):
        measure = text(row.get("measure"))
        effect, low, high = (number(row, f"effect{end}") for end in ("", "_low", "_high"))
        found.append(
            {
                "outcome": OUTCOMES.get(row["outcome"], words.plain(row["outcome"])),
                "variable": words.plain(row["variable"]),
                "comparison": text(row.get("comparison")),
                "n": words.count(number(row, "n")),
                "events": words.count(number(row, "events")),
                "groups": text(row.get("groups")),
                "measure": MEASURES.get(measure, words.plain(measure)),
                "effect": Cell(amount(effect, measure), sort_key(effect)),
                "interval": f"{amount(low, measure)} to {amount(high, measure)}"
                if not math.isnan(low + high)
                else "",
                "test": TESTS.get(text(row.get("test")), words.plain(text(row.get("test")))),
                "p": cell(number(row, "p_value"), words.probability),
                "q": cell(number(row, "q_value"), words.probability),
                "note": text(row.get("note")),
                "tested": not math.isnan(number(row, "p_value")),
            }
        )
    return sorted(found, key=lambda row: not row["tested"])


def amount(value: float, measure: str) -> str:
    """An effect in the digits and unit of its measure."""
    if math.isnan(value):
        return words.NONE
    if measure in ("median_difference", "difference"):
        return f"{100 * value:+.2g} points".replace("-", "−")
    if measure == "hazard_ratio":
        return f"{value:.2f}" if value < 100 else f"{value:.3g}"
    return f"{value:.2f}".replace("-", "−")


def association_sentence(frame: pd.DataFrame) -> str:
    """How many associations were examined, how many tested, and how many have a low q value."""
    if frame.empty:
        return "No association was examined: the patients sheet has no covariate and no survival."
    tested = int(frame["p_value"].notna().sum())
    looked = f"{words.plural(len(frame), 'association')} {'was' if len(frame) == 1 else 'were'}"
    if not tested:
        return f"{looked} examined; the numbers are too small to test any of them."
    notable = int((frame["q_value"] < NOTABLE).sum())
    return (
        f"{looked} examined; {words.count(tested)} could be tested, of which "
        f"{words.count(notable) if notable else 'none'} "
        f"{'have' if notable > 1 else 'has'} a q value below {NOTABLE:g}."
    )


def null_sentence(summary: pd.DataFrame) -> str:
    """The false-positive rate on swapped pairs, against the nominal rate."""
    if summary.empty:
        return ""
    row = records(summary)[0]
    pairs = number(row, "pairs")
    if not pairs > 0:
        return "No immune sample could be tested for another patient’s tumour."
    nominal = words.percent(number(row, "nominal"))
    bounds = words.interval(number(row, "rate_low"), number(row, "rate_high"))
    sentence = (
        f"Immune samples were tested for the tumours of other patients (swapped pairs): "
        f"{words.count(number(row, 'rejected'))} of {words.count(pairs)} pairs had a "
        f"p value below the nominal rate of {nominal} "
        f"({words.percent(number(row, 'rate'))}; {bounds})."
    )
    if text(row.get("warning")).lower() == "true":
        return f"{sentence} That is above the nominal rate: p and q values are too small here."
    if number(row, "rate_high") > 2 * number(row, "nominal"):
        return f"{sentence} The pairs are too few for a precise rate."
    return sentence


def screening_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table of products: result, upper bound, detection limit, reason."""
    found = []
    for row in records(frame):
        found.append(
            {
                "patient": row["patient"],
                "sample": row["sample"],
                "result": row["result"],
                "order": (*RESULTS, row["result"]).index(row["result"]),
                "high": cell(number(row, "tumor_fraction_high")),
                "limit": cell(number(row, "detection_limit")),
                "reason": text(row.get("reason")),
            }
        )
    return found


def screening_sentence(frame: pd.DataFrame) -> str:
    """How many products are below the limit, above it, or inconclusive."""
    if frame.empty:
        return ""
    largest = words.percent(float(frame["max_tumor_fraction"].max()))
    counts = frame["result"].value_counts()
    parts = [f"{words.count(counts.get(name, 0))} {said}" for name, said in RESULTS.items()]
    return (
        f"Of {words.plural(len(frame), 'immune sample')}, against a largest tumour fraction of "
        f"{largest} of the mtDNA: {words.join(parts)}."
    )


def covariate_panels(tables: Tables) -> list[tuple[str, pd.Series, bool]]:
    """Covariates that the associations name, by patient."""
    frame = tables.associations
    if frame.empty:
        return []
    names = dict.fromkeys(frame.loc[frame["family"] == "covariates", "variable"])
    sheet = tables.patients
    return [(name, *fractions.covariate(sheet, name)) for name in names if name in sheet]


def survival_panels(tables: Tables) -> list[tuple[str, pd.DataFrame]]:
    """Title and curves of each contrast with enough patients and deaths for a test."""
    frame, curves = tables.associations, tables.survival
    if frame.empty or curves.empty:
        return []
    found = []
    for row in records(frame[frame["outcome"] == "overall_survival"]):
        if not math.isnan(number(row, "p_value")):
            found.append((_survival_title(row), curves[curves["variable"] == row["variable"]]))
    return found


def _survival_title(row: Row) -> str:
    q = f"q {number(row, 'q_value'):.2g}"
    if math.isnan(number(row, "effect")):
        return f"log-rank {q}"
    ratio, low, high = (amount(number(row, f"effect{end}"), "hazard_ratio")
                        for end in ("", "_low", "_high"))  # fmt: skip
    return f"hazard ratio {ratio} ({low} to {high}), {q}"


def odd_samples(patients: Sequence[Patient]) -> list[tuple[Patient, Row]]:
    """Samples of the identity matrix: all of a small cohort, else those of doubtful patients."""
    everything = [(patient, row) for patient in patients for row in patient.samples]
    if len(everything) <= cohort.MAX_MATRIX:
        return everything
    doubtful = [
        patient
        for patient in patients
        if any(text(row.get("status")) not in ("ok", "single", "shallow")
               for row in patient.identity.values())
    ]  # fmt: skip
    chosen = [(patient, row) for patient in doubtful for row in patient.samples]
    return chosen[: cohort.MAX_MATRIX]


def differences(haplotypes: Sequence[NDArray[np.int8]], usable: NDArray[np.bool_]) -> Any:
    """Fixed differences of all pairs of haplotypes, shape (n, n); NaN without a common position."""
    stack = np.stack(haplotypes)[:, usable]
    differing, compared = differences_between(stack, stack)
    return np.where(compared > 0, differing.astype(float), np.nan)


def figures(tables: Tables, nominal: float) -> dict[str, Figure | None]:
    """Figures of the cohort's tables, by name; None without data."""
    panels = survival_panels(tables)
    p = tables.null["p_value"].dropna().to_numpy(float) if len(tables.null) else np.empty(0)
    return {
        "fractions": cohort.fraction_figure(records(tables.transfer)),
        "covariates": cohort.covariate_figure(
            fractions.patient_fractions(tables.transfer, "tumor_fraction"),
            covariate_panels(tables),
        ),
        "trajectories": trajectories.trajectory_figure(records(tables.transfer)),
        "survival": cohort.survival_figure(panels) if panels else None,
        "null": cohort.null_figure(p, nominal) if len(p) else None,
    }


def identity_figure(
    patients: Sequence[Patient], samples_folder: Path, usable: NDArray[np.bool_]
) -> Figure | None:
    """Fixed differences between samples; None with fewer than two that have counts."""
    names, owners, found = [], [], []
    for patient, row in odd_samples(patients):
        bases = read_bases(samples_folder, row["sample"])
        if bases is not None:
            names.append(row["sample"])
            owners.append(patient.patient)
            found.append(haplotype(bases))
    if len(found) < 2:
        return None
    return cohort.identity_figure(names, owners, differences(found, usable))
