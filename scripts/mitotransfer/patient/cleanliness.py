"""How clean a preparation has to be for a finding to stand, and what would show that.

Where tumour cells were not measured, the finding can be read the other way round: the largest
share of tumour cells that leaves it standing, and the number of nuclear loci whose reads would
bound them below that share.
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
    """Upper bound of what comes without tumour cells; free mtDNA counts where it was measured."""
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
    """Copy ratio up to which measured tumour cells and the others bring no more than the bound.

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
    """Upper bound of the tumour cells that a preparation without any stays below.

    For ``reads`` at heterozygous loci in it and as many in the normal, both with this error rate:
    the bound as ``patient.contamination`` would find it at the 95th percentile of the false reads.
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
    """Somatic nuclear SNVs that show with 95 % power that tumour cells are below a share.

    Args:
        max_cells: the share, as ``max_tumor_cells``.
        depth: reads at each locus, in the immune sample and in the normal.
        error: sequencing error per read.

    Returns:
        The smallest number of heterozygous loci; None if even ``MAX_LOCI`` do not.
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
