"""Two mitogenomes in one sample: the tumour's species, and that of the host or of the T cells.

The two circles are aligned globally (Needleman & Wunsch, J Mol Biol 1970,
doi 10.1016/0022-2836(70)90057-4) within a band, after a turn that brings their shared words
together. Where they differ all around a position, no read of one fits the other: such positions,
a fragment apart, are the markers at which the species of fragments are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints, Mask
from mitotransfer.compiled import njit
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.circle import Circle, circle_codes

#: Least distance between markers: fragments of at most this length count at one of them at most.
SPACING = 400
#: Aligned bases on each side of a marker of which at least ``MIN_DIFFERENT`` differ.
FLANK, MIN_DIFFERENT = 50, 6
#: Bases on each side of a marker without a gap in the alignment.
NO_GAP = 10
_WORD = 12
_BAND = 400  # beside the difference of the lengths
_MATCH, _MISMATCH, _GAP = 1, -1, -2
_NEVER = -(1 << 30)
_TURN_BIN = 50


@dataclass(frozen=True, eq=False)
class SpeciesPair:
    """The mitogenomes of tumour and host.

    Raises:
        ValueError: if they are too alike to be told apart, or too far apart to be aligned.
    """

    tumor: Genome
    host: Genome

    def __post_init__(self) -> None:
        if len(self.markers) < 10:
            names = " and ".join(one.reference.facts.name for one in (self.tumor, self.host))
            raise ValueError(
                f"{names}: {len(self.markers)} places tell their reads apart, at least 10 are "
                "needed; strains of one species are told apart by the patients' design allogeneic, "
                "without reference.host_bundle"
            )

    @cached_property
    def host_at(self) -> Ints:
        """Position of the host aligned to each of the tumour's, 0-based; -1: none; (length,)."""
        tumor, host = self.tumor.reference, self.host.reference
        circles = Circle.of(tumor), Circle.of(host)
        found = aligned(circle_codes(tumor), circle_codes(host))
        out = np.full(tumor.length, -1, np.int64)
        known = np.flatnonzero(found >= 0)
        out[circles[0].to_reference(known)] = circles[1].to_reference(found[known])
        return out

    @cached_property
    def differs(self) -> Mask:
        """Positions of the tumour where the aligned bases differ."""
        at = self.host_at
        return (at >= 0) & (self.host.reference.codes[at] != self.tumor.reference.codes)

    @cached_property
    def markers(self) -> Ints:
        """Positions of the tumour (0-based, sorted) that tell the species of a fragment.

        The genomes differ there and around it, without gaps nearby. Control regions, artefacts,
        homopolymers, hot spots and alleles of nuclear copies are left out.
        """
        host_at, differs = self.host_at, self.differs
        aligned_here = host_at >= 0
        different = _around(differs | ~aligned_here, FLANK)
        left, right = different
        plain = self.differs & _ungapped(host_at, self.host.reference.length)
        plain &= (left >= MIN_DIFFERENT) & (right >= MIN_DIFFERENT)
        allele = self.host.reference.codes[host_at]
        plain[plain] &= ~self.tumor.nuclear_alleles[np.flatnonzero(plain), allele[plain]]
        plain &= ~_doubtful(self.tumor) & ~_doubtful(self.host)[host_at]
        possible = np.flatnonzero(plain)
        chosen: list[int] = []
        at = 0
        while at < len(possible) and possible[at] <= len(plain) - SPACING + possible[0]:
            chosen.append(int(possible[at]))
            at = int(np.searchsorted(possible, chosen[-1] + SPACING))
        return np.array(chosen, np.int64)


def _doubtful(genome: Genome) -> Mask:
    """Positions that are no markers in one of the genomes."""
    return (
        genome.artefact | genome.near_homopolymer | (genome.hot_spots > 0) | genome.control_region
    )


