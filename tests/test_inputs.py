"""Every kind of input in one run of the workflow, without BAM files."""

from __future__ import annotations

import gzip

import numpy as np
import pysam
import pytest
from nuclear_genome import GENOME, write_genome, write_vcf
from simulated_reads import CIRCLE, HG38, RCRS, Library, foreign, pair
from snakemake_run import copy_workflow

from mitotransfer import counts, nuclearcounts

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

COLUMNS = [
    "sample", "patient", "role", "fastq_1", "fastq_2", "bam", "assay", "platform", "nuclear_vcf",
]  # fmt: skip
N_PAIRS = 400


def library():
    made = Library()
    for k in range(N_PAIRS):
        bases = pair(CIRCLE, k * 2003, 300, 100, bool(k % 2))
        made.add(f"r{k}", bases, ("I" * 100,) * 2)
    return made


def long_reads(path):
    rng = np.random.default_rng(1)
    lines = []
    for k in range(40):
        start, size = int(rng.integers(len(CIRCLE))), int(rng.integers(1000, 4000))
        text = (CIRCLE + CIRCLE)[start : start + size]
        lines.append(f"@long{k}\n{text}\n+\n{'I' * size}\n")
    path.write_bytes(gzip.compress("".join(lines).encode()))


def unaligned(path, source):
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6"}})
    with pysam.AlignmentFile(str(path), "wb", header=header) as target:
        for k, text in enumerate(source.first):
            _, bases, _, quality = text.splitlines()
            record = pysam.AlignedSegment(header)
            record.query_name, record.flag = f"u{k}", 0x4
            record.query_sequence, record.query_qualities_str = bases, quality
            target.write(record)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    workflow = copy_workflow(folder / "workflow")
    lane = library().write(folder / "whole")
    reads, half = library(), N_PAIRS // 2
    parts = [Library(reads.first[at], reads.second[at]) for at in (slice(half), slice(half, None))]
    halves = [part.write(folder / f"half{k}", gzipped=False) for k, part in enumerate(parts)]
    (folder / "bam").mkdir()
    pysam.samtools.sort(
        "-o", str(folder / "hg38.bam"), str(foreign(folder / "bam", lane, HG38, "chrM"))
    )
    pysam.samtools.index(str(folder / "hg38.bam"))
    (folder / "19").mkdir()
    hg19 = foreign(folder / "19", lane, [("chr1", 20_000), ("chrM", 16571)], "chrM")
    fasta = folder / "genome.fa"
    fasta.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in GENOME.items()))
    pysam.faidx(str(fasta))
    (folder / "c").mkdir()
    contigs = [(name, len(sequence)) for name, sequence in GENOME.items()]
    cram = foreign(folder / "c", lane, contigs, "chrM", "cram", fasta=fasta)
    unaligned(folder / "unaligned.bam", library())
    long_reads(folder / "long.fastq.gz")
    for name, vaf in (("tumor", 0.4), ("til", 0.04)):
        write_genome(folder / f"{name}.bam", vaf)
    vcf = write_vcf(folder / "somatic.vcf")
    bed = folder / "primers.bed"
    bed.write_text("chrM\t0\t16569\tall\t0\t+\n")
    rows = [
        ("paired", "A", "normal", lane.fastq_1, lane.fastq_2, "", "capture", "illumina", ""),
        *(("lanes", "A", "normal", half.fastq_1, half.fastq_2, "", "", "", "") for half in halves),
        ("hg38", "A", "normal", "", "", folder / "hg38.bam", "wes", "illumina", ""),
        ("hg19", "A", "normal", "", "", hg19, "wes", "", ""),
        ("cram", "A", "normal", "", "", cram, "", "", ""),
        ("single", "A", "normal", "", "", folder / "unaligned.bam", "amplicon", "iontorrent", ""),
        ("long", "A", "normal", folder / "long.fastq.gz", "", "", "", "nanopore", ""),
        ("tumor", "B", "tumor", "", "", folder / "tumor.bam", "wgs", "illumina", vcf),
        ("til", "B", "immune", "", "", folder / "til.bam", "wgs", "illumina", vcf),
    ]
    text = "".join("\t".join(map(str, row)) + "\n" for row in [COLUMNS, *rows])
    (workflow.folder / "samples.tsv").write_text(text)
    config = workflow.folder / "config/config.yaml"
    config.write_text(
        config.read_text()
        .replace('cram_fasta: ""', f"cram_fasta: {fasta}")
        .replace('primer_bed: ""', f"primer_bed: {bed}")
        .replace("keep_bam: true", "keep_bam: false")
    )
    samples = ["paired", "lanes", "hg38", "hg19", "cram", "single", "long"]
    targets = [f"out/samples/{name}/{name}.counts.npz" for name in samples]
    workflow.run("--cores", "1", "--config", "samples=samples.tsv", "patients=", "results=out",
                 "--", *targets, "out/patients/B/contamination.tsv")  # fmt: skip
    return workflow.folder / "out"


def load(results, name):
    return counts.load(results / f"samples/{name}/{name}.counts.npz")


@pytest.mark.parametrize("name", ["lanes", "hg38", "hg19", "cram"])
def test_the_same_reads_give_the_same_counts(results, name):
    whole = load(results, "paired")
    np.testing.assert_array_equal(load(results, name).bases, whole.bases)
    assert whole.meta["used_reads"] == 2 * N_PAIRS


def test_single_reads_of_amplicons_lose_their_primers(results):
    found = load(results, "single")
    assert found.meta["fragments"] == N_PAIRS and found.meta["primers_clipped"]
    # The one primer covers the genome: nothing is left but what ends at the origin.
    assert found.bases.sum() < 0.02 * N_PAIRS * 80


def test_long_reads_are_aligned_as_such(results):
    found = load(results, "long")
    assert found.meta["used_reads"] == 40
    major = found.bases.sum(axis=2).argmax(axis=1)
    covered = found.bases.sum(axis=(1, 2)) > 0
    assert covered.mean() > 0.9 and (major == RCRS.codes)[covered].all()


def test_nuclear_snvs_are_counted_and_bound_the_contamination(results):
    (row,) = np.genfromtxt(results / "patients/B/contamination.tsv", names=True, dtype=None,
                           encoding=None, delimiter="\t", ndmin=1)  # fmt: skip
    table = nuclearcounts.read_nuclear_counts(results / "samples/til/til.nuclear_counts.tsv")
    assert row["source"] == "nuclear_counts" and row["n_loci"] == len(table) == 100
    # 4 % alternative reads where the tumour has 40 %: a tenth of the cells.
    assert row["tumor_cells_low"] < 0.1 < row["tumor_cells_high"]
    # Both files have the same depths, so that the copies per cell are equal.
    assert row["copy_ratio_low"] == pytest.approx(1, abs=0.1) == row["copy_ratio_high"]
    assert not (results / "samples/til/til.bam").exists()
