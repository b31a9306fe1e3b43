"""All records of a long read as one molecule: each position and each indel votes once.

A long read can go round the circle more than once, fold back on itself, or span a deletion. It then
has several records. Their bases are joined like those of mates: where two records of a molecule
agree, one base counts, where they differ, none.

Beside an indel in a run an aligner cannot tell which base is missing, so that an error of length
can hide an SNV at the run's edge or look like one. Where a read has an indel that the sample itself
has not, the bases that the indel could stand at do not count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.counts.decode import (
    E_ANCHOR,
    E_LEFT,
    E_RIGHT,
    EVENT_COLUMNS,
    NOTHING,
    R_AFTER,
    R_ALLOWED,
    R_BEFORE,
    R_EVENTS,
    R_FIRST,
    R_INSERT,
    R_LAST,
    R_MATE,
    R_MISMATCHES,
    R_PRIMARY,
    R_SPAN,
    R_START,
    R_STRAND,
    R_UNNOTED,
    UNCOUNTED,
    Read,
    decode,
    indel,
)
from mitotransfer.counts.fragments import (
    MAX_DISTANCE,
    S_ALIGNED,
    S_CLIPPED,
    S_DUPLICATE,
    S_LOW_MAPQ,
    S_QC_FAIL,
    S_SHORT,
    same_event,
)
from mitotransfer.counts.records import Limits, Record, is_primary, parse, trim
from mitotransfer.genome.circle import deleted_bases
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import Records, reference_span

MOST_PIECES = 64  # records of a read that count
#: Bases in a row that need not align: a twentieth of those that do, at most. A nuclear flank of 500
#: bases stays above the most, though some of its bases align by chance; and
#: a nuclear copy that passes is as long as nine tenths of the read.
_UNALIGNED_SHARE, _UNALIGNED_MOST = 20, 400
_ALWAYS_ALLOWED = 3  # mismatches of a molecule


class Target(NamedTuple):
    """What reads are compared with, and by which rules.

    Attributes:
        codes: of the circle.
        primers: as for ``kernel.count_records``.
        own_indels: by position of the base before, the size of the sample's own indel; 0 without
            one.
        limits: of the filters; ``max_clipped`` is the longest stretch that need not align in a
            short molecule.
    """

    codes: Bytes
    primers: Ints
    own_indels: Ints
    limits: Limits


class Room(NamedTuple):
    """Room for one molecule.

    Attributes:
        piece: the record that is decoded.
        whole: the molecule: its position k is that of the circle.
        reach: int64, shape (MOST_PIECES, 4): by record, its bases [from, to) of the read as it was
            sequenced, and the first and last position that may count.
        event: an indel.
    """

    piece: Read
    whole: Read
    reach: Ints
    event: Ints


@njit_views
def _sequenced(record: Record) -> tuple[Int, Int]:
    """Aligned bases [from, to) of a record in the order in which the read was sequenced."""
    if record.flag & bam.REVERSE:
        return record.length - record.last, record.length - record.first
    return record.first, record.last


@njit_views
def longest_gap(reach: Ints, count: Int, length: Int) -> Int:
    """The longest stretch of a read that none of its records covers.

    Args:
        reach: bases [from, to) of each record.
        length: of the read.
    """
    at = np.int64(0)
    longest = np.int64(0)
    while at < length:
        end, following = at, length
        for i in range(count):
            if reach[i, 0] <= at:
                end = max(end, reach[i, 1])
            else:
                following = min(following, reach[i, 0])
        if end > at:
            at = end
        else:
            longest = max(longest, following - at)
            at = following
    return longest


@njit_views
def may_be_unaligned(aligned: Int, least: Int) -> Int:
    """The longest stretch of a read that need not align.

    Args:
        aligned: its bases that do.
        least: what it is for a short one.
    """
    return max(least, min(aligned // _UNALIGNED_SHARE, np.int64(_UNALIGNED_MOST)))


@njit_views
def _linked(data: Bytes, offsets: Ints, number: Int, record: Record, limits: Limits) -> Record:
    """The record with the aligned bases of its other half, if it ends at the origin."""
    before, after = np.int64(0), np.int64(0)
    for k in range(offsets.shape[0]):
        flag = bam.get_u16(data, offsets[k] + bam.O_FLAG)
        if k == number or (flag ^ record.flag) & bam.REVERSE or flag & bam.UNMAPPED:
            continue
        span = reference_span(data, offsets[k])
        other = parse(data, offsets[k], span, limits.circle, np.int64(0))
        if record.stop == limits.circle.length and other.start == 0 and other.first == record.last:
            after = other.last - other.first
        if record.start == 0 and other.stop == limits.circle.length and other.last == record.first:
            before = other.last - other.first
    return Record(
        record.data, record.at, record.flag, record.name_length, record.n_ops, record.length,
        record.start, record.stop, record.mate, record.first, record.last, before, after,
    )  # fmt: skip


@njit_views
def _mask_indels(record: Record, target: Target, read: Read, event: Ints) -> None:
    """Leave out the bases at which an indel of a read could stand, unless the sample has it.

    Args:
        event: room for an indel.
    """
    codes, own = target.codes, target.own_indels
    data, start, circle = record.data, record.start, codes.shape[0]
    cigar = record.at + bam.O_NAME + record.name_length
    sequence = cigar + 4 * record.n_ops
    at, query = start, np.int64(0)
    for i in range(record.n_ops):
        op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
        kind, size = op & 15, op >> 4
        if kind == bam.INSERTION or kind == bam.DELETION:
            taken = size if kind == bam.INSERTION else np.int64(0)
            real = size
            if kind == bam.DELETION:
                real = deleted_bases(at, size, target.limits.circle)
            signed = real if kind == bam.INSERTION else -real
            event[E_LEFT], event[E_RIGHT] = at - 1, at - min(signed, 0)
            event[E_ANCHOR] = (at - 1) % circle
            if real > 0:
                indel(data, sequence, query, at, signed, codes, event)
                if own[event[E_ANCHOR]] != signed:
                    first = max(event[E_LEFT] + 1, start) - start
                    last = min(event[E_RIGHT] - start, read.row[R_SPAN] - 1)
                    for k in range(first, last + 1):
                        if read.bases[k] < UNCOUNTED:
                            read.bases[k] = np.uint8(read.bases[k] + UNCOUNTED)
            query += taken
            at += real if kind == bam.DELETION else np.int64(0)
        elif kind == bam.SOFT_CLIP:
            query += size
        elif kind != bam.HARD_CLIP:
            at += size
            query += size if kind != bam.SKIP else np.int64(0)


@njit_views
def _join_bases(piece: Read, whole: Read) -> None:
    """Add a record's bases to its molecule."""
    start = piece.row[R_START]
    for k in range(piece.row[R_SPAN]):
        base, place = piece.bases[k], start + k
        other = whole.bases[place]
        if base == NOTHING:
            continue
        better = piece.qualities[k] > whole.qualities[place]
        if other == NOTHING or (other >= UNCOUNTED and base < UNCOUNTED):
            whole.bases[place], whole.qualities[place] = base, piece.qualities[k]
        elif base < UNCOUNTED and base != other:
            whole.bases[place] = np.uint8(other + UNCOUNTED)
        elif base < UNCOUNTED and better:
            whole.qualities[place] = piece.qualities[k]


