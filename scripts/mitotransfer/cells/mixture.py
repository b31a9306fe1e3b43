"""The model of a cell's mtDNA: its own, the tumour's, free mtDNA and swapped reads.

A fragment of cell c has the tumour's allele of variant v with probability

    p = (1 - a) f t_v + (g load / N_c) A t_v + s A_s t_v + e_v,    a = g load / N_c + s

with f the share of the cell's mtDNA that is the tumour's, t_v the tumour's VAF, N_c the cell's
depth, g the droplet's load over the mean (gamma), A and A_s the shares of the tumour in free mtDNA
and in swapped reads, e_v the error rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.cells.ambient import Ambient
from mitotransfer.cells.donors import Donors

#: Points for the gamma distribution of a droplet's load. Nine cut its tail, and false calls follow.
NODES = 20


@dataclass(frozen=True)
class Library:
    """Counts of a library's cells at informative variants, and what they are compared with.

    Attributes:
        alt, depth: fragments with the tumour's allele, and all, shape (cells, variants).
        total: mean depth of the cell's mtDNA, shape (cells,).
        donors: the tumour's VAFs.
        error: rate of the error that looks like the variant, shape (variants,).
        ambient: free mtDNA and swapped reads.
    """

    alt: Ints
    depth: Ints
    total: Floats
    donors: Donors
    error: Floats
    ambient: Ambient

    def of(self, cells: Mask) -> Library:
        """The same with some of the cells alone."""
        return replace(self, alt=self.alt[cells], depth=self.depth[cells], total=self.total[cells])

    def without(self, variant: int) -> Library:
        """The same without a variant (its index)."""
        kept = np.arange(len(self.error)) != variant
        donors = Donors(self.donors.vaf[kept], self.donors.concentration[kept])
        return replace(
            self, alt=self.alt[:, kept], depth=self.depth[:, kept], donors=donors,
            error=self.error[kept],
        )  # fmt: skip

    @property
    def per_load(self) -> Floats:
        """Share of a cell's mtDNA that a mean load is, shape (cells,)."""
        return self.ambient.load / np.maximum(self.total, 1e-9)


def loads(shape: float, nodes: int = NODES) -> tuple[Floats, Floats]:
    """Loads over their mean, and weights, that stand for the gamma distribution of shape ``shape``.

    Generalised Gauss-Laguerre quadrature (Golub and Welsch, Math Comput 1969).
    """
    x, weights = special.roots_genlaguerre(nodes, shape - 1)
    return x / shape, weights / weights.sum()


def expected(library: Library, fraction: float | Floats) -> tuple[Floats, Floats]:
    """Mean number of tumour alleles of each cell, by load, and the loads' weights.

    Args:
        fraction: of the cell's mtDNA that is the tumour's; a number, or by cell.

    Returns:
        Shapes (cells, NODES) and (NODES,).
    """
    ambient = library.ambient
    g, weights = loads(ambient.shape)
    from_load = np.minimum(library.per_load[:, None] * g, 1.0)
    own = np.maximum(1 - from_load - ambient.swap, 0.0)
    tumor = (
        own * np.reshape(fraction, (-1, 1))
        + from_load * ambient.tumor_share
        + ambient.swap * ambient.swap_tumor_share
    )
    alleles = library.depth @ library.donors.vaf
    return tumor * alleles[:, None] + (library.depth @ library.error)[:, None], weights
