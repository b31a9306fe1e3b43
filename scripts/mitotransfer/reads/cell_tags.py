"""Barcodes of cells and UMIs on their way through the aligner.

The aligner passes on the name of a read, not its tags. So barcode and UMI are put behind the name
when the reads are taken out of a BAM file, and become tags again when they are aligned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import Records, whole_records
from mitotransfer.reads.record_writer import put_i32

#: Stands before barcode and UMI in a name: ``name~barcode~umi``.
MARK = 126
#: Instead of a tag: all reads of the file are of one cell.
WHOLE_FILE = -1
#: Tags in the aligned file, whatever they were called before.
BARCODE_TAG, UMI_TAG = "CB", "UB"


@dataclass(frozen=True)
class CellTags:
    """What tells the cell and the molecule of a read in a BAM file.

    Attributes:
        barcode: tag with the barcode; unused where ``cell`` is given.
        umi: tag with the UMI; empty for none.
        cell: the cell that all reads of the file are of.
    """

    barcode: str = BARCODE_TAG
    umi: str = ""
    cell: str = ""

    def missing(self) -> str:
        """What is said of a file in which no read has the tags."""
        tags = f"{self.barcode} or {self.umi}" if self.umi else self.barcode
        return (
            f"no mitochondrial read has a cell barcode and, where umi_tag is set, a UMI (tags "
            f"{tags}); name the tags in barcode_tag and umi_tag (10x writes CB and UB, others XC, "
            "DB, XM), or give the BAM of the program that assigned the cells"
        )


class Cells(NamedTuple):
    """The tags as the kernels take them: numbers of the tags, 0 for none, and the whole file's
    cell, with WHOLE_FILE as its tag."""

    barcode: Int
    umi: Int
    text: Bytes


def numbers(tags: CellTags | None) -> Cells:
    """Tags as the kernels take them."""
    none = np.int64(0)
    if tags is None:
        return Cells(none, none, np.zeros(0, np.uint8))
    umi = bam.tag(tags.umi) if tags.umi else none
    barcode = np.int64(WHOLE_FILE) if tags.cell else bam.tag(tags.barcode)
    return Cells(barcode, umi, np.frombuffer(bytearray(tags.cell.encode()), np.uint8))


@njit
def _to_tags(data: Bytes, offsets: Ints, barcode_tag: Int, umi_tag: Int, out: Bytes) -> Int:
    """Write the records with the end of their names as tags; returns where they end."""
    at = np.int64(0)
    for k in range(offsets.shape[0]):
        record = offsets[k]
        size = bam.get_i32(data, record) + 4
        start = record + bam.O_NAME
        end = start + np.int64(data[record + bam.O_NAME_LENGTH]) - 1
        umi = end
        while data[umi - 1] != MARK:
            umi -= 1
        barcode = umi - 1
        while data[barcode - 1] != MARK:
            barcode -= 1
        begin = at
        for i in range(record, barcode - 1):
            out[at] = data[i]
            at += 1
        out[begin + bam.O_NAME_LENGTH] = barcode - start
        for i in range(end, record + size):  # the final 0 of the name, and all that follows
            out[at] = data[i]
            at += 1
        for tag, first, last in ((barcode_tag, barcode, umi - 1), (umi_tag, umi, end)):
            if last > first:
                out[at], out[at + 1], out[at + 2] = tag & 255, tag >> 8, 90
                at += 3
                for i in range(first, last):
                    out[at] = data[i]
                    at += 1
                out[at] = 0
                at += 1
        put_i32(out, begin, at - begin - 4)
    return at


def to_tags(records: Records) -> Records:
    """Records whose barcode and UMI are tags (CB, UB) and no longer part of the name."""
    out = np.empty(len(records.data) + 8 * len(records.offsets), np.uint8)
    size = _to_tags(
        records.data, records.offsets, bam.tag(BARCODE_TAG), bam.tag(UMI_TAG), out
    )  # fmt: skip
    return whole_records(out[:size].copy())
