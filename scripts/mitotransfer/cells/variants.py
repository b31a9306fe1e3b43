"""The informative variants of a library of cells: alleles of tumour cells that immune cells lack.

The sum over immune cells holds doublets and free mtDNA: by it a variant on all mtDNA of a tumour
seems to be in the normal. So the normal is bulk DNA of the patient, or the median of the
distribution of the VAF over immune cells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.cells import ambient, cell_likelihood, donors, npmle
from mitotransfer.cells.ambient import Ambient
from mitotransfer.cells.cell_counts import CellCounts
from mitotransfer.cells.donors import Donors
from mitotransfer.cells.mixture import Library
from mitotransfer.genome.reference import LETTERS
from mitotransfer.stats import intervals

#: Fragments in tumour cells that a variant needs.
MIN_TUMOR_DEPTH = 20
#: VAF that a variant of RNA has in the tumour's DNA, by the lower bound.
MIN_DNA_VAF = 0.01
#: Variants as near as this share fragments.
REACH = 150
#: Cells that stand for the distribution over immune cells: the median needs no more.
MOST_CELLS = 2000

COLUMNS = [
    "pos", "own", "alt", "tumor_vaf", "concentration", "tumor_depth", "immune_alt", "immune_depth",
    "median_vaf", "error_rate", "reason",
]  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """What an informative variant has to meet.

    Attributes:
        min_tumor_vaf: in tumour cells; ``max_normal_vaf``: bound of the normal.
        error_rate: least rate of errors.
        excluded: reason by 0-based position (artefacts, modified positions of RNA).
        length: of the mitogenome.
        confidence: level of the bounds.
    """

    min_tumor_vaf: float
    max_normal_vaf: float
    error_rate: float
    excluded: dict[int, str]
    length: int
    confidence: float


def find(
    cells: CellCounts,
    *,
    tumor: Mask,
    immune: Mask,
    rules: Rules,
    normal: NDArray[np.int64] | None = None,
    dna: NDArray[np.int64] | None = None,
    free: Ambient = ambient.NONE,
) -> pd.DataFrame:
    """Alleles of the tumour cells, with the reason why some are not used.

    Args:
        tumor, immune: masks of cells.
        normal: fragments by allele of the bulk normal, shape (positions, 4).
        dna: the same of the tumour's bulk DNA, in which variants of RNA have to be.
        free: free mtDNA and swapped reads; whose they are is not known yet.

    Returns:
        ``COLUMNS``, sorted by position and allele.
    """
    counts, positions = cells.counts, cells.positions
    of_tumor = counts[tumor].sum(axis=0, dtype=np.int64)
    of_immune = counts[immune].sum(axis=0, dtype=np.int64)
    base = of_immune if normal is None else normal
    own = np.argmax(base, axis=1)
    depth = of_tumor.sum(axis=1)
    vaf = of_tumor / np.maximum(depth, 1)[:, None]
    candidates = (vaf >= rules.min_tumor_vaf) & (depth >= MIN_TUMOR_DEPTH)[:, None]
    candidates[np.arange(len(own)), own] = False
    at, allele = np.nonzero(candidates)
    if not len(at):
        return pd.DataFrame(columns=COLUMNS)
    giving = counts[tumor][:, at].astype(np.int64)
    given = donors.of_tumor_cells(giving[:, np.arange(len(at)), allele], giving.sum(axis=2))
    errors = np.maximum(third_allele_rate(of_immune, own, at, allele), rules.error_rate)
    of_cells, total = counts[immune], cells.depth[immune]
    medians = []
    for i, (p, a) in enumerate(np.column_stack([at, allele])):
        # At most, all that is not of the cell is the tumour's.
        most = replace(free, tumor_share=given.vaf[i], swap_tumor_share=given.vaf[i])
        alt, here = of_cells[:, p, a], of_cells[:, p].sum(axis=1)
        medians.append(median_vaf(alt, here, float(errors[i]), total, most))
    table = pd.DataFrame(
        {
            "pos": positions[at] + 1,
            "own": LETTERS[own[at]],
            "alt": LETTERS[allele],
            "tumor_vaf": given.vaf,
            "concentration": given.concentration,
            "tumor_depth": depth[at],
            "immune_alt": of_immune[at, allele],
            "immune_depth": of_immune.sum(axis=1)[at],
            "median_vaf": medians,
            "error_rate": errors,
        }
    )
    in_normal = np.zeros(len(at), bool)
    if normal is not None:
        high = intervals.upper_bound(normal[at, allele], normal.sum(axis=1)[at], rules.confidence)
        in_normal = high >= rules.max_normal_vaf
    reasons = [rules.excluded.get(int(positions[p]), "") for p in at]
    in_cells = np.array(medians) > rules.max_normal_vaf
    no_dna = np.zeros(len(at), bool)
    if dna is not None:
        low = intervals.lower_bound(dna[at, allele], dna.sum(axis=1)[at], rules.confidence)
        no_dna = low < MIN_DNA_VAF
    marks = {"in_normal": in_normal, "not_in_dna": no_dna, "in_immune_cells": in_cells}
    for word, mask in marks.items():
        reasons = [old or (word if on else "") for old, on in zip(reasons, mask, strict=True)]
    table["reason"] = _apart(table, reasons, rules.length)
    return table[COLUMNS].sort_values(["pos", "alt"], ignore_index=True)


def third_allele_rate(of_immune: NDArray[np.int64], own: Ints, at: Ints, allele: Ints) -> Floats:
    """Rate of the commoner allele that is neither the cells' own nor the tumour's, by variant."""
    others = of_immune[at].copy()
    rows = np.arange(len(at))
    total = others.sum(axis=1)
    others[rows, own[at]] = 0
    others[rows, allele] = 0
    return others.max(axis=1) / np.maximum(total, 1)


def median_vaf(alt: NDArray, depth: NDArray, error: float, total: Floats, free: Ambient) -> float:
    """Median of the distribution of a VAF over cells, by nonparametric maximum likelihood.

    The VAF is that of the cells' own mtDNA: free mtDNA alone is several per cent of a shallow cell.
    """
    seen = np.flatnonzero(depth > 0)
    if not len(seen):
        return 1.0
    seen = seen[:: -(-len(seen) // MOST_CELLS)]
    grid = cell_likelihood.fractions(0.05)
    cells = Library(
        alt[seen, None].astype(np.int64), depth[seen, None].astype(np.int64),
        total[seen], Donors(np.ones(1), np.full(1, donors.MAX_CONCENTRATION)),
        np.array([error]), free,
    )  # fmt: skip
    weights, _ = npmle.fit(cell_likelihood.log_likelihoods(cells, grid)[0], grid > grid[-1])
    return float(grid[np.searchsorted(np.cumsum(weights), 0.5)])


def _apart(table: pd.DataFrame, reasons: list[str], length: int) -> list[str]:
    """Reasons, with all but one of the variants that share fragments left out.

    The one with most of the tumour's fragments is kept.
    """
    found = list(reasons)
    kept: list[int] = []
    weight = (table["tumor_vaf"] * table["tumor_depth"]).to_numpy()
    place = table["pos"].to_numpy()
    for row in np.argsort(-weight, kind="stable"):
        if found[row]:
            continue
        apart = [abs(int(place[row]) - other) for other in kept]
        if any(min(d, length - d) < REACH for d in apart):
            found[row] = "beside_another"
        else:
            kept.append(int(place[row]))
    return found
