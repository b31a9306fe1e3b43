"""BAM and CRAM files, whole and broken, through to the sorted BAM."""

from __future__ import annotations

import os
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
from mitotransfer.problems import FileWarning, told
from mitotransfer.reads import align, alignment_files
from mitotransfer.reads.alignment_files import extract_lanes
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
        extract_lanes(path, tmp_path, RCRS.facts)


def test_truncated_files_and_files_of_another_kind_are_refused(tmp_path, lane):
    path = foreign(tmp_path, lane, HG38, "chrM")
    cut = tmp_path / "cut.bam"
    cut.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ValueError, match=r"cut\.bam.*truncated.*copy it again"):
        extract_lanes(cut, tmp_path, RCRS.facts)
    text = tmp_path / "text.bam"
    text.write_text("this is not BAM\n")
    with pytest.raises(ValueError, match=r"text\.bam: not a readable BAM"):
        extract_lanes(text, tmp_path, RCRS.facts)


def of_pairs(path, names, contigs, *, start=0, aligned=True, groups=None, index=False):
    """A sorted BAM file of pairs: aligned to the last contig, or not aligned."""
    header = pysam.AlignmentHeader.from_dict(
        {
            "HD": {"VN": "1.6", "SO": "coordinate" if aligned else "unsorted"},
            "SQ": [{"SN": name, "LN": size} for name, size in contigs],
            "RG": groups or [],
        }
    )
    records = []
    for k, name in enumerate(names):
        bases = pair(CIRCLE, start + 13 * k, 200, 100, False)
        for flag, text in zip((0x63, 0x93), bases, strict=True):
            record = pysam.AlignedSegment(header)
            record.query_name, record.query_sequence = name, text
            record.query_qualities_str = "I" * 100
            if aligned:
                record.flag, record.cigarstring = flag, "100M"
                record.reference_id = record.next_reference_id = len(contigs) - 1
                record.reference_start = record.next_reference_start = start + 13 * k
            else:
                record.flag = 0x4D if flag == 0x63 else 0x8D
            records.append(record)
    with pysam.AlignmentFile(str(path), "wb", header=header) as target:
        for record in records:
            target.write(record)
    if index:
        pysam.samtools.index(str(path), catch_stdout=False)
    return path


NAMES = [f"r{k}" for k in range(400)]


def n_pairs(path, folder):
    part = folder / "part"
    part.mkdir(exist_ok=True)
    return sum(
        len(b) for lane in extract_lanes(path, part, RCRS.facts) for b in batches(lane, 10_000)
    )


def test_an_index_that_is_older_than_its_file_is_not_used(tmp_path):
    path = of_pairs(tmp_path / "a.bam", NAMES[:200], HG38[:2], index=True)
    index = Path(f"{path}.bai")
    with told() as warnings:
        assert n_pairs(path, tmp_path) == 200
    assert warnings == []
    # More reads behind the old ones: the old index finds the old ones alone.
    of_pairs(path, NAMES, HG38[:2])
    os.utime(index, ns=(0, path.stat().st_mtime_ns - 1))
    assert alignment_files.index_is_older(path)
    assert n_pairs(path, tmp_path) == 400


@pytest.mark.parametrize("state", ["longer", "shorter", "moved"])
def test_an_index_of_another_state_is_not_used(tmp_path, state):
    names = {"longer": NAMES[:100], "shorter": NAMES, "moved": NAMES[:200]}[state]
    path = of_pairs(tmp_path / "a.bam", names, HG38[:2], index=True)
    index = Path(f"{path}.bai")
    of_pairs(path, NAMES[:200], HG38[:2], start=5000 if state == "moved" else 0)
    os.utime(index)
    assert not alignment_files.index_is_older(path)
    with told() as warnings:
        assert n_pairs(path, tmp_path) == 200
    if state != "moved":
        assert warnings == [f"{path}: its index does not fit; all is read"]
        with pytest.warns(FileWarning, match="does not fit"):
            assert not alignment_files.index_fits(path, None, RCRS.facts)


