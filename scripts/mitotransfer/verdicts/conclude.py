"""The cohort's answer: all immune samples together, for q values, verdicts and prevalence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from mitotransfer.calls.hsd import hsd
from mitotransfer.stats import false_discovery
from mitotransfer.verdicts.assess import SHARED_COLUMNS, Assessment
from mitotransfer.verdicts.explanations import EXPLANATION_COLUMNS, explain
from mitotransfer.verdicts.settings import Settings
from mitotransfer.verdicts.verdict import (
    DETECTED,
    SCREENING_COLUMNS,
    VERDICT_COLUMNS,
    Findings,
    Verdict,
    judge,
    screen,
)


def conclude(
    assessments: Sequence[Assessment], settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """``transfer.tsv``, ``shared_variants.tsv`` and ``explanations.tsv``.

    q values are those of all samples that were tested; samples that are not judged are not.
    """
    p = [a.estimate.p_value if a.estimate else math.nan for a in assessments]
    transfer, explanations = [], []
    for a, p_value, q_value in zip(assessments, p, false_discovery.q_values(p), strict=True):
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