@njit_views
def _covers(first: Int, last: Int, event: Ints) -> bool:
    return first <= event[E_LEFT] and event[E_RIGHT] <= last


@njit_views
def _join_events(room: Room, count: Int) -> None:
    """Add a record's indels to its molecule; ``count``: the records before it.

    An indel that one record has and another covers and lacks does not count.
    """
    piece, whole, reach = room.piece, room.whole, room.reach
    first, last = piece.row[R_FIRST], piece.row[R_LAST]
    kept = np.int64(0)
    for i in range(whole.row[R_EVENTS]):
        event = whole.events[i]
        found = not _covers(first, last, event)
        for j in range(piece.row[R_EVENTS]):
            found = found or same_event(event, piece.events[j])
        if found:
            for column in range(EVENT_COLUMNS):
                whole.events[kept, column] = event[column]
            kept += 1
    for j in range(piece.row[R_EVENTS]):
        event = piece.events[j]
        wanted = kept < whole.events.shape[0]
        for i in range(kept):
            wanted = wanted and not same_event(event, whole.events[i])
        for i in range(count):
            wanted = wanted and not _covers(reach[i, 2], reach[i, 3], event)
        if wanted:
            for column in range(EVENT_COLUMNS):
                whole.events[kept, column] = event[column]
            kept += 1
    whole.row[R_EVENTS] = kept


