"""mtDNA molecules behind the reads of an amplicon library, from alleles shared with other samples.

Reads are copies of N molecules, so that a VAF m scatters with the variance m (1 - m) / N however
deep the reads are. Libraries of one preparation, or of the tissues of a person, have the same
heteroplasmies; how much they differ shows N. On the scale of arcsin sqrt(VAF), where the variance
of a share does not depend on it (Anscombe 1948, doi 10.1093/biomet/35.3-4.246), the difference from
k other libraries together has

    Var(d) = (1/n + 1/n_others + 1/N + 1/N_others) / 4

with depths n. Portions drawn from one preparation have as many molecules each: N_others = k N. Of
other samples the number is not known; all then counts as scatter of this library. Heteroplasmies of
two tissues also drift apart. A drift of 0.01 is what 200 molecules would give: a model that allows
for it is blind to libraries of fewer, whose intervals are then too narrow. So this counts as
scatter of molecules, too, and drift makes intervals wider. A few heteroplasmies may differ for
other reasons (a clone, selection): each does with a probability of ``OTHER``, and then has the
standard deviation ``OTHER_SD``.

N has a log-normal prior about the configured number (``fraction.amplicon_molecules``). Few
heteroplasmies say little of N, and intervals rest on it as if it were known. So the lower bound of
its posterior counts, not its mean. Without heteroplasmies the configured number counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mitotransfer.arrays import Floats, Mask
from mitotransfer.counts.allele_counts import Counts

#: Heteroplasmies have at least this VAF in both libraries together; errors do not reach it.
LOWEST_VAF = 0.05
#: Chance of another reason for a difference, and its standard deviation on that scale.
OTHER, OTHER_SD = 0.05, 0.35
#: Log-sd of the prior of N: within a factor of 20 with 95 %.
PRIOR_SD = 1.5
#: Chance that N is below its lower bound.
BELOW = 0.05
#: Grid of N.
GRID: Floats = np.geomspace(10, 1e6, 121)


def differences(own: Counts, others: Sequence[Counts], where: Mask) -> tuple[Floats, Floats]:
    """Differences of a library's heteroplasmies from those of others, and their variance by depth.

    Args:
        others: one library or more; their reads count together.
        where: positions that may be compared, shape (length,).

    Returns:
        d of arcsin sqrt(VAF) and 1/n + 1/n_others, each of shape (heteroplasmies,).
    """
    a = own.bases.sum(axis=2, dtype=np.int64)
    b = np.sum([one.bases.sum(axis=2, dtype=np.int64) for one in others], axis=0)
    depth_a, depth_b = a.sum(axis=1), b.sum(axis=1)
    seen = where & (depth_a > 0) & (depth_b > 0)
    a, b, depth_a, depth_b = a[seen], b[seen], depth_a[seen], depth_b[seen]
    both = a / depth_a[:, None] + b / depth_b[:, None]
    minor = np.argsort(both, axis=1)[:, -2] if len(both) else np.zeros(0, np.int64)
    rows = np.arange(len(minor))
    chosen = both[rows, minor] / 2 >= LOWEST_VAF
    angle_a, angle_b = (
        np.arcsin(np.sqrt(x[rows, minor] / n)) for x, n in ((a, depth_a), (b, depth_b))
    )
    return (angle_a - angle_b)[chosen], (1 / depth_a + 1 / depth_b)[chosen]


def lower_bound(difference: Floats, by_depth: Floats, prior: float, portions: int = 0) -> float:
    """Lower bound of N, one-sided 95 %.

    Args:
        difference, by_depth: of ``differences``.
        prior: the number that is expected.
        portions: libraries that it was compared with, if they have as many molecules each; 0 if
            that is not known.
    """
    scatter = 1 + (1 / portions if portions else 0)
    variance = (by_depth[:, None] + scatter / GRID) / 4
    same = np.exp(-0.5 * difference[:, None] ** 2 / variance) / np.sqrt(variance)
    wide = variance + OTHER_SD**2
    apart = np.exp(-0.5 * difference[:, None] ** 2 / wide) / np.sqrt(wide)
    log_p = np.log((1 - OTHER) * same + OTHER * apart).sum(axis=0)
    log_p -= 0.5 * (np.log(GRID / prior) / PRIOR_SD) ** 2
    weight = np.cumsum(np.exp(log_p - log_p.max()))
    return float(np.exp(np.interp(BELOW, weight / weight[-1], np.log(GRID))))


def molecules(
    own: Counts, others: Sequence[Counts], where: Mask, prior: float, *, portions: bool = False
) -> tuple[float, int]:
    """Molecules that count behind a library, and the heteroplasmies that they were found from.

    Args:
        others: libraries of the same kind that share its heteroplasmies.
        where, prior: as in ``differences`` and ``lower_bound``.
        portions: whether the others were drawn from the same preparation.
    """
    if not others:
        return prior, 0
    found, depths = differences(own, others, where)
    if not len(found):
        return prior, 0
    return lower_bound(found, depths, prior, len(others) if portions else 0), len(found)
