"""Nuclear reads of whole-genome files: counts at somatic SNVs, and mtDNA copies, as simulated."""

from __future__ import annotations

import gzip
import warnings
from pathlib import Path

import numpy as np
import pysam
import pytest
import script_runs
from fuzzed_tables import VCF_CELLS, damaged, fuzzed
from hypothesis import given
from hypothesis import strategies as st
from nuclear_genome import GENOME, LOCI, OTHER, write_genome, write_vcf
from places import RCRS

from mitotransfer.counts import nuclear_snvs
from mitotransfer.inputs import nuclear_tables
from mitotransfer.problems import BadFile, InputError

FACTS = RCRS.facts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nuclear")
    truth = write_genome(folder / "s.bam", 0.2)
    np.save(folder / "truth.npy", truth)
    write_vcf(folder / "v.vcf")
    return folder


def run(folder, *words, out="out"):
    outputs = ["--nuclear-counts", folder / f"{out}.counts.tsv",
               "--mtdna-copies", folder / f"{out}.copies.tsv"]  # fmt: skip
    return script_runs.run("count_nuclear", "--sample", "S1", *words, *outputs)


def test_fragments_are_counted_once_at_snvs_that_passed(folder):
    done = run(folder, "--nuclear-bam", folder / "s.bam", "--vcf", folder / "v.vcf")
    assert done.returncode == 0, done.stderr
    table = nuclear_tables.read_nuclear_counts(folder / "out.counts.tsv")
    assert list(zip(table.chrom, table.pos, strict=True)) == LOCI
    truth = np.load(folder / "truth.npy")
    np.testing.assert_array_equal(table[["ref_count", "alt_count"]].to_numpy(), truth)
    assert truth.sum() > 400
    assert set(table.tumor_vaf) == {0.4}
    assert (folder / "out.copies.tsv").read_text().count("\n") == 1  # no copies asked for


def test_chromosome_names_with_and_without_chr_are_one(folder):
    plain = write_vcf(folder / "plain.vcf", prefix="")
    done = run(folder, "--nuclear-bam", folder / "s.bam", "--vcf", plain, out="plain")
    assert done.returncode == 0, done.stderr
    rows = (folder / "plain.counts.tsv").read_text().splitlines()
    assert rows[1].startswith("1\t1000\t")
    assert [r.split("\t")[4:6] for r in rows[1:]] == [
        [str(n) for n in row] for row in np.load(folder / "truth.npy")
    ]


def test_the_vaf_of_the_only_sample_counts_and_of_unnamed_ones_not(folder):
    loci = nuclear_snvs.read_loci(write_vcf(folder / "one.vcf", samples="x"), FACTS)
    assert loci[0].tumor_vaf is None  # no alternative read in it
    assert (
        nuclear_snvs.read_loci(write_vcf(folder / "two.vcf", samples="a\tb"), FACTS)[0].tumor_vaf
        is None
    )


VCF_HEAD = """##fileformat=VCFv4.2
##contig=<ID=chr1,length=100000>
##contig=<ID=chrM,length=16569>
##FILTER=<ID=weak,Description="weak">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="reads">
##FORMAT=<ID=AF,Number=A,Type=Float,Description="VAF">
##tumor_sample=b
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb
"""


def test_which_lines_of_a_vcf_are_loci_and_which_vaf_is_the_tumours(tmp_path):
    rows = [
        ("chr1", 10, "A", "C", "PASS", "AD:AF", "90,10:0.1", "60,40:0.5"),
        ("chr1", 20, "a", "c", ".", "AF", "0.1", "0.3"),
        ("chr1", 30, "A", "C", "PASS", "AD:AF", "90,10:0.1", "0,0:0.2"),
        ("chr1", 40, "A", "C", "PASS", "AF", "0.1", "."),
        ("chr1", 40, "A", "G", "PASS", "AF", "0.1", "0.3"),  # a second one there
        ("chr1", 50, "A", "C", "weak", "AF", "0.1", "0.3"),
        ("chr1", 60, "A", "C,G", "PASS", "AF", "0.1,0.1", "0.3,0.1"),
        ("chr1", 70, "A", "CC", "PASS", "AF", "0.1", "0.3"),
        ("chr1", 80, "A", ".", "PASS", "AF", ".", "."),
        ("chrM", 90, "A", "C", "PASS", "AF", "0.1", "0.3"),
    ]
    lines = [
        "\t".join([chrom, str(pos), ".", ref, alt, ".", filters, ".", *rest])
        for chrom, pos, ref, alt, filters, *rest in rows
    ]
    vcf = tmp_path / "v.vcf"
    vcf.write_text(VCF_HEAD + "\n".join(lines) + "\n")
    found = [(at.pos, at.ref, at.alt, at.tumor_vaf) for at in nuclear_snvs.read_loci(vcf, FACTS)]
    expected = [(10, 0.4), (20, 0.3), (30, 0.2), (40, None)]
    assert found == [(pos, "A", "C", pytest.approx(vaf)) for pos, vaf in expected]


