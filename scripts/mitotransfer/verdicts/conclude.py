"""The cohort's answer: all immune samples together, for q values, verdicts and prevalence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from mitotransfer.calls.hsd import hsd
from mitotransfer.flags import join
from mitotransfer.stats import false_discovery
from mitotransfer.verdicts.assess import SHARED_COLUMNS, Assessment
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.explanations import EXPLANATION_COLUMNS, explain
from mitotransfer.verdicts.verdict import SCREENING_COLUMNS, VERDICT_COLUMNS, judge, screen


def conclude(
    assessments: Sequence[Assessment],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """``transfer.tsv``, ``shared_variants.tsv`` and ``explanations.tsv``.

    q values are those of all samples that were tested; samples that are not judged are not.
    """
    p = [a.case.estimate.p_value for a in assessments]
    transfer, explanations = [], []
    for a, q_value in zip(assessments, false_discovery.q_values(p), strict=True):
        case = replace(a.case, findings=replace(a.case.findings, q_value=float(q_value)))
        transfer.append(_transfer_row(a, case))
        key = a.row["patient"], a.row["sample"]
        explanations += [(*key, *answer) for answer in explain(case)]
    shared = [a.variants for a in assessments if len(a.variants)]
    return (
        pd.DataFrame(transfer, columns=VERDICT_COLUMNS),
        pd.concat(shared, ignore_index=True) if shared else pd.DataFrame(columns=SHARED_COLUMNS),
        pd.DataFrame(explanations, columns=EXPLANATION_COLUMNS),
    )


def screening(assessments: Sequence[Assessment], max_tumor_fraction: float | None) -> pd.DataFrame:
    """``screening.tsv``: each immune sample against the largest fraction allowed.

    Without rows where there is no limit. The bounds and the samples' identity decide, whether
    tumour mtDNA was detected or not; so q values are not needed.
    """
    rows = []
    for a in assessments if max_tumor_fraction is not None else ():
        assert max_tumor_fraction is not None
        found = a.case.estimate.high, a.case.findings.detection_limit
        answer = screen(a.case, max_tumor_fraction)
        rows.append((a.row["patient"], a.row["sample"], *found, max_tumor_fraction, *answer))
    return pd.DataFrame(rows, columns=SCREENING_COLUMNS)


def foreign_haplotypes(assessments: Sequence[Assessment]) -> str:
    """``foreign.hsd``: haplotypes in immune samples that no patient of the cohort explains."""
    found = {str(a.row["sample"]): a.case.private.person for a in assessments}
    return hsd({sample: person for sample, person in found.items() if person})


def _transfer_row(a: Assessment, case: Case) -> dict[str, object]:
    result, estimate, findings = judge(case), case.estimate, case.findings
    return a.row | {
        "verdict": result.verdict,
        "evidence": result.evidence,
        "tumor_fraction": estimate.fraction,
        "tumor_fraction_low": estimate.low,
        "tumor_fraction_high": estimate.high,
        "detection_limit": findings.detection_limit,
        "p_value": estimate.p_value,
        "q_value": findings.q_value,
        "n_informative": findings.n_informative,
        "n_supporting": case.support.n,
        "contamination_high": findings.contamination_high,
        "crosstalk_high": findings.crosstalk_high,
        "excess_low": result.excess_low,
        "flags": join((*result.flags, *a.flags)),
    }
