"""Variants at one level: another person's haplotype rather than mutations of clones.

A clone or a tumour has a few mutations, each at its own VAF. Two people differ at dozens of
positions, and all these differences have one VAF: the other person's share of the mtDNA. At half of
the positions the patient differs from the reference and the other person does not. A mutation hits
one of these positions once in hundreds of times, and seldom restores the reference base.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.stats import intervals

#: Variants at one level from which they are another person's.
MIN_PERSON_VARIANTS = 10
#: The same for reversions to the reference base.
MIN_PERSON_REVERSIONS = 3
#: Extra-binomial dispersion (intra-class correlation) allowed between variants of one level.
DISPERSION = 1e-3
#: Variants within this factor of the level count as the person's, too.
NEAR = 2.0


def one_level(alt: NDArray[np.int64], depth: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mask (V,) of the largest set of variants with VAFs within three standard deviations."""
    if not len(alt):
        return np.zeros(0, bool)
    reads = np.maximum(depth, 1)
    vaf = alt / reads
    noise = vaf * (1 - vaf) * (1 / reads + DISPERSION)
    close = np.abs(vaf[:, None] - vaf) <= 3 * np.sqrt(noise[:, None] + noise)
    return np.asarray(close[close.sum(axis=1).argmax()])


def level_bounds(
    alt: NDArray[np.int64], depth: NDArray[np.int64], confidence: float
) -> tuple[float, float]:
    """Interval of the variants' common VAF, widened by their overdispersion."""
    if not depth.sum():
        return 0.0, 1.0
    vaf = alt.sum() / depth.sum()
    pearson = float(((alt - depth * vaf) ** 2 / (depth * vaf * (1 - vaf) + 1e-12)).sum())
    effect = max(1.0, pearson / max(len(alt) - 1, 1))
    low, high = intervals.clopper_pearson(alt.sum() / effect, depth.sum() / effect, confidence)
    return float(low), float(high)


def of_another_person(
    alt: NDArray[np.int64], depth: NDArray[np.int64], reverted: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Mask (V,) of another person's variants: those at one level, if enough, and all near it.

    A variant near the level may be that person's as well, so it does not count as a mutation.

    Args:
        alt, depth: fragments, shape (V,).
        reverted: whether the variant is the reference's base.
    """
    many = one_level(alt, depth)
    back = np.zeros(len(alt), bool)
    back[reverted] = one_level(alt[reverted], depth[reverted])
    if many.sum() >= MIN_PERSON_VARIANTS:
        person = many
    elif back.sum() >= MIN_PERSON_REVERSIONS:
        person = back
    else:
        return np.zeros(len(alt), bool)
    level = alt[person].sum() / depth[person].sum()
    vaf = alt / np.maximum(depth, 1)
    return person | ((vaf > level / NEAR) & (vaf < level * NEAR))
