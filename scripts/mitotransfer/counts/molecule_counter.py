"""Allele counts of a sample of long reads: one molecule, one vote.

The rules are those of ``counts.counter``, but for the clips: a read counts unless a stretch of it
longer than an adapter and than a twentieth of what aligns, at either end or between its aligned
parts, is not mitochondrial. Such a read is of a nuclear copy with what is beside it, or a chimera.
"""

from __future__ import annotations

import tempfile
from collections import Counter as Multiset
from dataclasses import replace
from itertools import pairwise

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.allele_counts import Counted
from mitotransfer.counts.counter import (
    Events,
    about_reads,
    add_events,
    counted,
    new_read,
    new_tally,
    own_alleles,
)
from mitotransfer.counts.decode import (
    E_ANCHOR,
    E_SIZE,
    EVENT_COLUMNS,
    NOTHING,
    R_ALLOWED,
    R_EVENTS,
    R_MISMATCHES,
    R_STRAND,
    UNCOUNTED,
    Read,
)
from mitotransfer.counts.fragments import FOUND, PACKED, Tally, add_molecule, note, unpack
from mitotransfer.counts.junction_finder import find_junctions
from mitotransfer.counts.junctions import on_reference
from mitotransfer.counts.long_reads import MOST_PIECES, Room, Target, read_molecule
from mitotransfer.counts.long_splits import new_parts, split_molecule
from mitotransfer.counts.molecule_bases import Collector
from mitotransfer.counts.records import limits_of
from mitotransfer.counts.split_reads import new_splits
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.genome.reference import Reference
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_header import Totals
from mitotransfer.reads.bam_records import Records

#: Bases in a row that need not align in any read: adapters and barcodes are shorter. In long ones
#: more may lie off (``long_reads.may_be_unaligned``): ends of low quality.
LONGEST_UNALIGNED = 150
_MIN_OWN_INDEL = 3  # reads with an indel that is taken for the sample's own
_SPLITS = 1 << 12  # room for junctions of reads
#: Bases by which reads of one junction can differ in its size: errors of length beside it.
_SLACK = 10
_SPILL = 1 << 26  # bytes of molecules put off that are kept in memory


@njit_views
def _starts(records: Records, found: Ints) -> Int:
    """Enter the number of the first record of each read, and that of records; returns how many."""
    data, offsets = records.data, records.offsets
    count = np.int64(0)
    for r in range(offsets.shape[0]):
        if r == 0 or not bam.same_name(data, offsets[r - 1], offsets[r]):
            found[count] = r
            count += 1
    found[count] = offsets.shape[0]
    return count + 1


@njit_views
def _misfits(read: Read, own: Bytes) -> bool:
    """Whether a molecule has too many mismatches against the sample's own alleles."""
    found = 0
    for k in range(own.shape[0]):
        if read.bases[k] < 2 * UNCOUNTED:
            found += (own[k] >> (read.bases[k] & 3)) & 1 == 0
    return found > read.row[R_ALLOWED]


