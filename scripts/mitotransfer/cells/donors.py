"""The tumour's alleles in the cells that give mtDNA: mean VAF and spread over tumour cells.

Each mitochondrion that a cell receives is of one donor, and donors differ: of a heteroplasmic
variant one tumour cell has none and another has it on every mtDNA. An interval that takes all
donors for the mean covers too rarely.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from mitotransfer.arrays import Floats, Ints

#: Points that stand for the distribution of a variant's VAF over donors.
POINTS = 6
#: Concentration of a VAF that does not vary, and the least one.
MAX_CONCENTRATION, MIN_CONCENTRATION = 500.0, 0.2


class Donors(NamedTuple):
    """VAF of each variant over tumour cells: Beta(vaf c, (1 - vaf) c), shapes (variants,)."""

    vaf: Floats
    concentration: Floats


def of_tumor_cells(alt: Ints, depth: Ints) -> Donors:
    """Mean and spread of the VAF over tumour cells, by moments (Kleinman, J Am Stat Assoc 1973).

    With the cell's VAF of variance p q (1 / n + rho (1 - 1 / n)), rho follows from the sum of
    squares over cells, weighted by depth; the concentration is 1 / rho - 1.

    Args:
        alt, depth: fragments in tumour cells, shape (cells, variants).
    """
    n = depth.astype(float)
    total = n.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = alt.sum(axis=0) / total
        apart = np.where(depth > 0, alt / n - mean, 0.0)
        weight = n * (1 - n / total)
        spread = mean * (1 - mean)
        by_chance = np.where(depth > 0, weight / n, 0.0).sum(axis=0) * spread
        by_donor = np.where(depth > 0, weight * (1 - 1 / n), 0.0).sum(axis=0) * spread
        rho = ((n * apart**2).sum(axis=0) - by_chance) / by_donor
    # A variant on all mtDNA, or seen once a cell, shows no spread.
    rho = np.clip(np.nan_to_num(rho, nan=0.0, posinf=0.0, neginf=0.0), 1e-9, 1 - 1e-9)
    return Donors(mean, np.clip(1 / rho - 1, MIN_CONCENTRATION, MAX_CONCENTRATION))


def points(donors: Donors) -> tuple[Floats, Floats]:
    """VAFs and weights that stand for the donors' distribution, shapes (variants, POINTS).

    Gauss-Jacobi quadrature: the sum of a function of the VAF over them equals its mean over the
    beta distribution for polynomials up to degree 2 POINTS - 1 (Golub and Welsch, Math Comput
    1969).
    """
    vafs = np.empty((len(donors.vaf), POINTS))
    weights = np.empty_like(vafs)
    for i, (vaf, concentration) in enumerate(zip(*donors, strict=True)):
        inside = min(max(float(vaf), 1e-4), 1 - 1e-4)
        a, b = inside * concentration, (1 - inside) * concentration
        nodes, mass = special.roots_jacobi(POINTS, b - 1, a - 1)
        vafs[i], weights[i] = (nodes + 1) / 2, mass / mass.sum()
    return vafs, weights
