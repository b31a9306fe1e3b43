"""Alignment of pairs that fit the circle without gaps: as by the aligner, at a tenth of its cost.

A pair is taken only if bwa's scores (match 1, mismatch -4, gap -6 - length, clip -5) leave no doubt
of its alignment; all others go to the aligner. Both mates align from end to end, on opposite
strands, at the distance of a proper pair, away from the origin and the placeholder. Each has

- at most one mismatch, which costs 5: a soft clip without it costs at least 6, a gap at least 7;
- or two mismatches, with eight bases or more between each end and the farther one: a soft clip
  without both costs more than their 10, and so does any gap unless it removes both, which is
  checked.

The genome must have no repeats of this length: any two stretches of 60 bases, on either strand,
differ at many positions (rCRS: 22 or more). So the aligner's mapping quality is 60.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.genome.circle import Circle, circle_codes, to_reference
from mitotransfer.genome.reference import Reference
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.fastq import LENGTH, NAME, NAME_END, QUALITY, SEQUENCE, FastqReads
from mitotransfer.reads.record_writer import index_bin, put_i32, put_int_tag, put_text

_K = 16  # length of the k-mers that find a place
_TABLE = 1 << 17
_SHORTEST = 60
DIFFERENCES = 20  # between any two stretches of as many bases: no repeats
_LONGEST = 512
_INSIDE = 8  # bases outside the outer one of two mismatches
_GAP = 4  # no longer gap scores as two mismatches do
_BLOCK = 128  # bases whose mismatches fit a byte
_UNIQUE = 60
# Columns of a read's alignment: place, strand, mismatches and score.
_AT, _STRAND, _MISMATCHES, _SCORE = range(4)
Keys = NDArray[np.uint64]


class Lookup(NamedTuple):
    """The circle that pairs are compared with.

    Attributes:
        circle: length, and place of the placeholder.
        codes: its bases.
        table: places of the k-mers of both strands; see ``_fill``.
    """

    circle: Circle
    codes: Bytes
    table: Keys


@njit_views
def _slot(table: Keys, key: np.uint64) -> Int:
    """Index of a key in the table, or of the empty entry where it belongs."""
    mask = np.int64(table.shape[0] - 1)
    i = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) & mask
    while table[i] != np.uint64(0) and table[i] >> np.uint64(32) != key:
        i = (i + 1) & mask
    return i


@njit_views
def _fill(codes: Bytes, table: Keys) -> None:
    """Enter the k-mers of both strands: key, and 2 * place + strand + 2; 1 for several places."""
    size = codes.shape[0]
    for strand in range(2):
        key = np.uint64(0)
        for i in range(size):
            code = np.int64(codes[i]) if strand == 0 else 3 - np.int64(codes[size - 1 - i])
            key = ((key << np.uint64(2)) | np.uint64(code)) & np.uint64(0xFFFFFFFF)
            if i >= _K - 1:
                slot = _slot(table, key)
                value = np.uint64(2 * (i - _K + 1) + strand + 2)
                several = table[slot] != np.uint64(0)
                table[slot] = (key << np.uint64(32)) | (np.uint64(1) if several else value)


def lookup(reference: Reference) -> Lookup:
    """Places of all k-mers of the circle, for ``take``."""
    codes = circle_codes(reference)
    table = np.zeros(_TABLE, np.uint64)
    _fill(codes, table)
    return Lookup(Circle.of(reference), codes, table)


@njit_views
def _decode(text: Bytes, start: Int, length: Int, read: Bytes) -> bool:
    """Set the codes of a read's letters; returns whether all are A, C, G or T."""
    begin = np.uint64(start)
    bad = np.uint8(0)
    for i in range(np.uint64(length)):
        letter = text[begin + i]
        read[i] = ((letter >> 1) ^ (letter >> 2)) & 3
        known = (letter == 65) | (letter == 67) | (letter == 71) | (letter == 84)
        bad = np.uint8(bad | np.uint8(not known))
    return bad == 0


