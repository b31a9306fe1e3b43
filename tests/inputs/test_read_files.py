"""The files that a sheet of samples names: readable, used once, mates and lanes in order."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mitotransfer.inputs.read_files import check_files_of


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "TI":
        for mate in "12":
            fastq(f"{name}_{mate}.fq", f"@r{name} {mate}:N:0:AC")


def fastq(name, header):
    Path(name).write_text(f"{header}\nA\n+\nI\n")


def problems(*rows):
    """Problems of a sheet with these rows, the first in line 2."""
    return [str(problem) for problem in check_files_of("s.tsv", list(enumerate(rows, 2)))]


def pair(sample="T", **changed):
    return {"sample": sample, "fastq_1": f"{sample}_1.fq", "fastq_2": f"{sample}_2.fq"} | changed


def test_good_files_have_no_problems():
    assert problems(pair("T"), pair("I")) == []


def test_missing_file():
    assert problems(pair(fastq_1="no.fq")) == [
        "s.tsv:2: fastq_1: found 'no.fq', expected a readable file: no such file or directory"
    ]


def test_folder_for_a_file():
    Path("d").mkdir()
    assert problems(pair(fastq_1="d")) == [
        "s.tsv:2: fastq_1: found 'd', expected a readable file: is a folder"
    ]


def test_name_that_no_file_can_have():
    (found,) = problems(pair(fastq_1="a\0b"))
    assert "expected a readable file: embedded null byte" in found


def test_empty_file():
    Path("z.fq").touch()
    assert problems(pair(fastq_1="z.fq")) == ["s.tsv:2: fastq_1: 'z.fq' is an empty file"]


@pytest.mark.parametrize("name", ["I{1}.fq", "<I>.fq"])
def test_path_that_snakemake_takes_for_a_pattern(name):
    fastq(name, "@i")
    assert problems(pair(fastq_1=name)) == [
        f"s.tsv:2: fastq_1: found '{name}', expected a path without {{ }} < >: rename it, or link "
        "to it"
    ]


def test_a_broken_gzip_file_is_left_to_the_aligner_which_names_the_place():
    Path("T_1.fq").write_bytes(b"\x1f\x8b broken")
    assert problems(pair()) == []


@pytest.mark.parametrize("name", ["T_1.fq", "link.fq"])
def test_same_file_twice(name):
    Path("link.fq").symlink_to("T_1.fq")
    assert problems(pair(), pair("I", fastq_1=name)) == [
        f"s.tsv:3: fastq_1: '{name}' is used twice: also in line 2, fastq_1"
    ]


def test_one_vcf_serves_all_samples_of_a_patient():
    Path("v.vcf").write_text("##fileformat=VCFv4.2\n")
    assert problems(pair(nuclear_vcf="v.vcf"), pair("I", nuclear_vcf="v.vcf")) == []


def test_lanes_that_begin_with_the_same_read_but_not_the_same_name_alone():
    for lane in "12":
        fastq(f"lane{lane}.fq", "@1")
    rows = [{"sample": "T", "fastq_1": f"lane{lane}.fq"} for lane in "12"]
    assert problems(*rows) == [
        "s.tsv:3: fastq_1: the first read of 'lane2.fq' is that of the file in line 2, '@1', "
        "with its bases and qualities: take the copy out"
    ]
    rows[1]["sample"] = "I"
    assert problems(*rows) == []
    rows[1]["sample"] = "T"
    Path("lane2.fq").write_text("@1\nC\n+\nI\n")
    assert problems(*rows) == []


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("header", ["@r 2:N:0:AC", "@r/2"])
def test_mates_exchanged(compress, header):
    text = f"{header}\nA\n+\nI\n".encode()
    Path("x.fq").write_bytes(gzip.compress(text) if compress else text)
    assert problems(pair(fastq_1="x.fq")) == [
        "s.tsv:2: fastq_1: 'x.fq' holds mates 2 (by the name of its first read), "
        "expected mates 1: exchange fastq_1 and fastq_2"
    ]
    assert problems({"sample": "T", "fastq_1": "x.fq"}) == []  # single reads may be second mates
