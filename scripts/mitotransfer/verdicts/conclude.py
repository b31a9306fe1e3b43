"""All immune samples of a cohort together: q values, verdicts and the tables of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from mitotransfer.calls.hsd import hsd
from mitotransfer.flag_words import join
from mitotransfer.stats import false_discovery
from mitotransfer.table_files import Column, Table
from mitotransfer.verdicts.assess import Assessment
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.explanations import EXCLUDED, explain, required_open
from mitotransfer.verdicts.shared_variants import SHARED_VARIANTS, by_read_lengths
from mitotransfer.verdicts.verdict import detected, judge, screen

TRANSFER = Table(
    "transfer.tsv",
    "One row per immune sample. Fractions are 0 to 1.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the immune sample."),
        Column("cell_type", "As in the sheet."),
        Column("timepoint", "As in the sheet (days)."),
        Column("verdict", "One of the seven verdicts."),
        Column("evidence", "The reason in a sentence, with its numbers."),
        Column(
            "tumor_fraction",
            "Share of the sample's mtDNA that comes from the tumour, by any route.",
            float,
        ),
        Column("tumor_fraction_low", "Lower bound of its interval.", float),
        Column("tumor_fraction_high", "Upper bound of its interval.", float),
        Column(
            "detection_limit",
            "Smallest fraction that would have been detected with the configured power.",
            float,
        ),
        Column("p_value", "Of no tumour mtDNA; values below 1e-12 are stated as 1e-12.", float),
        Column("q_value", "Benjamini-Hochberg over the tested immune samples.", float),
        Column("n_informative", "Informative variants that count.", int),
        Column(
            "n_supporting",
            "Of these, how many are improbable without tumour mtDNA on their own.",
            int,
        ),
        Column(
            "contamination_low",
            "What tumour cells in the preparation bring at least, in units of the tumour sample's "
            "mtDNA; empty where unmeasured.",
            float,
        ),
        Column("contamination_high", "What they bring at most.", float),
        Column(
            "crosstalk_high",
            "Upper bound of the real or apparent tumour fraction from index cross-talk; empty "
            "where unknown.",
            float,
        ),
        Column(
            "excess_low",
            "Joint lower bound of the fraction less contamination (one-sided 1 %).",
            float,
        ),
        Column("excess_high", "Joint upper bound: at most this much can be transfer.", float),
        Column(
            "tumor_fraction_pure_low",
            "The fraction in units of tumour cells' mtDNA, at least; empty without the tumour "
            "sample's purity.",
            float,
        ),
        Column("tumor_fraction_pure_high", "At most.", float),
        Column(
            "fraction_method",
            "sites: from the counts at each informative variant; molecules: from long reads over "
            "two variants or more; empty where no fraction is estimated.",
        ),
        Column(
            "switched_molecules",
            "Share of the long reads that are joined from two molecules (template switching), for "
            "which the fraction is corrected; empty where it is not from molecules.",
            float,
        ),
        Column("switched_molecules_low", "95 % bound of it.", float),
        Column("switched_molecules_high", "The other bound.", float),
        Column(
            "open_explanations",
            "Explanations of explanations.tsv that are not excluded, joined by ';'; empty where "
            "nothing was detected.",
        ),
        Column("flags", "Reasons for caution, joined by ';'."),
    ),
)
EXPLAINED = Table(
    "explanations.tsv",
    "One row per immune sample and other explanation.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the immune sample."),
        Column("explanation", "What else could make the data look like this."),
        Column("status", "excluded, not_excluded or not_assessed."),
        Column("evidence", "The numbers behind it, in a sentence."),
    ),
)
SCREENED = Table(
    "cohort/screening.tsv",
    "Products against screening.max_tumor_fraction; no rows where it is not set.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the immune sample."),
        Column("tumor_fraction_high", "Upper bound of the fraction.", float),
        Column("detection_limit", "As in transfer.tsv.", float),
        Column("max_tumor_fraction", "The limit.", float),
        Column("result", "pass, fail or inconclusive."),
        Column("reason", "In a sentence."),
    ),
)


def conclude(
    assessments: Sequence[Assessment],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """``transfer.tsv``, ``shared_variants.tsv`` and ``explanations.tsv``.

    q values are over the tested samples; samples that are not judged have none.
    """
    p = [a.case.estimate.p_value for a in assessments]
    transfer, explanations = [], []
    for a, q_value in zip(assessments, false_discovery.q_values(p), strict=True):
        case = replace(a.case, findings=replace(a.case.findings, q_value=float(q_value)))
        answers = explain(case)
        transfer.append(_transfer_row(a, case, answers))
        key = a.row["patient"], a.row["sample"]
        explanations += [(*key, *answer) for answer in answers]
    shared = [a.variants for a in assessments if len(a.variants)]
    return (
        TRANSFER.frame(transfer),
        pd.concat(shared, ignore_index=True) if shared else SHARED_VARIANTS.frame(),
        EXPLAINED.frame(explanations),
    )


def screening(assessments: Sequence[Assessment], max_tumor_fraction: float | None) -> pd.DataFrame:
    """``screening.tsv``: each immune sample against the largest fraction allowed.

    No rows without a limit. The bounds and the samples' identity decide, whether or not tumour
    mtDNA was detected: q values are not needed.
    """
    rows = []
    for a in assessments if max_tumor_fraction is not None else ():
        assert max_tumor_fraction is not None
        found = a.case.estimate.high, a.case.findings.detection_limit
        answer = screen(a.case, max_tumor_fraction)
        rows.append((a.row["patient"], a.row["sample"], *found, max_tumor_fraction, *answer))
    return SCREENED.frame(rows)


def foreign_haplotypes(assessments: Sequence[Assessment]) -> str:
    """``foreign.hsd``: haplotypes in immune samples that no patient of the cohort explains."""
    found = {str(a.row["sample"]): a.case.private.person for a in assessments}
    return hsd({sample: person for sample, person in found.items() if person})


def _transfer_row(
    a: Assessment, case: Case, answers: Sequence[tuple[str, str, str]]
) -> dict[str, object]:
    estimate, findings = case.estimate, case.findings
    result = judge(case, required_open(answers)) if detected(case) else judge(case)
    sources = findings.sources
    left_open = [name for name, status, _ in answers if status != EXCLUDED]
    return a.row | {
        "verdict": result.verdict,
        "evidence": result.evidence + by_read_lengths(a.variants, estimate),
        "tumor_fraction": estimate.fraction,
        "tumor_fraction_low": estimate.low,
        "tumor_fraction_high": estimate.high,
        "detection_limit": findings.detection_limit,
        "p_value": estimate.p_value,
        "q_value": findings.q_value,
        "n_informative": findings.n_informative,
        "n_supporting": case.support.n,
        "contamination_low": sources.contamination_low,
        "contamination_high": sources.contamination_high,
        "crosstalk_high": findings.crosstalk_high,
        "excess_low": sources.excess_low,
        "excess_high": sources.excess_high,
        "tumor_fraction_pure_low": estimate.low * sources.pure_low,
        "tumor_fraction_pure_high": estimate.high * sources.pure_high,
        "fraction_method": findings.fraction_method,
        "switched_molecules": findings.switched[0],
        "switched_molecules_low": findings.switched[1],
        "switched_molecules_high": findings.switched[2],
        "open_explanations": join(left_open) if detected(case) else "",
        "flags": join((*result.flags, *a.flags)),
    }