@njit_views
def _turn(read: Bytes, length: Int, turned: Bytes) -> None:
    last = np.uint64(length - 1)
    for i in range(np.uint64(length)):
        turned[i] = 3 - read[last - i]


@njit_views
def _same(read: Bytes, begin: Int, end: Int, codes: Bytes, at: Int) -> bool:
    """Whether read[begin:end] matches the circle from ``at`` on."""
    if at < 0 or at + end - begin > codes.shape[0]:
        return True  # unknown
    same = 0
    while same < end - begin and read[begin + same] == codes[at + same]:
        same += 1
    return same == end - begin


@njit_views
def _gap_fits(read: Bytes, length: Int, codes: Bytes, at: Int, first: Int, second: Int) -> bool:
    """Whether a gap might remove both mismatches.

    If so, the bases after the first mismatch or those before the second match at a shifted place.
    """
    for size in range(1, _GAP + 1):
        if (
            _same(read, first, length, codes, at + first + size)
            or _same(read, min(first + size, length), length, codes, at + first)
            or _same(read, 0, second + 1, codes, at - size)
            or _same(read, 0, max(second + 1 - size, 0), codes, at + size)
        ):
            return True
    return False


@njit_views
def _score(length: Int, mismatches: Int, first: Int, second: Int) -> Int:
    """The aligner's score of a read: that of its best part, although its ends are aligned too.

    Args:
        first, second: positions of its mismatches in the read; equal if there is one.
    """
    score = length - 5 * mismatches
    if mismatches == 0:
        return score
    worst = 5 * (mismatches - 1)
    score -= min(0, min(first - 4, second - 4 - worst))
    score -= min(0, min(length - 1 - second - 4, length - 1 - first - 4 - worst))
    return score


@njit_views
def _fits(read: Bytes, length: Int, codes: Bytes, at: Int, found: Ints) -> bool:
    """Whether the aligner is certain to put a read at a place; sets mismatches and score."""
    begin = np.uint64(at)
    mismatches = np.int64(0)
    for block in range(np.uint64(0), np.uint64(length), np.uint64(_BLOCK)):
        several = np.uint8(0)
        for i in range(block, min(block + np.uint64(_BLOCK), np.uint64(length))):
            several = np.uint8(several + np.uint8(read[i] != codes[begin + i]))
        mismatches += np.int64(several)
    if mismatches > 2:
        return False
    first = np.int64(0)
    second = length - 1
    if mismatches:
        while read[first] == codes[at + first]:
            first += 1
        while read[second] == codes[at + second]:
            second -= 1
    if mismatches == 2 and (
        second < _INSIDE
        or first >= length - _INSIDE
        or _gap_fits(read, length, codes, at, first, second)
    ):
        return False
    found[_MISMATCHES] = mismatches
    found[_SCORE] = _score(length, mismatches, first, second)
    return True


@njit_views
def _find(
    text: Bytes, place: Ints, lookup: Lookup, read: Bytes, turned: Bytes, found: Ints
) -> bool:
    """Whether a read has a certain place; sets ``found`` to its alignment.

    ``turned`` gets its codes in the direction of the circle.
    """
    length = place[LENGTH]
    if length < _SHORTEST or length > _LONGEST:
        return False
    if not _decode(text, place[SEQUENCE], length, read):
        return False
    codes, table, size = lookup.codes, lookup.table, lookup.circle.length
    for attempt in range(3):
        offset = (length - _K) * attempt // 2
        key = np.uint64(0)
        for i in range(offset, offset + _K):
            key = (key << np.uint64(2)) | np.uint64(read[i])
        entry = np.int64(table[_slot(table, key)] & np.uint64(0xFFFFFFFF))
        if entry < 2:
            continue
        strand = entry & 1
        at = (entry >> 1) - 1 - offset
        if strand:
            at = size - at - length
        if at < 0 or at + length > size:
            return False
        if strand:
            _turn(read, length, turned)
        else:
            for i in range(np.uint64(length)):
                turned[i] = read[i]
        found[_AT], found[_STRAND] = at, strand
        if _fits(turned, length, codes, at, found):
            return True
    return False


