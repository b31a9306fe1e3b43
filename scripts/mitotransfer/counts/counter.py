"""Allele counts of a sample from its aligned records.

A read counts if it is aligned, primary (or the other half of a read across the origin), not marked
as failed or duplicate, has enough mapping quality and aligned bases, and no long soft clip. A read
with too many mismatches against the sample's own alleles does not count: it comes from a nuclear
copy or is a chimera. The comparison is with own alleles, not with the reference, so that distant
haplogroups and mixtures lose no reads. Bases do not count below the quality floor, near the aligned
end of a read, and in the primer that a read starts from. A fragment counts once. Where its mates
overlap and agree, the base of the better quality counts (a hash of the name breaks ties); where
they differ, neither counts. Indels follow the same rules, each as a whole.

One pass over the reads is enough. Reads with few mismatches against the reference pass with any own
alleles. The few others are deferred until all reads have shown the own alleles.
"""

from __future__ import annotations

import tempfile
from collections import Counter as Multiset
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Bytes, Ints
from mitotransfer.counts.allele_counts import NEAR, REACH, UNSEEN, BaseSums, Counted, IndelRow
from mitotransfer.counts.decode import E_STRAND, EVENT_COLUMNS, READ_COLUMNS, Read
from mitotransfer.counts.fragments import BASES as PUT_OFF_BASES
from mitotransfer.counts.fragments import (
    DISTANCE_BIN,
    EVENTS,
    FOUND,
    FREE,
    LOW,
    MAX_DISTANCE,
    MAX_QUALITY,
    OVERLAPS,
    PACKED,
    ROWS,
    STATS,
    SUMS,
    USED,
    Tally,
    unpack,
)
from mitotransfer.counts.junction_finder import find_junctions
from mitotransfer.counts.junctions import on_bonds, on_reference
from mitotransfer.counts.kernel import count_records
from mitotransfer.counts.mates import PutOff, new_put_off, new_slots, release, settle
from mitotransfer.counts.records import limits_of
from mitotransfer.counts.spanning import summed
from mitotransfer.counts.split_reads import COLUMNS, KEY, new_splits
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.genome.reference import BASES, Reference
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads.bam_header import Totals
from mitotransfer.reads.bam_records import Records

_MIN_OWN_READS = 3
_MAX_INSERT = 2000
_INSERT_BIN = 10
_SLOTS = 1 << 13
# Room for indels, and for reads put off, their indels and bases, before it is emptied: enough for
# one read at least.
_EVENTS = 1 << 17
_PUT_OFF = (1 << 13, 1 << 17, 1 << 22)
_MAX_OPS = 1 << 16  # operations of a read in BAM
_SPLITS = 1 << 17  # room for split reads
_BATCH_BITS = 40  # of the hash of a name that the number of its batch leaves as they are
_SPILL = 1 << 26  # bytes of reads put off that are kept in memory

Events = Multiset[tuple[int, int, int, int, int]]


def new_read(bases: int) -> Read:
    """Room for a read of any indels."""
    return Read(
        np.empty(READ_COLUMNS, np.int64),
        np.empty(bases, np.uint8),
        np.empty(bases, np.uint8),
        np.empty((_MAX_OPS, EVENT_COLUMNS), np.int64),
    )