@pytest.mark.parametrize(
    ("tag", "cure"), [("RX", "set the column umi to RX"), ("CB", "give a library of single cells")]
)
def test_umis_and_barcodes_in_tags_that_are_not_used_are_told(tmp_path, tag, cure):
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6"}})
    for tagged in (True, False):
        path = tmp_path / f"{tagged}.bam"
        with pysam.AlignmentFile(str(path), "wb", header=header) as target:
            for k in range(30):
                record = pysam.AlignedSegment(header)
                record.query_name, record.flag, record.query_sequence = f"r{k}", 4, "ACGT"
                record.query_qualities_str = "IIII"
                if tagged:
                    record.set_tag(tag, "ACGTACGT")
                target.write(record)
        with told() as warnings:
            alignment_files.tell_of_umi_tags(path, None)
        assert bool(warnings) is tagged
        if tagged:
            assert cure in warnings[0]


def test_an_index_by_the_name_without_bam(tmp_path):
    path = of_pairs(tmp_path / "a.bam", NAMES[:20], HG38[:2], index=True)
    moved = Path(f"{path}.bai").rename(tmp_path / "a.bai")
    assert alignment_files.index_of(path) == moved
    assert alignment_files.index_fits(path, None, RCRS.facts)
    assert alignment_files.index_of(tmp_path / "b.bam") is None


@pytest.mark.parametrize("contigs", [[], HG38[:1], HG38[:2]])
def test_unaligned_files_are_taken_whole_with_or_without_contigs(tmp_path, contigs):
    path = of_pairs(tmp_path / "u.bam", NAMES, contigs, aligned=False)
    assert n_pairs(path, tmp_path) == len(NAMES)


def test_a_file_without_mitochondrial_reads_is_refused(tmp_path):
    path = of_pairs(tmp_path / "n.bam", NAMES, [("chrM", 16569), ("chr1", 90_000)])
    with pytest.raises(ValueError, match=r"n\.bam: no mitochondrial reads"):
        extract_lanes(path, tmp_path, RCRS.facts)
    for contigs in ([], HG38):
        empty = of_pairs(tmp_path / "e.bam", [], contigs)
        with pytest.raises(ValueError, match=r"e\.bam: no reads in the file"):
            extract_lanes(empty, tmp_path, RCRS.facts)


def test_read_groups_of_several_samples_are_refused_by_name(tmp_path):
    groups = [{"ID": "1", "SM": "TUMOUR"}, {"ID": "2", "SM": "BLOOD"}, {"ID": "3", "SM": "BLOOD"}]
    path = of_pairs(tmp_path / "two.bam", NAMES, HG38[:2], groups=groups)
    with pytest.raises(ValueError, match=r"two\.bam: .*2 samples \(BLOOD, TUMOUR\)"):
        extract_lanes(path, tmp_path, RCRS.facts)
    path = of_pairs(tmp_path / "one.bam", NAMES, HG38[:2], groups=groups[1:])
    assert n_pairs(path, tmp_path) == len(NAMES)


def test_another_species_is_refused_by_name(tmp_path):
    path = of_pairs(tmp_path / "m.bam", NAMES, [("chrM", 16299)])
    with pytest.raises(ValueError, match=r"m\.bam: contig chrM of 16,299 .* mouse"):
        extract_lanes(path, tmp_path, RCRS.facts)


@pytest.mark.parametrize("aligned", [True, False])
def test_mates_with_names_of_their_own_are_joined(tmp_path, aligned):
    path = of_pairs(tmp_path / "a.bam", NAMES, HG38[:2], aligned=aligned)
    named = tmp_path / "named.bam"
    with pysam.AlignmentFile(str(path), check_sq=False) as source:
        header, records = source.header, list(source)
    with pysam.AlignmentFile(str(named), "wb", header=header) as target:
        for record in records:
            record.query_name += f"/{2 if record.is_read2 else 1}"
            target.write(record)
    (lane,) = extract_lanes(named, tmp_path, RCRS.facts)
    (batch,) = batches(lane, 10_000)
    assert sorted(name.decode() for name in batch.mates.names()) == sorted(NAMES)
