"""BAM and CRAM files, whole and broken, through to the sorted BAM."""

from __future__ import annotations

from pathlib import Path

import pysam
import pytest
from simulated_reads import (
    CIRCLE,
    EXTENSION,
    HG38,
    RCRS,
    Library,
    aligned,
    foreign,
    pair,
)

from mitotransfer.counts.count_sample import count_sample
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import align
from mitotransfer.reads.alignment_files import extract_lanes, mitochondrial_contigs
from mitotransfer.reads.lanes import SampleReads, batches

N_PAIRS = 300


def library(n=N_PAIRS, label="r"):
    made = Library()
    for k in range(n):
        start = k * 2003 + (16500 if k % 3 == 0 else 0)
        bases = pair(CIRCLE, start, 300, 100, bool(k % 2))
        # Qualities that tell the ends of a read apart.
        made.add(f"{label}{k}", bases, ("I" * 60 + "5" * 40, "H" * 60 + "6" * 40))
    return made


@pytest.fixture(scope="module")
def lane(tmp_path_factory):
    return library().write(tmp_path_factory.mktemp("lane") / "lane")


@pytest.fixture(scope="module")
def straight(tmp_path_factory, prefix, lane):
    """The sorted BAM file of the FASTQ files."""
    return aligned(tmp_path_factory.mktemp("straight"), prefix, [lane])


def contents(path):
    """The records of a BAM file, in no order."""
    with pysam.AlignmentFile(str(path)) as source:
        return sorted(record.to_string() for record in source)


def through(tmp_path, prefix, path, **more):
    output = tmp_path / "S1.bam"
    sample = SampleReads("S1", [], [path], **more)
    count_sample(sample, prefix, RCRS, Counting(), align.Settings(EXTENSION), bam=output)
    return output


@pytest.mark.parametrize(
    ("mito", "contigs", "indexed"),
    [
        ("chrM", HG38, True),
        ("chrM", HG38, False),
        ("MT", [("chr1", 20_000), ("MT", 16569)], True),
        ("chrM", [("chr1", 20_000), ("chrM", 16571)], True),  # hg19
        ("NC_012920.1", [("chr1", 20_000), ("NC_012920.1", 16569)], False),
        ("odd", [("chr1", 20_000), ("odd", 16569)], False),  # known by its length
    ],
)
def test_bam_gives_what_the_fastq_gives(tmp_path, prefix, lane, straight, mito, contigs, indexed):
    path = foreign(tmp_path, lane, contigs, mito)
    if indexed:
        pysam.samtools.sort("-o", str(tmp_path / "sorted.bam"), str(path), catch_stdout=False)
        path = tmp_path / "sorted.bam"
        pysam.samtools.index(str(path), catch_stdout=False)
    assert contents(through(tmp_path, prefix, path)) == contents(straight)


def test_unaligned_bam_gives_what_the_fastq_gives(tmp_path, prefix, lane, straight):
    path = tmp_path / "unaligned.bam"
    (batch,) = batches(lane, 10_000)
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6"}})
    with pysam.AlignmentFile(str(path), "wb", header=header) as target:
        for k, name in enumerate(batch.reads.names()):
            for flag, bases, qualities in (
                (0x4D, batch.reads.sequences(), batch.reads.qualities()),
                (0x8D, batch.mates.sequences(), batch.mates.qualities()),
            ):
                record = pysam.AlignedSegment(header)
                record.query_name, record.flag = name.decode(), flag
                record.query_sequence = bases[k].decode()
                record.query_qualities_str = qualities[k].decode()
                target.write(record)
    assert contents(through(tmp_path, prefix, path)) == contents(straight)


def test_cram_needs_its_reference_and_says_which(tmp_path, prefix, lane, straight, monkeypatch):
    monkeypatch.setenv("REF_PATH", "/dev/null")
    fasta = tmp_path / "genome.fa"
    fasta.write_text("".join(f">{n}\n{'ACGTACGTTA' * 2000}\n" for n in ("chr1", "chrM")))
    pysam.samtools.faidx(str(fasta))
    contigs = [("chr1", 20_000), ("chrM", 20_000)]
    path = foreign(tmp_path, lane, contigs, "chrM", "cram", fasta=fasta)
    output = through(tmp_path, prefix, path, cram_reference=fasta)
    assert contents(output) == contents(straight)
    moved = tmp_path / "moved.fa"
    fasta.rename(moved)
    Path(f"{fasta}.fai").unlink()
    with pytest.raises(ValueError, match=r"foreign\.cram.*chrM \(LN 20000, M5.*cram_fasta"):
        through(tmp_path, prefix, path)


def test_bam_without_the_mitochondrial_contig_is_refused(tmp_path, lane):
    path = foreign(tmp_path, lane, [("chr1", 20_000), ("chr2", 20_000)], "chr2")
    with pytest.raises(ValueError, match=r"foreign\.bam: no mitochondrial contig .*chr1, chr2"):
        extract_lanes(path, tmp_path)


def test_truncated_files_and_files_of_another_kind_are_refused(tmp_path, lane):
    path = foreign(tmp_path, lane, HG38, "chrM")
    cut = tmp_path / "cut.bam"
    cut.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ValueError, match=r"cut\.bam.*truncated.*copy it again"):
        extract_lanes(cut, tmp_path)
    text = tmp_path / "text.bam"
    text.write_text("this is not BAM\n")
    with pytest.raises(ValueError, match=r"text\.bam: not a readable BAM"):
        extract_lanes(text, tmp_path)


def test_contig_names():
    assert mitochondrial_contigs([("1", 5), ("MT", 16569)]) == ["MT"]
    assert mitochondrial_contigs([("chrM", 16571), ("chrMT", 16569)]) == ["chrM", "chrMT"]
    assert mitochondrial_contigs([("a", 16569), ("b", 16571)]) == []