class Counter:
    """Counts reads that come as chunks of raw records, each sorted by coordinate.

    The result does not depend on the chunks nor on the order of the reads, as long as the mates of
    a fragment come in one chunk, or all chunks are in order. Memory grows with the reads that wait
    for their mates, not with all reads.

    Args:
        reference: that the records are aligned to.
        rules: settings of the counting.
        primers: bases that do not count at the ends of reads, as of ``counts.primers.masks``.
        skip_duplicates: leave out reads that are marked as duplicates.
    """

    def __init__(
        self,
        reference: Reference,
        rules: Counting,
        primers: Ints | None = None,
        skip_duplicates: bool = True,
    ) -> None:
        self._reference = reference
        self._codes = circle_codes(reference)
        self._circle = Circle.of(reference)
        self._rules = rules
        circle = self._circle.length
        self._clips_primers = primers is not None
        self._primers = np.zeros((2, circle), np.int64) if primers is None else primers
        self._limits = limits_of(rules, self._circle, skip_duplicates=skip_duplicates)
        self._tally = new_tally(self._codes)
        self._slots = new_slots(_SLOTS)
        self._tally.used[FREE] = _SLOTS
        rows, indels, bases = _PUT_OFF
        self._put_off = new_put_off(rows, indels, bases)
        self._read = new_read(2 * circle)
        self._splits = new_splits(self._codes, _SPLITS)
        self._split_reads: list[Ints] = []
        self._batch = 0
        self._spilled = tempfile.SpooledTemporaryFile(max_size=_SPILL)  # noqa: SIM115
        self._events: Events = Multiset()

    def feed(self, records: Records) -> None:
        """Count records that are sorted by position."""
        count = len(records.offsets)
        first = Records(records.data, records.offsets[:1]).positions().item()
        self.release(self._circle.to_circle(first))
        while self._tally.used[FREE] < count:
            self._grow()
        following = 0
        while following < count:
            following = count_records(
                records, following, self._primers, self._limits, self._slots, self._tally,
                self._put_off, self._read, self._splits,
            )  # fmt: skip
            self._empty()

    def release(self, before: int | None = None) -> None:
        """Count waiting reads that end before a position (default: all), without their mates."""
        position = 2 * len(self._codes) if before is None else before
        while not release(position, self._slots, self._tally, self._put_off):
            self._empty()
        self._empty()
        self._batch += before is None

    def _grow(self) -> None:
        old = self._slots
        size = len(old.keys)
        self._slots = new_slots(2 * size)
        for name in ("keys", "rows", "bases", "qualities", "events"):
            getattr(self._slots, name)[:size] = getattr(old, name)
        self.release(-1)

    def _empty(self) -> None:
        """Move what the kernels have written, so that they have room again."""
        used = self._tally.used
        add_events(self._tally.found[: used[FOUND]], self._events)
        if used[ROWS]:
            ends = (used[ROWS], used[EVENTS], used[PUT_OFF_BASES], used[PUT_OFF_BASES])
            for part, end in zip(tuple[Ints | Bytes, ...](self._put_off), ends, strict=True):
                np.save(self._spilled, part[:end])
        used[FOUND:PACKED] = 0
        if self._splits.used[0]:
            self._split_reads.append(self._splits.rows[: self._splits.used[0]].copy())
            # Reads of one name in different batches are of different fragments.
            self._split_reads[-1][:, KEY] ^= self._batch << _BATCH_BITS
            self._splits.used[0] = 0

    def _chunks(self) -> Iterator[PutOff]:
        """The reads that were put off."""
        end = self._spilled.tell()
        self._spilled.seek(0)
        while self._spilled.tell() < end:
            yield PutOff(*(np.load(self._spilled) for _ in range(len(PutOff._fields))))

    def _settle(self, own: Bytes, tally: Tally, events: Events) -> None:
        """Filter the reads that were put off by a mask of own alleles, and count the others."""
        for chunk in self._chunks():
            row = np.zeros(3, np.int64)
            done = False
            while not done:
                done = settle(chunk, len(chunk.rows), row, own, tally)
                add_events(tally.found[: tally.used[FOUND]], events)
                tally.used[FOUND] = 0
        unpack(tally)

    def _finish(self) -> tuple[Tally, Events, Ints]:
        """Sums over all reads, their indels and their junctions."""
        self.release()
        circle = len(self._codes)
        every = new_tally(self._codes)
        self._settle(np.full(circle, 15, np.uint8), every, Multiset())
        unpack(self._tally)
        bases = (self._tally.sums[0] + every.sums[0]).reshape(circle, 4, 2)
        own = own_alleles(bases, self._codes, self._rules.own_allele_vaf)
        self._settle(own, self._tally, self._events)
        self._spilled.close()
        reads = np.concatenate([np.zeros((0, COLUMNS), np.int64), *self._split_reads])
        return self._tally, self._events, find_junctions(reads, own, self._codes, self._limits)

    def counts(self, sample: str, totals: Totals) -> Counted:
        """Counts on the reference of all reads that were fed, with facts about the reads.

        ``meta`` holds ``sample``, the rules, ``reads`` and ``fragments`` that went in,
        ``failed_reads`` of the sequencer's filter, ``molecules`` that UMIs show and their
        ``copies`` that were left out, ``aligned``, ``used_reads``, the reads ``filtered_*`` by
        reason, ``overlapping_bases`` and ``discordant_bases`` of mates, ``insert_size_median`` and
        ``insert_sizes`` (fragments in bins of 10 bases), ``reach`` (``counts.indel_depth``), and,
        for pairs, ``duplicates`` and ``duplicates_by_chance``.
        """
        tally, events, found = self._finish()
        about = {**vars(self._rules), "primers_clipped": self._clips_primers}
        result = counted(tally, events, self._reference, about | about_reads(sample, totals))
        return replace(result, junctions=on_reference(found, self._circle))


def about_reads(sample: str, totals: Totals) -> dict[str, Any]:
    """What ``Counter.counts`` tells of the reads that went in."""
    return {
        "sample": sample,
        "reads": totals.reads,
        "fragments": totals.fragments,
        "failed_reads": totals.failed,
        "copies": totals.copies,
        "molecules": totals.molecules,
        "nuclear_reads": totals.nuclear,
        "duplicates": totals.duplicates,
        "duplicates_by_chance": totals.chance,
    }


