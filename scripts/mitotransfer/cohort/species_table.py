"""The species of the fragments of each sample, where a cohort has two (``counts.two_species``)."""

from __future__ import annotations

import pandas as pd

from mitotransfer.cohort.sample_files import CohortReader
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.two_species import SPECIES
from mitotransfer.stats import intervals
from mitotransfer.table_files import Column, Table

#: Share of the other species from which a sample of one species is not pure; simulated reads of
#: one genome show less (docs/validation.md).
IMPURE = 1e-5
SPECIES_TABLE = Table(
    "cohort/species.tsv",
    "Fragments of the two species at the markers, with reference.host_bundle. One row per sample.",
    (
        Column("sample", "Id of the sample."),
        Column("patient", "Id of the patient."),
        Column("role", "As in the sheet."),
        Column("tumor_species", "Species of reference.bundle."),
        Column("host_species", "Species of reference.host_bundle."),
        Column("tumor_fragments", "Fragments of the tumour's species.", int),
        Column("host_fragments", "Fragments of the host's.", int),
        Column("tumor_share", "Share of the tumour's species.", float),
        Column("tumor_share_low", "Lower bound of the exact interval.", float),
        Column("tumor_share_high", "Upper bound.", float),
        Column("ambiguous_reads", "Reads that fit both genomes and count for neither.", int),
        Column(
            "finding",
            "What is not as expected: a normal, or a tumour sample of purity 1, with the other "
            "species. Empty: nothing.",
        ),
    ),
    cure="estimate the cohort's background again",
    optional=True,
)


def species_table(cohort: CohortReader, confidence: float) -> pd.DataFrame:
    """``species.tsv``, a row per sample in the order of the sheet; failed samples have none."""
    rows = []
    for row in cohort.samples.to_dict("records"):
        counts = cohort.counts(str(row["sample"]))
        facts = counts.meta.get(SPECIES)
        if facts is None:
            continue
        fragments = [facts[f"{one}_fragments"] for one in ("tumor", "host")]
        low, high = intervals.clopper_pearson(fragments[0], sum(fragments), confidence)
        rows.append(
            {
                **{name: row[name] for name in ("sample", "patient", "role")},
                "tumor_species": facts["tumor"],
                "host_species": facts["host"],
                "tumor_fragments": fragments[0],
                "host_fragments": fragments[1],
                "tumor_share": fragments[0] / sum(fragments) if sum(fragments) else float("nan"),
                "tumor_share_low": float(low),
                "tumor_share_high": float(high),
                "ambiguous_reads": facts["ambiguous_reads"],
                "finding": finding(str(row["role"]), row.get("purity", ""), counts, confidence),
            }
        )
    return SPECIES_TABLE.frame(rows)


def finding(role: str, purity: object, counts: Counts, confidence: float) -> str:
    """What the species of a sample's fragments say against the sheet.

    Args:
        purity: of a tumour sample, as in the sheet; may be empty.
    """
    facts = counts.meta.get(SPECIES)
    if facts is None:
        return ""
    if role == "normal":
        other, kind = "tumor", "normal"
    elif role == "tumor" and float(str(purity) or "nan") == 1.0:
        other, kind = "host", "tumour sample of purity 1"
    else:
        return ""
    seen = facts[f"{other}_fragments"]
    total = facts["tumor_fragments"] + facts["host_fragments"]
    low, high = (float(x) for x in intervals.clopper_pearson(seen, total, confidence))
    if not low > IMPURE:
        return ""
    return f"the {kind} has {seen / total:.2g} ({low:.2g} to {high:.2g}) of {facts[other]}"
