"""A sample's own bases, its mean depth and its heteroplasmic alleles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.counts.allele_counts import Counts, major
from mitotransfer.genome.circle import Circle
from mitotransfer.genome.reference import CODE_N

#: Fragments that a heteroplasmic allele needs.
MIN_FRAGMENTS = 4


def mean_depth(counts: Counts, circle: Circle) -> float:
    """Fragments per position that reads can cover: all but the placeholder."""
    return float(counts.depth.sum()) / circle.length


def heteroplasmic_alleles(counts: Counts) -> NDArray[np.bool_]:
    """Minor alleles that are too frequent for errors, shape (length, 4)."""
    alleles = counts.alleles
    depth = counts.depth[:, :1] + counts.depth[:, 1:]
    vaf = alleles / np.maximum(depth, 1)
    minor = np.arange(4) != major(alleles)[:, None]
    return minor & (vaf > ERROR_CAP) & (alleles >= MIN_FRAGMENTS)


# Alleles above this VAF (both strands) are variants; below it they may be errors.
ERROR_CAP = 0.02


def own_bases(counts: Counts) -> NDArray[np.int64]:
    """The sample's most frequent base at each position; 4 where nothing covers it."""
    return np.where(counts.depth.any(axis=1), major(counts.alleles), CODE_N)
