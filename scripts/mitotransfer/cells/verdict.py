"""Verdicts on a cell and on a group of cells: pure functions of the measurements.

Rules come in the order of doubt. Cells with the tumour's mtDNA are called receivers only if free
mtDNA, swapped barcodes, doublets and a single site are excluded. Doublets are what most often looks
like transfer: without a nuclear doublet score nothing is supported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mitotransfer.flag_words import Flag
from mitotransfer.flags import (
    AMBIENT_NOT_MEASURED,
    NO_BULK_NORMAL,
    NO_DOUBLET_SCORE,
    RNA_ALONE,
    SINGLE_VARIANT,
    SWAP_ASSUMED,
)
from mitotransfer.inputs.cell_settings import Cells

VERDICTS = (
    "transfer_supported",
    "single_variant",
    "doublet_not_excluded",
    "explained_by_doublet",
    "ambient_not_excluded",
    "not_detected",
    "underpowered",
    "uninformative",
    "failed_qc",
)
#: A cell that is a doublet with this probability or more is explained by it.
DOUBLET = 0.5
#: p value that the variants without any one of them have to show.
MAX_P_WITHOUT = 0.01


@dataclass(frozen=True)
class Facts:
    """What is known of a library: how far its cells can be judged.

    Attributes:
        failed: the library cannot be used.
        n_variants: informative variants that are used.
        ambient_measured: free mtDNA was measured in barcodes that are no cells.
        swap_measured: the library bounds swapped barcodes.
        bulk_normal: the patient has a bulk normal.
        dna: the variants were seen in DNA.
    """

    failed: bool = False
    n_variants: int = 0
    ambient_measured: bool = False
    swap_measured: bool = False
    bulk_normal: bool = False
    dna: bool = True

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Flags of all cells."""
        raised = {
            AMBIENT_NOT_MEASURED: not self.ambient_measured,
            RNA_ALONE: not self.dna,
            NO_BULK_NORMAL: not self.bulk_normal,
            SWAP_ASSUMED: not self.swap_measured,
        }
        return tuple(flag for flag, on in raised.items() if on)


@dataclass(frozen=True)
class Cell:
    """Measurements of a cell; NaN where there is none.

    Attributes:
        fragments: at informative variants; ``n_variants``: those with a fragment.
        low: lower bound of the tumour fraction.
        q_value: of a fraction of at most the threshold.
        zero_q_value: of a fraction of 0; ``error_q_value``: the same without free mtDNA.
        p_without: largest p value of a fraction of 0 when one variant is left out.
        detection_limit: of the test of the threshold.
        doublet: probability that the droplet holds two cells.
    """

    fragments: int
    n_variants: int
    low: float
    q_value: float
    zero_q_value: float
    error_q_value: float
    p_without: float
    detection_limit: float
    doublet: float


@dataclass(frozen=True)
class Group:
    """Measurements of the cells of one kind.

    Attributes:
        cells: that were tested.
        low, high: bounds of the share of receivers.
        low_without: least lower bound when one variant is left out.
        doublets, doublets_high: expected share of doublets with a tumour cell, and upper bound.
        scored: every cell has a doublet score.
    """

    cells: int
    low: float
    high: float
    low_without: float
    doublets: float
    doublets_high: float
    scored: bool


def judge_cell(cell: Cell, facts: Facts, settings: Cells) -> tuple[str, tuple[Flag, ...]]:
    """The verdict on a cell, and its flags.

    Each missing or NaN value makes the verdict weaker, never stronger.
    """
    if untestable := _untestable(facts):
        return untestable, facts.flags
    if cell.fragments < 1:
        return "underpowered", facts.flags
    flags = facts.flags
    if math.isnan(cell.doublet):
        flags = (*flags, NO_DOUBLET_SCORE)
    one = cell.n_variants < 2 or not cell.p_without < MAX_P_WITHOUT
    above = cell.q_value < settings.max_q_value and cell.low > settings.min_fraction
    if not above:
        if cell.error_q_value < settings.max_q_value or cell.zero_q_value < settings.max_q_value:
            return "ambient_not_excluded", flags
        seen = cell.detection_limit <= settings.max_detection_limit
        return ("not_detected" if seen else "underpowered"), flags
    flags = (*flags, *([SINGLE_VARIANT] if one else []))
    if not facts.ambient_measured:
        return "ambient_not_excluded", flags
    if cell.doublet >= DOUBLET:
        return "explained_by_doublet", flags
    if not cell.doublet < settings.max_doublet_score:
        return "doublet_not_excluded", flags
    if one or not facts.dna:
        return "single_variant", flags
    return "transfer_supported", flags


def judge_group(group: Group, facts: Facts, settings: Cells) -> tuple[str, tuple[Flag, ...]]:
    """The verdict on a group of cells by its share of receivers, and its flags."""
    if untestable := _untestable(facts):
        return untestable, facts.flags
    flags = facts.flags
    if group.cells < 1:
        return "underpowered", flags
    if not group.scored:
        flags = (*flags, NO_DOUBLET_SCORE)
    if not group.low > 0:
        absent = group.high <= settings.max_share
        return ("not_detected" if absent else "underpowered"), flags
    # What does not stand out from doublets with all variants need not without one of them.
    least = group.doublets_high if group.low > group.doublets_high else 0.0
    one = facts.n_variants < 2 or not group.low_without > least
    flags = (*flags, *([SINGLE_VARIANT] if one else []))
    if not facts.ambient_measured:
        return "ambient_not_excluded", flags
    if group.high <= group.doublets:
        return "explained_by_doublet", flags
    if not group.low > group.doublets_high or not group.scored:
        return "doublet_not_excluded", flags
    if one or not facts.dna:
        return "single_variant", flags
    return "transfer_supported", flags


def _untestable(facts: Facts) -> str:
    """The verdict on all cells of a library that cannot be tested; empty of one that can."""
    if facts.failed:
        return "failed_qc"
    return "uninformative" if facts.n_variants < 1 else ""
