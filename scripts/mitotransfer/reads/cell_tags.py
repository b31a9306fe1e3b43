"""Barcodes of cells and UMIs on their way through the aligner.

The aligner passes on the name of a read, not its tags. So barcode and UMI are put behind the name
when the reads are taken out of a BAM file, and become tags again when they are aligned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Bytes, Int, Ints
from mitotransfer.compiled import njit, njit_views
from mitotransfer.inputs.columns import BARCODE_TAG, UMI_TAG
from mitotransfer.reads import bam_records as bam
from mitotransfer.reads.bam_records import Records, whole_records
from mitotransfer.reads.record_writer import put_i32

#: Stands before barcode and UMI in a name: ``name~barcode~umi``.
MARK = 126
#: Instead of a tag: all reads of the file are of one cell.
WHOLE_FILE = -1


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


@njit_views
def put_tag(data: Bytes, at: Int, out: Bytes, end: Int) -> Int:
    """Write the text of a tag that starts at ``at``; returns where it ends."""
    while at >= 0 and data[at] != 0:
        # Blanks end the name of a FASTQ record.
        out[end] = data[at] if data[at] > 32 else np.uint8(95)
        end += 1
        at += 1
    return end


@njit_views
def has_cell(data: Bytes, record: Int, cells: Cells) -> bool:
    """Whether a record has the tags."""
    if cells.barcode == 0:
        return True
    if cells.umi != 0 and bam.text_tag(data, record, cells.umi) < 0:
        return False
    return cells.barcode == WHOLE_FILE or bam.text_tag(data, record, cells.barcode) >= 0


@njit_views
def name_size(data: Bytes, record: Int, tagged: Int, cells: Cells) -> Int:
    """Size of a read's name with barcode and UMI."""
    size = np.int64(data[record + bam.O_NAME_LENGTH]) + 2 + cells.text.shape[0]
    for tag in (cells.barcode, cells.umi):
        at = bam.text_tag(data, tagged, tag) if tag > 0 else np.int64(-1)
        while at >= 0 and data[at] != 0:
            size += 1
            at += 1
    return size


@njit_views
def put_cell(data: Bytes, record: Int, cells: Cells, out: Bytes, at: Int) -> Int:
    """Write the barcode and the UMI of a record, each behind a mark."""
    out[at] = MARK
    at += 1
    if cells.barcode == WHOLE_FILE:
        for i in range(cells.text.shape[0]):
            out[at + i] = cells.text[i]
        at += cells.text.shape[0]
    else:
        at = put_tag(data, bam.text_tag(data, record, cells.barcode), out, at)
    out[at] = MARK
    return put_tag(data, bam.text_tag(data, record, cells.umi), out, at + 1)


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
