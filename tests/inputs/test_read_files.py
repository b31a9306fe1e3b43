"""The files that a sheet of samples names: usable, used once, mates and lanes in order."""

from __future__ import annotations

import gzip
from pathlib import Path

import pysam
import pytest
from places import RCRS

from mitotransfer.inputs.read_files import check_files_of


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "TI":
        for mate in "12":
            fastq(f"{name}_{mate}.fq", f"@r{name} {mate}:N:0:AC")


def fastq(name, header, bases="A"):
    Path(name).write_text(f"{header}\n{bases}\n+\n{'I' * len(bases)}\n")


def problems(*rows, **options):
    """Problems of a sheet with these rows, the first in line 2."""
    return check_files_of("s.tsv", list(enumerate(rows, 2)), facts=RCRS.facts, **options)


def told(*rows):
    return [str(problem) for problem in problems(*rows)]


def pair(sample="T", **changed):
    return {"sample": sample, "fastq_1": f"{sample}_1.fq", "fastq_2": f"{sample}_2.fq"} | changed


def test_good_files_have_no_problems():
    assert told(pair("T"), pair("I")) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no.fq", "no such file or directory"),
        ("d", "is a folder"),
        ("a\0b", "embedded null byte"),
        ("~/no.fq", "no such file or directory: write out the folder that ~ stands for"),
    ],
)
def test_a_path_without_a_file_is_a_mistake_of_the_sheet(name, reason):
    Path("d").mkdir()
    (found,) = problems(pair(fastq_1=name))
    assert not found.warning
    name = name.replace("\0", r"\x00")
    assert str(found) == f"s.tsv:2: fastq_1: found '{name}', expected a readable file: {reason}"


def test_a_missing_file_is_named_with_its_nearest_neighbour():
    (found,) = told(pair(fastq_1="T-1.fq"))
    assert found.endswith("no such file or directory; did you mean 'T_1.fq'?")


def of_urls(*rows):
    """Problems where the file of each URL with ``no`` in it is missing."""
    fault = {"s3://b/no.bam": "no such file"}.get
    numbered = [(line, row) for line, row in enumerate(rows, 2)]
    found = check_files_of(
        "s.tsv", numbered, facts=RCRS.facts, url_fault=lambda url: fault(url, "")
    )
    return [str(problem) for problem in found if not problem.warning]


def test_files_of_urls_are_looked_for_but_not_into():
    assert of_urls({"sample": "T", "bam": "s3://b/T.bam"}) == []
    pairs = {"sample": "U", "fastq_1": "https://h/1.fq", "fastq_2": "https://h/2.fq"}
    assert of_urls(pairs, {"sample": "T", "bam": "s3://b/no.bam"}) == ["s.tsv:3: bam: no such file"]
    assert "used twice" in of_urls(pairs, pairs | {"sample": "V"})[0]


@pytest.mark.parametrize("column", ["nuclear_counts", "nuclear_vcf", "nuclear_bam"])
def test_urls_name_reads_alone(column):
    (found,) = of_urls({"sample": "T", column: "s3://b/x"})
    assert found == (
        f"s.tsv:2: {column}: found 's3://b/x', expected a file: of URLs only reads are fetched, "
        "download it"
    )


def test_nuclear_reads_need_a_local_file_with_its_index():
    fastq("n.vcf", "@i")
    found = of_urls({"sample": "T", "bam": "s3://b/T.bam", "nuclear_vcf": "n.vcf"})
    assert "s.tsv:2: bam: 's3://b/T.bam' needs its index for nuclear_vcf: download both" in found


def test_outside_of_the_workflow_urls_are_refused():
    (found,) = told({"sample": "T", "bam": "s3://bucket/T.bam"})
    assert found.endswith("found 's3://bucket/T.bam', but URLs are fetched by the workflow alone")


@pytest.mark.parametrize("name", ["I{1}.fq", "<I>.fq"])
def test_path_that_snakemake_takes_for_a_pattern(name):
    fastq(name, "@i")
    assert told(pair(fastq_1=name)) == [
        f"s.tsv:2: fastq_1: found '{name}', expected a path without {{ }} < >: rename it, or link "
        "to it"
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "'z.fq' is an empty file"),
        (b"\x1f\x8b broken", "'z.fq' is damaged"),
        (b"hello\n", "'z.fq' is no FASTQ: expected '@'"),
    ],
)
def test_a_bad_file_is_a_warning_unless_the_run_is_to_stop(content, message):
    Path("z.fq").write_bytes(content)
    row = {"sample": "T", "fastq_1": "z.fq"}
    (found,) = problems(row)
    assert found.warning and str(found).startswith(f"s.tsv:2: fastq_1: {message}")
    (found,) = problems(row, stop_on_bad_file=True)
    assert not found.warning


