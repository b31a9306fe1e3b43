"""Patterns of molecules: what each shows at k variants, and what one with a deletion would show.

A molecule that lacks a deletion's bases shows the junction, and nothing at the variants inside: its
haplotype has none of them (``absent``). It is shorter, and its reads reach further beyond the
deletion than those of a whole molecule. Reads of both are as dense at every place that both have.
What reads of deleted molecules would cover follows from those of whole ones: each starts where it
does, if that place is left, and has as many bases (``Deletion.covered``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Ints, Mask

Alleles = NDArray[np.int8]
#: Smallest error rate that is believed.
LEAST_ERROR = 1e-6


class Patterns(NamedTuple):
    """Molecules by what they show at k variants.

    Attributes:
        alleles: int8, shape (m, k): 1 the tumour's allele, 0 another, -1 none that counts.
        molecules: int64, shape (m,): their number.
    """

    alleles: Alleles
    molecules: Ints

    def over(self, columns: Mask) -> Patterns:
        """The patterns at some of the variants."""
        return gathered(self.alleles[:, columns], self.molecules)

    def spanning(self) -> Mask:
        """Which of them show two variants or more."""
        return (self.alleles >= 0).sum(axis=1) >= 2

    def covered(self) -> Patterns:
        """What they cover: 0 for each base that counts."""
        return gathered(np.minimum(self.alleles, 0).astype(np.int8), self.molecules)

    def alone(self) -> Ints:
        """Molecules that show one variant alone, by variant, shape (k,)."""
        one = ~self.spanning()
        return np.asarray(self.molecules[one] @ (self.alleles[one] >= 0), np.int64)


def gathered(alleles: Alleles, molecules: Ints | None = None) -> Patterns:
    """Patterns of molecules, equal ones added up; those that show nothing are left out."""
    times = np.ones(len(alleles), np.int64) if molecules is None else molecules
    shown = (alleles >= 0).any(axis=1)
    found, which = np.unique(alleles[shown], axis=0, return_inverse=True)
    sums = np.bincount(which.ravel(), weights=times[shown], minlength=len(found))
    return Patterns(found.astype(np.int8), sums.astype(np.int64))


class Deletion(NamedTuple):
    """A deletion of the tumour as one of the k variants: its allele is the junction.

    Attributes:
        column: which of the variants it is.
        inside: which of them lie within, shape (k,).
        covered: what the immune sample's molecules would cover if they had it.
    """

    column: int
    inside: Mask
    covered: Patterns

    def absent(self, haplotypes: Mask) -> Mask:
        """Variants that haplotypes lack, shape (h, k)."""
        return haplotypes[:, [self.column]] & self.inside

    def share(self, patterns: Patterns) -> float:
        """Share of the molecules that have it, of those across the junction or its first end."""
        shown = patterns.alleles[:, self.column]
        split = float(patterns.molecules[shown == 1].sum())
        return split / max(split + float(patterns.molecules[shown == 0].sum()), 1.0)

    def without(self, patterns: Patterns) -> Patterns:
        """Those that do not show the junction."""
        whole = patterns.alleles[:, self.column] != 1
        return Patterns(patterns.alleles[whole], patterns.molecules[whole])

    def blanked(self, alleles: Alleles) -> Alleles:
        """Alleles without those inside the deletion where the junction is shown."""
        lacks = (alleles[:, [self.column]] == 1) & self.inside
        return np.where(lacks, -1, alleles).astype(np.int8)

    def anchored(self, weights: Floats, haplotypes: Mask, share: float) -> Floats:
        """Weights of haplotypes among molecules, from those among reads, shape (s, h).

        Reads of deleted molecules cover the variants more or less often than those of whole ones.
        Of both, those across the junction or its first end are as frequent as the molecules.
        """
        has = haplotypes[:, self.column]
        out = weights.copy()
        for kind, whole in ((has, share), (~has, 1.0 - share)):
            sums = out[:, kind].sum(axis=1, keepdims=True)
            out[:, kind] *= whole / np.where(sums > 0, sums, 1.0)
        return out / out.sum(axis=1, keepdims=True)

    def copies(self, patterns: Patterns, share: float) -> Floats:
        """Reads of the tumour's molecules over two variants or more, and over each alone.

        Over those of as many whole molecules, shape (1 + k,).

        Args:
            patterns: of the immune sample.
            share: of the tumour's molecules with the deletion.
        """
        whole = self.without(patterns)
        few = 0.5  # a molecule more or less says nothing
        ratios = [
            (float(mine.molecules[mine.spanning()].sum()), mine.alone().astype(float))
            for mine in (self.covered, whole)
        ]
        deleted, others = (np.append(*one) for one in ratios)
        ratio = (deleted + few) / (others + few)
        ratio[1:][self.inside] = 0.0
        return np.maximum(1.0 + share * (ratio - 1.0), 1e-3)


class Haplotypes(NamedTuple):
    """Haplotypes of a sample: alleles, bool (h, k), their shares, (h,), and what they lack."""

    alleles: Mask
    weights: Floats
    absent: Mask


def combinations(size: int, deletion: Deletion | None) -> tuple[Mask, Mask]:
    """All haplotypes of some variants, and what they lack, shape (2^k, k) each."""
    every = (np.arange(1 << size)[:, None] >> np.arange(size)) & 1 == 1
    return every, deletion.absent(every) if deletion else np.zeros_like(every)


def log_likelihoods(alleles: Alleles, haplotypes: Mask, absent: Mask, error: Floats) -> Floats:
    """Log probability of each pattern given each haplotype, shape (m, h).

    Args:
        absent: variants that the haplotypes lack, shape (h, k); a base there is a rare error.
        error: probability that a site is misread for the other allele, shape (k,).
    """
    wrong, right = np.log(error), np.log1p(-error)
    with_allele, without = (alleles == 1).astype(float), (alleles == 0).astype(float)
    one = np.where(absent, np.log(LEAST_ERROR), np.where(haplotypes, right, wrong))
    none = np.where(absent, np.log(LEAST_ERROR), np.where(haplotypes, wrong, right))
    return np.asarray(with_allele @ one.T + without @ none.T)
