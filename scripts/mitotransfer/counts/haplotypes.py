"""Haplotypes of samples from their counts, and differences between haplotypes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Mask


def varies(haplotypes: NDArray[np.int8], rows: Iterable[int]) -> NDArray[np.bool_]:
    """Positions at which the haplotypes ``rows`` show more than one allele, shape (positions,).

    Args:
        haplotypes: alleles 0 to 3, below 0 where unknown; shape (samples, positions).
    """
    alleles = np.zeros(haplotypes.shape[1], np.uint8)
    for i in rows:
        known = haplotypes[i] >= 0
        alleles[known] |= np.left_shift(np.uint8(1), haplotypes[i][known].astype(np.uint8))
    return np.bitwise_count(alleles) > 1


#: Fragments and VAF from which the major allele counts as fixed.
MIN_FIXED_DEPTH, MIN_FIXED_VAF = 10, 0.9

UNKNOWN = -1

Haplotype = NDArray[np.int8]


def haplotype(bases: NDArray[np.uint32]) -> Haplotype:
    """Fixed allele per position (A, C, G, T: 0 to 3), -1 where mixed or not covered.

    Args:
        bases: fragments, shape (length, 4, 2).
    """
    # Along the long axis: sums over the short ones take ten times as long.
    alleles = np.ascontiguousarray(bases.T).sum(axis=0, dtype=np.int64)
    depth = alleles.sum(axis=0)
    fixed = (depth >= MIN_FIXED_DEPTH) & (alleles.max(axis=0) >= MIN_FIXED_VAF * depth)
    return np.where(fixed, alleles.argmax(axis=0), UNKNOWN).astype(np.int8)


def count_differences(one: Haplotype, other: Haplotype, usable: Mask) -> tuple[int, int]:
    """Positions at which two haplotypes differ, and those at which both are known."""
    known = usable & (one >= 0) & (other >= 0)
    return int(np.sum(known & (one != other))), int(known.sum())


def differences_between(
    rows: NDArray[np.int8], others: NDArray[np.int8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fixed differences of all pairs of haplotypes, and the positions at which both are known.

    Products of indicator matrices, one per base.

    Args:
        rows, others: shapes (n, positions) and (m, positions).

    Returns:
        Whole numbers, shape (n, m) each.
    """
    compared = (rows >= 0).astype(np.float32) @ (others >= 0).astype(np.float32).T
    same = sum(
        (rows == base).astype(np.float32) @ (others == base).astype(np.float32).T
        for base in range(4)
    )
    return compared - same, compared
