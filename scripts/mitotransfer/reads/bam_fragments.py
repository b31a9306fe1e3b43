"""Records of a BAM file, grouped by name, as FASTQ: mates joined within a read group.

A record becomes one read, in its original direction. Two records are mates if name and read group
are equal, one is flagged as first and the other as second. Records with neither flag or both are
reads by themselves. Fragments of one name get different names, so that nothing joins them later.

Of a library of single cells the barcode and the UMI go behind the name (``reads.cell_tags``).
Fragments without them are left out: they can be of any cell.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from isal import igzip

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.problems import BadFile
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads import cell_tags
from mitotransfer.reads.bam_names import read_header
from mitotransfer.reads.cell_tags import (
    Cells,
    CellTags,
    has_cell,
    name_size,
    put_cell,
    put_tag,
)

_CHUNK = 1 << 24  # bytes of records taken at once
_MAX_NAME = 254
_MARGIN = 48  # bytes of a FASTQ record beside name, UMI, bases and qualities
_LETTERS = np.frombuffer(b"=ACMGRSVTWYHKDBN", np.uint8).copy()
_COMPLEMENTS = np.frombuffer(b"=TGKCYSBAWRDMHVN", np.uint8).copy()
_RG, _RX, _UB, _CB = map(bam.tag, ("RG", "RX", "UB", "CB"))
_MATES = bam.READ1 | bam.READ2
_NOT_PRIMARY = bam.SECONDARY | bam.SUPPLEMENTARY
_FAILED = np.frombuffer(b" 1:Y:0:", np.uint8).copy()

# What is counted, in the order of the ``stats`` array; the last three are record numbers plus one.
(
    RECORDS, ON_CONTIG, PAIRS, SINGLE, UNRATED, NUMBERED, OTHERS, NO_CELL, TWICE, UNTAGGED, LONG,
) = range(11)  # fmt: skip
_STATS = 11


@njit_views
def _same_text(data: Bytes, one: Int, other: Int) -> bool:
    """Whether two texts that end with 0 are equal; -1 stands for none."""
    if one < 0 or other < 0:
        return one == other
    i = np.int64(0)
    while data[one + i] != 0 and data[one + i] == data[other + i]:
        i += 1
    return data[one + i] == data[other + i]


@njit_views
def _has_umi(data: Bytes, record: Int) -> bool:
    return bam.text_tag(data, record, _RX) >= 0 or bam.text_tag(data, record, _UB) >= 0


@njit_views
def _put_bases(
    data: Bytes, sequence: Int, length: Int, reverse: bool, out: Bytes, start: Int
) -> None:
    target, source = np.uint64(start), np.uint64(sequence)
    last = np.uint64(length - 1)
    if reverse:
        for i in range(np.uint64(length)):
            j = last - i
            pair = np.int64(data[source + (j >> np.uint64(1))])
            out[target + i] = _COMPLEMENTS[pair & 15 if j & np.uint64(1) else pair >> 4]
    else:
        for i in range(np.uint64(length)):
            pair = np.int64(data[source + (i >> np.uint64(1))])
            out[target + i] = _LETTERS[pair & 15 if i & np.uint64(1) else pair >> 4]


@njit_views
def _put_qualities(
    data: Bytes, quality: Int, length: Int, reverse: bool, out: Bytes, start: Int
) -> None:
    """Write qualities as letters; those of a read without any as the lowest."""
    target, source = np.uint64(start), np.uint64(quality)
    last = np.uint64(length - 1)
    most = np.uint8(93 if length == 0 or data[quality] != 255 else 0)
    if reverse:
        for i in range(np.uint64(length)):
            out[target + i] = min(data[source + last - i], most) + np.uint8(33)
    else:
        for i in range(np.uint64(length)):
            out[target + i] = min(data[source + i], most) + np.uint8(33)


@njit_views
def _put_read(
    data: Bytes, record: Int, number: Int, tagged: Int, cells: Cells, failed: bool, out: Bytes,
    start: Int,
) -> Int:  # fmt: skip
    """Write a record as FASTQ at out[start]; returns where it ends.

    Args:
        number: of the fragment among those of its name; put before the name if above 0.
        tagged: a record of the fragment whose UMI, or barcode and UMI, is put behind the name; -1
            for none.
    """
    flag = bam.get_u16(data, record + bam.O_FLAG)
    size = np.int64(data[record + bam.O_NAME_LENGTH]) - 1
    length = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
    n_ops = bam.get_u16(data, record + bam.O_CIGAR_LENGTH)
    sequence = record + bam.O_NAME + size + 1 + 4 * n_ops
    quality = sequence + ((length + 1) >> 1)
    out[start] = 64
    at = start + 1
    if number > 0 and size < _MAX_NAME - 12:
        digits = np.int64(1)
        while digits * 10 <= number:
            digits *= 10
        while digits > 0:
            out[at] = np.uint8(48 + (number // digits) % 10)
            at += 1
            digits //= 10
        out[at] = 46
        at += 1
    for i in range(size):
        out[at + i] = data[record + bam.O_NAME + i]
    at += size
    if tagged >= 0 and cells.barcode != 0:
        at = put_cell(data, tagged, cells, out, at)
    elif tagged >= 0:
        out[at] = 58
        rx = bam.text_tag(data, tagged, _RX)
        if rx >= 0:
            at = put_tag(data, rx, out, at + 1)
        else:
            # 10x corrects UMIs within a cell.
            at = put_tag(data, bam.text_tag(data, tagged, _CB), out, at + 1)
            at = put_tag(data, bam.text_tag(data, tagged, _UB), out, at)
    if failed:
        for i in range(_FAILED.shape[0]):
            out[at + i] = _FAILED[i]
        at += _FAILED.shape[0]
    out[at] = 10
    at += 1
    reverse = flag & bam.REVERSE != 0
    _put_bases(data, sequence, length, reverse, out, at)
    at += length
    out[at], out[at + 1], out[at + 2] = 10, 43, 10
    at += 3
    _put_qualities(data, quality, length, reverse, out, at)
    at += length
    out[at] = 10
    return at + 1


@njit_views
def _ends_with_mate(data: Bytes, record: Int, kind: Int) -> bool:
    """Whether the name of a first or second mate ends with a separator and its number."""
    last = record + bam.O_NAME + np.int64(data[record + bam.O_NAME_LENGTH]) - 2
    separator = data[last - 1]
    return data[last] == (49 if kind == bam.READ1 else 50) and (
        separator == 47 or separator == 46 or separator == 95 or separator == 58
    )


@njit_views
def _mate_of(data: Bytes, offsets: Ints, begin: Int, end: Int, r: Int) -> tuple[Int, bool]:
    """The record that is the mate of a first or second one, and whether another one is like it."""
    flag = bam.get_u16(data, offsets[r] + bam.O_FLAG)
    group = bam.text_tag(data, offsets[r], _RG)
    mate = np.int64(-1)
    twice = False
    for k in range(begin, end):
        other = bam.get_u16(data, offsets[k] + bam.O_FLAG)
        kind = other & _MATES
        if k == r or other & _NOT_PRIMARY or kind == 0 or kind == _MATES:
            continue
        if not _same_text(data, group, bam.text_tag(data, offsets[k], _RG)):
            continue
        if kind == flag & _MATES:
            twice = True
            break
        mate = np.int64(k)
    return mate, twice


@njit_views
def _write_groups(
    data: Bytes,
    offsets: Ints,
    last: bool,
    wanted: Bytes,
    umis: bool,
    cells: Cells,
    stats: Ints,
    one: Bytes,
    two: Bytes,
    alone: Bytes,
    ends: Ints,
) -> Int:
    """Write the fragments of records that are grouped by name.

    Args:
        last: whether the last group is complete.
        wanted: whether each contig is mitochondrial.
        umis: put the UMI behind the name.
        cells: put barcode and UMI behind the name.
        stats: what is counted; added to.
        one, two, alone: get first mates, second mates and single reads.
        ends: how much of these three is used; set.

    Returns:
        Number of records that are done; less than all if the last group may go on.
    """
    count = offsets.shape[0]
    begin = np.int64(0)
    ends[0], ends[1], ends[2] = 0, 0, 0
    while begin < count:
        end = begin + 1
        while end < count and bam.same_name(data, offsets[begin], offsets[end]):
            end += 1
        if end == count and not last:
            return begin
        number = np.int64(0)
        for r in range(begin, end):
            record = offsets[r]
            contig = bam.get_i32(data, record + bam.O_REF)
            stats[ON_CONTIG] += contig >= 0 and wanted[contig] != 0
            flag = bam.get_u16(data, record + bam.O_FLAG)
            if flag & _NOT_PRIMARY:
                continue
            stats[RECORDS] += 1
            length = bam.get_i32(data, record + bam.O_SEQ_LENGTH)
            quality = bam.tag_range(data, record)[0] - length
            stats[UNRATED] += length > 0 and data[quality] == 255
            failed = flag & bam.QC_FAIL != 0
            kind = flag & _MATES
            mate = np.int64(-1)
            if kind != 0 and kind != _MATES:
                mate, twice = _mate_of(data, offsets, begin, end, r)
                if twice:
                    stats[TWICE] = record + 1
                    return end
            if mate >= 0 and kind == bam.READ2:
                continue  # written with its mate
            if kind == bam.READ1 or kind == bam.READ2:
                stats[NUMBERED if mate < 0 and _ends_with_mate(data, record, kind) else OTHERS] += 1
            tagged = np.int64(-1)
            if umis:
                tagged = record
                if not _has_umi(data, record) and mate >= 0:
                    tagged = offsets[mate]
                if not _has_umi(data, tagged):
                    stats[UNTAGGED] = record + 1
                    return end
            if cells.barcode != 0:
                tagged = record
                if not has_cell(data, record, cells) and mate >= 0:
                    tagged = offsets[mate]
                if not has_cell(data, tagged, cells):
                    stats[NO_CELL] += 1 + (mate >= 0)
                    continue
                if name_size(data, record, tagged, cells) > _MAX_NAME - 12:
                    stats[LONG] = record + 1
                    return end
            if mate >= 0:
                other = offsets[mate]
                failed = failed or bam.get_u16(data, other + bam.O_FLAG) & bam.QC_FAIL != 0
                ends[0] = _put_read(data, record, number, tagged, cells, failed, one, ends[0])
                ends[1] = _put_read(data, other, number, tagged, cells, failed, two, ends[1])
                stats[PAIRS] += 1
            else:
                ends[2] = _put_read(data, record, number, tagged, cells, failed, alone, ends[2])
                stats[SINGLE] += 1
            number += 1
        begin = end
    return count


class Written(NamedTuple):
    """What ``write_fastq`` has found.

    Attributes:
        records: primary records.
        on_contig: records, of any kind, on a mitochondrial contig.
        pairs, single: fragments that were written.
        unrated: reads without qualities.
        numbered: mates by themselves whose names end with their number in the pair.
        others: other fragments of mates.
        no_cell: reads left out without a cell barcode or UMI.
    """

    records: int
    on_contig: int
    pairs: int
    single: int
    unrated: int
    numbered: int
    others: int
    no_cell: int = 0


def write_fastq(
    source: Path,
    shown: Path,
    wanted: Bytes,
    files: tuple[Path, Path, Path],
    umis: bool,
    cells: CellTags | None = None,
) -> Written:
    """Write first mates, second mates and single reads of a BAM file that is grouped by name.

    Args:
        shown: the user's file, for messages.
        wanted: for each contig, whether it is mitochondrial.
        umis: put the UMI of the tags RX, or CB and UB, behind the name.
        cells: put the cell's barcode and UMI behind the name.

    Raises:
        BadFile: if two records of a read group have one name and one place in the pair, or if
            a fragment lacks its UMI.
    """
    stats = np.zeros(_STATS, np.int64)
    ends = np.zeros(3, np.int64)
    held = np.zeros(0, np.uint8)
    chunk = _CHUNK
    tags = cell_tags.numbers(cells)
    margin = _MARGIN + len(tags.text)
    with igzip.open(source, "rb") as handle:
        read_header(handle)
        targets = [open(path, "wb") for path in files]  # noqa: SIM115
        last = False
        while not last:
            more = handle.read(chunk)
            last = not more
            held = np.concatenate([held, np.frombuffer(more, np.uint8)])
            offsets = np.empty(len(held) // bam.O_NAME + 1, np.int64)
            count, end = bam.locate_records(held, len(held), offsets)
            room = 2 * end + margin * count
            one, two, alone = outs = [np.empty(room, np.uint8) for _ in range(3)]
            done = _write_groups(
                held, offsets[:count], last, wanted, umis, tags, stats, one, two, alone, ends
            )  # fmt: skip
            for out, target, size in zip(outs, targets, ends.tolist(), strict=True):
                target.write(out[:size].data)
            if stats[TWICE]:
                raise BadFile(_named_twice(shown, held, int(stats[TWICE]) - 1))
            if stats[UNTAGGED]:
                name = _name(held, int(stats[UNTAGGED]) - 1)
                raise BadFile(
                    f"{shown}: read '{name}' has no tag RX with its UMI; leave the column umi "
                    "empty, or give the reads with their UMIs"
                )
            if stats[LONG]:
                name = _name(held, int(stats[LONG]) - 1)
                raise BadFile(
                    f"{shown}: the name of read '{name}' and its cell barcode have more than "
                    f"{_MAX_NAME} characters; shorten the names of the reads"
                )
            start = int(offsets[done]) if done < count else end
            held = held[start:]
            chunk = max(_CHUNK, len(held))  # a group of many reads of one name
        for target in targets:
            target.close()
    written = Written(*stats[:TWICE].tolist())
    if written.records != 2 * written.pairs + written.single + written.no_cell:
        raise RuntimeError(f"{shown}: {written} does not add up")
    return written


def _name(data: Bytes, record: int) -> str:
    size = int(data[record + bam.O_NAME_LENGTH]) - 1
    start = record + bam.O_NAME
    return data[start : start + size].tobytes().decode("ascii", "replace")


def _named_twice(shown: Path, data: Bytes, record: int) -> str:
    return (
        f"{shown}: two reads are called '{_name(data, record)}' in one read group and at one place "
        "in the pair: runs with the same names were merged, or one file twice; give the files of "
        "the runs as rows of their own, or merge them with a read group for each"
    )
