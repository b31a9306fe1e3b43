"""mtDNA copies per cell from the depths of a whole genome."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam

from mitotransfer.genome.reference import Facts
from mitotransfer.reads.alignment_files import contigs_of, reads_of
from mitotransfer.reads.species import mitochondrial_contigs
from mitotransfer.table_files import Column, Table

MTDNA_COPIES = Table(
    "samples/{sample}/{sample}.mtdna_copies.tsv",
    "mtDNA copies per cell from the depths of a whole genome, where they were not "
    "measured; otherwise no row.",
    (
        Column("sample", "Sample."),
        Column("mitochondrial_depth", "Mean depth of the mitochondrial contig.", float),
        Column("autosomal_depth", "Median depth of the autosomal windows with reads.", float),
        Column("windows", "Autosomal windows with reads.", int),
        Column(
            "mtdna_copies", "Copies per cell; empty where the autosomes are too shallow.", float
        ),
    ),
    optional=True,
)
# Depths include duplicates: PCR copies both genomes alike, but at the depth of mtDNA most marked
# duplicates arise by chance.
_SKIPPED_IN_DEPTH = 0x4 | 0x100 | 0x200 | 0x800
_WINDOW = 1000
_WINDOWS = 3000
_MIN_WINDOWS = 100
_MIN_AUTOSOMAL_DEPTH = 1.0
_AUTOSOME = re.compile(r"(?:chr)?([1-9]|1\d|2[0-2])|NC_0000(0[1-9]|1\d|2[0-2])\.\d+")


@dataclass(frozen=True)
class Depths:
    """Mean depth of the mitochondrial contig, median depth of the autosomes, windows seen."""

    mitochondrial: float
    autosomal: float
    windows: int

    @property
    def copies(self) -> float | None:
        """mtDNA copies per diploid cell; None if the depth of the autosomes is too low."""
        if self.windows < _MIN_WINDOWS or self.autosomal < _MIN_AUTOSOMAL_DEPTH:
            return None
        return 2 * self.mitochondrial / self.autosomal


def depths(path: Path, facts: Facts, cram_reference: Path | None = None) -> Depths:
    """Depths of the two genomes in a whole-genome BAM or CRAM file.

    Autosomes are read in 3,000 windows of 1 kb, evenly spread (as fastMitoCalc does, Qian et al.
    2017, doi 10.1093/bioinformatics/btx167). The median over windows with reads is robust against
    assembly gaps and collapsed repeats. Duplicates count in both genomes.
    """
    contigs = contigs_of(path, cram_reference)
    lengths = dict(contigs)
    autosomes = [(name, size) for name, size in contigs if _AUTOSOME.fullmatch(name)]
    step = max(sum(size for _, size in autosomes) // _WINDOWS, _WINDOW)
    windows = [
        (name, start, start + _WINDOW)
        for name, size in autosomes
        for start in range(step // 2, size - _WINDOW, step)
    ]
    circles = [(name, 0, lengths[name]) for name in mitochondrial_contigs(contigs, facts)]
    with reads_of(
        path, [*windows, *circles], _SKIPPED_IN_DEPTH, 0, facts, cram=cram_reference
    ) as source:
        mitochondrial = sum(_mean_depth(source, *circle) for circle in circles)
        seen = [_mean_depth(source, *window) for window in windows]
    covered = [depth for depth in seen if depth > 0]
    return Depths(mitochondrial, float(np.median(covered)) if covered else 0.0, len(covered))


def _mean_depth(source: pysam.AlignmentFile, contig: str, start: int, end: int) -> float:
    """Aligned bases within [start, end), per position."""
    bases = sum(read.get_overlap(start, end) or 0 for read in source.fetch(contig, start, end))
    return bases / (end - start)


def add_depths(parts: Iterable[Depths]) -> Depths:
    """Depths of a sample, summed over its files."""
    parts = list(parts)
    return Depths(
        sum(part.mitochondrial for part in parts),
        sum(part.autosomal for part in parts),
        min(part.windows for part in parts),
    )


def copies_table(sample: str, found: Depths | None) -> str:
    """A table of mtDNA copies as TSV, without a row where no depths were taken."""
    if found is None:
        return MTDNA_COPIES.text([])
    row = (sample, found.mitochondrial, found.autosomal, found.windows, found.copies)
    return MTDNA_COPIES.text([row])
