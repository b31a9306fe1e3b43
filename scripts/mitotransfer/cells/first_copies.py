"""The reads of a library without the copies of each cell's molecules.

A pseudobulk sample is counted like any other (``counts.counter``), which tells copies by a flag. So
the copies are flagged here, per cell. Without UMIs the first fragment of a cell with the same ends
stays. With UMIs a fragment stays where no earlier one of its UMI covers its start, so that a
molecule counts once at each position. Reads that only junctions are counted from, as they are
clipped, are compared with one another in the same way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Int, Ints, Mask
from mitotransfer.cells.barcodes import Table, number_of
from mitotransfer.cells.kernel import Tags, molecule_of
from mitotransfer.cells.votes import FULLEST, Numbers
from mitotransfer.compiled import njit, njit_views
from mitotransfer.counts.fragments import STATS, Hashes
from mitotransfer.counts.kernel import passes_filters
from mitotransfer.counts.mates import WIDTH, find, hash_name
from mitotransfer.counts.records import Limits, is_primary, parse
from mitotransfer.counts.split_reads import is_split
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import Records, reference_span

_START = 1 << 16
_SPLIT = np.uint64(0x9E3779B97F4A7C15)
# What is counted, in the order of ``totals``.
READS, FRAGMENTS, COPIES = range(3)


class Firsts(NamedTuple):
    """Molecules whose reads can still come.

    Attributes:
        keys: of the molecules.
        names: hash of the name of the fragment that stays.
        last: position after which no read of the molecule comes any more.
        covered: position up to which the fragment that stays covers the molecule.
        used: number of entries.
    """

    keys: Hashes
    names: Hashes
    last: Numbers
    covered: Numbers
    used: Ints


def new_firsts(size: int) -> Firsts:
    """Empty room for ``size`` molecules."""
    return Firsts(
        np.zeros(size, np.uint64), np.zeros(size, np.uint64), np.zeros(size, np.int32),
        np.zeros(size, np.int32), np.zeros(1, np.int64),
    )  # fmt: skip


@njit
def _expire(firsts: Firsts, before: Int, kept: Firsts) -> None:
    for i in range(firsts.keys.shape[0]):
        if firsts.keys[i] != np.uint64(0) and firsts.last[i] >= before:
            place = find(kept.keys, firsts.keys[i])
            kept.keys[place] = firsts.keys[i]
            kept.names[place] = firsts.names[i]
            kept.last[place] = firsts.last[i]
            kept.covered[place] = firsts.covered[i]
            kept.used[0] += 1


@njit_views
def _mark(
    records: Records, begin: Int, tags: Tags, table: Table, limits: Limits, firsts: Firsts,
    members: Mask, filtered: Ints, kept: Ints, totals: Ints,
) -> Int:  # fmt: skip
    """Flag the copies among the records of a group from number ``begin`` on.

    Args:
        members: by number of the barcode: whether the cell is of the group.
        kept: gets the offsets of the group's records; ``totals[3]`` of them.

    Returns:
        The next record: one of the chunk where the table is full.
    """
    data, offsets = records.data, records.offsets
    most = np.int64(FULLEST * firsts.keys.shape[0])
    copy = np.uint8(bam.DUPLICATE >> 8)
    for r in range(begin, offsets.shape[0]):
        if firsts.used[0] >= most:
            return np.int64(r)
        at = offsets[r]
        text = bam.text_tag(data, at, tags.barcode)
        if text < 0:
            continue
        cell, barcode = number_of(data, text, table)
        if cell < 0 or not members[cell]:
            continue
        umi = np.int64(-1)
        if tags.umi:
            umi = bam.text_tag(data, at, tags.umi)
            if umi < 0:
                continue
        data[at + bam.O_FLAG + 1] &= ~copy & np.uint8(255)
        kept[totals[3]] = at
        totals[3] += 1
        record = parse(data, at, reference_span(data, at), limits.circle, 2 * WIDTH)
        primary = is_primary(record.flag)
        totals[READS] += primary
        first = primary and record.flag & bam.READ2 == 0
        totals[FRAGMENTS] += first
        split = not passes_filters(record, limits, filtered)
        if split:
            if not is_split(record, limits):
                continue
            # Fragments that show a junction are copies of each other alone.
            barcode ^= _SPLIT
        molecule, last = molecule_of(record, limits.circle.length, barcode, umi)
        name = hash_name(data, at + bam.O_NAME, record.name_length - 1)
        end = record.stop
        if umi >= 0 and record.flag & bam.PROPER:
            size = abs(bam.get_i32(data, at + bam.O_TEMPLATE))
            end = max(end, min(record.start, record.mate) + size)
        place = find(firsts.keys, molecule)
        new = firsts.keys[place] == np.uint64(0) or firsts.last[place] < record.start
        if firsts.keys[place] == np.uint64(0):
            firsts.keys[place] = molecule
            firsts.used[0] += 1
        if new or (umi >= 0 and record.start >= firsts.covered[place]):
            firsts.names[place] = name
            firsts.covered[place] = end
        elif firsts.names[place] != name:
            data[at + bam.O_FLAG + 1] |= copy
            totals[COPIES] += first and not split
        firsts.last[place] = last
    return np.int64(offsets.shape[0])


class FirstCopies:
    """Flags the copies in chunks of sorted records, and selects those of a group of cells.

    Args:
        members: by number of the barcode in ``table``: whether the cell is of the group.
    """

    def __init__(self, tags: Tags, table: Table, members: Mask, limits: Limits) -> None:
        self._tags, self._table, self._members, self._limits = tags, table, members, limits
        self._firsts = new_firsts(_START)
        self._filtered = np.zeros(len(STATS), np.int64)
        self._totals = np.zeros(4, np.int64)

    @property
    def reads(self) -> int:
        return int(self._totals[READS])

    @property
    def fragments(self) -> int:
        return int(self._totals[FRAGMENTS])

    @property
    def copies(self) -> int:
        return int(self._totals[COPIES])

    def select(self, records: Records) -> Records:
        """The group's records, copies flagged as duplicates."""
        kept = np.empty(len(records.offsets), np.int64)
        self._totals[3] = 0
        following, count = 0, len(records.offsets)
        while following < count:
            following = _mark(
                records, following, self._tags, self._table, self._limits, self._firsts,
                self._members, self._filtered, kept, self._totals,
            )  # fmt: skip
            if following < count:
                self._make_room(Records(records.data, records.offsets[following:][:1]))
        return Records(records.data, kept[: self._totals[3]])

    def _make_room(self, here: Records) -> None:
        before = self._limits.circle.to_circle(int(here.positions()[0]))
        size = len(self._firsts.keys)
        kept = new_firsts(size)
        _expire(self._firsts, before, kept)
        if kept.used[0] > FULLEST / 2 * size:
            wider = new_firsts(2 * size)
            _expire(kept, before, wider)
            kept = wider
        self._firsts = kept
