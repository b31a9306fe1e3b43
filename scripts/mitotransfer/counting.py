"""Allele counts of a sample from its sorted BAM file, at about the speed of decompression.

Rules: reads count that are aligned, primary (or the other half of a read across the
origin), not marked as failed or duplicate, with enough mapping quality and aligned bases.
A read with too many mismatches against the sample's own alleles does not: it comes from a
nuclear copy or is a chimera. Own alleles are judged, not the reference, so that distant
haplogroups and mixtures lose nothing. Bases below the quality floor and near the aligned
end of a read do not count. A fragment counts once: where its mates overlap and agree, the
base of the better quality counts (ties go by a hash of the name); where they differ, none.
Indels follow the same rules, each as a whole.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer import bam, bwaindex
from mitotransfer.bam import Bytes, Ints
from mitotransfer.countkernel import MAX_INSERT, STATS, count_records
from mitotransfer.counts import INDEL_COLUMNS, Counts, empty_indels
from mitotransfer.decode import E_STRAND, EVENT_COLUMNS, READ_COLUMNS
from mitotransfer.header import input_totals
from mitotransfer.mates import HELD_EVENTS, OVERLAPS, WIDTH, release
from mitotransfer.reference import BASES, CONTIG, Reference

_ALL_ALLELES = 15
_SAMPLED_READS = 200  # reads per bin from which the own alleles are taken: about 2,000x
_SAMPLED_BIN = 16  # start positions in a bin, fewer than any read has bases
_MIN_OWN_READS = 3
_SLOTS = 1 << 15
_EVENTS = 1 << 16


@dataclass(frozen=True)
class Rules:
    """What counts; the names are those of the configuration's section ``counting``.

    Attributes:
        min_base_quality: bases below it do not count.
        min_mapping_quality: reads below it do not count.
        read_end: bases this close to the aligned end of a read do not count.
        min_aligned_length: reads with fewer aligned bases do not count.
        max_mismatches_per_100: per 100 aligned bases; three are always allowed.
        own_allele_vaf: alleles at least this frequent are no mismatches.
    """

    min_base_quality: int = 20
    min_mapping_quality: int = 20
    read_end: int = 10
    min_aligned_length: int = 40
    max_mismatches_per_100: float = 4.0
    own_allele_vaf: float = 0.03


@dataclass
class _Tally:
    """What one pass over the file has added up, on the circle."""

    bases: Ints
    events: Counter[tuple[int, int, int, int, int]]
    inserts: Ints
    stats: Ints
    overlaps: Ints


class _Slots:
    """Memory for reads that wait for their mates; grows with the depth."""

    def __init__(self, size: int) -> None:
        self._allocate(size)

    def _allocate(self, size: int) -> None:
        self.keys = np.zeros(size, np.uint64)
        self.rows = np.zeros((size, READ_COLUMNS), np.int64)
        self.bases = np.empty((size, WIDTH), np.uint8)
        self.qualities = np.empty((size, WIDTH), np.uint8)
        self.events = np.empty((size, HELD_EVENTS, EVENT_COLUMNS), np.int64)
        self.free = np.arange(size)
        self.table = np.zeros(4 * size, np.uint64)
        self.places = np.full(4 * size, -1, np.int64)
        self.n_free = size

    def grow(self) -> None:
        old_keys, old_rows, old_bases = self.keys, self.rows, self.bases
        old_qualities, old_events = self.qualities, self.events
        size = len(old_keys)
        self._allocate(2 * size)
        self.keys[:size] = old_keys
        self.rows[:size] = old_rows
        self.bases[:size] = old_bases
        self.qualities[:size] = old_qualities
        self.events[:size] = old_events

    def release(self, before: int, tally: _Tally) -> None:
        """Count reads that end before a position by themselves."""
        found = np.empty((len(self.keys) * HELD_EVENTS, EVENT_COLUMNS), np.int64)
        self.n_free, n_found = release(
            before, self.table, self.places, self.keys, self.rows, self.bases, self.events,
            self.free, tally.bases, found,
        )  # fmt: skip
        _add_events(found[:n_found], tally.events)


def _add_events(found: Ints, events: Counter[tuple[int, int, int, int, int]]) -> None:
    if len(found):
        kinds, times = np.unique(found[:, : E_STRAND + 1], axis=0, return_counts=True)
        for kind, count in zip(kinds.tolist(), times.tolist(), strict=True):
            anchor, size, low, high, strand = kind
            events[(anchor, size, low, high, strand)] += count


def _pass(
    path: Path, codes: Bytes, gap: int, own: Bytes, rules: Rules, sampled: bool
) -> tuple[_Tally, bam.Header]:
    """One pass over the file: all reads, or a sample of them without joining mates."""
    circle = len(codes)
    tally = _Tally(
        np.zeros((circle, 4, 2), np.int64),
        Counter(),
        np.zeros(MAX_INSERT, np.int64),
        np.zeros(len(STATS), np.int64),
        np.zeros(len(OVERLAPS), np.int64),
    )
    limits = np.array(
        [circle, gap, rules.min_mapping_quality, rules.min_base_quality, rules.read_end,
         rules.min_aligned_length, 0 if sampled else 1, _SAMPLED_BIN],
        np.int64,
    )  # fmt: skip
    each = _SAMPLED_READS if sampled else np.iinfo(np.int64).max
    quota = np.full(circle // _SAMPLED_BIN + 1, each, np.int64)
    found = np.empty((_EVENTS, EVENT_COLUMNS), np.int64)
    slots = _Slots(_SLOTS)
    stream = bam.RecordStream(path)
    _check_contig(path, stream.header, circle + (gap >= 0))
    for data, offsets, count in stream:
        slots.release(_position(data, offsets[0], gap), tally)
        while slots.n_free < count:
            slots.grow()
            slots.release(-1, tally)
        following = 0
        while following < count:
            following, slots.n_free, n_found = count_records(
                data, offsets, following, count, own, codes, limits,
                float(rules.max_mismatches_per_100), quota, slots.table, slots.places,
                slots.keys, slots.rows, slots.bases, slots.qualities, slots.events, slots.free,
                slots.n_free, tally.bases, found, tally.inserts, tally.stats,
                tally.overlaps,
            )  # fmt: skip
            if not sampled:
                _add_events(found[:n_found], tally.events)
    slots.release(circle + 1, tally)
    return tally, stream.header


def _position(data: Bytes, offset: int, gap: int) -> int:
    """Circle position of a record; the end of the circle for one without a position."""
    if bam.get_i32(data, offset + bam.O_REF) < 0:
        return np.iinfo(np.int64).max
    start = int(bam.get_i32(data, offset + bam.O_POS))
    return start - (0 <= gap < start)


def _check_contig(path: Path, header: bam.Header, length: int) -> None:
    if header.contigs != ((CONTIG, length),):
        shown = ", ".join(f"{name} ({size})" for name, size in header.contigs[:3])
        raise ValueError(
            f"{path}: expected one contig {CONTIG} ({length}), found {shown or 'none'}; "
            "make the file with align_reads.py and the same reference"
        )


def own_alleles(bases: Ints, codes: Bytes, min_vaf: float) -> Bytes:
    """Alleles that the sample has itself, as a mask of four bits per position.

    The reference base is always among them. A VAF from fewer than three reads is none,
    unless no other allele is as frequent, so that at low depth a single read of a nuclear
    copy does not declare itself the sample's own.

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