class MoleculeCounter:
    """Counts long reads that come as raw records, those of a read next to each other.

    Indels that most of the first records fed have are the sample's own: they leave out no bases
    beside them.

    Args:
        reference: that the records are aligned to.
        rules: settings of the counting.
        primers: as for ``counts.counter.Counter``.
        skip_duplicates: leave out reads that are marked as duplicates.
        own_indels: by position of the base before, the size of the sample's own indel, 0 without
            one; None to take them from the first records.
    """

    def __init__(
        self,
        reference: Reference,
        rules: Counting,
        primers: Ints | None = None,
        skip_duplicates: bool = True,
        own_indels: Ints | None = None,
    ) -> None:
        self._reference = reference
        self._rules = rules
        self._given = primers is not None
        circle = Circle.of(reference)
        self._codes = circle_codes(reference)
        self._primers = np.zeros((2, circle.length), np.int64) if primers is None else primers
        clips = replace(rules, max_clipped=LONGEST_UNALIGNED)
        self._limits = limits_of(clips, circle, skip_duplicates=skip_duplicates)
        self._tally = new_tally(self._codes)
        self._events: Events = Multiset()
        self._room = Room(
            new_read(2 * circle.length),
            new_read(circle.length),
            np.zeros((MOST_PIECES, 4), np.int64),
            np.zeros(EVENT_COLUMNS, np.int64),
        )
        self._put_off = tempfile.SpooledTemporaryFile(max_size=_SPILL)  # noqa: SIM115
        self._names_put_off: list[str] = []
        self._kept = Collector(self._codes)
        self._own_indels = own_indels
        self._parts = new_parts(circle.length)
        self._splits = new_splits(self._codes, _SPLITS)
        self._split_reads: list[Ints] = []

    def feed(self, records: Records) -> None:
        """Count reads; all records of a read come together, its primary one first."""
        if self._own_indels is None:
            self._own_indels = self._indels_of(records)
        target = Target(self._codes, self._primers, self._own_indels, self._limits)
        data, offsets = records
        starts = np.empty(len(records.offsets) + 1, np.int64)
        ends = starts[: _starts(records, starts)].tolist()
        for begin, end in pairwise(ends):
            one = Records(data, offsets[begin:end])
            if read_molecule(one, target, self._room, self._tally.stats):
                self._take(self._room.whole, one.name(0))
                self._split(one)

    def _split(self, records: Records) -> None:
        """Note the junctions of a read."""
        rest = self._limits, self._parts, self._splits, self._tally.spans
        while not split_molecule(records, *rest):
            self._empty()

    def _empty(self) -> None:
        """Move the split reads, so that there is room again."""
        self._split_reads.append(self._splits.rows[: self._splits.used[0]].copy())
        self._splits.used[0] = 0

    def _indels_of(self, records: Records) -> Ints:
        """The indels that most of the reads have, as for ``own_indels``."""
        none = np.zeros(len(self._codes), np.int64)
        first = MoleculeCounter(self._reference, self._rules, own_indels=none)
        first.feed(records)
        tally, events, _ = first._finish()
        own = none.copy()
        depth = tally.sums[0].sum(axis=1)
        for (anchor, size), times in _by_size(events).items():
            if times >= max(_MIN_OWN_INDEL, depth[anchor] / 2):
                own[anchor] = size
        return own

    def _take(self, molecule: Read, name: str) -> None:
        if molecule.row[R_MISMATCHES] <= molecule.row[R_ALLOWED]:
            self._add(molecule, self._tally, self._events)
            self._keep(molecule, name)
            return
        events = molecule.events[: molecule.row[R_EVENTS]]
        for part in (molecule.row, molecule.bases, molecule.qualities, events):
            np.save(self._put_off, part)
        self._names_put_off.append(name)

    def _keep(self, molecule: Read, name: str) -> None:
        bases = molecule.bases
        strand = int(molecule.row[R_STRAND])
        self._kept.add(name, strand, bases, bases < UNCOUNTED, bases < NOTHING)

    def _add(self, molecule: Read, tally: Tally, events: Events) -> None:
        note(molecule.row, True, tally)
        add_molecule(molecule, tally)
        add_events(tally.found[: tally.used[FOUND]], events)
        tally.used[FOUND:PACKED] = 0

    def _settle(self, own: Bytes, tally: Tally, events: Events) -> None:
        """Count the molecules put off that fit the sample's own alleles."""
        self._put_off.seek(0)
        for name in self._names_put_off:
            molecule = Read(*(np.load(self._put_off) for _ in Read._fields))
            if _misfits(molecule, own):
                note(molecule.row, False, tally)
            else:
                self._add(molecule, tally, events)
                if tally is self._tally:
                    self._keep(molecule, name)
        unpack(tally)

    def _finish(self) -> tuple[Tally, Events, Ints]:
        """Sums over all molecules, their indels and their junctions."""
        every = new_tally(self._codes)
        self._settle(np.full(len(self._codes), 15, np.uint8), every, Multiset())
        unpack(self._tally)
        bases = (self._tally.sums[0] + every.sums[0]).reshape(-1, 4, 2)
        own = own_alleles(bases, self._codes, self._rules.own_allele_vaf)
        self._settle(own, self._tally, self._events)
        self._put_off.close()
        self._empty()
        self._split_reads = [np.concatenate(self._split_reads)]
        found = find_junctions(self._split_reads[0], own, self._codes, self._limits, slack=_SLACK)
        return self._tally, self._events, found

    def counts(self, sample: str, totals: Totals) -> Counted:
        """Counts of all reads that were fed; ``meta`` as of ``counts.counter.Counter``."""
        tally, events, ends = self._finish()
        about = {**vars(self._rules), "primers_clipped": self._given}
        found = counted(tally, events, self._reference, about | about_reads(sample, totals))
        junctions = on_reference(ends, Circle.of(self._reference))
        molecules = self._kept.molecules(self._split_reads[0])
        return replace(found, molecules=molecules, junctions=junctions)


def _by_size(events: Events) -> Multiset[tuple[int, int]]:
    """Reads with an indel by its anchor and its size."""
    found: Multiset[tuple[int, int]] = Multiset()
    for kind, times in events.items():
        found[kind[E_ANCHOR], kind[E_SIZE]] += times
    return found
