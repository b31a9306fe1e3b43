"""The files with a sample's reads, and the reads of a lane in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from mitotransfer.reads import fastq
from mitotransfer.reads.fastq import FastqReads


@dataclass(frozen=True)
class Lane:
    """FASTQ files of one lane; ``fastq_2`` is None for single reads."""

    fastq_1: Path
    fastq_2: Path | None = None


@dataclass(frozen=True)
class SampleReads:
    """A sample and the files with its reads.

    Attributes:
        name: of the sample and its read group.
        alignments: BAM and CRAM files with mitochondrial reads.
        cram_reference: FASTA that the CRAM files were written with.
    """

    name: str
    lanes: Sequence[Lane] = ()
    alignments: Sequence[Path] = ()
    cram_reference: Path | None = None


@dataclass(frozen=True)
class Batch:
    """Reads in file order: those of the first file and, for pairs, their mates."""

    reads: FastqReads
    mates: FastqReads | None

    def __len__(self) -> int:
        return len(self.reads.places)


def batches(lane: Lane, size: int) -> Iterator[Batch]:
    """Reads of a lane, ``size`` single reads or pairs at a time.

    Raises:
        ValueError: for malformed or empty files, or mates out of step.
    """
    one = fastq.read(lane.fastq_1, size)
    first = 1
    if lane.fastq_2 is None:
        for reads in one:
            yield Batch(reads, None)
            first += len(reads.places)
    else:
        two = fastq.read(lane.fastq_2, size)
        while True:
            left, right = next(one, fastq.NONE), next(two, fastq.NONE)
            if not fastq.same_names(left, right):
                _raise_mates(lane, first, left.names(), right.names())
            if not len(left.places):
                break
            yield Batch(left, right)
            first += len(left.places)
    if first == 1:
        raise ValueError(f"{lane.fastq_1}: no reads in the file; take it out of the sheet")


def _raise_mates(lane: Lane, first: int, left: list[bytes], right: list[bytes]) -> NoReturn:
    both = f"{lane.fastq_1} and {lane.fastq_2}"
    for k, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            raise ValueError(
                f"{both}: mates out of step at record {first + k}: '{a.decode()}' and "
                f"'{b.decode()}'; give the two files of one run, unfiltered or filtered together"
            )
    files = (lane.fastq_1, lane.fastq_2)
    shorter, longer = files if len(left) < len(right) else files[::-1]
    raise ValueError(
        f"{shorter}: ends after record {first - 1 + min(len(left), len(right))} but {longer} "
        "goes on; copy both files again"
    )
