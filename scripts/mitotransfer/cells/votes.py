"""Votes of the reads of a molecule on its base at a position: a molecule counts once.

Both mates of a fragment, its copies, or the reads of a UMI vote. The base with more than half of
the votes is counted, otherwise none. Reads come sorted by position, so that the votes at a position
are complete when the reads have passed it. Memory therefore grows with the molecules under the
reads, not with the file.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Int, Ints
from mitotransfer.compiled import njit, njit_views
from mitotransfer.counts.fragments import Hashes
from mitotransfer.counts.mates import find

Numbers = NDArray[np.int32]

#: Target of an entry that stands for a molecule itself.
MOLECULE = -1
FULLEST = 0.6  # share of the table that may be taken
_ALL = np.uint64(0x7F7F7F7F7F7F7F7F)
_MOST = np.uint64(255)


class Votes(NamedTuple):
    """A hash table of molecules at positions.

    Attributes:
        keys: of cell, molecule and target.
        cells: number of the barcode.
        targets: number of the target position, or MOLECULE.
        last: position after which no read of the molecule comes any more.
        ballots: eight numbers of votes, a byte each, by allele x strand.
        used: number of entries.
    """

    keys: Hashes
    cells: Numbers
    targets: Numbers
    last: Numbers
    ballots: Hashes
    used: Ints


class Settled(NamedTuple):
    """Counted bases: barcode, target, allele x strand."""

    cells: Numbers
    targets: Numbers
    values: NDArray[np.uint8]


def new_votes(size: int) -> Votes:
    """Empty room for ``size`` entries, a power of two."""
    return Votes(
        np.zeros(size, np.uint64),
        np.zeros(size, np.int32),
        np.zeros(size, np.int32),
        np.zeros(size, np.int32),
        np.zeros(size, np.uint64),
        np.zeros(1, np.int64),
    )


@njit_views
def mix(value: np.uint64) -> np.uint64:
    """A hash of a number (the finaliser of splitmix64: Steele et al. 2014,
    doi 10.1145/2660193.2660195); never 0."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    value = value ^ (value >> np.uint64(31))
    return value if value != np.uint64(0) else np.uint64(1)


@njit_views
def entry(key: np.uint64, cell: Int, target: Int, votes: Votes) -> tuple[Int, bool]:
    """Place of an entry, made if it is not there, and whether it is new."""
    place = find(votes.keys, key)
    new = votes.keys[place] == np.uint64(0)
    if new:
        votes.keys[place] = key
        votes.cells[place] = cell
        votes.targets[place] = target
        votes.ballots[place] = np.uint64(0)
        votes.used[0] += 1
    return place, new


@njit_views
def vote(place: Int, base: Int, strand: Int, votes: Votes) -> None:
    """Add a vote. Where one number is full all are halved, so that their shares stay."""
    shift = np.uint64(8 * (2 * base + strand))
    if (votes.ballots[place] >> shift) & _MOST == _MOST:
        votes.ballots[place] = (votes.ballots[place] >> np.uint64(1)) & _ALL
    votes.ballots[place] += np.uint64(1) << shift


@njit_views
def elected(ballot: np.uint64, key: np.uint64) -> Int:
    """Allele x strand that the votes elect; -1 if no allele has more than half of them.

    The strand is that of more votes; of a tie the hash decides.
    """
    total = np.int64(0)
    best = np.int64(0)
    allele = np.int64(-1)
    for k in range(4):
        forward = np.int64((ballot >> np.uint64(16 * k)) & _MOST)
        reverse = np.int64((ballot >> np.uint64(16 * k + 8)) & _MOST)
        total += forward + reverse
        if forward + reverse > best:
            best = forward + reverse
            allele = np.int64(k)
    if 2 * best <= total:
        return np.int64(-1)
    forward = np.int64((ballot >> np.uint64(16 * allele)) & _MOST)
    reverse = best - forward
    tie = np.int64((key >> np.uint64(7)) & np.uint64(1))
    return 2 * allele + (tie if forward == reverse else np.int64(reverse > forward))


@njit
def settle(votes: Votes, before: Int, kept: Votes, out: Settled) -> Int:
    """Count the entries that end before a position; put the others into an empty table.

    Args:
        out: room for the counted bases of all entries.

    Returns:
        Number of bases counted.
    """
    n = np.int64(0)
    for i in range(votes.keys.shape[0]):
        key = votes.keys[i]
        if key == np.uint64(0):
            continue
        if votes.last[i] < before:
            if votes.targets[i] != MOLECULE:
                value = elected(votes.ballots[i], key)
                if value >= 0:
                    out.cells[n] = votes.cells[i]
                    out.targets[n] = votes.targets[i]
                    out.values[n] = value
                    n += 1
        else:
            place = find(kept.keys, key)
            kept.keys[place] = key
            kept.cells[place] = votes.cells[i]
            kept.targets[place] = votes.targets[i]
            kept.last[place] = votes.last[i]
            kept.ballots[place] = votes.ballots[i]
            kept.used[0] += 1
    return n


#: Entries that a table starts with.
START = 1 << 18


class Pool:
    """A table of votes that empties itself and grows when it is full."""

    def __init__(self) -> None:
        self.votes = new_votes(START)

    @property
    def full(self) -> bool:
        return bool(self.votes.used[0] > FULLEST * len(self.votes.keys))

    def settle(self, before: int) -> Settled:
        """Take out and count what ends before a position; make room where little is gained."""
        entries = int(self.votes.used[0])
        out = Settled(
            np.empty(entries, np.int32), np.empty(entries, np.int32), np.empty(entries, np.uint8)
        )
        size = len(self.votes.keys)
        kept = new_votes(size)
        n = settle(self.votes, before, kept, out)
        if kept.used[0] > FULLEST / 2 * size:
            wider = new_votes(2 * size)
            settle(kept, -1, wider, out)
            kept = wider
        self.votes = kept
        return Settled(out.cells[:n], out.targets[:n], out.values[:n])
