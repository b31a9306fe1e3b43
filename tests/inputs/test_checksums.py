"""Checksums of whole files and of indexes."""

from __future__ import annotations

import hashlib
import subprocess

from mitotransfer.inputs import checksums


def test_a_checksum_is_that_of_the_system(tmp_path):
    path = tmp_path / "reads.fq"
    path.write_bytes(b"@a\nACGT\n+\nIIII\n" * 100_000)
    done = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True)
    row = checksums.record("input", path)
    assert row["sha256"] == done.stdout.split()[0]
    assert row["bytes"] == "1500000" and row["sha256_of"] == str(path)


def test_an_indexed_file_is_known_by_its_index(tmp_path):
    bam, index = tmp_path / "x.bam", tmp_path / "x.bam.bai"
    bam.write_bytes(b"reads")
    assert checksums.record("input", bam, whole=False)["sha256_of"] == str(bam)
    index.write_bytes(b"index")
    row = checksums.record("input", bam, whole=False)
    assert row["sha256"] == hashlib.sha256(b"index").hexdigest()
    assert row["sha256_of"] == str(index) and row["bytes"] == "5"
    assert checksums.record("output", bam)["sha256"] == hashlib.sha256(b"reads").hexdigest()


def test_the_index_may_replace_the_suffix(tmp_path):
    cram = tmp_path / "x.cram"
    cram.write_bytes(b"reads")
    (tmp_path / "x.crai").write_bytes(b"index")
    assert checksums.index_of(cram) == tmp_path / "x.crai"
    fastq = tmp_path / "y.fastq"
    (tmp_path / "y.bai").write_bytes(b"")
    assert checksums.index_of(fastq) is None


def test_rows_survive_being_written(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text(name)
    rows = checksums.records("output", [tmp_path / "b", tmp_path / "a"], threads=2)
    assert [row["path"] for row in rows] == [str(tmp_path / "a"), str(tmp_path / "b")]
    checksums.write(rows, tmp_path / "sums.tsv")
    assert checksums.read(tmp_path / "sums.tsv") == rows
