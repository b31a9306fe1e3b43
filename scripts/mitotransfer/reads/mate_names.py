"""Names of mates: equal, or different by a last 1 and 2 after a separator (``x.1`` and ``x.2``).

One name alone cannot tell: in single reads of the SRA ``.1`` is the number of the read. So names
are compared, and all pairs of a lane have to differ in the way in which its first pair does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.reads.fastq import NAME, NAME_END, FastqReads

_SEPARATORS = np.frombuffer(b"./_:-|#", np.uint8)
_ONE, _TWO = 49, 50
#: How two names differ: not at all, by more than a mate number; else by the separator's code.
EQUAL, DIFFERENT = 0, -1
_ENOUGH = 0.5  # share of reads beside their mates in an interleaved file


@njit_views
def _relation(text: Bytes, place: Ints, other_text: Bytes, other: Ints, separators: Bytes) -> Int:
    """How the names of two reads differ."""
    start, size = place[NAME], place[NAME_END] - place[NAME]
    other_start = other[NAME]
    if size == 0 or size != other[NAME_END] - other_start:
        return np.int64(DIFFERENT)
    different = np.int64(0)
    for i in range(size - 1):
        different += text[start + i] != other_text[other_start + i]
    if different:
        return np.int64(DIFFERENT)
    last, other_last = text[start + size - 1], other_text[other_start + size - 1]
    if last == other_last:
        return np.int64(EQUAL)
    if size > 2 and last == _ONE and other_last == _TWO:
        for i in range(separators.shape[0]):
            if text[start + size - 2] == separators[i]:
                return np.int64(separators[i])
    return np.int64(DIFFERENT)


@njit_views
def _in_step(
    text: Bytes, places: Ints, mate_text: Bytes, mate_places: Ints, relation: Int, separators: Bytes
) -> Int:
    """Number of leading pairs whose names differ in the given way."""
    for k in range(places.shape[0]):
        if _relation(text, places[k], mate_text, mate_places[k], separators) != relation:
            return np.int64(k)
    return np.int64(places.shape[0])


@njit_views
def _couple(text: Bytes, places: Ints, relation: Int, separators: Bytes, firsts: Ints) -> Int:
    """Number of pairs of neighbours whose names differ in the given way.

    ``firsts`` gets 1 for the first read of a pair, 2 for the second, 0 for a read by itself.
    """
    k = np.int64(0)
    pairs = np.int64(0)
    while k < places.shape[0]:
        firsts[k] = 0
        if (
            k + 1 < places.shape[0]
            and _relation(text, places[k], text, places[k + 1], separators) == relation
        ):
            firsts[k], firsts[k + 1] = 1, 2
            pairs += 1
            k += 1
        k += 1
    return pairs


def relation(one: FastqReads, two: FastqReads) -> int:
    """How the names of the first reads of two files differ."""
    if not len(one.places) or not len(two.places):
        return EQUAL
    found = _relation(one.text, one.places[0], two.text, two.places[0], _SEPARATORS)
    return max(int(found), EQUAL)


def in_step(one: FastqReads, two: FastqReads, relation: int) -> int:
    """How many reads, from the first on, have the mate beside them in the other file."""
    size = min(len(one.places), len(two.places))
    return int(
        _in_step(
            one.text, one.places[:size], two.text, two.places[:size], relation, _SEPARATORS
        )
    )  # fmt: skip


def without_number(reads: FastqReads, relation: int) -> FastqReads:
    """Reads with names that their mates share."""
    if relation != EQUAL:
        reads.places[:, NAME_END] -= 2
    return reads


class Neighbours(NamedTuple):
    """Reads of one file by their neighbours.

    Attributes:
        first, second: numbers of the reads whose mate follows, and of these mates.
        alone: numbers of the other reads.
    """

    first: Ints
    second: Ints
    alone: Ints


def neighbours(reads: FastqReads, relation: int) -> Neighbours:
    """Reads whose neighbours are their mates, by their names, and the others."""
    found = np.empty(len(reads.places), np.int64)
    _couple(reads.text, reads.places, relation, _SEPARATORS, found)
    first, second, alone = (np.flatnonzero(found == kind) for kind in (1, 2, 0))
    return Neighbours(first, second, alone)


def interleaved(reads: FastqReads) -> int | None:
    """How the names of neighbours differ if half the reads or more are mates; None if not.

    A single pair of numbered names is no proof: single reads may be called ``x.1`` and ``x.2``.
    """
    room = np.empty(len(reads.places), np.int64)
    pairs = {
        int(kind): int(_couple(reads.text, reads.places, int(kind), _SEPARATORS, room))
        for kind in (EQUAL, *_SEPARATORS)
    }
    best = max(pairs, key=lambda kind: pairs[kind])
    enough = pairs[best] >= (1 if best == EQUAL else 2)
    return best if enough and 2 * pairs[best] >= _ENOUGH * len(reads.places) else None
