"""The design effect of neighbouring variants that the same fragments cover.

A likelihood that multiplies over variants assumes independent fragments. Where the same
fragments cover several variants, the variance of the estimate exceeds that from the curvature by
the factor

    D = sum_ij sqrt(I_i I_j) r_ij / sum_i I_i

with I the information of each variant on f and r the correlation of two variants' counts (the
design effect of clustered observations: Kish, Survey Sampling, 1965; the variance of a likelihood
made of components: Varin, Reid and Firth, Statistica Sinica 2011). Dividing the log likelihood by D
restores the interval. The test of f = 0 needs no correction: errors of one fragment at two
positions are independent. Its power does: tumour alleles come in clumps (``clumps``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.counts.allele_counts import FRAGMENT_BASES, Counts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def fragment_bases(counts: Counts) -> float:
    """Mean number of counted bases per fragment; 0 where the number of fragments is unknown."""
    if FRAGMENT_BASES in counts.meta:
        return float(counts.meta[FRAGMENT_BASES])
    reads = counts.meta.get("reads", 0)
    if not reads:
        return 0.0
    used = counts.meta["fragments"] * counts.meta["used_reads"] / reads
    return float(counts.depth.sum() / used) if used else 0.0


def _common(pos: Ints, fragment: float, length: int) -> Floats:
    """Share of the fragments at one position that reach another, (V, V)."""
    apart = np.abs(pos[:, None] - pos)
    return np.maximum(1.0 - np.minimum(apart, length - apart) / fragment, 0.0)


def clumps(pos: Ints, tumor_vaf: Floats, fragment: float, length: int) -> Floats:
    """Tumour alleles that a tumour fragment with one of them carries, itself included, (V,).

    As in ``design_effect``, all of them may be on the same molecules: of the fragments with an
    allele, those with a rarer one are its share, and all have a more frequent one.
    """
    if not fragment:
        return np.ones(len(pos))
    vaf = np.maximum(tumor_vaf, 1e-6)
    together = np.minimum(vaf[:, None], vaf) / vaf[:, None]
    return np.asarray((_common(pos, fragment, length) * together).sum(axis=1), float)


def design_effect(
    pos: Ints, alt: Ints, depth: Ints, tumor_vaf: Floats, *, fragment: float, length: int
) -> float:
    """D of the variants of one sample, at least 1.

    Two positions share the expected number of fragments of ``fragment`` bases. Two alleles are as
    correlated as their VAFs allow: all of a tumour's variants may be on the same molecules.

    Args:
        pos: positions of the variants; alt, depth: of the immune sample; tumor_vaf; each (V,).
        fragment: bases of a fragment (``fragment_bases``); 0: unknown, and D is 1.
        length: of the reference.
    """
    if not fragment or len(pos) < 2:
        return 1.0
    vaf = (alt + 0.5) / (depth + 1.0)
    odds = vaf / (1.0 - vaf)
    information = depth * tumor_vaf**2 / (vaf * (1.0 - vaf))
    if not information.sum() > 0:
        return 1.0
    alike = np.sqrt(np.minimum(odds[:, None], odds) / np.maximum(odds[:, None], odds))
    root = np.sqrt(information)
    return float(root @ (_common(pos, fragment, length) * alike) @ root / information.sum())
