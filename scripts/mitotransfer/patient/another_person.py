"""Variants at one level: another person's haplotype rather than mutations of clones.

Mutations of clones or tumours are a few, each at a VAF of its own. Two people differ at dozens of
positions, all of which show at the share of the other person's mtDNA. Half of these are positions
at which the patient, not the other, differs from the reference; a mutation falls on one of the
patient's dozens of such positions once in hundreds of times, and still more seldom back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.stats import intervals

#: Variants at one level from which they are another person's.
MIN_PERSON_VARIANTS = 10
#: The same of variants that go back to the reference's base.
MIN_PERSON_REVERSIONS = 3
#: Extra-binomial dispersion (intra-class correlation) allowed between variants of one level.
DISPERSION = 1e-3
#: Variants of up to this times the level, or one over it, are taken for the person's, too.
NEAR = 2.0


def one_level(alt: NDArray[np.int64], depth: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The largest set of variants whose VAFs agree within three standard deviations, mask (V,)."""
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
    """Interval of the common VAF, as much wider than binomial as the variants' spread says."""
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
    """Variants that are another person's, mask (V,): those at one level, if enough, and all near.

    Where there is another person, a variant near the level may be theirs as well: none is kept.

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
