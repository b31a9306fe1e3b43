"""Insertions and deletions along the sample's own sequence instead of the reference.

A fixed SNV makes a run of equal bases longer or shorter, so that the highest position of an indel
(HGVS's 3' rule) is another one than along rCRS. And an aligner prefers an indel without a mismatch:
in a sample with ``CCTC`` where the reference has ``CCCC``, a molecule with one C more at the end is
aligned as a T inserted after the second C, and seems to lack the SNV. A molecule with one C fewer
seems to have the T one place further. So each indel is put into the sample's own sequence; where
the fragments of such a base are about those of the indel, into the sequence without that SNV. Both
give a molecule, and the indel is what distinguishes that from the sample's own sequence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.genome.hgvs import Change, as_change
from mitotransfer.genome.reference import CODE_N, CODE_OF, LETTERS, Reference, allele_codes

# SNVs farther from an indel than this do not matter.
_REACH = 60
# Fragments of a base and of the indel of which it is part are equal within this factor.
_ALIKE = 2

Allele = tuple[int, str, str]


class OwnIndels(NamedTuple):
    """The indels of a sample along its own sequence.

    Attributes:
        changes: of each indel, by ``pos ref alt`` of the tables.
        moved: fragments of indels of which a base is part, by position and allele, shape (length,
            4); 0 where that base has far more fragments.
    """

    changes: dict[Allele, Change]
    moved: NDArray[np.int64]


def own_sequence(counts: Counts, reference: Reference) -> str:
    """The reference with the sample's most frequent bases."""
    own = own_bases(counts)
    known = (own < CODE_N) & (reference.codes < CODE_N)
    letters = np.where(known, LETTERS[own], list(reference.sequence))
    return "".join(letters)


def own_indels(counts: Counts, reference: Reference) -> OwnIndels:
    """The indels of a sample along its own sequence."""
    own, alleles = own_sequence(counts, reference), counts.alleles
    changes: dict[Allele, Change] = {}
    # By base: fragments of the indels of which it may be part, and these.
    total: dict[tuple[int, int], int] = defaultdict(int)
    parts: dict[tuple[int, int], dict[Allele, Change]] = defaultdict(dict)
    rows = counts.indels[["pos", "ref", "alt", "forward", "reverse"]]
    for pos, ref, alt, forward, reverse in rows.itertuples(index=False):
        name = (int(pos), str(ref), str(alt))
        changes[name] = own_change(reference, own, *name)
        k = int(forward) + int(reverse)
        for base, change in _with_a_base(reference, own, name, alleles * _ALIKE >= k):
            total[base] += k
            parts[base][name] = change
    moved = np.zeros((reference.length, 4), np.int64)
    for base, k in total.items():
        seen = int(alleles[base])
        if 0 < seen <= _ALIKE * k:
            moved[base] = k
            changes |= parts[base] if k <= _ALIKE * seen else {}
    return OwnIndels(changes, moved)


def own_change(reference: Reference, own: str, pos: int, ref: str, alt: str) -> Change:
    """The change that a VCF allele makes; indels at the highest position along ``own``."""
    window = _Window.of(reference, own, pos, ref, alt)
    change = window.change(window.own) if window else None
    return change or as_change(reference, pos, ref, alt)


def _with_a_base(
    reference: Reference, own: str, name: Allele, seen: NDArray[np.bool_]
) -> Iterator[tuple[tuple[int, int], Change]]:
    """Bases (position and allele) with which an indel is one event, and the change that it is.

    Args:
        seen: bases with at least about the fragments of the indel, shape (length, 4).
    """
    window = _Window.of(reference, own, *name)
    if not window:
        return
    for i, (usual, base) in enumerate(zip(window.reference, window.own, strict=True)):
        if usual == base:
            continue
        # What the molecule shows instead of the SNV: beside an insertion the usual base; where a
        # deletion was put before the SNV, the SNV's base after as many places, or it is lost too.
        shown = {i: usual}
        if not window.inserted:
            if not window.at <= i < len(window.own) - window.size:
                continue
            after = i + window.size
            kept = seen[(window.start + after) % reference.length, CODE_OF[base]]
            if i < window.at + window.size:
                shown = {after: base}
            elif kept:
                shown[after] = base
        bases = list(window.own)
        for at, letter in ({i: usual} | shown).items():
            bases[at] = letter
        if change := window.change("".join(bases)):
            for at, letter in shown.items():
                if window.own[at] != letter:
                    yield ((window.start + at) % reference.length, CODE_OF[letter]), change


class _Window(NamedTuple):
    """The surroundings of an indel.

    Attributes:
        length: of the circle.
        start: first position (0-based) of the window.
        at: place in the window of the base after the anchor.
        size, inserted: number of bases, and the bases if any are inserted.
        reference, own: sequences of the window.
    """

    length: int
    start: int
    at: int
    size: int
    inserted: str
    reference: str
    own: str

    @classmethod
    def of(cls, reference: Reference, own: str, pos: int, ref: str, alt: str) -> _Window | None:
        """None for substitutions, at the placeholder, and where the own sequence is rCRS."""
        size, length = abs(len(alt) - len(ref)), reference.length
        start, width = (pos - _REACH) % length, 2 * (_REACH + size)
        usual, seen = (
            text[start : start + width] + text[: max(start + width - length, 0)]
            for text in (reference.sequence, own)
        )
        if min(len(ref), len(alt)) > 1 or not size or "N" in ref or usual == seen:
            return None
        return cls(length, start, _REACH, size, alt[1:], usual, seen)

    def change(self, carrier: str) -> Change | None:
        """The indel that makes a window with the allele, put into ``carrier``, from the own one.

        It is at the highest position. None: they differ in something else too.
        """
        deletes = not self.inserted
        after = self.at + (self.size if deletes else 0)
        molecule = carrier[: self.at] + self.inserted + carrier[after:]
        shared = 0
        while shared < min(len(molecule), len(self.own)) and molecule[shared] == self.own[shared]:
            shared += 1
        longer, shorter = (self.own, molecule) if deletes else (molecule, self.own)
        if longer[shared + self.size :] != shorter[shared:]:
            return None
        pos = (self.start + shared) % self.length + 1
        if deletes:
            return Change(pos, self.size, "")
        return Change(pos, 0, molecule[shared : shared + self.size])


def rows_as_counts(frame: pd.DataFrame, length: int) -> Counts:
    """Counts of a table of tested alleles (``calls.audit.TESTED``)."""
    one = (frame["ref"].str.len() + frame["allele"].str.len() == 2).to_numpy(bool)
    bases, indels = frame[one], frame[~one].rename(columns={"allele": "alt"})
    out = np.zeros((length, 4, 2), np.uint32)
    codes = allele_codes(bases["allele"])
    out[bases["pos"].to_numpy(np.int64) - 1, codes] = bases[["forward", "reverse"]]
    columns = ["pos", "ref", "alt", "forward", "reverse"]
    return Counts(out, indels[columns].reset_index(drop=True), {})