def test_mates_that_differ_count_for_neither_allele(tmp_path, folder):
    path = tmp_path / "s.bam"
    with pysam.AlignmentFile(str(folder / "s.bam")) as source:
        records = list(source.fetch("chr1", 900, 1100))
        with pysam.AlignmentFile(str(path), "wb", header=source.header) as target:
            for record in records:
                at = 999 - record.reference_start
                if record.is_read2 and 0 <= at < 100:
                    qualities = record.query_qualities
                    bases = record.query_sequence
                    record.query_sequence = bases[:at] + OTHER[bases[at]] + bases[at + 1 :]
                    record.query_qualities = qualities
                target.write(record)
    pysam.index(str(path))
    over = {False: set(), True: set()}
    for record in records:
        if 0 <= 999 - record.reference_start < 100:
            over[record.is_read2].add(record.query_name)
    counts = nuclear_snvs.count_loci(
        path, nuclear_snvs.read_loci(folder / "v.vcf", FACTS)[:1], FACTS
    )
    # Where read 2 alone covers the locus its false base may be either allele, or none.
    assert len(over[False] - over[True]) <= counts.sum() <= len(over[False] ^ over[True])


@pytest.mark.parametrize("flag", [0x4, 0x100, 0x200, 0x400, 0x800])
def test_unaligned_secondary_failed_and_duplicate_records_do_not_count(tmp_path, folder, flag):
    path = tmp_path / "s.bam"
    with (
        pysam.AlignmentFile(str(folder / "s.bam")) as source,
        pysam.AlignmentFile(str(path), "wb", header=source.header) as target,
    ):
        for i, record in enumerate(source.fetch("chr1", 900, 1100)):
            record.flag |= flag if i % 2 else 0
            target.write(record)
    pysam.index(str(path))
    locus = nuclear_snvs.read_loci(folder / "v.vcf", FACTS)[:1]
    part, whole = (nuclear_snvs.count_loci(p, locus, FACTS).sum() for p in (path, folder / "s.bam"))
    assert 0 < part < whole


def test_copies_are_twice_the_ratio_of_depths(folder):
    done = run(folder, "--bam", folder / "s.bam", "--copies", out="copies")
    assert done.returncode == 0, done.stderr
    (row,) = np.genfromtxt(folder / "copies.copies.tsv", names=True, dtype=None, encoding=None,
                           delimiter="\t", ndmin=1)  # fmt: skip
    assert row["sample"] == "S1"
    # 79.5 = 80 x 2 x 100 / 200 bases over 16,569; medians of 800 windows have an error of 1 %.
    assert row["mitochondrial_depth"] == pytest.approx(80, rel=0.01)
    assert row["mtdna_copies"] == pytest.approx(20, rel=0.04)
    assert (folder / "copies.counts.tsv").read_text().count("\n") == 1


