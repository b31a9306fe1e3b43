"""One immune sample against one tumour sample of its patient."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.flag_words import Flag
from mitotransfer.flags import MOLECULES_ASSUMED, MOLECULES_ESTIMATED
from mitotransfer.fraction.curves import Curves
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.genome.reference import Reference
from mitotransfer.patient import amplicon_molecules
from mitotransfer.patient.cell_ratios import lowest_ratio
from mitotransfer.patient.contamination_table import cells_of
from mitotransfer.patient.evidence import counts_of, tumor_copies
from mitotransfer.verdicts import turning
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.context import PatientContext
from mitotransfer.verdicts.settings import number
from mitotransfer.verdicts.sources import Other, Sources, numbers
from mitotransfer.verdicts.turning import Turn
from mitotransfer.verdicts.verdict import beyond

#: The model is asked what would turn a verdict where the test's p value is below this.
WORTH_ASKING = 0.05
#: Identities with which another sample's heteroplasmies may be compared.
SOUND = ("ok", "single")


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
    of_strongest = number(values.get("tumor_vaf_low", math.nan))
    measured = cells.ratio.sd > 0
    sources = Sources(
        **values,  # type: ignore[arg-type]
        immune_in_tumor_high=number(row["immune_in_tumor_high"]),
        pure_low=number(row["pure_low"]),
        pure_high=number(row["pure_high"]),
        purity_for_direction=1 - of_strongest * lowest_ratio(cells.ratio) if measured else math.nan,
    )
    asked = found is not None and case.baseline_excluded and case.estimate.p_value < WORTH_ASKING
    enough = sources.bounded and beyond(sources, findings.crosstalk_high)
    if enough:
        return sources, None
    if found is None or not asked:
        return sources, ()
    vaf = number(row["tumor_vaf"])
    stated = not math.isnan(sources.pure_high)
    return sources, turning.turns(
        cells, found, other, settings.contamination, vaf, purity_stated=stated
    )


def molecules_of(context: PatientContext, sample: str) -> tuple[float, Flag | None]:
    """mtDNA molecules behind an immune sample's reads; a flag where they are not stated.

    Only amplicons have many copies of few molecules without a mark of duplicates. How many at least
    is found from the heteroplasmies that other amplicon libraries share with this one: portions of
    its preparation where there are any, else normal and immune samples of the patient. There the
    tumour's variants are left out.
    """
    rows = {str(one["sample"]): one for _, one in context.patient.samples.iterrows()}
    row = rows[sample]
    stated = number(row.get("mtdna_molecules", ""))
    if stated > 0:
        return stated, None
    if not _copies_molecules(row):
        return math.inf, None
    alike = [
        name
        for name, other in rows.items()
        if name != sample
        and other["role"] != "tumor"
        and _copies_molecules(other)
        and other["status"] in SOUND
    ]
    portions = [name for name in alike if _portions(row, rows[name])]
    where = context.cohort.usable.copy()
    if not portions:
        where[context.patient.evidence["pos"].to_numpy(np.int64) - 1] = False
    found, sites = amplicon_molecules.molecules(
        context.patient.counts[sample],
        [context.patient.counts[name] for name in portions or alike],
        where,
        context.settings.fraction.amplicon_molecules,
        portions=bool(portions),
    )
    return found, MOLECULES_ESTIMATED if sites else MOLECULES_ASSUMED


def _copies_molecules(row: pd.Series) -> bool:
    """Whether a sample's reads are copies of an unknown number of molecules."""
    return bool(row.get("assay", "") == "amplicon") and not str(row.get("umi", ""))


def _portions(one: pd.Series, other: pd.Series) -> bool:
    """Whether two samples were drawn, not sorted, from one preparation."""
    name = str(one.get("preparation", ""))
    if not name or name != str(other.get("preparation", "")):
        return False
    return all(str(x.get("preparation_split", "")) == "drawn" for x in (one, other))


def of_tumor(
    counts: VariantCounts, evidence: pd.DataFrame, tumor: Counts, reference: Reference
) -> VariantCounts:
    """The counts with those of one tumour sample."""
    seen = counts_of(tumor, evidence, reference)
    alt, depth = seen[:, :2].sum(axis=1), seen[:, 2:].sum(axis=1)
    copies = tumor_copies(tumor, evidence)
    return replace(counts, tumor_alt=alt, tumor_depth=depth, copies=copies)
