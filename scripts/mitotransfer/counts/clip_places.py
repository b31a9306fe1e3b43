"""Where the clipped bases of a read fit on the circle.

A line is the place of a base on the circle less its number in the read. A read that fits without a
gap stays on one line. The k-mers of a clip give its line. The read changes from the line of its
aligned part to that of the clip where this costs the fewest mismatches. Of equal places the
leftmost is taken.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.records import Record
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import NIBBLE_CODES

K = 16
_SEEDS = 64  # bases of a clip, from the break on, that are looked up
_PENALTY, _DROP = 3, 9  # for a mismatch, and at most, when the clipped bases are followed


class Kmers(NamedTuple):
    """Places of the k-mers of the circle.

    Attributes:
        codes: bases of the circle.
        keys: k-mers that it has once, sorted.
        places: of their first bases.
    """

    codes: Bytes
    keys: Ints
    places: Ints


def kmers_of(codes: Bytes) -> Kmers:
    """The k-mers of the circle on its forward strand, to which all aligned reads are turned."""
    keys = np.zeros(len(codes), np.int64)
    for i in range(K):
        keys = keys << 2 | np.roll(codes, -i).astype(np.int64)
    found, places, times = np.unique(keys, return_index=True, return_counts=True)
    once = times == 1
    return Kmers(codes, found[once], places[once].astype(np.int64))


@njit_views
def _place_of(key: Int, kmers: Kmers) -> Int:
    """Place of a k-mer; -1 if the circle does not have it exactly once."""
    low, high = np.int64(0), np.int64(kmers.keys.shape[0])
    while low < high:
        middle = (low + high) >> 1
        if kmers.keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    if low < kmers.keys.shape[0] and kmers.keys[low] == key:
        return np.int64(kmers.places[low])
    return np.int64(-1)


@njit_views
def code_of(record: Record, query: Int) -> Int:
    sequence = record.at + bam.O_NAME + record.name_length + 4 * record.n_ops
    return np.int64(NIBBLE_CODES[bam.get_base(record.data, sequence, query)])


@njit_views
def fits(record: Record, query: Int, line: Int, codes: Bytes) -> bool:
    """Whether a base of the read is that of the circle on a line (place minus query)."""
    return code_of(record, query) == codes[(query + line) % codes.shape[0]]


@njit_views
def find_line(record: Record, begin: Int, end: Int, kmers: Kmers, back: bool) -> tuple[Int, Int]:
    """First k-mer of read[begin:end] with a place: where it starts in the read, and its line.

    Args:
        back: look from the end on backwards.

    Returns:
        -1 and 0 where none has a place.
    """
    mask = (np.int64(1) << 2 * K) - 1
    key = np.int64(0)
    known = np.int64(0)
    for i in range(min(end - begin, _SEEDS)):
        query = end - 1 - i if back else begin + i
        code = code_of(record, query)
        if code > 3:
            known = np.int64(0)
            continue
        known += 1
        key = (key >> 2 | code << 2 * (K - 1)) if back else ((key << 2 | code) & mask)
        if known >= K:
            place = _place_of(key, kmers)
            if place >= 0:
                first = query if back else query - K + 1
                return first, place - first
    return np.int64(-1), np.int64(0)


@njit_views
def follow(record: Record, query: Int, step: Int, end: Int, line: Int, codes: Bytes) -> Int:
    """Go from a base on along a line while it fits; returns the base after the last that fits.

    Args:
        step: 1 or -1.
        end: where the bases that may be gone through end.
    """
    best, score, most = query, np.int64(0), np.int64(0)
    while query != end and score > most - _DROP:
        score += 1 if fits(record, query, line, codes) else -_PENALTY
        query += step
        if score > most:
            most, best = score, query
    return best


@njit_views
def change(record: Record, begin: Int, end: Int, left: Int, right: Int, codes: Bytes) -> Int:
    """First base on the right line, of read[begin:end + 1]: the fewest mismatches, the leftmost."""
    wrong = np.int64(0)
    for query in range(begin, end):
        wrong += not fits(record, query, right, codes)
    best, fewest = begin, wrong
    for query in range(begin, end):
        wrong += not fits(record, query, left, codes)
        wrong -= not fits(record, query, right, codes)
        if wrong < fewest:
            best, fewest = query + 1, wrong
    return best


@njit_views
def to_leftmost(start: Int, end: Int, codes: Bytes) -> Int:
    """Bases by which a junction, last base before it and first after it, can be moved back."""
    circle, moved = codes.shape[0], np.int64(0)
    while moved < circle and codes[(start - moved) % circle] == codes[(end - 1 - moved) % circle]:
        moved += 1
    return moved
