"""Header of the BAM files that the pipeline writes, and what it tells about the input."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from mitotransfer import __version__
from mitotransfer.genome.reference import CONTIG, Reference, checksum
from mitotransfer.reads import bam_records as bam

# Key of the header comment that tells how many reads went in.
INPUT_COMMENT = "mitotransfer input:"


@dataclass
class Totals:
    """What is known of the input.

    Attributes:
        reads, fragments: that went in.
        unaligned: reads left out since neither they nor their mates align.
        nuclear: reads left out since they or their mates fit the nuclear decoy better.
        duplicates: fragments at a place (start, end) that an earlier one has.
        chance: duplicates that independent fragments at this depth are expected to show.
    """

    reads: int = 0
    fragments: int = 0
    unaligned: int = 0
    nuclear: int = 0
    duplicates: int = 0
    chance: int = 0


def sample_header(reference: Reference, sample: str, totals: Totals, samtools: str) -> bam.Header:
    """Header of a sample's BAM file; its length does not depend on the totals."""
    programs = [
        ("bwa-mem3", version("bwa-mem3")),
        ("mitotransfer", __version__),
        ("samtools", samtools),
    ]
    lines = [
        "@HD\tVN:1.6\tSO:unsorted",
        f"@SQ\tSN:{CONTIG}\tLN:{reference.length}\tM5:{checksum(reference.sequence)}\tTP:circular",
        f"@RG\tID:{sample}\tSM:{sample}",
    ]
    for k, (name, number) in enumerate(programs):
        before = f"\tPP:{programs[k - 1][0]}" if k else ""
        lines.append(f"@PG\tID:{name}\tPN:{name}\tVN:{number}{before}")
    numbers = " ".join(f"{key}={value:012d}" for key, value in vars(totals).items())
    lines += [
        f"@CO\tReads across the origin are split: {bam.TAG_AFTER} counts the aligned bases "
        f"that follow in the supplementary record from 1, {bam.TAG_BEFORE} those before it.",
        f"@CO\t{INPUT_COMMENT} {numbers}",
    ]
    return bam.Header("\n".join(lines) + "\n", ((CONTIG, reference.length),))


def input_totals(text: str) -> Totals | None:
    """Totals from the text of a header that ``sample_header`` made, None from any other."""
    for line in text.splitlines():
        if line.startswith(f"@CO\t{INPUT_COMMENT}"):
            pairs = (word.split("=") for word in line.split(INPUT_COMMENT)[1].split())
            return Totals(**{key: int(value) for key, value in pairs})
    return None
