"""Small simulated libraries of circular mitogenomes, and the pipeline's own steps on them."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pysam
from places import PLACEHOLDER, RCRS

from mitotransfer.counts.allele_counts import Counted
from mitotransfer.counts.count_sample import count_sample
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import align, aligner_index
from mitotransfer.reads.lanes import Lane, SampleReads, batches

CIRCLE = RCRS.sequence[:PLACEHOLDER] + RCRS.sequence[PLACEHOLDER + 1 :]
EXTENSION = 1000
HG38 = [("chr1", 20_000), ("chrM", 16569), ("chr2", 20_000)]
_COMPLEMENT = bytes.maketrans(b"ACGT", b"TGCA")


def complement(sequence: str) -> str:
    return sequence.encode().translate(_COMPLEMENT)[::-1].decode()


def on_circle(position: int) -> int:
    """0-based index on the circle of a 1-based rCRS position."""
    return position - 1 - (position > PLACEHOLDER + 1)


@dataclass
class Library:
    """FASTQ text in the making."""

    first: list[str] = field(default_factory=list)
    second: list[str] = field(default_factory=list)

    def add(self, name: str, bases: tuple[str, str], qualities: tuple[str, str]) -> None:
        for lines, seq, quality in zip((self.first, self.second), bases, qualities, strict=True):
            lines.append(f"@{name}\n{seq}\n+\n{quality}\n")

    def write(self, prefix: Path, gzipped: bool = True) -> Lane:
        files = []
        for number, lines in ((1, self.first), (2, self.second)):
            content = "".join(lines).encode()
            path = Path(f"{prefix}_{number}.fastq" + (".gz" if gzipped else ""))
            path.write_bytes(gzip.compress(content, 1) if gzipped else content)
            files.append(path)
        return Lane(*files)


def pair(genome: str, start: int, insert: int, length: int, flip: bool) -> tuple[str, str]:
    """Reads of the fragment [start, start + insert) of a circular genome."""
    doubled = genome + genome[: insert + length]
    start %= len(genome)
    fragment = doubled[start : start + insert]
    reads = (fragment[:length], complement(fragment)[:length])
    return reads[::-1] if flip else reads


def with_errors(rng: np.random.Generator, bases: str, rate: float) -> tuple[str, str]:
    """Bases with random errors of mostly low quality, and their qualities."""
    letters = np.frombuffer(bases.encode(), np.uint8).copy()
    wrong = rng.random(len(letters)) < rate
    letters[wrong] = rng.choice(np.frombuffer(b"ACGT", np.uint8), wrong.sum())
    scores = np.where(wrong, rng.integers(2, 36, len(letters)), rng.integers(15, 41, len(letters)))
    return letters.tobytes().decode(), (33 + scores).astype(np.uint8).tobytes().decode()


def index(folder: Path) -> Path:
    prefix = folder / "circle"
    aligner_index.write_index(RCRS, EXTENSION, prefix)
    return prefix


def counted(
    prefix: Path, sample: SampleReads, rules: Counting | None = None, **more: object
) -> Counted:
    """Counts of a sample; ``more`` are settings of the alignment."""
    settings = align.Settings(EXTENSION, **more)
    return count_sample(sample, prefix, RCRS, rules or Counting(), settings)[0]


def aligned(
    folder: Path, prefix: Path, lanes: list[Lane], name: str = "S1", **more: object
) -> Path:
    """The BAM file of a sample; ``more`` are settings of the alignment."""
    output = folder / f"{name}.bam"
    settings = align.Settings(EXTENSION, **more)
    count_sample(SampleReads(name, lanes), prefix, RCRS, Counting(), settings, bam=output)
    return output


def foreign(folder, lane, contigs, mito, kind="bam", shift=0, fasta=None):
    """The lane's reads as another pipeline leaves them: aligned, sorted, with company."""
    header = pysam.AlignmentHeader.from_dict(
        {
            "HD": {"VN": "1.6", "SO": "unsorted"},
            "SQ": [{"SN": name, "LN": size} for name, size in contigs],
        }
    )
    names = [name for name, _ in contigs]
    path = folder / f"foreign.{kind}"
    mode = "wc" if kind == "cram" else "wb"
    (batch,) = batches(lane, 10_000)
    options = {"reference_filename": str(fasta)} if fasta else {}
    records = []
    ends = [(reads.sequences(), reads.qualities()) for reads in (batch.reads, batch.mates)]
    for k, name in enumerate(batch.reads.names()):
        for second, (bases, qualities) in enumerate(ends):
            record = pysam.AlignedSegment(header)
            sequence, quality = bases[k].decode(), qualities[k].decode()
            reverse = bool((k + second) % 2)
            record.query_name = name.decode()
            record.flag = 0x1 | (0x80 if second else 0x40) | (0x10 if reverse else 0)
            record.query_sequence = complement(sequence) if reverse else sequence
            record.query_qualities_str = quality[::-1] if reverse else quality
            record.mapping_quality = 60
            elsewhere = k % 5 == 0 and second  # this mate aligned to a nuclear copy
            unmapped = k % 7 == 0 and second and not elsewhere
            at = names.index("chr1" if elsewhere else mito)
            record.reference_id = at
            mate_elsewhere = k % 5 == 0 and not second
            record.next_reference_id = names.index("chr1" if mate_elsewhere else mito)
            record.reference_start = record.next_reference_start = 50 + shift
            if unmapped:
                record.flag |= 0x4
            else:
                record.cigarstring = "100M"
            records.append(record)
            if k % 11 == 0 and not unmapped:  # a supplementary record, to be passed over
                extra = pysam.AlignedSegment.from_dict(record.to_dict(), header)
                extra.flag |= 0x800
                extra.cigarstring = "50H50M"
                extra.query_sequence = record.query_sequence[:50]
                records.append(extra)
    for k in range(50):  # nuclear pairs
        for second in (0, 1):
            record = pysam.AlignedSegment(header)
            record.query_name, record.flag = f"nuclear{k}", 0x1 | (0x80 if second else 0x40)
            record.query_sequence, record.cigarstring = "ACGTA" * 20, "100M"
            record.query_qualities_str = "I" * 100
            record.reference_id = record.next_reference_id = names.index("chr1")
            record.reference_start = record.next_reference_start = 200
            records.append(record)
    with pysam.AlignmentFile(str(path), mode, header=header, **options) as target:
        for record in records:
            target.write(record)
    return path