def indel_table(
    events: Counter[tuple[int, int, int, int, int]], reference: Reference
) -> pd.DataFrame:
    """Indel events on the circle as rows of ``counts.INDEL_COLUMNS`` on the reference.

    A deletion across the origin has a ``ref`` that goes on at position 1.
    """
    gap = bwaindex.placeholder(reference)
    doubled = reference.sequence * 2
    rows: dict[tuple[int, str, str], list[int]] = {}
    for (anchor, size, low, high, strand), count in events.items():
        first = anchor + (0 <= gap <= anchor)
        base = doubled[first]
        if size > 0:
            key = (first + 1, base, base + _unpack(size, low, high))
        else:
            circle = reference.length - (gap >= 0)
            last = anchor - size
            end = last % circle + (0 <= gap <= last % circle) + last // circle * reference.length
            key = (first + 1, doubled[first : end + 1], base)
        rows.setdefault(key, [0, 0])[strand] += count
    if not rows:
        return empty_indels()
    table = [(*key, *strands) for key, strands in sorted(rows.items())]
    return pd.DataFrame(table, columns=INDEL_COLUMNS)


def _on_reference(values: NDArray[Any], gap: int) -> NDArray[Any]:
    """Values per circle position with an empty row for the placeholder."""
    return np.insert(values, gap, 0, axis=0) if gap >= 0 else values


def count_alleles(
    path: str | Path, reference: Reference, sample: str, rules: Rules | None = None
) -> Counts:
    """Fragments per position, allele and strand, and indels, of a sample's BAM file.

    Two passes: the first takes the sample's own alleles from a few thousand reads around
    each position, the second counts. Memory does not grow with the number of reads.

    Args:
        path: BAM that ``align.align_sample`` wrote, sorted by coordinate.
        reference: the same reference as for the alignment.
        sample: name of the sample, for ``meta``.
        rules: what counts.

    Returns:
        Counts; ``meta`` holds ``sample``, the rules, ``reads`` and ``fragments`` that went
        in, ``aligned``, ``used_reads``, the reads ``filtered_*`` by reason,
        ``overlapping_bases`` and ``discordant_bases`` of mates, and ``insert_size_median``.

    Raises:
        ValueError: if the file is damaged or of another reference.
    """
    path = Path(path)
    rules = rules or Rules()
    gap = bwaindex.placeholder(reference)
    codes = bwaindex.circle_codes(reference)
    every = np.full(len(codes), _ALL_ALLELES, np.uint8)
    pilot, _ = _pass(path, codes, gap, every, rules, sampled=True)
    own = own_alleles(pilot.bases, codes, rules.own_allele_vaf)
    tally, header = _pass(path, codes, gap, own, rules, sampled=False)

    meta: dict[str, Any] = {"sample": sample, **vars(rules)}
    meta.update(zip(STATS, tally.stats.tolist(), strict=True))
    meta.update(zip(OVERLAPS, tally.overlaps.tolist(), strict=True))
    totals = input_totals(header.text)
    primary = (meta.pop("primary_reads"), meta.pop("primary_fragments"))
    meta["reads"], meta["fragments"] = (totals.reads, totals.fragments) if totals else primary
    meta["insert_size_median"] = _histogram_median(tally.inserts)
    bases = _on_reference(tally.bases, gap).astype(np.uint32)
    return Counts(bases, indel_table(tally.events, reference), meta)


def _histogram_median(histogram: Ints) -> int | None:
    total = int(histogram.sum())
    return int(np.searchsorted(np.cumsum(histogram), (total + 1) // 2)) if total else None
