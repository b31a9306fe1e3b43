"""The files with a sample's reads, and the reads of a lane in batches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from mitotransfer.arrays import Ints
from mitotransfer.problems import BadFile, warn
from mitotransfer.reads import fastq, mate_names
from mitotransfer.reads.cell_tags import CellTags
from mitotransfer.reads.fastq import FAILED, NAME, QUALITY, FastqReads
from mitotransfer.reads.qualities import as_phred_33

#: A UMI at the end of a read's name, by this many of the lane's first names.
_UMI = re.compile(rb"[:_]([ACGTN]{5,}(?:[+_-][ACGTN]{5,})?)$")
_FIRST_NAMES, _DIFFERENT_UMIS = 100, 5


@dataclass(frozen=True)
class Lane:
    """FASTQ files of one lane.

    Attributes:
        fastq_2: second mates; None for single reads and for interleaved ones.
        interleaved: whether ``fastq_1`` holds both mates; None: recognised by its names.
        origin: BAM or CRAM file that the reads were taken from.
    """

    fastq_1: Path
    fastq_2: Path | None = None
    interleaved: bool | None = None
    origin: Path | None = None


@dataclass(frozen=True)
class SampleReads:
    """A sample and the files with its reads.

    Attributes:
        name: of the sample and its read group.
        alignments: BAM and CRAM files with mitochondrial reads.
        cram_reference: FASTA that the CRAM files were written with.
        umi: where a read's UMI is: ``RX``, ``name``, or empty for none.
        cells: tags of the cells of each alignment file; None for a sample that is no library of
            single cells.
    """

    name: str
    lanes: Sequence[Lane] = ()
    alignments: Sequence[Path] = ()
    cram_reference: Path | None = None
    umi: str = ""
    cells: Sequence[CellTags] | None = None


@dataclass(frozen=True)
class Batch:
    """Reads in file order: those of the first file and, for pairs, their mates.

    Attributes:
        failed: fragments beside these that failed the filter of the sequencer.
    """

    reads: FastqReads
    mates: FastqReads | None
    failed: int = 0

    def __len__(self) -> int:
        return len(self.reads.places)


def batches(lane: Lane, size: int) -> Iterator[Batch]:
    """Reads of a lane, up to ``size`` single reads or pairs at a time.

    Fragments that failed the filter of the sequencer are left out and counted.

    Raises:
        BadFile: for malformed or empty files, or mates out of step.
    """
    empty = True
    found = _of_one_file(lane, size) if lane.fastq_2 is None else _of_two_files(lane, size)
    for batch in found:
        empty = False
        yield _without_failed(batch)
    if empty:
        raise BadFile(f"{lane.fastq_1}: no reads in the file; take it out of the sheet")


def tell_of_umis(lane: Lane, batch: Batch) -> None:
    """Warn of UMIs at the end of the names of a lane's first reads, which are not used."""
    names = batch.reads.names(np.arange(min(len(batch), _FIRST_NAMES)))
    found = [match[1] for name in names if (match := _UMI.search(name))]
    if len(found) == len(names) and len(set(found)) >= _DIFFERENT_UMIS:
        path, name = lane.origin or lane.fastq_1, names[0].decode("ascii", "replace")
        warn(
            f"{path}: its reads seem to have UMIs in their names ('{name}'), which are not used; "
            "set the column umi to name"
        )


def _without_failed(batch: Batch) -> Batch:
    reads, mates = batch.reads, batch.mates
    failed = reads.places[:, FAILED] != 0
    if mates is not None:
        failed |= mates.places[:, FAILED] != 0
    if not failed.any():
        return batch
    left = None if mates is None else FastqReads(mates.text, mates.places[~failed])
    return Batch(FastqReads(reads.text, reads.places[~failed]), left, int(failed.sum()))


def _reads(lane: Lane, path: Path, size: int) -> Iterator[FastqReads]:
    return as_phred_33(lane.origin or path, fastq.read(path, size))


def _of_two_files(lane: Lane, size: int) -> Iterator[Batch]:
    assert lane.fastq_2 is not None
    one, two = _reads(lane, lane.fastq_1, size), _reads(lane, lane.fastq_2, size)
    first = 1
    relation = mate_names.EQUAL
    while True:
        left, right = next(one, fastq.NONE), next(two, fastq.NONE)
        if first == 1:
            relation = mate_names.relation(left, right)
        good = mate_names.in_step(left, right, relation)
        if good < max(len(left.places), len(right.places)):
            _raise_mates(lane, first + good, left, right, good)
        if not len(left.places):
            return
        yield Batch(
            mate_names.without_number(left, relation), mate_names.without_number(right, relation)
        )
        first += len(left.places)


def _raise_mates(lane: Lane, record: int, left: FastqReads, right: FastqReads, at: int) -> NoReturn:
    both = f"{lane.fastq_1} and {lane.fastq_2}"
    if at < min(len(left.places), len(right.places)):
        row = np.array([at])
        (a,), (b,) = left.names(row), right.names(row)
        raise BadFile(
            f"{both}: mates out of step at record {record}: '{a.decode()}' and "
            f"'{b.decode()}'; give the two files of one run, unfiltered or filtered together"
        )
    files = (lane.fastq_1, lane.fastq_2)
    shorter, longer = files if len(left.places) < len(right.places) else files[::-1]
    raise BadFile(
        f"{shorter}: ends after record {record - 1} but {longer} goes on; copy both files again"
    )


def _of_one_file(lane: Lane, size: int) -> Iterator[Batch]:
    """Single reads, or the pairs of an interleaved file and the reads between them."""
    source = _reads(lane, lane.fastq_1, size)
    first = next(source, fastq.NONE)
    relation = None if lane.interleaved is False else mate_names.interleaved(first)
    if lane.interleaved and relation is None:
        raise BadFile(
            f"{lane.fastq_1}: no mates beside each other, by the names of its first reads; leave "
            "the column interleaved empty"
        )
    if relation is None:
        while len(first.places):
            yield Batch(first, None)
            first = next(source, fastq.NONE)
        return
    while len(first.places):
        following = next(source, fastq.NONE)
        found = mate_names.neighbours(first, relation)
        last = len(first.places) - 1
        if len(following.places) and len(found.alone) and found.alone[-1] == last:
            # Its mate may be the first of the next reads.
            following = _joined(_rows(first, np.array([last])), following)
            found = found._replace(alone=found.alone[:-1])
        if len(found.first):
            one, two = _rows(first, found.first), _rows(first, found.second)
            yield Batch(
                mate_names.without_number(one, relation), mate_names.without_number(two, relation)
            )
        if len(found.alone):
            yield Batch(_rows(first, found.alone), None)
        first = following


def _rows(reads: FastqReads, rows: Ints) -> FastqReads:
    return FastqReads(reads.text, reads.places[rows])


def _joined(one: FastqReads, two: FastqReads) -> FastqReads:
    """Reads of two texts as those of one."""
    start = int(one.places[0, NAME])
    text = np.concatenate([one.text[start:], two.text])
    shift = np.zeros(one.places.shape[1], np.int64)
    shift[NAME : QUALITY + 1] = 1
    shift[fastq.LENGTH] = 0
    added = len(one.text) - start
    places = np.concatenate([one.places - start * shift, two.places + added * shift])
    return FastqReads(text, places)
