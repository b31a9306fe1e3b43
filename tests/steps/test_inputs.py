"""Every kind of input in one run of the workflow, without BAM files."""

from __future__ import annotations

import gzip
import shutil

import numpy as np
import pysam
import pytest
from nuclear_genome import GENOME, write_genome, write_vcf
from simulated_reads import CIRCLE, HG38, RCRS, Library, complement, foreign, on_circle, pair
from snakemake_run import copy_workflow

from mitotransfer.counts import allele_counts
from mitotransfer.inputs import nuclear_tables

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

COLUMNS = [
    "sample", "patient", "role", "fastq_1", "fastq_2", "bam", "assay", "platform", "nuclear_vcf",
]  # fmt: skip
N_PAIRS, N_LONG = 400, 400
SNVS = {3243: "G", 5000: "G", 9807: "G", 9808: "T"}
LONG = {"pacbio": (0.001, 0.002, 0.002), "nanopore": (0.01, 0.01, 0.01)}
if shutil.which("minimap2") is None:
    LONG = {}  # the tests of long reads are skipped


def library():
    made = Library()
    for k in range(N_PAIRS):
        bases = pair(CIRCLE, k * 2003, 300, 100, bool(k % 2))
        made.add(f"r{k}", bases, ("I" * 100,) * 2)
    return made


def long_reads(path, wrong, lost, doubled):
    """Reads of both strands, three in ten of molecules with SNVS, with errors at these rates."""
    rng = np.random.default_rng(1)
    other = list(CIRCLE)
    for pos, base in SNVS.items():
        other[on_circle(pos)] = base
    genomes = [2 * CIRCLE, 2 * "".join(other)]
    lines = []
    for k in range(N_LONG):
        start, size = int(rng.integers(len(CIRCLE))), int(rng.integers(1000, 5000))
        bases = list(genomes[rng.random() < 0.3][start : start + size])
        for at in np.flatnonzero(rng.random(size) < wrong):
            bases[at] = str(rng.choice(list("ACGT".replace(bases[at], ""))))
        for rate, copies in ((lost, 0), (doubled, 2)):
            for at in np.flatnonzero(rng.random(size) < rate):
                bases[at] *= copies
        text = "".join(bases)
        lines.append(f"@long{k}\n{complement(text) if k % 2 else text}\n+\n{'5' * len(text)}\n")
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
    for platform, rates in LONG.items():
        long_reads(folder / f"{platform}.fastq.gz", *rates)
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
        *((p, "A", "normal", folder / f"{p}.fastq.gz", "", "", "", p, "") for p in LONG),
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
    samples = ["paired", "lanes", "hg38", "hg19", "cram", "single"]
    targets = [f"out/samples/{name}/{name}.counts.npz" for name in samples]
    targets += [f"out/samples/{name}/{name}.vcf.gz" for name in LONG]
    workflow.run("--cores", "1", "--config", "samples=samples.tsv", "patients=", "results=out",
                 "--", *targets, "out/patients/B/contamination.tsv")  # fmt: skip
    return workflow.folder / "out"


def load(results, name):
    return allele_counts.load(results / f"samples/{name}/{name}.counts.npz")


@pytest.mark.parametrize("name", ["lanes", "hg38", "hg19", "cram"])
def test_the_same_reads_give_the_same_counts(results, name):
    whole = load(results, "paired")
    np.testing.assert_array_equal(load(results, name).bases, whole.bases)
    assert whole.meta["used_reads"] == 2 * N_PAIRS


def test_single_reads_of_amplicons_lose_their_primers(results):
    found = load(results, "single")
    assert found.meta["fragments"] == N_PAIRS and found.meta["primers_clipped"]
    # The one primer covers the genome: only bases that end at the origin are left.
    assert found.bases.sum() < 0.02 * N_PAIRS * 80


@pytest.mark.parametrize("platform", list(LONG))
def test_long_reads_show_their_heteroplasmies_and_nothing_else(results, platform):
    found = load(results, platform)
    assert found.meta["used_reads"] == N_LONG
    depth = np.delete(found.bases.sum(axis=(1, 2)), 3106)
    assert depth.min() > 30
    major = np.delete(found.bases.sum(axis=2).argmax(axis=1), 3106)
    assert (major == np.delete(RCRS.codes, 3106)).all()
    with pysam.VariantFile(str(results / f"samples/{platform}/{platform}.vcf.gz")) as calls:
        rows = {row.pos: row for row in calls if "PASS" in row.filter and len(row.ref) == 1}
    snvs = {pos: row.alts[0] for pos, row in rows.items() if len(row.alts[0]) == 1}
    assert snvs == SNVS
    assert all(row.samples[0]["HFL"][0] < 0.3 < row.samples[0]["HFU"][0] for row in rows.values())
    phased = {pos for pos, row in rows.items() if row.samples[0].phased}
    # Of twenty reads with two alleles, one with an error in them is too many.
    assert phased == {9807, 9808} or (platform == "nanopore" and not phased)


def test_nuclear_snvs_are_counted_and_bound_the_contamination(results):
    (row,) = np.genfromtxt(results / "patients/B/contamination.tsv", names=True, dtype=None,
                           encoding=None, delimiter="\t", ndmin=1)  # fmt: skip
    table = nuclear_tables.read_nuclear_counts(results / "samples/til/til.nuclear_counts.tsv")
    assert row["source"] == "nuclear_counts" and len(table) == 100
    assert 80 < row["n_loci"] < 100  # at the others the tumour's few reads lack the allele
    # 4 % alternative reads where the tumour has 40 %: a tenth of the cells.
    assert row["tumor_cells_low"] < 0.1 < row["tumor_cells_high"]
    # Both files have the same depths, so that the copies per cell are equal.
    assert row["copy_ratio_low"] == pytest.approx(1, abs=0.1) == row["copy_ratio_high"]
    assert row["bounded"] and row["copy_ratio_sd"] > 0
    assert not (results / "samples/til/til.bam").exists()
