"""How pure a preparation has to be for a finding to hold, and how to show it.

Without a measurement of tumour cells the question is reversed: which share of tumour cells would
the finding tolerate, and how many nuclear loci would bound the cells below that share?
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from mitotransfer.patient.contamination import HETEROZYGOUS, MAX_ERROR, estimate_tumor_cells

#: Probability with which a preparation without tumour cells passes the bound.
ASSURANCE = 0.95
#: More loci than this are not worth a recommendation.
MAX_LOCI = 100_000


def without_cells(crosstalk: float, ambient: float) -> float:
    """Upper bound of mtDNA that comes without tumour cells; free mtDNA counts if measured."""
    return crosstalk + (0.0 if math.isnan(ambient) else ambient)


def max_tumor_cells(low: float, others: float, ratio: float) -> float:
    """Largest share of tumour cells c with c r / (c r + 1 - c) + others <= low.

    Args:
        low: lower bound of the tumour fraction.
        others: ``without_cells``; NaN (unknown) counts as nothing.
        ratio: mtDNA copies of a tumour cell over those of an immune cell, at most.

    Returns:
        The share; 0 where the others alone reach the bound, NaN where something is unknown.
    """
    share = low - (0.0 if math.isnan(others) else others)
    if share <= 0:
        return 0.0
    return share / (share + ratio * (1 - share))


def max_copy_ratio(low: float, others: float, brought: float, ratio: float) -> float:
    """Copy ratio up to which measured tumour cells and the others stay below the lower bound.

    Args:
        low, others: as for ``max_tumor_cells``.
        brought: upper bound of the share of mtDNA that the cells bring at the copy ratio ``ratio``.

    Returns:
        The ratio; NaN where there is none or something is unknown.
    """
    share = low - others
    if not (0 < share < 1 and 0 < brought < 1 and ratio > 0):
        return math.nan
    return ratio * (share / (1 - share)) / (brought / (1 - brought))


@cache
def upper_bound_without_cells(reads: int, error: float, confidence: float) -> float:
    """Upper bound of tumour cells that 95 % of the preparations without any stay below.

    The bound is that of ``patient.contamination`` at the 95th percentile of the false reads.

    Args:
        reads: at heterozygous loci, in the preparation and as many in the normal.
        error: sequencing error per read, in both.

    """
    from scipy import stats

    false = float(stats.binom.ppf(ASSURANCE, reads, error))
    estimated = estimate_tumor_cells(
        np.array([false]), np.array([float(reads)]), np.array([HETEROZYGOUS]), error * reads,
        float(reads), max_error=MAX_ERROR, confidence=confidence,
    )  # fmt: skip
    return estimated[2]


def loci_needed(
    max_cells: float, depth: float, error: float, confidence: float = 0.95
) -> int | None:
    """Number of somatic nuclear SNVs that bound tumour cells below a share with 95 % power.

    Args:
        max_cells: the share, as ``max_tumor_cells``.
        depth: reads at each locus, in the immune sample and in the normal.
        error: sequencing error per read.

    Returns:
        The smallest number of heterozygous loci; None if even ``MAX_LOCI`` are too few.
    """
    if not max_cells > 0:
        return None

    def enough(loci: int) -> bool:
        reads = max(1, round(loci * depth))
        return upper_bound_without_cells(reads, error, confidence) < max_cells

    high = 1
    while not enough(high):
        high *= 2
        if high > MAX_LOCI:
            return None
    low = high // 2
    while high - low > max(1, high // 50):  # two significant digits are plenty
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
