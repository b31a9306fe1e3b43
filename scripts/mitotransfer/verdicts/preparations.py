"""Subsets of one preparation, two by two: does one have more tumour mtDNA beyond tumour cells?

The contrast is that of ``fraction.contrast``. Tumour cells of one preparation bring mtDNA to each
subset in proportion to their share there, over the subset's own mtDNA copies; what differs beyond
that is not contamination. Samples that are not judged have no contrast.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from mitotransfer.arrays import Floats
from mitotransfer.fraction import contrast
from mitotransfer.fraction.contrast import Contrast
from mitotransfer.fraction.curves import Curves
from mitotransfer.fraction.excess import GRID
from mitotransfer.fraction.tumor_cells import Factor, either
from mitotransfer.patient.contamination_table import Cells, cells_of
from mitotransfer.table_files import Column, Table
from mitotransfer.verdicts.context import PatientContext
from mitotransfer.verdicts.settings import number

#: Largest factor between two subsets of a preparation: of mtDNA copies that were not measured, and
#: of tumour cells per cell where cells were sorted and these not measured.
APART = 3.0

PREPARATIONS = Table(
    "cohort/preparations.tsv",
    "Pairs of immune samples of one preparation: difference of the tumour mtDNA beyond tumour "
    "cells, in units of the tumour sample's mtDNA.",
    (
        Column("patient", "Id of the person."),
        Column("preparation", "As in the sheet."),
        Column("split", "drawn or sorted, as in the sheet; empty counts as sorted."),
        Column("first", "Id of an immune sample."),
        Column("second", "Id of another one."),
        Column("first_cell_type", "As in the sheet."),
        Column("second_cell_type", "As in the sheet."),
        Column("difference", "Excess of the second less that of the first.", float),
        Column("difference_low", "Lower bound.", float),
        Column("difference_high", "Upper bound.", float),
        Column("p_value", "Of no difference.", float),
        Column("copies", "Whether mtdna_copies of both samples are measured.", bool),
        Column("cells", "Whether tumour cells of both samples are measured.", bool),
    ),
)


@dataclass(frozen=True)
class Portion:
    """One immune sample against one tumour sample, for the contrasts.

    Attributes:
        curves: of the tumour fraction.
        cells: measured tumour cells.
        cells_of_share: of the tumour sample that a share of 1 means in the library.
        copies, copies_sd: mtDNA copies per cell with their log-sd; NaN where not measured.
    """

    curves: Curves
    cells: Cells
    cells_of_share: float
    copies: float = math.nan
    copies_sd: float = 0.0

    @property
    def measured(self) -> bool:
        return self.cells.source != "unmeasured"

    def likelihood(self) -> Floats:
        """l(f) with the baseline that allows it more."""
        return either(self.curves.careful, self.curves.guess)

    def share(self) -> Floats:
        """Log likelihood of the share of tumour cells in the mtDNA's portion."""
        return self.cells.moved().curve if self.measured else np.zeros(len(GRID))


def portion_of(context: PatientContext, sample: str, tumor: str, found: Curves) -> Portion:
    """The portion of a sample, from its row of ``contamination.tsv`` and of the sheet."""
    row = context.patient.contamination_of(sample, tumor)
    assert row is not None
    stated = context.patient.samples.set_index("sample").loc[sample]
    held = number(stated.get("input_cells", ""))
    vaf = number(row["tumor_vaf"])
    each = 1.0 if math.isnan(vaf) else min(2 * vaf, 1.0)
    held = context.settings.contamination.input_cells if math.isnan(held) else held
    return Portion(
        found,
        cells_of(row, context.patient.cell_curve(sample, tumor)),
        held * each,
        number(row["immune_copies"]),
        number(row["immune_copies_sd"]),
    )


def brought(first: Portion, second: Portion, split: str) -> Floats:
    """Log likelihood of what tumour cells bring to both; the first's were measured, if any were.

    Args:
        split: ``drawn``; all else counts as sorted.
    """
    if second.measured and first.cells.source != second.cells.source:
        # Counted cells and nuclear reads have other units: the two are not compared.
        return first.cells.of_mtdna()[:, None] + second.cells.of_mtdna()[None]
    shares = first.share()[:, None] + second.share()[None]
    if split == "drawn":
        shares = shares + contrast.drawn(first.cells_of_share, second.cells_of_share)
    elif not (first.measured and second.measured):
        shares = shares + contrast.within(APART)
    ratio = Factor(1 / APART, APART)
    if first.copies > 0 and second.copies > 0:
        measured = first.copies / second.copies
        ratio = Factor(measured, measured, math.hypot(first.copies_sd, second.copies_sd))
    common = first.cells.factor()
    if not first.measured:
        # The copies of the loci in the tumour sample are from half to twice those of a diploid one.
        copies = first.cells.ratio
        common = Factor(copies.low / 2, copies.high * 2, copies.sd)
    return contrast.brought(shares, common, ratio)


def compare(first: Portion, second: Portion, split: str, confidence: float) -> Contrast:
    """The second's excess less the first's."""
    turned = second.measured and not first.measured
    one, other = (second, first) if turned else (first, second)
    found = contrast.contrast(
        (one.curves.fractions, one.likelihood()), (other.curves.fractions, other.likelihood()),
        brought(one, other, split), confidence,
    )  # fmt: skip
    return found.turned() if turned else found


def widest(found: Sequence[Contrast]) -> Contrast:
    """The contrast that holds against each of several tumour samples."""
    least = min(found, key=lambda one: abs(one.difference))
    return Contrast(
        least.difference,
        min(one.low for one in found),
        max(one.high for one in found),
        max(one.p_value for one in found),
    )


def rows(
    context: PatientContext, found: Mapping[str, Mapping[str, Curves]]
) -> list[dict[str, object]]:
    """Rows of ``PREPARATIONS`` of one patient.

    Args:
        found: curves of each tested sample, by tumour sample.
    """
    samples = context.patient.samples
    tested = samples[samples["sample"].isin(list(found))]
    made = []
    for name, group in tested.groupby("preparation", sort=True):
        for at in combinations(range(len(group)) if name else (), 2):
            made += _row(context, group.iloc[list(at)], found)
    return made


def _row(
    context: PatientContext,
    pair: pd.DataFrame,
    found: Mapping[str, Mapping[str, Curves]],
) -> list[dict[str, object]]:
    """The row of a pair; none where one of them was not compared with a tumour sample."""
    first, second = (pair.iloc[at] for at in (0, 1))
    names = str(first["sample"]), str(second["sample"])
    split = str(first.get("preparation_split", ""))
    tumors = [tumor for tumor in found[names[0]] if tumor in found[names[1]]]
    if not tumors:
        return []
    portions = [
        [portion_of(context, name, tumor, found[name][tumor]) for name in names] for tumor in tumors
    ]
    confidence = context.settings.confidence
    result = widest([compare(one, other, split, confidence) for one, other in portions])
    both = portions[0]
    return [
        {
            "patient": context.patient.name,
            "preparation": first["preparation"],
            "split": split,
            "first": names[0],
            "second": names[1],
            "first_cell_type": first["cell_type"],
            "second_cell_type": second["cell_type"],
            "difference": result.difference,
            "difference_low": result.low,
            "difference_high": result.high,
            "p_value": result.p_value,
            "copies": all(one.copies > 0 for one in both),
            "cells": all(one.measured for one in both),
        }
    ]
