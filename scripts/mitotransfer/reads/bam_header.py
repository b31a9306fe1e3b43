"""The header of the pipeline's BAM files, with the totals of the input."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from importlib.metadata import version

from mitotransfer import __version__
from mitotransfer.genome.reference import Reference, checksum
from mitotransfer.reads.bam_records import TAG_AFTER, TAG_BEFORE

# Key of the header comment with the totals of the input.
INPUT_COMMENT = "mitotransfer input:"


@dataclass(frozen=True)
class Header:
    """Header of a BAM file: its text, and names and lengths of the contigs."""

    text: str
    contigs: tuple[tuple[str, int], ...]

    def __bytes__(self) -> bytes:
        """The header as it stands at the start of an uncompressed BAM file."""
        text = self.text.encode()
        parts = [b"BAM\1", struct.pack("<i", len(text)), text, struct.pack("<i", len(self.contigs))]
        for name, length in self.contigs:
            raw = name.encode() + b"\0"
            parts += [struct.pack("<i", len(raw)), raw, struct.pack("<i", length)]
        return b"".join(parts)


@dataclass
class Totals:
    """Totals of the input.

    Attributes:
        reads, fragments: number in the input.
        failed: reads that failed the filter of the sequencer, or whose mates did; left out.
        unaligned: reads left out because neither they nor their mates align.
        nuclear: reads left out because they or their mates fit the nuclear decoy better.
        copies: reads left out as copies of a molecule that another one stands for.
        molecules: fragments of molecules, where reads have UMIs; else 0.
        duplicates: fragments with the start and end of an earlier one.
        chance: duplicates expected among independent fragments at this depth.
    """

    reads: int = 0
    fragments: int = 0
    failed: int = 0
    unaligned: int = 0
    nuclear: int = 0
    copies: int = 0
    molecules: int = 0
    duplicates: int = 0
    chance: int = 0


def sample_header(
    reference: Reference,
    sample: str,
    totals: Totals,
    samtools: str,
    aligner: tuple[str, str] | None = None,
) -> Header:
    """Header of a sample's BAM file; its length does not depend on the totals.

    Args:
        samtools: its version.
        aligner: name and version; None for bwa-mem3.
    """
    programs = [
        aligner or ("bwa-mem3", version("bwa-mem3")),
        ("mitotransfer", __version__),
        ("samtools", samtools),
    ]
    lines = [
        "@HD\tVN:1.6\tSO:unsorted",
        f"@SQ\tSN:{reference.facts.contig}\tLN:{reference.length}\tM5:{checksum(reference.sequence)}\tTP:circular",
        f"@RG\tID:{sample}\tSM:{sample}",
    ]
    for k, (name, number) in enumerate(programs):
        before = f"\tPP:{programs[k - 1][0]}" if k else ""
        lines.append(f"@PG\tID:{name}\tPN:{name}\tVN:{number}{before}")
    numbers = " ".join(f"{key}={value:012d}" for key, value in vars(totals).items())
    lines += [
        f"@CO\tReads across the origin are split: {TAG_AFTER} counts the aligned bases "
        f"that follow in the supplementary record from 1, {TAG_BEFORE} those before it.",
        f"@CO\t{INPUT_COMMENT} {numbers}",
    ]
    return Header("\n".join(lines) + "\n", ((reference.facts.contig, reference.length),))
