"""Molecules over three variants of a tumour, an immune sample and a normal, with known truth."""

from __future__ import annotations

import numpy as np

from mitotransfer.fraction.molecule_haplotypes import molecule_counts
from mitotransfer.fraction.patterns import gathered
from mitotransfer.fraction.template_switching import breaks_between
from mitotransfer.fraction.variant_counts import VariantCounts

HAPLOTYPES = np.array([[1, 1, 1], [1, 1, 0], [0, 0, 0]])
SHARES = [0.7, 0.2, 0.1]
#: Molecules, error to the tumour's allele, share of sites with a base that counts.
BREAKS = breaks_between(np.array([1000, 5000, 9000]), 16_569)
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


def study(rng, design, switched=0.0, clustering=1.0):
    """A tumour of 500 molecules and a normal as large as the immune sample.

    Returns a function from the fraction to the counts of an immune sample at the sites and of its
    molecules.
    """
    size, error, shown = design
    tumor = draw(rng, 500, 1.0, error, shown, switched)
    normal = draw(rng, size, 0.0, error, shown, switched)
    rates = np.full(3, 2000 * error), np.full(3, 2000 * (1 - error))

    def counts(fraction):
        drawn = tumor, draw(rng, size, fraction, error, shown, switched), normal
        columns = [c for x in drawn for c in ((x == 1).sum(axis=0), (x >= 0).sum(axis=0))]
        sites = VariantCounts(*columns, *rates)
        patterns = map(gathered, drawn)
        return sites, molecule_counts(sites, *patterns, clustering=clustering, breaks=BREAKS)

    return counts


def both(rng, fraction, design, switched=0.0, clustering=1.0):
    """Counts of one immune sample, at the sites and of the molecules."""
    return study(rng, design, switched, clustering)(fraction)
