"""Mixtures of a patient's tumour samples where these differ.

Lesions or clones share some variants and not others. Transferred mtDNA can come from one of them,
and their pooled VAFs are then wrong. The shares are a nuisance parameter: the likelihood is
profiled over a coarse grid of them (``fraction.estimate.estimate``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.quick_scipy import special

Floats = NDArray[np.float64]

#: Tumour samples differ below this p value (Bonferroni over variants).
DIFFER_P = 0.01
#: Shares of one tumour sample in the mixture of two.
STEPS = (0.25, 0.5, 0.75)


def differ(alt: Floats, depth: Floats, rho: float) -> bool:
    """Whether tumour samples have different VAFs: chi-squared test at each variant.

    Args:
        alt, depth: fragments, shape (samples, V).
        rho: intra-class correlation.
    """
    seen = depth > 0
    counted = seen.sum(axis=0) > 1
    if not counted.any():
        return False
    alt, depth, seen = alt[:, counted], depth[:, counted], seen[:, counted]
    p = np.clip(alt.sum(axis=0) / depth.sum(axis=0), 1e-9, 1 - 1e-9)
    variance = p * (1 - p) * (1 / np.maximum(depth, 1) + rho)
    statistic = np.where(seen, (alt / np.maximum(depth, 1) - p) ** 2 / variance, 0.0).sum(axis=0)
    smallest = special.chdtrc(seen.sum(axis=0) - 1, statistic).min()
    return bool(smallest * alt.shape[1] < DIFFER_P)


def shares_of(n: int) -> list[Floats]:
    """Shares of n tumour samples to try: each alone, and two by two."""
    found = [np.eye(n)[i] for i in range(n)]
    for i, j in combinations(range(n), 2):
        found += [step * np.eye(n)[i] + (1 - step) * np.eye(n)[j] for step in STEPS]
    return found


def mixtures(
    counts: VariantCounts, alt: Sequence[Floats], depth: Sequence[Floats]
) -> list[VariantCounts]:
    """``counts`` with the expected tumour counts of each mixture of the tumour samples.

    A weighted mean of VAFs has the variance of ``1 / sum(w^2 / n)`` fragments. Where a sample of
    the mixture has no reads the pooled counts stay.

    Args:
        alt, depth: fragments of each tumour sample at the variants, shape (samples, V).

    Returns:
        Empty where the samples do not differ.
    """
    alts, depths = np.asarray(alt, float), np.asarray(depth, float)
    if len(alts) < 2 or not differ(alts, depths, float(np.max(counts.overdispersion))):
        return []
    found = []
    for shares in shares_of(len(alts)):
        used = shares > 0
        known = (depths[used] > 0).all(axis=0)
        n = np.maximum(depths[used], 1)
        weight = shares[used][:, None]
        size = 1 / (weight**2 / n).sum(axis=0)
        vaf = (weight * alts[used] / n).sum(axis=0)
        found.append(
            replace(
                counts,
                tumor_alt=np.where(known, vaf * size, counts.tumor_alt),
                tumor_depth=np.where(known, size, counts.tumor_depth),
            )
        )
    return found
