"""The settings of single cells, a section of ``inputs.settings``."""

from __future__ import annotations

from dataclasses import dataclass

from mitotransfer.inputs.declaration import Section, key


@dataclass(frozen=True)
class Cells(Section):
    """Single cells."""

    all_positions: bool = key(
        False,
        "true: also write the counts of all cells at all positions, in the format of mgatk for "
        "Signac ({library}.mgatk).",
    )
    min_fraction: float = key(
        0.05,
        "A cell is a receiver if more than this share of its mtDNA is the tumour's. A little in "
        "every cell cannot be told from swapped barcodes.",
        gt=0,
        lt=1,
    )
    max_q_value: float = key(
        0.05,
        "Cells are called below this q value (Benjamini-Hochberg over a library's immune cells).",
        gt=0,
        lt=1,
    )
    max_doublet_score: float = key(
        0.05,
        "A cell may be a doublet unless its nuclear doublet score (a probability) is below this.",
        gt=0,
        le=1,
    )
    doublet_rate: float = key(
        0.008,
        "Share of droplets with two cells, for each 1,000 cells of the library (10x: 0.008).",
        ge=0,
        lt=1,
    )
    swap_rate: float = key(
        0.005,
        "Share of a cell's reads that swapped barcodes, where the library does not show less.",
        ge=0,
        lt=1,
    )
    error_rate: float = key(
        0.001,
        "Least rate of errors that look like a variant; the library's own rate where it is higher.",
        gt=0,
        lt=1,
    )
    min_tumor_vaf: float = key(
        0.2, "Mean VAF in the tumour cells that a variant needs to be used in cells.", gt=0, lt=1
    )
    max_detection_limit: float = key(
        0.5, "Cells in which only a larger tumour fraction would be found are underpowered.", gt=0,
        lt=1,
    )  # fmt: skip
    max_share: float = key(
        0.05,
        "Share of receivers that has to be excluded for a subset without receivers to be "
        "not_detected.",
        gt=0,
        lt=1,
    )
