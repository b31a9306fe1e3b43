"""One immune sample against one tumour sample of its patient."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.fraction.curves import Curves
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.patient.contamination_table import cells_of
from mitotransfer.patient.evidence import counts_of
from mitotransfer.verdicts import turning
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.context import PatientContext
from mitotransfer.verdicts.settings import number
from mitotransfer.verdicts.sources import Other, Sources, numbers
from mitotransfer.verdicts.turning import Turn
from mitotransfer.verdicts.verdict import beyond

#: The model is asked what would turn a verdict where the test's p value is below this.
WORTH_ASKING = 0.05


def judge_tumor(
    context: PatientContext, case: Case, sample: str, tumor: str, found: Curves | None
) -> tuple[Sources, tuple[Turn, ...] | None]:
    """What cells like those of one tumour sample bring, and what would turn the verdict.

    None for the latter where the finding stands against this tumour sample.
    """
    settings, findings = context.settings, case.findings
    row = context.patient.contamination_of(sample, tumor)
    if row is None:
        return Sources(), ()
    cells = cells_of(row, context.patient.cell_curve(sample, tumor))
    ambient = findings.ambient_high
    other = Other(
        1.0 if math.isnan(findings.crosstalk_high) else findings.crosstalk_high,
        0.0 if math.isnan(ambient) else ambient,
    )
    values = numbers(
        cells, found, other, settings.confidence, baseline_excluded=case.baseline_excluded
    )
    sources = Sources(
        **values,  # type: ignore[arg-type]
        immune_in_tumor_high=number(row["immune_in_tumor_high"]),
        pure_low=number(row["pure_low"]),
        pure_high=number(row["pure_high"]),
    )
    asked = found is not None and case.baseline_excluded and case.estimate.p_value < WORTH_ASKING
    enough = sources.bounded and beyond(sources, findings.crosstalk_high)
    if enough:
        return sources, None
    if found is None or not asked:
        return sources, ()
    vaf = number(row["tumor_vaf"])
    return sources, turning.turns(cells, found, other, settings.contamination, vaf)


def molecules_of(context: PatientContext, sample: str) -> tuple[float, bool]:
    """mtDNA molecules behind an immune sample's reads, and whether they are assumed.

    Only amplicons have many copies of few molecules without a mark of duplicates.
    """
    row = context.patient.samples.set_index("sample").loc[sample]
    stated = number(row.get("mtdna_molecules", ""))
    if stated > 0:
        return stated, False
    if row.get("assay", "") != "amplicon" or str(row.get("umi", "")):
        return math.inf, False
    return context.settings.fraction.amplicon_molecules, True


def of_tumor(counts: VariantCounts, evidence: pd.DataFrame, tumor: Counts) -> VariantCounts:
    """The counts with those of one tumour sample."""
    seen = counts_of(tumor, evidence)
    alt, depth = seen[:, :2].sum(axis=1), seen.sum(axis=1)
    return replace(counts, tumor_alt=alt, tumor_depth=depth)
