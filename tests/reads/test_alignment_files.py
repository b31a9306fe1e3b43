"""Every kind of input, whole and broken, through to the sorted BAM."""

from __future__ import annotations

import gzip
from pathlib import Path

import pysam
import pytest
from bam_counts import input_totals
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
from mitotransfer.reads.lanes import Lane, SampleReads, batches

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
    """The BAM that the FASTQ gives."""
    return aligned(tmp_path_factory.mktemp("straight"), prefix, [lane])


def contents(path):
    """What the records of a BAM say, without their order."""
    with pysam.AlignmentFile(str(path)) as source:
        return sorted(record.to_string() for record in source)


# ---- FASTQ ----


def test_output_depends_on_the_reads_alone(tmp_path, prefix, lane, straight):
    plain = library().write(tmp_path / "plain", gzipped=False)
    (tmp_path / "deep").mkdir()
    again = aligned(tmp_path / "deep", prefix, [plain], threads=2, batch_size=10_000)
    assert again.read_bytes() == straight.read_bytes()
    assert Path(f"{again}.bai").read_bytes() == Path(f"{straight}.bai").read_bytes()
    assert sorted(p.name for p in again.parent.iterdir()) == ["S1.bam", "S1.bam.bai"]
    # Many batches: the same bytes with one thread and with two.
    ones = aligned(tmp_path, prefix, [lane], "S1", threads=1, batch_size=40).read_bytes()
    twos = aligned(tmp_path, prefix, [lane], "S1", threads=2, batch_size=40).read_bytes()
    assert ones == twos


def test_lanes_are_joined(tmp_path, prefix, straight):
    lanes = [library(100, label).write(tmp_path / label) for label in "xyz"]
    path = aligned(tmp_path, prefix, lanes)
    with pysam.AlignmentFile(str(path)) as source:
        names = {r.query_name for r in source}
    assert names == {f"{label}{k}" for label in "xyz" for k in range(100)}
    totals = input_totals(path)
    assert (totals.reads, totals.fragments) == (600, 300)


def test_names_lose_mate_numbers_and_comments(tmp_path):
    one, two = tmp_path / "1.fq", tmp_path / "2.fq"
    one.write_bytes(b"@a/1\nACGT\n+a/1\nIIII\r\n@b 1:N:0:AC\nA\n+\nI")
    two.write_bytes(b"@a/2\r\nACG\r\n+\r\nIII\r\n@b\t2:N:0:AC\n\n+\n\n\n\n")
    (batch,) = batches(Lane(one, two), 10)
    assert batch.reads.names() == [b"a", b"b"]
    assert batch.reads.sequences() == [b"ACGT", b"A"]
    assert batch.mates.sequences() == [b"ACG", b""]
    assert batch.reads.qualities() == [b"IIII", b"I"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"@a\nACGT\n+\nIIII\n@b\nACGT\n+\nIII\n", r"record 2: 4 bases but 3 qualities"),
        (b"@a\nACGT\n+\nIIII\nb\nACGT\n+\nIIII\n", r"record 2: expected '@' .* found 'b'"),
        (b"@a\nACGT\n+\nIIII\n@b\nACGT\nIIII\n@c\n", r"record 2: its third line"),
        (b"@a\nACGT\n+\nIIII\n@b\nACGT\n", r"record 2: the file ends inside"),
        (b"@a\nACGT\n+\nII I\n", r"record 1: a quality"),
        (b"@\nACGT\n+\nIIII\n", r"record 1: expected '@' and a read name"),
        (b">a\nACGT\n", r"record 1"),
        (b"", r"no reads in the file"),
        (b"BZh91AY&SY", r"compressed with bzip2; compress it with gzip"),
        (b"CRAM\3\0", r"not FASTQ; give this file in the column 'bam'"),
        (gzip.compress(b"@a\nACGT\n+\nIIII\n" * 9)[:-9], r"truncated or corrupt gzip"),
        (gzip.compress(b"@a\nACGT\n+\nIIII\n")[:-8] + b"\0" * 8, r"truncated or corrupt gzip"),
    ],
)
def test_broken_fastq_is_named_with_record_and_cure(tmp_path, content, message):
    path = tmp_path / "broken.fastq"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        list(batches(Lane(path), 1))
    assert str(path) in str(caught.value)
    with pytest.raises(ValueError, match=message):
        list(batches(Lane(path), 1000))


def test_mates_out_of_step_are_found(tmp_path):
    def write(name, names):
        path = tmp_path / name
        path.write_text("".join(f"@{n}\nACGT\n+\nIIII\n" for n in names))
        return path

    one = write("1.fq", ["a", "b", "c", "d"])
    for size in (1, 2, 3, 10):
        with pytest.raises(ValueError, match=r"out of step at record 3: 'c' and 'x'"):
            list(batches(Lane(one, write("2.fq", ["a", "b", "x", "d"])), size))
        with pytest.raises(ValueError, match=r"2\.fq: ends after record 2 but .*1\.fq goes on"):
            list(batches(Lane(one, write("2.fq", ["a", "b"])), size))
        with pytest.raises(ValueError, match=r"1\.fq: ends after record 4 but .*2\.fq goes on"):
            list(batches(Lane(one, write("2.fq", ["a", "b", "c", "d", "e"])), size))


# ---- BAM and CRAM ----


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


def test_truncated_and_senseless_alignment_files_are_refused(tmp_path, lane):
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