def counted(tally: Tally, events: Events, reference: Reference, about: dict[str, Any]) -> Counted:
    """Sums on the circle as counts on the reference.

    Args:
        about: facts for ``meta``, beside those that the tally holds.
    """
    binned = tally.inserts.reshape(-1, _INSERT_BIN).sum(axis=1)
    meta = {
        **about,
        **dict(zip(STATS, tally.stats.tolist(), strict=True)),
        **dict(zip(OVERLAPS, tally.overlaps.tolist(), strict=True)),
        "insert_size_median": _histogram_median(tally.inserts),
        "insert_sizes": np.trim_zeros(binned, "b").tolist(),
        REACH: np.trim_zeros(tally.reach, "b").tolist(),
    }
    circle = Circle.of(reference)
    bases, qualities, distances, mismatches = (
        circle.rows(part.reshape(-1, 4, 2)).astype(np.uint32) for part in tally.sums
    )
    pairs = _pairs_on_reference(tally.pairs, circle)
    sums = BaseSums(qualities, distances, mismatches, tally.profile.astype(np.uint32), pairs)
    spanning = on_bonds(summed(tally.spans), circle).astype(np.uint32)
    return Counted(bases, indel_rows(events, reference), meta, sums, spanning=spanning)


def new_tally(codes: Bytes) -> Tally:
    """Sums of nothing, with room."""
    circle = len(codes)
    used = np.zeros(USED, np.int64)
    used[LOW] = circle
    return Tally(
        codes,
        np.zeros((2, circle), np.uint64),
        np.zeros((circle, 8), np.uint64),
        np.zeros((len(SUMS), circle, 8), np.int64),
        np.zeros((MAX_QUALITY + 1, (MAX_DISTANCE + 1) // DISTANCE_BIN), np.int64),
        np.zeros(MAX_DISTANCE + 1, np.int64),
        np.zeros((circle, NEAR, UNSEEN + 1, UNSEEN + 1), np.int64),
        np.zeros((circle + 1, 2), np.int64),
        np.empty((_EVENTS, EVENT_COLUMNS), np.int64),
        np.zeros(_MAX_INSERT, np.int64),
        np.zeros(len(STATS), np.int64),
        np.zeros(len(OVERLAPS), np.int64),
        used,
    )


def add_events(found: Ints, events: Events) -> None:
    """Add indels that the kernels found."""
    if len(found):
        kinds, times = np.unique(found[:, : E_STRAND + 1], axis=0, return_counts=True)
        for kind, count in zip(kinds.tolist(), times.tolist(), strict=True):
            anchor, size, low, high, strand = kind
            events[(anchor, size, low, high, strand)] += count


def own_alleles(bases: Ints, codes: Bytes, min_vaf: float) -> Bytes:
    """The sample's own alleles, as a mask of four bits per position.

    The reference base is always one. Another allele needs three reads or most of the reads: at low
    depth a single read of a nuclear copy is not enough.

    Args:
        bases: counts, shape (n, 4, 2).
        codes: reference codes, shape (n,).
        min_vaf: smallest frequency of an own allele.
    """
    reads = bases.sum(axis=2)
    depth = reads.sum(axis=1, keepdims=True)
    frequent = reads >= np.maximum(min_vaf * depth, 1)
    own = frequent & ((reads >= _MIN_OWN_READS) | (2 * reads > depth))
    own[np.arange(len(codes)), codes] = True
    return (own << np.arange(4)).sum(axis=1).astype(np.uint8)


def _unpack(size: int, low: int, high: int) -> str:
    word = low | high << 62
    return "".join(BASES[word >> 2 * i & 3] for i in range(size))


def indel_rows(events: Events, reference: Reference) -> list[IndelRow]:
    """Indel events on the circle as rows of ``Counts.indels`` on the reference.

    A deletion across the origin has a ``ref`` that goes on at position 1.
    """
    circle = Circle.of(reference)
    doubled = reference.sequence * 2
    rows: dict[tuple[int, str, str], list[int]] = {}
    for (anchor, size, low, high, strand), count in events.items():
        first = circle.to_reference(anchor)
        base = doubled[first]
        if size > 0:
            key = (first + 1, base, base + _unpack(size, low, high))
        else:
            key = (first + 1, doubled[first : circle.to_reference(anchor - size) + 1], base)
        rows.setdefault(key, [0, 0])[strand] += count
    return [(*key, forward, reverse) for key, (forward, reverse) in sorted(rows.items())]


def _pairs_on_reference(pairs: Ints, circle: Circle) -> NDArray[np.uint32]:
    """Pairs of a tally in the form of ``BaseSums.pairs``."""
    found = np.nonzero(pairs)
    first, step, allele, other = found
    start, end = (circle.to_reference(at) for at in (first, first + 1 + step))
    return np.stack([start, allele, end, other, pairs[found]]).astype(np.uint32)


def skips_duplicates(totals: Totals) -> bool:
    """Whether marked duplicates are left out: not if most of them are expected by chance."""
    return 2 * totals.chance <= totals.duplicates


def _histogram_median(histogram: Ints) -> int | None:
    total = int(histogram.sum())
    return int(np.searchsorted(np.cumsum(histogram), (total + 1) // 2)) if total else None
