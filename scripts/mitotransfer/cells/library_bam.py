"""A library of single cells, aligned to the circular mitogenome, as a sorted BAM with cell tags."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

import pysam

from mitotransfer.genome.reference import Reference
from mitotransfer.reads import sorted_bam
from mitotransfer.reads.align import Settings, aligned_batches
from mitotransfer.reads.bam_header import Totals, sample_header
from mitotransfer.reads.lanes import SampleReads


def align_library(
    sample: SampleReads, prefix: str | Path, reference: Reference, settings: Settings, bam: Path
) -> Totals:
    """Align a library and write its BAM file with an index; barcodes and UMIs are in CB and UB.

    Copies are not marked: what is a copy depends on the cell (``cells.pseudobulk``).

    Raises:
        ValueError: for input that cannot be used; the message names the file and the cure.
    """
    totals = Totals()
    with tempfile.TemporaryDirectory(prefix=f".{sample.name}.", dir=bam.parent) as name:
        folder = Path(name)
        batches = aligned_batches(sample, prefix, reference, settings, folder=folder, totals=totals)
        header = partial(sample_header, reference, sample.name, totals, pysam.__samtools_version__)
        for _ in sorted_bam.keep(batches, bam, folder, header, settings.threads):
            pass
    return totals
