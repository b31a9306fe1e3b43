"""The hot loop of counting per cell: raw BAM records to votes of molecules at target positions.

A record passes the filters of the bulk counts (``counts.kernel``) and is decoded in the same way
(``counts.decode``). Its molecule is told by barcode and UMI, or, without UMIs, by barcode and the
ends of the fragment, so that copies and mates vote together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.cells.barcodes import Table, number_of, text_end
from mitotransfer.cells.votes import FULLEST, MOLECULE, Votes, entry, mix, vote
from mitotransfer.compiled import njit_views
from mitotransfer.counts.decode import (
    R_ALLOWED,
    R_FIRST,
    R_LAST,
    R_MISMATCHES,
    R_START,
    R_STRAND,
    Read,
    decode,
)
from mitotransfer.counts.kernel import passes_filters
from mitotransfer.counts.mates import WIDTH, hash_name
from mitotransfer.counts.records import Limits, Record, parse
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import Records, reference_span

#: Reads of a UMI that start within this many positions of one another are of one molecule: UMIs
#: are unique in a transcript, not in a cell.
UMI_REACH = 2000
# What became of the records, in the order of the ``seen`` array.
SEEN = ("records", "without_barcode", "other_barcode", "without_umi", "too_many_mismatches", "used")
RECORDS, UNTAGGED, UNLISTED, NO_UMI, MISMATCHED, USED = range(6)


class Tags(NamedTuple):
    """Tags of barcode and UMI as numbers (``bam_records.tag``); 0 for none."""

    barcode: Int
    umi: Int


def tags_of(barcode: str, umi: str) -> Tags:
    """Tags by their names; ``umi`` may be empty."""
    return Tags(bam.tag(barcode), bam.tag(umi) if umi else np.int64(0))


class Targets(NamedTuple):
    """Positions at which molecules are counted.

    Attributes:
        following: for each position of the circle, and one more, the first target from there on.
        positions: circle position of each target, and a last one beyond the circle.
    """

    following: Ints
    positions: Ints


@njit_views
def molecule_of(record: Record, circle: Int, barcode: np.uint64, umi: Int) -> tuple[np.uint64, Int]:
    """Key of a record's molecule, and the last position where another read of it can start.

    Args:
        umi: where the text of its UMI starts; -1 for none.
    """
    data, flag = record.data, record.flag
    if umi >= 0:
        return mix(barcode ^ mix(hash_name(data, umi, text_end(data, umi) - umi))), np.int64(
            record.start + UMI_REACH
        )
    # The second half of a read across the origin belongs to its first half.
    start = record.start if record.before == 0 else circle - record.before
    together = bam.UNMAPPED | bam.MATE_UNMAPPED | bam.PAIRED
    if flag & together == bam.PAIRED and bam.get_i32(data, record.at + bam.O_MATE_REF) == 0:
        low, high = min(start, record.mate), max(start, record.mate)
        size = abs(bam.get_i32(data, record.at + bam.O_TEMPLATE))
        ends = np.uint64((low << 40) | (high << 20) | min(size, (1 << 20) - 1))
        return mix(barcode ^ mix(ends)), max(high, record.start)
    low, high = start, record.stop
    single = np.int64(1) << 62 | np.int64(flag & bam.REVERSE != 0) << 61
    return mix(barcode ^ mix(np.uint64(single | (low << 20) | high))), np.int64(record.start)


@njit_views
def count_records(
    records: Records,
    begin: Int,
    tags: Tags,
    table: Table,
    codes: Bytes,
    limits: Limits,
    targets: Targets,
    votes: Votes,
    fragments: Ints,
    seen: Ints,
    filtered: Ints,
    read: Read,
) -> Int:
    """Let the records from number ``begin`` on vote.

    Args:
        codes: bases of the circle that mismatches are counted against.
        fragments: molecules of each barcode; added to.
        seen: numbers of records in the order of SEEN; added to.
        filtered: records that filters leave out, as ``counts.fragments.STATS``; added to.
        read: room for one read.

    Returns:
        The next record: one of the chunk where a table has no room left.
    """
    data, offsets = records.data, records.offsets
    most = np.int64(FULLEST * votes.keys.shape[0])
    for r in range(begin, offsets.shape[0]):
        at = offsets[r]
        span = reference_span(data, at)
        if (
            votes.used[0] + span + 1 > most
            or table.used[1] == table.new.shape[0]
            or table.used[0] >= fragments.shape[0]
        ):
            return np.int64(r)
        seen[RECORDS] += 1
        record = parse(data, at, span, limits.circle, 2 * WIDTH)
        text = bam.text_tag(data, at, tags.barcode)
        if text < 0:
            seen[UNTAGGED] += 1
            continue
        if not passes_filters(record, limits, filtered):
            continue
        umi = np.int64(-1)
        if tags.umi:
            umi = bam.text_tag(data, at, tags.umi)
            if umi < 0:
                seen[NO_UMI] += 1
                continue
        cell, barcode = number_of(data, text, table)
        if cell < 0:
            seen[UNLISTED] += 1
            continue
        decode(record, (record.start, record.stop), codes, limits, read)
        if read.row[R_MISMATCHES] > read.row[R_ALLOWED]:
            seen[MISMATCHED] += 1
            continue
        seen[USED] += 1
        molecule, last = molecule_of(record, limits.circle.length, barcode, umi)
        place, new = entry(molecule, cell, np.int64(MOLECULE), votes)
        if new or votes.last[place] < record.start:
            fragments[cell] += 1
        votes.last[place] = last
        if read.row[R_FIRST] < 0:
            continue
        target = targets.following[read.row[R_FIRST]]
        strand = read.row[R_STRAND]
        while targets.positions[target] <= read.row[R_LAST]:
            position = targets.positions[target]
            base = np.int64(read.bases[position - read.row[R_START]])
            if base < 4:
                key = mix(molecule + np.uint64(target + 1) * np.uint64(0x9E3779B97F4A7C15))
                place, _ = entry(key, cell, target, votes)
                votes.last[place] = position
                vote(place, base, strand, votes)
            target += 1
    return np.int64(offsets.shape[0])
