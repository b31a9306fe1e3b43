"""mtDNA copies per cell from the depths of a whole genome, with their interval.

The interval has two parts: how the depth of the autosomes differs between chromosomes
(jackknife), and how libraries of one preparation differ. Wachsmuth et al. 2016 (doi
10.1371/journal.pgen.1005939, table 1) found standard deviations of 3 to 10 % of the mean between
replicate libraries.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam

from mitotransfer.counts.copies_table import MTDNA_COPIES
from mitotransfer.genome.reference import Facts
from mitotransfer.reads.alignment_files import contigs_of, reads_of
from mitotransfer.reads.species import mitochondrial_contigs

# Depths include duplicates: PCR copies both genomes alike, but at the depth of mtDNA most marked
# duplicates arise by chance.
_SKIPPED_IN_DEPTH = 0x4 | 0x100 | 0x200 | 0x800
_WINDOW = 1000
_WINDOWS = 3000
_MIN_WINDOWS = 100
_MIN_AUTOSOMAL_DEPTH = 1.0
#: Log-sd between libraries of one preparation: the largest of the four found for shotgun libraries.
_LIBRARIES_SD = 0.10
_NORMAL_95 = 1.96
_AUTOSOME = re.compile(r"(?:chr)?([1-9]|1\d|2[0-2])|NC_0000(0[1-9]|1\d|2[0-2])\.\d+")


@dataclass(frozen=True)
class Depths:
    """Depths of both genomes.

    Attributes:
        mitochondrial: mean depth of the mitochondrial contig.
        autosomal: median depth of the windows with reads; windows: their number.
        log_sd: standard deviation of the logarithm of ``autosomal``.
    """

    mitochondrial: float
    autosomal: float
    windows: int
    log_sd: float = 0.0

    @property
    def copies(self) -> float | None:
        """mtDNA copies per diploid cell; None if the depth of the autosomes is too low."""
        if self.windows < _MIN_WINDOWS or self.autosomal < _MIN_AUTOSOMAL_DEPTH:
            return None
        return 2 * self.mitochondrial / self.autosomal

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the copies; None where there are none."""
        if self.copies is None:
            return None
        width = math.exp(_NORMAL_95 * math.hypot(self.log_sd, _LIBRARIES_SD))
        return self.copies / width, self.copies * width


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
        seen = [(window[0], _mean_depth(source, *window)) for window in windows]
    covered = [(name, depth) for name, depth in seen if depth > 0]
    values = [depth for _, depth in covered]
    middle = float(np.median(values)) if values else 0.0
    spread = jackknife_log_sd([name for name, _ in covered], values)
    return Depths(mitochondrial, middle, len(values), spread)


def jackknife_log_sd(groups: Sequence[str], values: Sequence[float]) -> float:
    """Standard deviation of the logarithm of a median, each group left out in turn.

    Groups, not single values: the jackknife of a median needs many left out (Shao and Wu 1989, doi
    10.1214/aos/1176347263). Chromosomes are the natural groups: gains and losses are of them. 0 of
    one group.
    """
    of, depth = np.asarray(groups), np.asarray(values, float)
    names = np.unique(of)
    if len(names) < 2:
        return 0.0
    without = np.log([np.median(depth[of != name]) for name in names])
    n = len(names)
    return float(math.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))


def _mean_depth(source: pysam.AlignmentFile, contig: str, start: int, end: int) -> float:
    """Aligned bases within [start, end), per position."""
    bases = sum(read.get_overlap(start, end) or 0 for read in source.fetch(contig, start, end))
    return bases / (end - start)


def add_depths(parts: Iterable[Depths]) -> Depths:
    """Depths of a sample, summed over its files."""
    parts = list(parts)
    total = sum(part.autosomal for part in parts)
    # Files of one sample share its chromosomes: their deviations add up.
    deviation = sum(part.log_sd * part.autosomal for part in parts)
    return Depths(
        sum(part.mitochondrial for part in parts),
        total,
        min(part.windows for part in parts),
        deviation / total if total else 0.0,
    )


def copies_table(sample: str, found: Depths | None) -> str:
    """A table of mtDNA copies as TSV, without a row where no depths were taken."""
    if found is None:
        return MTDNA_COPIES.text([])
    depths_seen = sample, found.mitochondrial, found.autosomal, found.windows
    row = (*depths_seen, found.copies, *(found.interval or (None, None)))
    return MTDNA_COPIES.text([row])