@njit_views
def _reach(
    data: Bytes, offsets: Ints, limits: Limits, reach: Ints, quality: Int
) -> tuple[Int, Int]:
    """Set what each record covers of the read; returns the read's length and aligned bases."""
    length, aligned = np.int64(0), np.int64(0)
    for k in range(offsets.shape[0]):
        flag = bam.get_u16(data, offsets[k] + bam.O_FLAG)
        reach[k, 0] = reach[k, 1] = 0
        good = np.int64(data[offsets[k] + bam.O_MAPQ]) >= quality
        if flag & (bam.UNMAPPED | bam.SECONDARY) == 0 and good:
            span = reference_span(data, offsets[k])
            record = parse(data, offsets[k], span, limits.circle, np.int64(0))
            reach[k, 0], reach[k, 1] = _sequenced(record)
            length = max(length, record.length)
            aligned += reach[k, 1] - reach[k, 0]
    return length, aligned


@njit_views
def read_molecule(records: Records, target: Target, room: Room, stats: Ints) -> bool:
    """Join the records of a read, unless a filter leaves it out; then ``stats`` counts why.

    Args:
        records: of one read, the primary one first.
        room: gets the molecule.

    Returns:
        Whether it passes the filters but that of mismatches.
    """
    data, offsets, limits = records.data, records.offsets[:MOST_PIECES], target.limits
    first = offsets[0]
    flag = bam.get_u16(data, first + bam.O_FLAG)
    if flag & bam.UNMAPPED or not is_primary(flag):
        return False
    stats[S_ALIGNED] += 1
    length, aligned = _reach(
        data, offsets, limits, room.reach, np.int64(limits.min_mapping_quality)
    )
    reason = np.int64(-1)
    if flag & bam.QC_FAIL:
        reason = np.int64(S_QC_FAIL)
    elif flag & bam.DUPLICATE and limits.skip_duplicates:
        reason = np.int64(S_DUPLICATE)
    elif np.int64(data[first + bam.O_MAPQ]) < limits.min_mapping_quality:
        reason = np.int64(S_LOW_MAPQ)
    elif aligned < limits.min_aligned_length:
        reason = np.int64(S_SHORT)
    elif longest_gap(room.reach, np.int64(offsets.shape[0]), length) > may_be_unaligned(
        aligned, np.int64(limits.max_clipped)
    ):
        reason = np.int64(S_CLIPPED)
    if reason >= 0:
        stats[reason] += 1
        return False
    whole = room.whole
    for k in range(target.codes.shape[0]):
        whole.bases[k], whole.qualities[k] = NOTHING, 0
    whole.row[R_EVENTS] = 0
    unnoted = np.int64(0)
    for k in range(offsets.shape[0]):
        room.reach[k, 2], room.reach[k, 3] = 0, -1
        if room.reach[k, 1] == 0:
            continue
        at = offsets[k]
        record = parse(data, at, reference_span(data, at), limits.circle, np.int64(0))
        record = _linked(data, offsets, np.int64(k), record, limits)
        decode(record, trim(record, target.primers), target.codes, limits, room.piece)
        unnoted += room.piece.row[R_UNNOTED]
        _mask_indels(record, target, room.piece, room.event)
        _join_events(room, np.int64(k))
        _join_bases(room.piece, whole)
        room.reach[k, 2], room.reach[k, 3] = room.piece.row[R_FIRST], room.piece.row[R_LAST]
    _describe(whole, target, flag, unnoted)
    return True


@njit_views
def _describe(whole: Read, target: Target, flag: Int, unnoted: Int) -> None:
    """Set the columns of a molecule: the whole circle, its mismatches, and far from its ends."""
    codes, limits = target.codes, target.limits
    covered, mismatches = np.int64(0), np.int64(0)
    for k in range(codes.shape[0]):
        if whole.bases[k] < NOTHING:
            covered += 1
            mismatches += whole.bases[k] & 3 != codes[k]
    row = whole.row
    row[R_START], row[R_SPAN] = 0, codes.shape[0]
    row[R_STRAND] = 1 if flag & bam.REVERSE else 0
    row[R_FIRST], row[R_LAST] = 0, codes.shape[0] - 1
    row[R_MATE], row[R_INSERT] = 0, 0
    row[R_MISMATCHES] = mismatches
    row[R_ALLOWED] = max(
        np.int64(limits.max_mismatches_per_100 * covered / 100), np.int64(_ALWAYS_ALLOWED)
    )
    row[R_UNNOTED], row[R_PRIMARY] = unnoted, 1
    row[R_BEFORE] = row[R_AFTER] = MAX_DISTANCE