def test_reads_in_the_wrong_column_are_a_mistake_of_the_sheet():
    (found,) = problems({"sample": "T", "bam": "T_1.fq"})
    assert str(found) == "s.tsv:2: bam: 'T_1.fq' is FASTQ: give it in column fastq_1"
    with pysam.AlignmentFile("x.bam", "wb", header={"HD": {"VN": "1.6"}}):
        pass
    (other,) = problems({"sample": "T", "fastq_1": "x.bam"})
    assert "is no FASTQ but BAM, CRAM or SAM: give it in column bam" in str(other)
    assert not found.warning and not other.warning


@pytest.mark.parametrize("name", ["T_1.fq", "link.fq"])
def test_same_file_twice(name):
    Path("link.fq").symlink_to("T_1.fq")
    assert told(pair(), pair("I", fastq_1=name))[:1] == [
        f"s.tsv:3: fastq_1: '{name}' is used twice: also in line 2, fastq_1"
    ]


def test_lanes_may_have_reads_of_the_same_names_but_are_no_copies():
    for lane, bases in (("1", "A"), ("2", "C"), ("3", "A")):
        fastq(f"lane{lane}.fq", "@1", bases)
    rows = [{"sample": "T", "fastq_1": f"lane{lane}.fq"} for lane in "123"]
    assert told(*rows[:2]) == []
    assert told(*rows) == [
        "s.tsv:4: fastq_1: 'lane3.fq' starts with the first read of that in line 2: is it a copy "
        "of the same file?"
    ]
    rows[2]["sample"] = "I"
    assert told(*rows) == []


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("header", ["@r 2:N:0:AC", "@r/2"])
def test_mates_exchanged(compress, header):
    text = f"{header}\nA\n+\nI\n".encode()
    Path("x.fq").write_bytes(gzip.compress(text) if compress else text)
    (found,) = problems(pair(fastq_1="x.fq"))
    assert not found.warning
    assert str(found) == (
        "s.tsv:2: fastq_1: 'x.fq' holds mates 2 (by the name of its first read), "
        "expected mates 1: exchange fastq_1 and fastq_2"
    )
    assert told({"sample": "T", "fastq_1": "x.fq"}) == []  # single reads may be second mates


def test_files_that_hold_no_mates():
    fastq("x.fq", "@other")
    (found,) = problems(pair(fastq_2="x.fq"))
    assert found.warning
    assert "the first read of 'x.fq' is '@other', that of 'T_1.fq' is '@rT'" in str(found)


# --- nuclear reads -----------------------------------------------------------------------------


def write_bam(name, contig="chr1"):
    header = {"SQ": [{"SN": "chrM", "LN": 16569}, {"SN": contig, "LN": 1000}]}
    with pysam.AlignmentFile(name, "wb", header=header) as target:
        read = pysam.AlignedSegment(target.header)
        read.query_name, read.query_sequence, read.reference_id = "r", "ACGT", 0
        read.cigarstring, read.mapping_quality = "4M", 60
        target.write(read)
    pysam.index(name)


def write_vcf(name, row="chr1\t5\t.\tA\tC\t.\tPASS\t.\n"):
    head = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n##contig=<ID=1>\n##contig=<ID=7>\n"
    Path(name).write_text(f"{head}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n{row}")


def test_one_vcf_serves_all_samples_of_a_patient():
    write_vcf("v.vcf")
    for name in ("T.bam", "I.bam"):
        write_bam(name)
    rows = [{"sample": s, "bam": f"{s}.bam", "nuclear_vcf": "v.vcf"} for s in "TI"]
    assert told(*rows) == []
    write_vcf("v.vcf", "1\t5\t.\tA\tC\t.\tPASS\t.\n")  # without chr
    assert told(*rows) == []


def test_what_nuclear_counting_needs_is_told_before_the_run():
    write_vcf("v.vcf", "7\t5\t.\tA\tC\t.\tPASS\t.\n")
    write_bam("T.bam")
    row = {"sample": "T", "bam": "T.bam", "nuclear_vcf": "v.vcf"}
    (found,) = problems(row)
    assert found.warning and "'T.bam' has no contig 7 of 'v.vcf'" in str(found)
    Path("T.bam.bai").unlink()
    write_vcf("v.vcf")
    (found,) = problems(row)
    assert found.warning and "'T.bam' has no index, which nuclear reads need" in str(found)
    write_vcf("v.vcf", "")
    assert any("'v.vcf' has no variants" in line for line in told(row))


def test_slips_in_a_table_of_nuclear_counts_are_told_before_the_run():
    Path("n.tsv").write_text(
        "chrom\tpos\tref\talt\tref_count\talt_count\ttumor_vaf\nchr1\t5\tA\tC\tx\t1\t45\n"
    )
    found = problems(pair(nuclear_counts="n.tsv"))
    assert [str(problem) for problem in found] == [
        "n.tsv:2: ref_count: found 'x', expected a whole number, at least 0",
        "n.tsv:2: tumor_vaf: found '45', expected a number above 0 and at most 1, or nothing: a "
        "share of 1, no percentage: 0.45",
    ]
    assert all(problem.warning for problem in found)
    assert not any(p.warning for p in problems(pair(nuclear_counts="n.tsv"), stop_on_bad_file=True))
