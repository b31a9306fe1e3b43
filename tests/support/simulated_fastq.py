"""Simulated FASTQ read back without an aligner: by words, or by where the trace puts a read."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from places import LENGTH, RCRS
from simulated_reads import complement

from mitotransfer.genome import reference
from mitotransfer.simulate import genomes, noise, sequencer

CLEAN = noise.Sequencing(
    read_error_floor=0, fragment_error=0, quality_calibration=0, hot_spots=0, numt_share=0,
    index_hopping=0, duplicates=0,
)  # fmt: skip


def read_fastq(path: Path) -> tuple[list[str], list[str], list[str]]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    assert len(lines) % 4 == 0
    assert set(lines[2::4]) <= {"+"}
    return lines[0::4], lines[1::4], lines[3::4]


def codes_of(reads: list[str]) -> np.ndarray:
    """Reads of one length as codes, (reads, cycles)."""
    return reference.encode("".join(reads)).reshape(len(reads), -1).astype(np.int64)


def place(trace: sequencer.Trace, length: int, mate: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions (reads, cycles) in reading order and strand of SNV-only reads of one mate."""
    alive = np.flatnonzero(RCRS.codes < 4)  # the circle without the placeholder
    rank = np.zeros(LENGTH, np.int64)
    rank[alive] = np.arange(len(alive))
    reverse = (mate == 0) != (trace.forward == 1)
    first = rank[trace.start]
    cycle = np.arange(length)
    onward = first[:, None] + cycle
    backward = (first + trace.insert - 1)[:, None] - cycle
    return alive[np.where(reverse[:, None], backward, onward) % len(alive)], reverse.astype(int)


def word_vaf(paths: tuple[Path, Path], ref_word: str, alt_word: str) -> tuple[float, int]:
    """Share of reads with the alternative word among those with either, either way round."""
    reads = [read for path in paths for read in read_fastq(path)[1]]
    text = "\n".join(reads)
    ref, alt = (text.count(w) + text.count(complement(w)) for w in (ref_word, alt_word))
    return alt / (ref + alt), ref + alt


def words(variant: genomes.Variant, flank: int = 12) -> tuple[str, str]:
    start, end = variant.pos - 1, variant.pos - 1 + len(variant.ref)
    left, right = RCRS.sequence[start - flank : start], RCRS.sequence[end : end + flank]
    return left + variant.ref + right, left + variant.alt + right