def test_cram_is_counted_with_its_reference_and_not_without(tmp_path, folder):
    fasta = tmp_path / "g.fa"
    fasta.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in GENOME.items()))
    pysam.faidx(str(fasta))
    write_genome(tmp_path / "s.cram", 0.2, autosomal=1, mitochondrial=2, kind="cram", fasta=fasta)
    words = ("--nuclear-bam", tmp_path / "s.cram", "--vcf", folder / "v.vcf")
    assert run(tmp_path, *words, "--cram-reference", fasta).returncode == 0
    assert (tmp_path / "out.counts.tsv").stat().st_size > 2000
    moved = fasta.rename(tmp_path / "h.fa")
    Path(f"{fasta}.fai").unlink()
    done = run(tmp_path, *words, "--stop-on-bad-file", out="none")
    assert done.returncode == 1 and "s.cram" in done.stderr
    assert "cram_fasta" in done.stderr and not (tmp_path / "none.counts.tsv").exists()
    assert moved.exists()


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        ("index", "s.bam: has no index"),
        ("contig", "s.bam: no contig chr7 of the nuclear VCF"),
        ("build", "have neither allele of the nuclear VCF"),
        ("empty", "v.vcf: no nuclear SNV"),
        ("text", "v.vcf: not a readable VCF"),
    ],
)
def test_broken_input_is_named_with_its_cure(tmp_path, folder, break_it, message):
    for name in ("s.bam", "s.bam.bai", "v.vcf"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    vcf = tmp_path / "v.vcf"
    head = [line for line in vcf.read_text().splitlines() if line.startswith("#")]
    body = vcf.read_text().splitlines()[len(head) :]
    if break_it == "index":
        (tmp_path / "s.bam.bai").unlink()
    elif break_it == "contig":
        vcf.write_text(vcf.read_text().replace("chr1", "chr7"))
    elif break_it == "build":  # the loci of another build: other bases stand there
        rows = [line.split("\t") for line in body[:100]]
        for row in rows:
            base = GENOME[row[0]][int(row[1]) - 1]
            row[3], row[4] = OTHER[OTHER[base]], OTHER[OTHER[OTHER[base]]]
        vcf.write_text("\n".join([*head, *("\t".join(row) for row in rows)]) + "\n")
    elif break_it == "empty":
        vcf.write_text("\n".join(head) + "\n")
    else:
        vcf.write_text("chrom\tpos\n")
    words = ("--nuclear-bam", tmp_path / "s.bam", "--vcf", vcf)
    done = run(tmp_path, *words, "--stop-on-bad-file")
    assert done.returncode == 1
    assert message in done.stderr.splitlines()[-1]
    if break_it == "index":  # a table that holds the reason, in place of the counts
        assert run(tmp_path, *words).returncode == 0
        with pytest.raises(InputError, match=message):
            nuclear_tables.read_nuclear_counts(tmp_path / "out.counts.tsv")


HEAD = (
    "##fileformat=VCFv4.2\n##contig=<ID=1,length=1000>\n"
    '##FORMAT=<ID=AF,Number=A,Type=Float,Description="VAF">\n'
)


COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tTUMOR\n"
ROWS = st.lists(st.lists(VCF_CELLS, min_size=7, max_size=11), max_size=4).map(
    lambda rows: "".join("\t".join(row) + "\n" for row in rows).encode("utf-8", "replace")
)
GOOD = [["1", str(pos), ".", "A", "G", ".", "PASS", ".", "AF", "0.4"] for pos in (100, 700)]


def test_a_line_without_the_values_of_its_sample_is_no_vcf(tmp_path):
    path = tmp_path / "somatic.vcf"
    path.write_text(HEAD + COLUMNS + "1\t100\t.\tA\tG\t.\tPASS\t\n")
    with pytest.raises(ValueError, match=r"somatic\.vcf: not a readable VCF"):
        nuclear_snvs.read_loci(path, FACTS)


def test_any_vcf_ends_in_loci_or_in_an_error_that_names_it(tmp_path):
    path = tmp_path / "somatic.vcf"
    read = []

    @fuzzed
    @given(ROWS | damaged(GOOD), st.sampled_from([True, True, False]), st.integers(0, 400))
    def check(rows, headed, cut):
        data = ((HEAD + COLUMNS).encode() if headed else b"") + rows
        path.write_bytes(data[: -cut or None] if cut > 200 else data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                loci = nuclear_snvs.read_loci(path, FACTS)
            except (ValueError, OSError) as error:
                assert str(path) in str(error)
            else:
                read.append(len(loci))
                assert all({locus.ref, locus.alt} <= set("ACGT") for locus in loci)

    check()
    assert 2 in read  # the good table; a damaged cell may hold line breaks, which make rows


def test_an_index_of_an_older_state_is_not_used(folder, tmp_path):
    path = tmp_path / "s.bam"
    path.write_bytes((folder / "s.bam").read_bytes())
    pysam.samtools.view("-s", "0.3", "-b", "-o", str(tmp_path / "few.bam"), str(path),
                        catch_stdout=False)  # fmt: skip
    pysam.samtools.index(str(tmp_path / "few.bam"), catch_stdout=False)
    (tmp_path / "few.bam.bai").rename(tmp_path / "s.bam.bai")
    loci = nuclear_snvs.read_loci(folder / "v.vcf", FACTS)
    found = nuclear_snvs.count_loci(path, loci, FACTS)
    np.testing.assert_array_equal(found, np.load(folder / "truth.npy"))


def test_reads_numbered_alike_in_two_read_groups_are_two_fragments(folder, tmp_path):
    path = tmp_path / "two.bam"
    with pysam.AlignmentFile(str(folder / "s.bam")) as source:
        head = source.header.to_dict() | {"RG": [{"ID": "A", "SM": "S"}, {"ID": "B", "SM": "S"}]}
        records = list(source)
    with pysam.AlignmentFile(str(path), "wb", header=head) as target:
        for record in records:
            for group in "AB":
                record.set_tag("RG", group)
                target.write(record)
    pysam.samtools.index(str(path), catch_stdout=False)
    loci = nuclear_snvs.read_loci(folder / "v.vcf", FACTS)
    found = nuclear_snvs.count_loci(path, loci, FACTS)
    np.testing.assert_array_equal(found, 2 * np.load(folder / "truth.npy"))


def test_single_reads_of_one_name_are_counted_each(tmp_path):
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "chr1", "LN": 1000}]})
    path = tmp_path / "single.bam"
    with pysam.AlignmentFile(str(path), "wb", header=header) as target:
        for flag in (0, 16, 0xC1, 0xC1):
            record = pysam.AlignedSegment(header)
            record.query_name, record.flag, record.query_sequence = "x", flag, "A" * 50
            record.query_qualities_str, record.cigarstring = "I" * 50, "50M"
            record.reference_id, record.reference_start, record.mapping_quality = 0, 10, 60
            target.write(record)
    pysam.samtools.index(str(path), catch_stdout=False)
    found = nuclear_snvs.count_loci(path, [nuclear_snvs.Locus("chr1", 30, "A", "C")], FACTS)
    assert found.tolist() == [[4, 0]]


def test_a_vcf_of_gzip_is_refused_with_the_cure(tmp_path):
    path = tmp_path / "s.vcf.gz"
    with gzip.open(path, "wt") as out:
        out.write("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    with pytest.raises(BadFile, match="compress it with bgzip"):
        nuclear_snvs.read_loci(path, RCRS.facts)
