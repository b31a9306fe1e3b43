"""mtDNA of tumour cells in each immune preparation: ``contamination.tsv``.

A share ``c`` of tumour cells brings the share ``c r / (c r + 1 - c)`` of the mtDNA, with ``r`` the
mtDNA copies of a tumour cell over those of an immune cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mitotransfer.flags import join
from mitotransfer.inputs.nuclear_tables import LOCUS_COLUMNS
from mitotransfer.patient.contamination import MIN_TUMOR_DEPTH, NORMAL_VAF, TumorCells
from mitotransfer.stats import intervals
from mitotransfer.table_files import Column, Table

CONTAMINATION = Table(
    "patients/{patient}/contamination.tsv",
    "Tumour cells in each immune preparation, and the mtDNA that they bring.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the immune sample."),
        Column("source", "nuclear_counts, tumor_cell_fraction or unmeasured."),
        Column("n_loci", "Nuclear loci.", int, optional=True),
        Column("tumor_cells", "Share of tumour cells.", float),
        Column("tumor_cells_low", "Lower bound.", float),
        Column("tumor_cells_high", "Upper bound.", float),
        Column(
            "copy_ratio_low",
            "mtDNA copies of a tumour cell over those of an immune cell, at least.",
            float,
        ),
        Column("copy_ratio_high", "At most.", float),
        Column("mtdna_low", "Share of the mtDNA that the tumour cells bring, at least.", float),
        Column("mtdna_high", "At most.", float),
        Column(
            "immune_in_tumor_high",
            "Share of the tumour sample's mtDNA that other cells in it bring, at most, by its "
            "nuclear VAFs.",
            float,
        ),
        Column("flags", "Joined by ';'."),
        Column(
            "refused",
            "Why nuclear counts of the sample, the tumour or the normal cannot be used; the sample "
            "is then not judged.",
        ),
    ),
)

#: A table of two samples is a copy if it has this many different counts or more: clean samples with
#: the same depth at every locus look alike.
MIN_COPIED_COUNTS = 3
#: A measured copy ratio below this share of the plausible range's lower end is an input error.
LOWEST_RATIO = 0.1


def copied_tables(nuclear: Mapping[str, pd.DataFrame]) -> set[str]:
    """Samples of one patient whose nuclear counts are identical to those of another sample.

    If immune sample and normal have the same table, tumour cells in the immune sample stay hidden.
    """
    owners: dict[bytes, list[str]] = {}
    for name, table in nuclear.items():
        if len(table[["ref_count", "alt_count"]].drop_duplicates()) >= MIN_COPIED_COUNTS:
            columns = [*LOCUS_COLUMNS, "ref_count", "alt_count"]
            text = table.sort_values(LOCUS_COLUMNS)[columns].to_csv(index=False)
            owners.setdefault(text.encode(), []).append(name)
    return {name for names in owners.values() if len(names) > 1 for name in names}


def copy_ratio(
    tumor_copies: Sequence[float], immune_copies: float, plausible: tuple[float, float]
) -> tuple[float, float]:
    """Range of the copy ratio: mtDNA copies per tumour cell over copies per immune cell.

    Args:
        tumor_copies: measured copies of the patient's tumours, NaN where they were not.
        immune_copies: of the immune sample, NaN where they were not measured.
        plausible: range without measurements, or if the measured ratio is below a tenth of it: an
            input error in either number would make the bound on contamination vanish.
    """
    known = [copies for copies in tumor_copies if copies > 0]
    if not known or not immune_copies > 0:
        return plausible
    low, high = min(known) / immune_copies, max(known) / immune_copies
    return (low, high) if high >= LOWEST_RATIO * plausible[0] else plausible


def mtdna_share(cells: float, ratio: float) -> float:
    """Share of the mtDNA that a share of tumour cells brings at a copy ratio."""
    if np.isnan(cells) or np.isnan(ratio):
        return np.nan
    brought = cells * ratio
    return brought / (brought + 1 - cells) if cells < 1 else 1.0


def tumor_purity(
    tumor: pd.DataFrame | None, immune: pd.DataFrame | None, confidence: float
) -> float:
    """Share of tumour cells in the tumour sample: twice its mean nuclear VAF, NaN if unknown.

    The tumour's own reads give a lower bound, from loci that have the allele. Without them the VAFs
    that are given with the immune sample's counts are used.
    """
    if tumor is not None:
        alt = tumor["alt_count"].to_numpy(float)
        depth = alt + tumor["ref_count"].to_numpy(float)
        shown = alt > NORMAL_VAF * depth
        if depth[shown].sum() >= MIN_TUMOR_DEPTH:
            bound = intervals.lower_bound(alt[shown].sum(), depth[shown].sum(), confidence)
            return min(1.0, 2 * float(bound))
    given = np.full(1, np.nan) if immune is None else immune["tumor_vaf"].to_numpy(float)
    known = given[~np.isnan(given)]
    return min(1.0, float(2 * known.mean())) if len(known) else np.nan


def contamination_row(
    patient: str,
    sample: str,
    cells: TumorCells,
    ratio: tuple[float, float],
    purity: float = np.nan,
) -> dict[str, object]:
    """A row of ``contamination.tsv``; ``purity`` is that of the tumour sample."""
    row: dict[str, object] = dict.fromkeys(CONTAMINATION.names, np.nan)
    row |= {"patient": patient, "sample": sample, "source": cells.source, "refused": ""}
    row["immune_in_tumor_high"] = 1 - mtdna_share(purity, ratio[0])
    row |= {"copy_ratio_low": ratio[0], "copy_ratio_high": ratio[1]}
    row["flags"] = join(cells.flags)
    if cells.source == "unmeasured":
        return row
    return row | {
        "n_loci": cells.n_loci,
        "tumor_cells": cells.estimate,
        "tumor_cells_low": cells.low,
        "tumor_cells_high": cells.high,
        "mtdna_low": mtdna_share(cells.low, ratio[0]),
        "mtdna_high": mtdna_share(cells.high, ratio[1]),
    }
