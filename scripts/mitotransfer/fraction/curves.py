"""Likelihoods of the tumour fraction and of one variant's VAF, for the bounds of the excess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats
from mitotransfer.fraction import giving_cells
from mitotransfer.fraction.estimate import spread_baselines
from mitotransfer.fraction.excess import GRID
from mitotransfer.fraction.likelihood import Observed, log_likelihoods
from mitotransfer.fraction.variant_counts import VariantCounts, Variants, checked
from mitotransfer.inputs.settings import Fraction
from mitotransfer.stats import intervals

#: Variants of at least this VAF in the tumour are taken together.
FIXED = 0.95
#: Points beside those of ``excess.GRID``, about the counts.
FINE = 121
_REACH = 6.0


@dataclass(frozen=True)
class Curves:
    """Log likelihoods, each relative to its maximum.

    Attributes:
        fractions: of the tumour, shape (G,). careful, guess: l(f) with either baseline.
        vafs: VAF that tumour mtDNA adds at the strongest variants, shape (H,). strongest: its log
            likelihood with the careful baseline.
        tumor_vaf, tumor_vaf_low: VAF of the strongest variants in the tumour, and lower bound.
    """

    fractions: Floats
    careful: Floats
    guess: Floats
    vafs: Floats
    strongest: Floats
    tumor_vaf: float
    tumor_vaf_low: float


def strongest(data: Variants) -> NDArray[np.int64]:
    """The variant of largest tumour VAF; all those that are fixed in the tumour, if there are any.

    The immune alleles do not choose it. Its immune depth is at least half the median.
    """
    vaf = data.known.tumor_alt / data.known.tumor_depth
    deep = data.depth >= np.median(data.depth) / 2
    fixed = np.flatnonzero(deep & (vaf >= FIXED))
    return fixed if len(fixed) else np.array([int(np.argmax(np.where(deep, vaf, -1.0)))])


def curves(
    counts: VariantCounts, confidence: float = Fraction.confidence, design_effect: float = 1.0
) -> Curves | None:
    """The likelihoods of one sample; None where no variant has reads.

    Args:
        design_effect: of variants that share fragments (``fraction.shared_fragments``).
    """
    data = checked(counts)
    if not len(data.alt):
        return None
    guess, careful = spread_baselines(data)
    vaf = data.alt / data.depth
    t = np.maximum(data.known.tumor_alt / data.known.tumor_depth, 1e-3) * data.copies
    share = float((data.depth * vaf).sum() / (data.depth * t).sum())
    fractions = _points(share, float((data.depth * t).sum()) / t.max())

    def joint(points: Floats, observed: Observed) -> Floats:
        total = log_likelihoods(points, observed).sum(axis=0) / design_effect
        return np.asarray(total - total.max())

    chosen = strongest(data)
    alt, depth = int(data.alt[chosen].sum()), int(data.depth[chosen].sum())
    pure = giving_cells.widened(data.baselines()[1], data.error, 0.0, data.drift)
    certain = np.full(len(data.alt), 1 - 1e-9)
    # What is added is a VAF already: no copies turn it into one.
    pure = pure._replace(
        tumor_mean=certain, tumor_variance=np.zeros(len(certain)), copies=np.ones(len(certain))
    )
    vafs = _points(alt / depth, depth)
    tumor_alt, tumor_depth = data.known.tumor_alt[chosen], data.known.tumor_depth[chosen]
    low = intervals.lower_bound(tumor_alt.sum(), tumor_depth.sum(), (1 + confidence) / 2)
    return Curves(
        fractions,
        joint(fractions, Observed(data.alt, data.depth, careful)),
        joint(fractions, Observed(data.alt, data.depth, guess)),
        vafs,
        joint(vafs, Observed(data.alt, data.depth, pure).rows(chosen)),
        float(tumor_alt.sum() / tumor_depth.sum()),
        float(low),
    )


def _points(share: float, depth: float) -> Floats:
    """The grid, with more points about a share seen in this many fragments."""
    sd = np.sqrt(max(share, 1 / depth) / depth)
    low, high = max(share - _REACH * sd, 0.0), min(share + _REACH * sd, 1.0)
    return np.unique(np.concatenate([GRID, np.linspace(low, high, FINE)]))
