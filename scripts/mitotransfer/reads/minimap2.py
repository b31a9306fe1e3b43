"""Alignment of long reads with minimap2.

Li, Bioinformatics 2018, doi 10.1093/bioinformatics/bty191.

The reference is two turns of the circle, so that a read across the origin aligns in one piece, and
one of more than a turn in few. Its bases are the sample's own, as the first reads show them
(``reads.own_haplotype``). A process aligns each batch: its index takes some hundredths of a second.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pysam
from isal import igzip

from mitotransfer.arrays import Bytes
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.genome.reference import BASES, Reference
from mitotransfer.problems import BadFile
from mitotransfer.reads import fold, own_haplotype
from mitotransfer.reads.bam_names import read_header
from mitotransfer.reads.bam_records import whole_records
from mitotransfer.reads.fastq import LENGTH, FastqReads
from mitotransfer.reads.lanes import Batch
from mitotransfer.reads.record_writer import read_group_tag
from mitotransfer.wording import NO_MINIMAP2

_LEARNT_DEPTH = 40  # of the reads that show the sample's own bases
#: minimap2's presets for the platforms with long reads.
PRESETS = {"pacbio": "map-hifi", "nanopore": "map-ont"}
PROGRAM = "minimap2"
# Least score of an alignment, and bases by which seeds of one may be out of line. By default the
# part of a read beside a deletion is lost if it has fewer than 200 bases (HiFi), or fewer than the
# deletion (seen for one of 1,038).
_PARTS = ("-s", "80", "-r", "100,100")


def program() -> str:
    """Path of minimap2.

    Raises:
        ValueError: where it is not installed; the message names the cure.
    """
    found = shutil.which(PROGRAM)
    if found is None:
        raise ValueError(NO_MINIMAP2)
    return found


def version() -> str:
    """Version of the installed minimap2."""
    told = subprocess.run([program(), "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip()


class LongAligner:
    """minimap2 on two turns of the circle, with records folded back to the reference.

    Args:
        folder: for temporary files.
    """

    def __init__(self, reference: Reference, platform: str, sample: str, folder: Path) -> None:
        self._program = program()
        self._preset = PRESETS[platform]
        self._reference = reference
        self._circle = Circle.of(reference)
        self._group = read_group_tag(sample)
        self._folder = folder
        self._numbers = count()
        self._target = folder / "circle.fa"
        self._write_target(circle_codes(reference))

    def _write_target(self, codes: Bytes) -> None:
        turn = np.frombuffer(BASES.encode(), np.uint8)[codes].tobytes().decode()
        self._target.write_text(f">{self._reference.facts.contig}\n{turn}{turn}\n")

    def learn(self, batch: Batch) -> None:
        """Take what a batch's first reads show for the sample's own bases from now on."""
        bases = np.cumsum(batch.reads.places[:, LENGTH])
        few = 1 + int(np.searchsorted(bases, _LEARNT_DEPTH * self._circle.length))
        first = FastqReads(batch.reads.text, batch.reads.places[:few])
        records = whole_records(self.align(replace(batch, reads=first)).records)
        self._write_target(own_haplotype.own_codes(records, self._reference))

    def align(self, batch: Batch) -> fold.Folded:
        """Records on the reference, those of a read next to each other."""
        if batch.mates is not None:
            raise BadFile("long reads have no mates; leave fastq_2 and interleaved empty")
        name = f"long{next(self._numbers)}"
        reads, sam = self._folder / f"{name}.fq", self._folder / f"{name}.sam"
        with open(reads, "wb") as file:
            for parts in zip(
                batch.reads.names(), batch.reads.sequences(), batch.reads.qualities(), strict=True
            ):
                file.write(b"@%b\n%b\n+\n%b\n" % parts)
        told = subprocess.run(
            [
                self._program, "-a", "-Y", "-x", self._preset, *_PARTS, "--secondary=no", "-t", "1",
                "-o", str(sam), str(self._target), str(reads),
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if told.returncode:
            raise RuntimeError(f"minimap2 ended with {told.returncode}: {told.stderr[-2000:]}")
        records = _raw_records(sam)
        reads.unlink()
        sam.unlink()
        return fold.fold_records(
            records, self._reference, self._circle.length, self._group, single=True
        )


def _raw_records(sam: Path) -> bytes:
    """The records of a SAM file as raw BAM records."""
    bam = sam.with_suffix(".bam")
    pysam.view("--no-PG", "-u", "-o", str(bam), str(sam), catch_stdout=False)
    with igzip.open(bam, "rb") as handle:
        read_header(handle)
        content: bytes = handle.read()
    bam.unlink()
    return content