@njit_views
def _plain(found: Ints, length: Int, gap: Int, repeated: Int) -> bool:
    """Whether a read spans neither the placeholder nor, with a mismatch, the end of the repeat.

    A read with a mismatch there might also fit its other place, with a soft clip.
    """
    at, end = found[_AT], found[_AT] + length
    return not (at < gap < end or (at < repeated < end and found[_MISMATCHES]))


@njit_views
def _write(
    text: Bytes, place: Ints, turned: Bytes, found: Ints, mate: Ints, mate_length: Int, flag: Int,
    circle: Circle, group: Bytes, out: Bytes, start: Int,
) -> Int:  # fmt: skip
    """Write a read's record at out[start]; returns where it ends."""
    length = place[LENGTH]
    position = to_reference(found[_AT], circle)
    name = place[NAME_END] - place[NAME]
    left = min(position, to_reference(mate[_AT], circle))
    right = max(
        to_reference(found[_AT] + length - 1, circle),
        to_reference(mate[_AT] + mate_length - 1, circle),
    )
    put_i32(out, start + bam.O_REF, 0)
    put_i32(out, start + bam.O_POS, position)
    out[start + bam.O_NAME_LENGTH] = name + 1
    out[start + bam.O_MAPQ] = _UNIQUE
    number = index_bin(position, position + length)
    out[start + bam.O_BIN] = number & 255
    out[start + bam.O_BIN + 1] = number >> 8
    out[start + bam.O_CIGAR_LENGTH] = 1
    out[start + bam.O_CIGAR_LENGTH + 1] = 0
    out[start + bam.O_FLAG] = flag & 255
    out[start + bam.O_FLAG + 1] = flag >> 8
    put_i32(out, start + bam.O_SEQ_LENGTH, length)
    put_i32(out, start + bam.O_MATE_REF, 0)
    put_i32(out, start + bam.O_MATE_POS, to_reference(mate[_AT], circle))
    width = right - left + 1
    put_i32(out, start + bam.O_TEMPLATE, -width if found[_STRAND] else width)
    at = start + bam.O_NAME
    for i in range(name):
        out[at + i] = text[place[NAME] + i]
    out[at + name] = 0
    at += name + 1
    put_i32(out, at, length << 4 | bam.MATCH)
    at += 4
    target = np.uint64(at)
    for i in range(np.uint64(length >> 1)):
        high, low = turned[np.uint64(2) * i], turned[np.uint64(2) * i + np.uint64(1)]
        # 0, 1, 2, 3 to 1, 2, 4, 8, two in a byte.
        high = np.uint8(high + 1 + (high >> 1) + (3 if high == 3 else 0))
        low = np.uint8(low + 1 + (low >> 1) + (3 if low == 3 else 0))
        out[target + i] = np.uint8(high << 4) | low
    if length & 1:
        out[at + (length >> 1)] = np.uint8(1 << turned[length - 1]) << 4
    at += (length + 1) >> 1
    target, source = np.uint64(at), np.uint64(place[QUALITY])
    last = np.uint64(place[QUALITY] + length - 1)
    if found[_STRAND]:
        for i in range(np.uint64(length)):
            out[target + i] = text[last - i] - 33
    else:
        for i in range(np.uint64(length)):
            out[target + i] = text[source + i] - 33
    at += length
    at = put_int_tag(out, at, bam.NM, found[_MISMATCHES])
    at = put_int_tag(out, at, bam.AS, found[_SCORE])
    at = put_text(out, at, group)
    put_i32(out, start, at - start - 4)
    return at


