"""The cohort's answer: all immune samples together, for q values, verdicts and prevalence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from mitotransfer import intervals
from mitotransfer.assessment import SHARED_COLUMNS, Assessment
from mitotransfer.cohortdata import Settings
from mitotransfer.explanations import EXPLANATION_COLUMNS, explain
from mitotransfer.haplotype import hsd
from mitotransfer.outcomes import DETECTED, shown
from mitotransfer.verdict import (
    SCREENING_COLUMNS,
    VERDICT_COLUMNS,
    Findings,
    Verdict,
    judge,
    screen,
)

PREVALENCE_COLUMNS = [
    "group", "value", "finding", "denominator", "patients", "positive", "prevalence",
    "prevalence_low", "prevalence_high",
]  # fmt: skip
#: Numerators of the prevalence.
FINDINGS = ("transfer_supported", "detected", "baseline_not_excluded")


def conclude(
    assessments: Sequence[Assessment], settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """``transfer.tsv``, ``shared_variants.tsv`` and ``explanations.tsv``.

    q values are those of all samples that were tested; samples that are not judged are not.
    """
    p = [a.estimate.p_value if a.estimate else math.nan for a in assessments]
    transfer, explanations = [], []
    for a, p_value, q_value in zip(assessments, p, intervals.q_values(p), strict=True):
        findings = replace(a.findings, q_value=float(q_value))
        result = judge(findings, settings.max_q_value, settings.max_detection_limit)
        transfer.append(_transfer_row(a, findings, result, p_value))
        detected = result.verdict in DETECTED
        for name, status, evidence in explain(replace(a.circumstances, detected=detected)):
            key = a.row["patient"], a.row["sample"]
            explanations.append((*key, name, status, evidence))
    shared = [a.variants for a in assessments if len(a.variants)]
    return (
        pd.DataFrame(transfer, columns=VERDICT_COLUMNS),
        pd.concat(shared, ignore_index=True) if shared else pd.DataFrame(columns=SHARED_COLUMNS),
        pd.DataFrame(explanations, columns=EXPLANATION_COLUMNS),
    )


def screening(assessments: Sequence[Assessment], settings: Settings) -> pd.DataFrame:
    """``screening.tsv``: each immune sample against the largest fraction allowed.

    Without rows where ``max_tumor_fraction`` is not set. The bounds and the samples' identity
    decide, whether tumour mtDNA was detected or not; so q values are not needed.
    """
    limit = settings.max_tumor_fraction
    rows = []
    for a in assessments if limit is not None else ():
        assert limit is not None
        judged = judge(a.findings, settings.max_q_value, settings.max_detection_limit)
        result, reason = screen(a.findings, judged, limit)
        found = a.findings.high, a.findings.detection_limit
        rows.append((a.row["patient"], a.row["sample"], *found, limit, result, reason))
    return pd.DataFrame(rows, columns=SCREENING_COLUMNS)


def foreign_haplotypes(assessments: Sequence[Assessment]) -> str:
    """``foreign.hsd``: haplotypes in immune samples that no patient of the cohort explains."""
    found = {str(a.row["sample"]): a.circumstances.person for a in assessments}
    return hsd({sample: person for sample, person in found.items() if person})


def _transfer_row(
    a: Assessment, findings: Findings, result: Verdict, p_value: float
) -> dict[str, object]:
    return a.row | {
        "verdict": result.verdict,
        "evidence": result.evidence,
        "tumor_fraction": findings.fraction,
        "tumor_fraction_low": findings.low,
        "tumor_fraction_high": findings.high,
        "detection_limit": findings.detection_limit,
        "p_value": p_value,
        "q_value": findings.q_value,
        "n_informative": findings.n_informative,
        "n_supporting": a.n_supporting,
        "contamination_high": findings.contamination_high,
        "crosstalk_high": findings.crosstalk_high,
        "excess_low": result.excess_low,
        "flags": ";".join(dict.fromkeys((*result.flags, *a.flags))),
    }


def prevalence(transfer: pd.DataFrame, patients: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """``prevalence.tsv``: share of patients by finding.

    Findings, of any immune sample of a patient: ``transfer_supported``; ``detected``, more tumour
    mtDNA than the normal may hide, whatever brought it; ``baseline_not_excluded``, the tumour's
    alleles are there, but the lower bound is 0 in every sample. Denominators: ``powered``,
    patients in whom tumour mtDNA was seen or would have been (informative, detection limit low
    enough); ``all``, patients with an immune sample. Exact intervals (Clopper and Pearson 1934).

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
    return pd.DataFrame(rows, columns=PREVALENCE_COLUMNS)
