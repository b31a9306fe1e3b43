"""A sample's most frequent base at each position, from its first aligned reads.

An error beside a run of one base can hide a true SNV at its edge, or look like one, where reads are
aligned to another haplotype than their own. Long reads are therefore aligned to their own.
"""

from __future__ import annotations

import numpy as np

from mitotransfer.arrays import Bytes, Ints
from mitotransfer.compiled import njit_views
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.genome.reference import Reference
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import Records

_MIN_READS = 8  # at a position; below it stays the reference's base


@njit_views
def _pile(records: Records, bases: Ints) -> None:
    """Add the aligned bases of all records to ``bases``, shape (reference, 4)."""
    data = records.data
    for at in records.offsets:
        flag = bam.get_u16(data, at + bam.O_FLAG)
        if flag & (bam.UNMAPPED | bam.SECONDARY) or bam.get_i32(data, at + bam.O_REF) != 0:
            continue
        n_ops = bam.get_u16(data, at + bam.O_CIGAR_LENGTH)
        cigar = at + bam.O_NAME + np.int64(data[at + bam.O_NAME_LENGTH])
        sequence = cigar + 4 * n_ops
        place = bam.get_i32(data, at + bam.O_POS)
        query = np.int64(0)
        for i in range(n_ops):
            op = bam.get_i32(data, cigar + 4 * i) & 0xFFFFFFFF
            kind, size = op & 15, op >> 4
            if kind == bam.MATCH or kind == bam.EQUAL or kind == bam.MISMATCH:
                for k in range(size):
                    code = bam.NIBBLE_CODES[bam.get_base(data, sequence, query + k)]
                    if code < 4:
                        bases[place + k, code] += 1
                place += size
                query += size
            elif kind == bam.DELETION or kind == bam.SKIP:
                place += size
            elif kind == bam.INSERTION or kind == bam.SOFT_CLIP:
                query += size


def own_codes(records: Records, reference: Reference) -> Bytes:
    """The circle's codes with the base that most of the reads have, shape (circle,)."""
    codes = circle_codes(reference)
    bases = np.zeros((reference.length, 4), np.int64)
    _pile(records, bases)
    bases = Circle.of(reference).bases(bases)
    depth = bases.sum(axis=1)
    most = bases.argmax(axis=1)
    clear = (depth >= _MIN_READS) & (2 * bases.max(axis=1) > depth)
    return np.where(clear, most, codes).astype(np.uint8)
