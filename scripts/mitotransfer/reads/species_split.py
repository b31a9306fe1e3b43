"""Records of fragments of two species, aligned to both circles, sorted by the circle that fits.

A fragment is of a species if its reads lie on that circle, and the other circle has no alignment
of at least one of them whose score comes near (the aligner lists those of four fifths of the best
score in the tag XA). Fragments that fit both, or whose reads lie on both, are of neither.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit, njit_views
from mitotransfer.genome.reference import Reference
from mitotransfer.reads import bam_records as bam

#: Contig of the host in the aligner's index, behind that of the tumour.
HOST_CONTIG = "host:circle"
_NOT_PRIMARY = bam.UNMAPPED | bam.SECONDARY | bam.SUPPLEMENTARY


class Split(NamedTuple):
    """Raw records of fragments, mates next to each other.

    Attributes:
        tumor: those of the tumour's species, of decoys, and without an alignment.
        host: those of the host, with its circle as the first contig.
        ambiguous: reads of fragments that are of neither.
    """

    tumor: Bytes
    host: Bytes
    ambiguous: int


@njit_views
def _lists(data: Bytes, record: Int, contig: Bytes) -> bool:
    """Whether a read has another alignment, to a contig, among those of its tag XA."""
    at = bam.text_tag(data, record, bam.XA)
    while at >= 0 and data[at] != 0:
        same = True
        for i in range(contig.shape[0]):
            same = same and data[at + i] == contig[i]
            if not same:
                break
        if same and data[at + contig.shape[0]] == 44:
            return True
        while data[at] != 59 and data[at] != 0:
            at += 1
        at += data[at] == 59
    return False


@njit_views
def _circle_of(data: Bytes, offsets: Ints, begin: Int, end: Int, tumor: Bytes, host: Bytes) -> Int:
    """Contig of a fragment: 0 tumour or none, 1 host, -1 ambiguous."""
    on_tumor, on_host, clear = np.int64(0), np.int64(0), np.int64(0)
    for r in range(begin, end):
        record = offsets[r]
        if bam.get_u16(data, record + bam.O_FLAG) & _NOT_PRIMARY:
            continue
        contig = bam.get_i32(data, record + bam.O_REF)
        if contig > 1:
            return np.int64(0)  # a decoy
        on_tumor += contig == 0
        on_host += contig == 1
        clear += not _lists(data, record, host if contig == 0 else tumor)
    if on_tumor == 0 and on_host == 0:
        return np.int64(0)
    if clear == 0 or (on_tumor > 0 and on_host > 0):
        return np.int64(-1)
    return np.int64(on_host > 0)


@njit_views
def _exchange(data: Bytes, at: Int) -> None:
    """Exchange the first two contigs in a field."""
    if data[at] < 2 and data[at + 1] == 0 and data[at + 2] == 0 and data[at + 3] == 0:
        data[at] = np.uint8(1) - data[at]


@njit
def _sort(data: Bytes, offsets: Ints, tumor: Bytes, host: Bytes, single: bool, out: Ints) -> Ints:
    """Circle of each record, as of ``_circle_of``; sets the bytes of each and ambiguous reads."""
    count = offsets.shape[0]
    kind = np.zeros(count, np.int64)
    begin: Int = np.int64(0)
    while begin < count:
        end = begin + 1
        while end < count and bam.same_name(data, offsets[begin], offsets[end]):
            end += 1
        circle = _circle_of(data, offsets, begin, end, tumor, host)
        for r in range(begin, end):
            kind[r] = circle
            flag = bam.get_u16(data, offsets[r] + bam.O_FLAG)
            stands_in = single and flag & bam.READ2
            if circle < 0 and flag & (bam.SECONDARY | bam.SUPPLEMENTARY) == 0 and not stands_in:
                out[2] += 1
            if circle >= 0:
                out[circle] += bam.get_i32(data, offsets[r]) + 4
            if circle == 1:
                _exchange(data, offsets[r] + bam.O_REF)
                _exchange(data, offsets[r] + bam.O_MATE_REF)
        begin = end
    return kind


@njit
def _take(data: Bytes, offsets: Ints, kind: Ints, wanted: Int, size: Int) -> Bytes:
    out = np.empty(size, np.uint8)
    at: Int = np.int64(0)
    for r in range(offsets.shape[0]):
        if kind[r] == wanted:
            length = bam.get_i32(data, offsets[r]) + 4
            for i in range(length):
                out[at + i] = data[offsets[r] + i]
            at += length
    return out


def split(records: bytes, tumor: Reference, *, single: bool = False) -> Split:
    """Sort records that were aligned to both circles.

    Args:
        records: raw BAM records, the records of a fragment next to each other.
        single: true if every second read is an empty stand-in for a mate.
    """
    data, offsets = bam.whole_records(np.frombuffer(bytearray(records), np.uint8))
    names = [
        np.frombuffer(bytearray(name.encode()), np.uint8)
        for name in (tumor.facts.contig, HOST_CONTIG)
    ]
    sizes = np.zeros(3, np.int64)
    kind = _sort(data, offsets, names[0], names[1], single, sizes)
    own, host = (_take(data, offsets, kind, np.int64(k), sizes[k]) for k in (0, 1))
    return Split(own, host, int(sizes[2]))
