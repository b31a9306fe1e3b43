"""mtDNA molecules behind the reads of an amplicon library, from alleles shared with other samples.

Reads are copies of N molecules, so that a VAF m scatters with the variance m (1 - m) / N however
deep the reads are. Two libraries of one preparation, or of two tissues of a person, have the same
heteroplasmies; how much these differ shows N. On the scale of arcsin sqrt(VAF), where the variance
of a share does not depend on it (Anscombe 1948, doi 10.1093/biomet/35.3-4.246), the difference has

    Var(d) = (1/n_a + 1/n_b + 2/N) / 4

with depths n. Heteroplasmies of two tissues also drift apart. A drift of 0.01 is what 200 molecules
would give: a model that allows for it is blind to libraries of fewer, whose intervals are then too
narrow. So all counts as scatter of molecules, and drift makes intervals wider. A few heteroplasmies
may differ for other reasons (a clone, selection): each does with a probability of ``OTHER``, and
then has the standard deviation ``OTHER_SD``.

N has a log-normal prior about the configured number (``fraction.amplicon_molecules``). The estimate
is the posterior's geometric mean, so that without heteroplasmies it is the configured number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Mask
from mitotransfer.counts.allele_counts import Counts

#: Heteroplasmies have at least this VAF in both libraries together; errors do not reach it.
LOWEST_VAF = 0.05
#: Chance of another reason for a difference, and its standard deviation on that scale.
OTHER, OTHER_SD = 0.05, 0.35
#: Log-sd of the prior of N: within a factor of 20 with 95 %.
PRIOR_SD = 1.5
#: Grid of N.
GRID: Floats = np.geomspace(10, 1e6, 121)


def differences(own: Counts, other: Counts, where: Mask) -> tuple[Floats, Floats]:
    """Differences of heteroplasmies of two libraries, and their variance by depth alone.

    Args:
        where: positions that may be compared, shape (length,).

    Returns:
        d of arcsin sqrt(VAF) and 1/n_a + 1/n_b, each of shape (heteroplasmies,).
    """
    a, b = (one.bases.sum(axis=2, dtype=np.int64) for one in (own, other))
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


def estimate(difference: Floats, by_depth: Floats, prior: float) -> float:
    """N, the molecules behind each of two libraries that are alike.

    Args:
        difference, by_depth: of ``differences``, of all pairs of libraries.
        prior: the number that is expected.
    """
    variance = (by_depth[:, None] + 2 / GRID) / 4
    same = np.exp(-0.5 * difference[:, None] ** 2 / variance) / np.sqrt(variance)
    wide = variance + OTHER_SD**2
    apart = np.exp(-0.5 * difference[:, None] ** 2 / wide) / np.sqrt(wide)
    log_p = np.log((1 - OTHER) * same + OTHER * apart).sum(axis=0)
    log_n = np.log(GRID)
    log_p -= 0.5 * ((log_n - np.log(prior)) / PRIOR_SD) ** 2
    weight = np.exp(log_p - log_p.max())
    return float(np.exp(weight @ log_n / weight.sum()))


def molecules(
    own: Counts,
    others: Sequence[Counts],
    where: NDArray[np.bool_],
    prior: float,
) -> tuple[float, int]:
    """Molecules behind a library, and the heteroplasmies that they were estimated from.

    Args:
        others: libraries of the same kind that share its heteroplasmies.
        where, prior: as in ``differences`` and ``estimate``.
    """
    pairs = [differences(own, other, where) for other in others]
    found, depths = (np.concatenate([np.zeros(0), *(pair[k] for pair in pairs)]) for k in (0, 1))
    return (estimate(found, depths, prior), len(found)) if len(found) else (prior, 0)
