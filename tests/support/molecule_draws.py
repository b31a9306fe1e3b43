"""Molecules over three variants of a tumour, an immune sample and a normal, with known truth."""

from __future__ import annotations

import numpy as np

from mitotransfer.fraction.molecule_haplotypes import gathered, molecule_counts
from mitotransfer.fraction.variant_counts import VariantCounts

HAPLOTYPES = np.array([[1, 1, 1], [1, 1, 0], [0, 0, 0]])
SHARES = [0.7, 0.2, 0.1]
#: Molecules, error to the tumour's allele, share of sites with a base that counts.
ONT, HIFI = (5000, 1e-3, 0.85), (1000, 1e-4, 0.98)


def draw(rng, size, fraction, error, shown, switched=0.0):
    """Molecules over three variants: haplotypes, template switching, errors, missing bases."""

    def source():
        of_tumor = rng.random(size) < fraction
        return np.where(of_tumor[:, None], HAPLOTYPES[rng.choice(3, size, p=SHARES)], 0)

    found, other = source(), source()
    beyond = np.arange(3) >= rng.integers(1, 3, size)[:, None]
    found = np.where(beyond & (rng.random(size) < switched)[:, None], other, found)
    found = np.where(rng.random((size, 3)) < error, 1 - found, found)
    return np.where(rng.random((size, 3)) < shown, found, -1).astype(np.int8)


def both(rng, fraction, design, switched=0.0, clustering=1.0):
    """Counts at the sites and of the molecules.

    The tumour has 500 molecules, the normal as many as the immune sample.
    """
    size, error, shown = design
    drawn = [
        draw(rng, n, f, error, shown, switched)
        for n, f in ((500, 1.0), (size, fraction), (size, 0.0))
    ]
    columns = [c for x in drawn for c in ((x == 1).sum(axis=0), (x >= 0).sum(axis=0))]
    rates = np.full(3, 2000 * error), np.full(3, 2000 * (1 - error))
    sites = VariantCounts(*columns, *rates)
    return sites, molecule_counts(sites, *map(gathered, drawn), clustering)
