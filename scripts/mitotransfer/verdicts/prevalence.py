"""Prevalence of transfer among patients, with exact intervals."""

from __future__ import annotations

import math

import pandas as pd

from mitotransfer.stats import intervals
from mitotransfer.table_files import Column, Table
from mitotransfer.verdicts.verdict import DETECTED, shown

PREVALENCE = Table(
    "cohort/prevalence.tsv",
    "How many patients, overall, by cancer type and by stage.",
    (
        Column("group", "overall, cancer_type or stage."),
        Column("value", "Of the group."),
        Column(
            "finding",
            "transfer_supported, detected (by any route) or baseline_not_excluded (seen, "
            "but not shown to be the tumour's).",
        ),
        Column(
            "denominator", "all patients, or those that are informative and adequately powered."
        ),
        Column("patients", "The denominator.", int),
        Column("positive", "The numerator.", int),
        Column("prevalence", "Their ratio.", float),
        Column("prevalence_low", "Lower bound of the exact interval.", float),
        Column("prevalence_high", "Upper bound.", float),
    ),
)
#: Numerators of the prevalence.
FINDINGS = ("transfer_supported", "detected", "baseline_not_excluded")


def prevalence(transfer: pd.DataFrame, patients: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """``prevalence.tsv``: share of patients by finding.

    Findings, of any immune sample of a patient: ``transfer_supported``; ``detected``, more tumour
    mtDNA than the normal may hide, by any route; ``baseline_not_excluded``, the tumour's alleles
    are there, but the lower bound is 0 in every sample. Denominators: ``powered``, patients in whom
    tumour mtDNA was seen or would have been (informative, detection limit low enough); ``all``,
    patients with an immune sample. Exact intervals (Clopper and Pearson 1934).

    Args:
        patients: sheet of patients; ``cancer_type`` and ``stage`` where it has them.
    """
    seen = transfer["verdict"].isin(DETECTED)
    each = pd.DataFrame(
        {
            "transfer_supported": transfer["verdict"] == "transfer_supported",
            "detected": shown(transfer),
            "baseline_not_excluded": seen,
            "powered": seen | (transfer["verdict"] == "not_detected"),
            "all": True,
        }
    )
    found = each.groupby(transfer["patient"]).any()
    found["baseline_not_excluded"] &= ~found["detected"]
    sheet = patients.set_index("patient").reindex(found.index)
    rows = []
    for group in ("overall", "cancer_type", "stage"):
        if group != "overall" and group not in sheet:
            continue
        labels = pd.Series("", index=found.index) if group == "overall" else sheet[group].fillna("")
        for value in sorted(set(labels)):
            inside = found[labels == value]
            for finding in FINDINGS:
                for denominator in ("powered", "all"):
                    total = int(inside[denominator].sum())
                    positive = int((inside[finding] & inside[denominator]).sum())
                    low, high = intervals.clopper_pearson(positive, total, confidence)
                    share = positive / total if total else math.nan
                    rows.append(
                        (group, value, finding, denominator, total, positive, share,
                         float(low), float(high))
                    )  # fmt: skip
    return PREVALENCE.frame(rows)