@njit_views
def _take_pairs(
    text: Bytes,
    places: Ints,
    mate_text: Bytes,
    mate_places: Ints,
    lookup: Lookup,
    limits: Ints,
    found: Ints,
    group: Bytes,
    scratch: Bytes,
    left: Ints,
    out: Bytes,
) -> tuple[Int, Int]:
    """Write the records of the pairs whose alignment is certain.

    Args:
        text, mate_text: of the two FASTQ files.
        places, mate_places: offsets of each pair's reads in it, shape (n, 5).
        limits: end of the bases that the aligner sees twice; least and largest distance of a pair.
        found: room for the alignments of two reads, shape (2, 4).
        group: the tag of the read group, as in a record.
        scratch: room for four reads.
        left: gets the numbers of the pairs for the aligner.
        out: gets the records, mates next to each other.

    Returns:
        How much of ``out`` and of ``left`` is used.
    """
    repeated, low, high = limits[0], limits[1], limits[2]
    gap = lookup.circle.gap
    read, turned = scratch[:_LONGEST], scratch[_LONGEST : 2 * _LONGEST]
    mate_read = scratch[2 * _LONGEST : 3 * _LONGEST]
    mate_turned = scratch[3 * _LONGEST : 4 * _LONGEST]
    one, two = found[0], found[1]
    at = np.int64(0)
    n_left = np.int64(0)
    for k in range(places.shape[0]):
        place, mate_place = places[k], mate_places[k]
        good = _find(text, place, lookup, read, turned, one)
        good = good and _find(mate_text, mate_place, lookup, mate_read, mate_turned, two)
        if good:
            length, mate_length = place[LENGTH], mate_place[LENGTH]
            forward, reverse = (two, one) if one[_STRAND] else (one, two)
            reverse_length = length if one[_STRAND] else mate_length
            forward_length = mate_length if one[_STRAND] else length
            distance = reverse[_AT] + reverse_length - forward[_AT]
            good = (
                one[_STRAND] != two[_STRAND]
                and low < distance <= high
                and forward[_AT] <= reverse[_AT]
                and forward[_AT] + forward_length <= reverse[_AT] + reverse_length
                and _plain(one, length, gap, repeated)
                and _plain(two, mate_length, gap, repeated)
            )
        if not good:
            left[n_left] = k
            n_left += 1
            continue
        flag = bam.PAIRED | bam.PROPER | (bam.REVERSE if one[_STRAND] else bam.MATE_REVERSE)
        at = _write(
            text, place, turned, one, two, mate_length, flag | bam.READ1, lookup.circle, group,
            out, at,
        )  # fmt: skip
        flag = bam.PAIRED | bam.PROPER | (bam.REVERSE if two[_STRAND] else bam.MATE_REVERSE)
        at = _write(
            mate_text, mate_place, mate_turned, two, one, length, flag | bam.READ2,
            lookup.circle, group, out, at,
        )  # fmt: skip
    return at, n_left


def take(
    reads: FastqReads,
    mates: FastqReads,
    lookup: Lookup,
    extension: int,
    distances: tuple[int, int],
    group: Bytes,
) -> tuple[Bytes, Ints]:
    """Records of the pairs whose alignment is certain, and the numbers of the other pairs.

    Args:
        extension: bases by which the circle was extended for the aligner.
        distances: between the ends of a proper pair, as the aligner counts them.
        group: the tag of the read group.
    """
    room = 0
    for places in (reads.places, mates.places):
        room += int((3 * places[:, LENGTH] // 2 + places[:, NAME_END] - places[:, NAME]).sum())
        room += len(places) * (bam.O_NAME + 24 + len(group))
    out = np.empty(room, np.uint8)
    left = np.empty(len(reads.places), np.int64)
    limits = np.array([extension, *distances], np.int64)
    found = np.zeros((2, 4), np.int64)
    end, n_left = _take_pairs(
        reads.text, reads.places, mates.text, mates.places, lookup, limits, found, group,
        np.empty(4 * _LONGEST, np.uint8), left, out,
    )  # fmt: skip
    return out[:end], left[:n_left]
