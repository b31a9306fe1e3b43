"""What the first and last bytes of a file show."""

from __future__ import annotations

import bz2
import gzip
import time
from functools import partial
from pathlib import Path

import numpy as np
import pysam
import pytest
from fuzzed_tables import fuzzed
from hypothesis import given
from hypothesis import strategies as st
from places import RCRS

from mitotransfer.inputs import contents
from mitotransfer.inputs.contents import Kind
from mitotransfer.inputs.read_files import check_files_of


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def reads(number, name="r", seed=0):
    rng = np.random.default_rng(seed)
    bases = rng.choice(list("ACGT"), (number, 100))
    return "".join(
        f"@{name}{i}\n{''.join(row)}\n+\n{'I' * 100}\n" for i, row in enumerate(bases)
    ).encode()


def packed(number):
    return gzip.compress(reads(number), 1)


def found(content, name="x.fq"):
    Path(name).write_bytes(content)
    return contents.look_at_fastq(name).found


@pytest.mark.parametrize(
    "content",
    [
        reads(1),
        reads(1).rstrip(b"\n"),
        reads(1).replace(b"\n", b"\r\n"),
        reads(2000),
        packed(2000),
        gzip.compress(reads(1)) + gzip.compress(reads(1, "s")),
        gzip.compress(reads(1)) + b"\0" * 100,
        bz2.compress(reads(1)),
        b"@long\n" + b"A" * 100_000 + b"\n+\n" + b"I" * 100_000 + b"\n",
        packed(20_000) + gzip.compress(reads(1)),
    ],
)
def test_good_fastq(content):
    assert found(content) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is an empty file"),
        (b"\n\n", "no reads in"),
        (gzip.compress(b""), "no reads in"),
        (gzip.compress(reads(20))[:-9], "is truncated inside its gzip data"),
        (gzip.compress(reads(20))[:-4], "is truncated inside its gzip data"),
        (reads(1)[:-60], "its first read has 100 bases but"),
        (reads(1)[:60], "the file ends inside its first record"),
        (reads(1).replace(b"+", b"-"), "its third line does not start with '+'"),
        (b">r\nACGT\n", "is FASTA"),
        (b"PK\x03\x04....", "is a ZIP archive"),
        (b"NCBI.sra....", "is an SRA archive"),
    ],
)
def test_bad_fastq(content, message):
    ((kind, said),) = found(content)
    assert kind is Kind.FAULT and message in said


def test_a_large_gzip_file_with_a_cut_end_is_doubted():
    whole = packed(20_000)
    doubts = [found(whole[:-cut]) for cut in range(1000, 41_000, 2000)]
    assert sum(bool(one) for one in doubts) >= 18  # by chance its last bytes may look right
    assert all(kind is Kind.DOUBT for one in doubts for kind, _ in one)


def test_a_large_bgzip_file_without_its_last_block_is_doubted():
    Path("plain").write_bytes(reads(20_000))
    pysam.tabix_compress("plain", "x.fq.gz", force=True)
    whole = Path("x.fq.gz").read_bytes()
    assert found(whole) == ()
    ((kind, said),) = found(whole[:-28])
    assert kind is Kind.DOUBT and "end-of-file block is missing" in said


# --- BAM and CRAM ------------------------------------------------------------------------------


def write_bam(name="x.bam", groups=(), contigs=(("chrM", 16569),), reads_of=("chrM",), mode="wb"):
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": n, "LN": length} for n, length in contigs]}
    header["RG"] = [{"ID": f"g{i}", "SM": sample} for i, sample in enumerate(groups)]
    with pysam.AlignmentFile(name, mode, header=header) as target:
        for contig in reads_of:
            read = pysam.AlignedSegment(target.header)
            read.query_name, read.query_sequence = "r", "ACGT" * 2000
            read.reference_name, read.cigarstring = contig, "8000M"
            target.write(read)
    return name


def look(name="x.bam"):
    return contents.look_at_alignments(name, RCRS.facts)


def test_a_good_bam_with_and_without_index():
    write_bam(groups=("S", "S"))
    assert (look().found, look().indexed, look().contigs) == ((), False, frozenset(["chrM"]))
    pysam.index("x.bam")
    assert (look().found, look().indexed) == ((), True)


def test_an_unaligned_bam_needs_no_contig():
    write_bam(contigs=(), reads_of=())
    assert look().found == ()


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"groups": ("A", "B")}, Kind.FAULT, "holds reads of several samples (A, B)"),
        (
            {"contigs": (("chr1", 9000),), "reads_of": ()},
            Kind.FAULT,
            "has no mitochondrial contig",
        ),
        ({"contigs": (("chrM", 16299),)}, Kind.DOUBT, "has 16299 bases, unlike human mtDNA"),
    ],
)
def test_headers(options, kind, message):
    write_bam(**options)
    ((seen, said),) = look().found
    assert seen is kind and message in said


def test_a_bam_without_mitochondrial_reads():
    write_bam(contigs=(("chr1", 9000), ("MT", 16569)), reads_of=("chr1",))
    pysam.index("x.bam")
    ((kind, said),) = look().found
    assert kind is Kind.DOUBT and "has no mitochondrial reads, by its index" in said


def test_a_cut_bam():
    content = Path(write_bam()).read_bytes()
    for cut in (28, 10, len(content) // 2):
        Path("x.bam").write_bytes(content[:-cut])
        ((kind, said),) = look().found
        assert kind is Kind.FAULT and "'x.bam' is " in said


@fuzzed
@given(st.binary(max_size=300), st.sampled_from([b"", b"@", b"BAM\1", b"CRAM", b"\x1f\x8b\x08"]))
def test_any_bytes_end_in_findings(content, magic):
    Path("x").write_bytes(magic + content)
    aligned = partial(contents.look_at_alignments, facts=RCRS.facts)
    for one in (contents.look_at_fastq, aligned, contents.look_at_vcf):
        assert isinstance(one("x").found, tuple)


@fuzzed
@given(st.integers(0, 400), st.integers(0, 255))
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_any_byte_of_a_header_changed_ends_in_findings(at, byte):
    content = bytearray(Path(write_bam(groups=("S",))).read_bytes())
    content[at % len(content)] = byte
    Path("x.bam").write_bytes(content)
    assert isinstance(look().found, tuple)


@pytest.mark.slow
def test_ten_thousand_files_take_less_than_a_minute():
    fastq, bam = packed(2000), Path(write_bam()).read_bytes()
    rows = []
    for i in range(2500):
        for mate in "12":
            Path(f"{i}_{mate}.fq.gz").write_bytes(fastq)
        Path(f"{i}.bam").write_bytes(bam)
        Path(f"{i}.tsv").write_text(
            "chrom\tpos\tref\talt\tref_count\talt_count\n"
            + "".join(f"chr1\t{k}\tA\tC\t90\t1\n" for k in range(1, 300))
        )
        row = {"sample": f"S{i}", "fastq_1": f"{i}_1.fq.gz", "fastq_2": f"{i}_2.fq.gz"}
        rows += [row | {"nuclear_counts": f"{i}.tsv"}, {"sample": f"B{i}", "bam": f"{i}.bam"}]
    start = time.process_time()
    assert check_files_of("s.tsv", list(enumerate(rows, 2)), facts=RCRS.facts) == []
    assert time.process_time() - start < 60
