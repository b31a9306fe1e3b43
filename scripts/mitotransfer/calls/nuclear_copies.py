"""Minor alleles of nuclear copies of mtDNA (NUMTs), which are denser than human differences.

Two human mtDNAs differ at up to 100 positions, fewer than one in 150 outside the control region, so
that reads of 150 bases with an allele of another person have about one further difference. A copy
that left the mitochondrion millions of years ago differs at several per cent for hundreds of bases.
An allele is assigned to a nuclear copy where its VAF is low, its own reads have a further mismatch,
and the alleles of about its VAF within ``WINDOW`` bases together have more further mismatches per
read than human haplotypes have anywhere. The control region is not judged, because people differ
there as much as copies do, nor are long reads, because not all of their mismatches are counted.

Mutations of a tumour stay below that: two in one read give one further mismatch, three give two.

Younger copies are recognised by their published alleles: no human mtDNA has most of the alleles by
which a copy differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.counts.allele_counts import BaseSums
from mitotransfer.genome.numts import NuclearCopy
from mitotransfer.genome.reference import BASES
from mitotransfer.quick_scipy import special

#: Further mismatches that the reads of an allele have, more than others.
MIN_FURTHER = 1.0
#: Further mismatches of alleles nearby (lower confidence bound): never those of three mutations in
#: one read, and per base above what dense stretches of human haplotypes have.
MIN_POOLED, MIN_POOLED_PER_BASE = 2.0, 2.0 / 150.0
#: Bases to both sides, and factor of the VAF, within which alleles are judged together.
WINDOW, LIKE = 1500, 3.0
#: Alleles of a published copy that a sample has to cover for the copy to be looked for, the p value
#: as an error at which one counts as present, and the share of them that have to be.
MIN_ALLELES, PRESENT, MIN_SHARE = 8, 0.01, 2.0 / 3.0
# Reads up to this many bases are judged: distances to read ends are counted up to half of it.
_LONGEST = 250.0
_DISTANCES = 4.0 * np.arange(32.0) + 1.5  # columns of ``BaseSums.profile``
_LONG_SHARE = 0.05


def read_length(sums: BaseSums, read_end: int) -> float:
    """Aligned length of the sample's reads, from the bases' distances to the nearer end; NaN if
    more than a few are longer than 250 bases.

    Distances of bases that count are even between ``read_end`` and half of the length.
    """
    weight = sums.profile.sum(axis=0, dtype=np.int64)
    if not weight.any() or weight[2 * _DISTANCES > _LONGEST].sum() > _LONG_SHARE * weight.sum():
        return np.nan
    return float(4.0 * np.average(_DISTANCES, weights=weight) - 2.0 * read_end)


class MinorAlleles(NamedTuple):
    """Minor alleles of a sample, ascending by position; shape (n_alleles,) each.

    Attributes:
        pos, allele: 0-based positions and allele codes.
        vaf, fragments, p_value: of each allele; the p value as an error.
        further: mismatches per read, more than reads with the sample's own base have
            (``calls.read_bias.Bias.linked``).
    """

    pos: Ints
    allele: Ints
    vaf: Floats
    fragments: Ints
    p_value: Floats
    further: Floats

    def rows(self, kept: Mask) -> MinorAlleles:
        """Some of the alleles."""
        of_alleles: Any = [values[kept] for values in self]
        return MinorAlleles(*of_alleles)


def of_nuclear_copies(
    minor: MinorAlleles, control_region: Mask, length: float, confidence: float
) -> Mask:
    """Which of a sample's significant minor alleles are those of nuclear copies, mask (n_alleles,).

    Args:
        control_region: its positions, mask (length,).
        length: of the reads; NaN: unknown, and no allele is one.
        confidence: of the pooled mismatches' two-sided interval.
    """
    told = ~control_region[minor.pos] & np.isfinite(minor.further)
    out = np.zeros(len(told), bool)
    if not told.any() or not np.isfinite(length):
        return out
    pos, _, vaf, fragments, _, further = minor.rows(told)
    k, more = fragments * 1.0, np.maximum(further, 0.0)
    weight, total = k.copy(), k * more
    for shift in range(1, len(pos)):
        near = pos[shift:] - pos[:-shift] <= WINDOW
        if not near.any():
            break
        one, other = vaf[:-shift], vaf[shift:]
        like = near & (other <= LIKE * one) & (one <= LIKE * other)
        for own, its in ((slice(None, -shift), slice(shift, None)),
                         (slice(shift, None), slice(None, -shift))):  # fmt: skip
            weight[own] += like * k[its]
            total[own] += like * k[its] * more[its]
    mean = total / weight
    # A read with m further mismatches is among those of m + 1 alleles.
    reads = weight / (1.0 + mean)
    low = special.gammaincinv(np.maximum(mean * reads, 1e-9), (1.0 - confidence) / 2.0) / reads
    limit = max(MIN_POOLED, MIN_POOLED_PER_BASE * length)
    out[told] = (more >= MIN_FURTHER) & (low >= limit)
    return out


def of_published_copies(
    minor: MinorAlleles, copies: Sequence[NuclearCopy], own: Ints, covered: Mask
) -> Mask:
    """Which of a sample's minor alleles are those of published copies that it has, (n_alleles,).

    Args:
        own: the sample's own base at each position; covered: deep enough, each (length,).
    """
    row = np.full((len(own), len(BASES)), -1)
    row[minor.pos, minor.allele] = np.arange(len(minor.pos))
    out = np.zeros(len(minor.pos), bool)
    for copy in copies:
        told = covered[copy.pos] & (own[copy.pos] != copy.allele)
        rows = row[copy.pos[told], copy.allele[told]]
        rows = rows[rows >= 0]
        present = rows[minor.p_value[rows] <= PRESENT]
        if told.sum() >= MIN_ALLELES and len(present) >= MIN_SHARE * told.sum():
            out[rows] |= minor.vaf[rows] <= LIKE * np.median(minor.vaf[present])
    return out
