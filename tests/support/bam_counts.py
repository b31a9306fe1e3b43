"""Raw records and counts of a BAM file, where the pipeline counts records as it aligns them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pysam
from places import RCRS

from mitotransfer.arrays import Ints
from mitotransfer.counts.allele_counts import Counted
from mitotransfer.counts.counter import Counter, skips_duplicates
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads.bam_header import INPUT_COMMENT, Totals
from mitotransfer.reads.bam_records import Records, whole_records


def raw_records(path: Path) -> Records:
    """All records of a BAM file, in its order."""
    content = gzip.decompress(path.read_bytes())

    def number(at: int) -> int:
        return int.from_bytes(content[at : at + 4], "little", signed=True)

    at = 8 + number(4)
    contigs = number(at)
    at += 4
    for _ in range(contigs):
        at += 8 + number(at)
    return whole_records(np.frombuffer(bytearray(content[at:]), np.uint8))


def input_totals(path: Path) -> Totals:
    """Totals in the header; without them, the number of reads in the file."""
    with pysam.AlignmentFile(str(path)) as source:
        for line in str(source.header).splitlines():
            if line.startswith(f"@CO\t{INPUT_COMMENT}"):
                pairs = (word.split("=") for word in line.split(INPUT_COMMENT)[1].split())
                return Totals(**{key: int(value) for key, value in pairs})
        flags = [read.flag for read in source if not read.flag & 0x900]
    return Totals(len(flags), sum(not flag & 0x80 for flag in flags))


def count_bam(
    path: Path, rules: Counting | None = None, primers: Ints | None = None, chunk: int = 4096
) -> Counted:
    """Counts of a sorted BAM file on rCRS, fed to the counter in chunks."""
    totals = input_totals(path)
    counter = Counter(RCRS, rules or Counting(), primers, skips_duplicates(totals))
    for records in raw_records(path).chunks(chunk):
        counter.feed(records)
    return counter.counts("S1", totals)