def _around(mask: Mask, flank: int) -> tuple[Ints, Ints]:
    """How many of the ``flank`` positions before, and after, each one of a circle are true."""
    size = len(mask)
    sums = np.concatenate([[0], np.cumsum(np.concatenate([mask[-flank:], mask, mask[:flank]]))])
    at = np.arange(size) + flank
    return sums[at] - sums[at - flank], sums[at + flank + 1] - sums[at + 1]


def _ungapped(host_at: Ints, length: int) -> Mask:
    """Positions with ``NO_GAP`` aligned neighbours in a row on both sides."""
    following = np.roll(host_at, -1)
    joined = (host_at >= 0) & (following == (host_at + 1) % length)
    left, right = _around(joined, NO_GAP)
    return (left == NO_GAP) & (right == NO_GAP) & joined


def aligned(one: Bytes, other: Bytes) -> Ints:
    """Place in ``other`` aligned to each base of ``one``, two circles; -1: a gap; (len(one),)."""
    turn = _turn(one, other)
    turned = np.roll(other, -turn)
    band = abs(len(one) - len(other)) + _BAND
    found = _banded(one.astype(np.int64), turned.astype(np.int64), np.int64(band))
    return np.where(found >= 0, (found + turn) % len(other), -1)


def _turn(one: Bytes, other: Bytes) -> int:
    """Place in ``other`` that lies opposite the first base of ``one``, by the words they share."""
    words = [_unique_words(codes) for codes in (one, other)]
    _, first, second = np.intersect1d(words[0][0], words[1][0], return_indices=True)
    apart = (words[1][1][second] - words[0][1][first]) % len(other)
    counted = np.bincount(apart // _TURN_BIN, minlength=len(other) // _TURN_BIN + 1)
    around = counted + np.roll(counted, 1) + np.roll(counted, -1)
    middle = (around.argmax() + 0.5) * _TURN_BIN
    beside = apart - middle
    beside -= len(other) * np.round(beside / len(other))
    near = beside[np.abs(beside) <= 1.5 * _TURN_BIN]
    return round(middle + float(np.median(near))) % len(other)


def _unique_words(codes: Bytes) -> tuple[Ints, Ints]:
    """Words of ``_WORD`` bases that a circle has once, as numbers, and where they start."""
    ring = np.concatenate([codes, codes[: _WORD - 1]]).astype(np.int64)
    views = np.lib.stride_tricks.sliding_window_view(ring, _WORD)
    words, start, times = np.unique(
        views @ 4 ** np.arange(_WORD), return_index=True, return_counts=True
    )
    return words[times == 1], start[times == 1]


@njit
def _banded(one: Ints, other: Ints, band: Int) -> Ints:
    """Index in ``other`` aligned to each of ``one`` in the best global alignment; -1: a gap.

    Cell (i, j) stands for the first i and j bases, |j - i| at most ``band``.
    """
    n, m = one.shape[0], other.shape[0]
    width = 2 * band + 1
    step = np.zeros((n + 1, width), np.uint8)  # 0: both, 1: of one, 2: of the other
    before = np.full(width + 1, _NEVER, np.int64)
    for d in range(band, width):
        before[d] = (d - band) * _GAP
        step[0, d] = 2
    for i in range(1, n + 1):
        row = np.full(width + 1, _NEVER, np.int64)
        for d in range(width):
            j = i + d - band
            if j < 0 or j > m:
                continue
            best = before[d + 1] + _GAP
            kind = 1
            if j > 0:
                equal = one[i - 1] == other[j - 1]
                both = before[d] + (_MATCH if equal else _MISMATCH)
                if both >= best:
                    best, kind = both, 0
                if d > 0 and row[d - 1] + _GAP > best:
                    best, kind = row[d - 1] + _GAP, 2
            row[d] = best
            step[i, d] = kind
        before = row
    out = np.full(n, -1, np.int64)
    i, j = n, m
    while i > 0:
        kind = step[i, j - i + band]
        if kind == 0:
            i -= 1
            j -= 1
            out[i] = j
        elif kind == 1:
            i -= 1
        else:
            j -= 1
    return out
