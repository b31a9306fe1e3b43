"""Neighbouring heteroplasmies on the same molecules, as the reads show.

A multi-nucleotide variant is called as its SNVs. ``counts.allele_counts.BaseSums.pairs`` holds how
many fragments have the alleles of two neighbours. Phases matter only within codons: further apart,
two SNVs do not change each other's consequence. HGVS, too, joins two substitutions only if at most
one base is between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.calls.frame import HETEROPLASMIC
from mitotransfer.counts.allele_counts import NEAR, UNSEEN, Counts
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.reference import CODE_N, allele_codes
from mitotransfer.stats.intervals import vaf_interval

# Nearly all fragments have an allele where the lower confidence bound of their share is at least
# this, nearly none where its upper bound is at most the rest. A convention: alleles just above the
# errors have fragments that are errors, and recombination in PCR parts alleles of one molecule, so
# that the share is below 1 where all molecules have both.
NEARLY_ALL = 0.8

RowPairs = frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Phases:
    """Phases between rows of a calls frame; a pair in neither set is unknown or mixed.

    Attributes:
        together: pairs (row, other): nearly all fragments with the row's allele have the other's.
        apart: the same for nearly none.
        sets: the first position of those on the same molecules as the row, NaN where there is no
            other one; shape (rows,).
    """

    together: RowPairs
    apart: RowPairs
    sets: NDArray[np.float64]


def phases(calls: pd.DataFrame, counts: Counts, genome: Genome, confidence: float) -> Phases:
    """Phases of the heteroplasmic SNVs that pass and are up to ``NEAR`` bases apart.

    Two are on the same molecules if nearly all fragments with either allele have both, and nearly
    none of those without one have the other (which says more where the minor allele is the
    reference's). Fragments without a counted base at one of the positions are ignored.

    Args:
        calls: columns ``pos``, ``alt``, ``type``, ``filter``, ``state``, sorted by ``pos``.
        counts: of the same sample; without ``sums`` nothing is known.
        confidence: level of the Jeffreys intervals of the shares.
    """
    snv = (calls["type"] == "SNV") & (calls["filter"] == "PASS")
    rows = np.flatnonzero(snv & (calls["state"] == HETEROPLASMIC))
    at = calls["pos"].to_numpy(np.int64) - 1
    place = genome.circle.to_circle(at[rows])
    apart = np.abs(place[:, None] - place)
    one, other = (rows[side] for side in np.nonzero((apart > 0) & (apart <= NEAR)))
    if counts.sums is None or not len(one):
        return Phases(frozenset(), frozenset(), np.full(len(calls), np.nan))
    allele = np.full(len(calls), CODE_N, np.int64)
    allele[rows] = allele_codes(calls["alt"].iloc[rows])
    both = _fragments(counts.sums.pairs, at[one], allele[one], at[other], allele[other])
    unseen = _fragments(counts.sums.pairs, at[one], allele[one], at[other], UNSEEN)
    having = counts.alleles[at[one], allele[one]]
    seen = having - unseen
    nearly_all, nearly_none = _nearly(both, seen, confidence)
    # The same pairs the other way round, and the fragments without the one's allele.
    turned = np.lexsort((one, other))
    only_other = (seen - both)[turned]
    without = counts.alleles[at[one]].sum(axis=1) - having
    without = np.round(without * seen / np.maximum(having, 1)).astype(np.int64)
    _, none_without = _nearly(only_other, np.maximum(without, only_other), confidence)
    same = nearly_all & nearly_all[turned] & none_without & none_without[turned]
    pairs = np.stack([one, other], axis=1)
    return Phases(_set(pairs[nearly_all]), _set(pairs[nearly_none]), _sets(pairs[same], at + 1))


def _fragments(
    pairs: NDArray[np.uint32],
    one: NDArray[np.int64],
    allele: NDArray[np.int64],
    other: NDArray[np.int64],
    other_allele: NDArray[np.int64] | int,
) -> NDArray[np.int64]:
    """Fragments that have an allele at one position and another one at the other; shape (n,)."""
    kept = np.isin(pairs[0], one) & np.isin(pairs[2], one)
    number = {tuple(key): fragments for *key, fragments in pairs[:, kept].T.tolist()}
    ends = np.stack([one, allele]), np.stack(np.broadcast_arrays(other, other_allele))
    first, last = (np.where(one < other, *sides) for sides in (ends, ends[::-1]))
    keys = np.concatenate([first, last]).T.tolist()
    return np.array([number.get(tuple(key), 0) for key in keys], np.int64)


def _set(pairs: NDArray[np.int64]) -> RowPairs:
    return frozenset((one, other) for one, other in pairs.tolist())


def _nearly(
    k: NDArray[np.int64], n: NDArray[np.int64], confidence: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether k of n are nearly all, and whether they are nearly none."""
    low, high = vaf_interval(k, n, confidence)
    return low >= NEARLY_ALL, high <= 1.0 - NEARLY_ALL


def _sets(pairs: NDArray[np.int64], pos: NDArray[np.int64]) -> NDArray[np.float64]:
    """The smallest position of the rows that pairs join to a row, directly or through others."""
    first = pos.astype(np.float64)
    before = np.zeros_like(first)
    while not np.array_equal(first, before):
        before = first.copy()
        for here, there in (pairs.T, pairs.T[::-1]):
            np.minimum.at(first, here, before[there])
    return np.where(np.isin(np.arange(len(pos)), pairs), first, np.nan)
