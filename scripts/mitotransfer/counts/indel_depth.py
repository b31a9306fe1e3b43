"""Fragments that can show an indel: the depth of its VAF.

A read shows an indel only if enough of its bases lie beyond it on both sides: more than are ignored
at read ends, and enough to pay for the gap in the aligner. Otherwise it ends at the indel, clipped,
where its bases do not count. A read without the indel that reaches no farther covers the place all
the same. So of the fragments without the indel only the share that would have shown it counts:

    share = P(a read of the fragment reaches ``least`` bases beyond the place on both sides)

from the distances of the sample's bases to the ends of their reads, of the two mates the one that
reaches farther (``Counts.meta``, key ``reach``). A read that has to reach a bases to one side and b
to the other has as many places as one that has to reach (a + b) / 2 to both. This takes ends of
reads for evenly spread, which those of amplicons are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mitotransfer.arrays import Floats, Ints
from mitotransfer.counts.allele_counts import REACH, Counts
from mitotransfer.genome.reference import Reference

# Bases beyond a gap of g bases that an aligned read needs: g plus this. The gap costs 6 + g matches
# (bwa's -O and -E), the clip that it saves 5 (-L); beyond a long repeat some need more (measured).
_BEYOND_GAP, _BEYOND_REPEAT = 2, 5


def fragments(indels: pd.DataFrame) -> Ints:
    """Fragments with each indel by strand, shape (indels, 2), of a table like ``Counts.indels``."""
    return indels[["forward", "reverse"]].to_numpy(np.int64).reshape(-1, 2)


def at_anchor(counts: Counts) -> Ints:
    """Fragments with any indel after each base, by strand, shape (length, 2)."""
    found = np.zeros((len(counts.bases), 2), np.int64)
    np.add.at(found, counts.indels["pos"].to_numpy(np.int64) - 1, fragments(counts.indels))
    return found


def repeat_beyond(sequence: str, anchor: int, ref: str, alt: str) -> int:
    """Bases by which an indel after the anchor (0-based) can be moved on; at most a circle."""
    moved, after, shift, size = alt[1:] or ref[1:], anchor + len(ref), 0, len(sequence)
    while shift < size and sequence[(after + shift) % size] == moved[shift % len(moved)]:
        shift += 1
    return shift


def tract_beyond(reference: Reference, anchor: int, ref: str, alt: str) -> int:
    """Bases after the anchor (0-based) that are the same with and without an indel.

    A read that ends among them does not show whether it has the indel. They are the repeat in
    which the indel may stand, and the inserted bases.
    """
    return repeat_beyond(reference.sequence, anchor, ref, alt) + len(alt) - 1


def pooled_facts(counts: Sequence[Counts]) -> dict[str, Any]:
    """Facts of ``Counts.meta`` about the reads of several samples, as of one."""
    told = [one.meta for one in counts if one.meta.get(REACH)]
    if not told:
        return {}
    reach = [np.asarray(one[REACH], np.int64) for one in told]
    total = np.zeros(max(len(one) for one in reach), np.int64)
    for one in reach:
        total[: len(one)] += one
    return {REACH: total.tolist(), "read_end": told[0]["read_end"]}


class Shares(NamedTuple):
    """How an indel is seen, each (indels,).

    Attributes:
        shown: share of the fragments without an indel that would have shown it.
        hidden: fragments that have it and cover the anchor without showing it, over those that
            show it: reads that end in its repeat, or are clipped there.
    """

    shown: Floats
    hidden: Floats


def shares(counts: Counts, repeat: Ints, tract: Ints, gap: Ints) -> Shares:
    """How each indel is seen; all of it where the counts do not tell how far reads reach.

    Args:
        repeat: bases after the anchor in which the indel may stand; tract: ``tract_beyond``; gap:
            its inserted or deleted bases.
    """
    reach = np.asarray(counts.meta.get(REACH, []), float)
    if not reach.any():
        return Shares(np.ones(tract.size), np.zeros(tract.size))
    below = np.concatenate([[0.0], np.cumsum(reach)]) / reach.sum()
    end = counts.meta["read_end"]
    margin = np.maximum(end, gap + np.where(repeat >= end, _BEYOND_REPEAT, _BEYOND_GAP))

    def nearer(distance: Floats) -> Floats:
        return np.asarray(np.interp(distance, np.arange(below.size), below))

    # The anchor is one of the bases before the gap.
    shown = 1.0 - nearer(margin + (tract - 1) / 2)
    # The nearer end of a read is as often the one before.
    within = np.where(repeat >= end, 0.5 * nearer((margin + tract).astype(float)), 0.0)
    return Shares(shown, within / np.maximum(shown, 1e-9))


def shown_share(counts: Counts, reference: Reference, indels: pd.DataFrame) -> Floats:
    """Share of the fragments without each indel that would have shown it, (indels,)."""
    return shares(counts, *_extents(reference, indels)).shown


def _extents(reference: Reference, indels: pd.DataFrame) -> tuple[Ints, Ints, Ints]:
    """The arguments ``repeat``, ``tract`` and ``gap`` of ``shares``."""
    anchor = (indels["pos"].to_numpy(np.int64) - 1).tolist()
    rows = list(zip(anchor, indels["ref"], indels["alt"], strict=True))
    tract = np.array([tract_beyond(reference, *row) for row in rows], np.int64)
    gap = np.array([abs(len(alt) - len(ref)) for _, ref, alt in rows], np.int64)
    inserted = np.array([len(alt) - 1 for *_, alt in rows], np.int64)
    return tract - inserted, tract, gap


def indel_depth(counts: Counts, reference: Reference, indels: pd.DataFrame) -> Ints:
    """Fragments by strand that show or can show each indel, shape (indels, 2).

    Of k fragments that show the indel and n without any at its anchor, k h of these have it (h:
    ``Shares.hidden``), and a share s of the others would have shown it: the depth is
    ``k + s (n - k h)``, so that k over it is the VAF.

    Args:
        indels: rows with ``pos``, ``ref`` and ``alt``, as in ``Counts.indels``.
    """
    anchor = indels["pos"].to_numpy(np.int64) - 1
    found = shares(counts, *_extents(reference, indels))
    shown = at_anchor(counts)[anchor]
    without = counts.depth[anchor] - shown * (1.0 + found.hidden[:, None])
    depth = shown + np.rint(found.shown[:, None] * np.maximum(without, 0.0)).astype(np.int64)
    # In the poly-C tract only reads that span it count; where the anchor is lost, those before it.
    first, _, last = reference.facts.split_tract or (0, 0, -1)
    inside = (anchor >= first - 1) & (anchor <= last)
    spanning = np.maximum(counts.depth[anchor[inside]], counts.depth[first - 1])
    depth[inside] = np.maximum(spanning, shown[inside])
    return depth
