"""Minor alleles of nuclear copies of mtDNA (NUMTs), told from another human haplotype by density.

Two human mtDNAs differ at up to 100 positions, fewer than one in 150 outside the control region, so
that reads of 150 bases with an allele of another person have about one further difference. A copy
that left the mitochondrion millions of years ago differs at several per cent for hundreds of bases.
An allele is taken for a nuclear copy's where its VAF is low, its own reads have a further mismatch,
and the alleles of about its VAF within ``WINDOW`` bases together have more further mismatches per
read than human haplotypes have anywhere. Nothing is said of the control region, in which people
differ as much as copies do, nor of long reads, whose mismatches are not counted to the last.

Of what is left out, two mutations of a tumour in one read are one further mismatch, three are two.

Younger copies are told by their alleles, where these are published: no human mtDNA has most of the
alleles by which a copy differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from mitotransfer.counts.allele_counts import BaseSums
from mitotransfer.genome.reference import BASES, LENGTH, allele_codes

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: First and last position (1-based) of the control region, which crosses the origin.
CONTROL_REGION = (16_024, 576)
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
# Reads are judged up to so many bases: distances to read ends are counted up to half of that.
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


def of_nuclear_copies(
    pos: Ints, vaf: Floats, fragments: Ints, further: Floats, length: float, confidence: float
) -> NDArray[np.bool_]:
    """Which of a sample's significant minor alleles are those of nuclear copies, mask (n_alleles,).

    Args:
        pos: 1-based, ascending; vaf, fragments: of each allele.
        further: mismatches per read, more than reads with the sample's own base have
            (``calls.read_bias.Bias.linked``).
        length: of the reads; NaN: unknown, and no allele is one.
        confidence: of the pooled mismatches' two-sided interval.
    """
    first, last = CONTROL_REGION
    told = (pos > last) & (pos < first) & np.isfinite(further)
    out = np.zeros(len(pos), bool)
    if not told.any() or not np.isfinite(length):
        return out
    pos, vaf, k, more = pos[told], vaf[told], fragments[told] * 1.0, np.maximum(further[told], 0.0)
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


# ---------------------------------------------------------------- published copies


@dataclass(frozen=True)
class Copy:
    """Where a nuclear copy differs from rCRS: 0-based positions and allele codes, (n_alleles,)."""

    pos: Ints
    allele: Ints


def load(path: str | Path) -> list[Copy]:
    """Copies of ``numts.tsv`` (``pos allele source``, sources joined by ``; ``)."""
    table = pd.read_csv(path, sep="\t")
    table = table.assign(source=table["source"].str.split("; ")).explode("source")
    return [
        Copy(
            rows["pos"].to_numpy(np.int64) - 1,
            allele_codes(rows["allele"]),
        )
        for _, rows in table.groupby("source")
    ]


def of_published_copies(
    copies: Sequence[Copy],
    own: Ints,
    covered: NDArray[np.bool_],
    at: Ints,
    allele: Ints,
    vaf: Floats,
    p_value: Floats,
) -> NDArray[np.bool_]:
    """Which of a sample's minor alleles are those of published copies that it has, (n_alleles,).

    Args:
        own: the sample's own base at each position; covered: deep enough, each (16569,).
        at, allele, vaf, p_value: of each minor allele seen; at: 0-based.
    """
    row = np.full((LENGTH, len(BASES)), -1)
    row[at, allele] = np.arange(len(at))
    out = np.zeros(len(at), bool)
    for copy in copies:
        told = covered[copy.pos] & (own[copy.pos] != copy.allele)
        rows = row[copy.pos[told], copy.allele[told]]
        rows = rows[rows >= 0]
        present = rows[p_value[rows] <= PRESENT]
        if told.sum() >= MIN_ALLELES and len(present) >= MIN_SHARE * told.sum():
            out[rows] |= vaf[rows] <= LIKE * np.median(vaf[present])
    return out
