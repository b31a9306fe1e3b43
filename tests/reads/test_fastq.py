"""FASTQ files: reads against a simple parser, and the errors of broken files."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mitotransfer.reads import fastq
from mitotransfer.reads.lanes import Lane, batches

NAMES = st.text("abcXYZ:019_", min_size=1, max_size=9)
READS = st.lists(
    st.tuples(NAMES, st.text("ACGTN", max_size=12), st.sampled_from(["", "/1", "/2", " x 1"])),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60)
@given(READS, st.integers(1, 25), st.integers(1, 40), st.sampled_from(["\n", "\r\n"]))
def test_reads_are_those_of_a_simple_parser(tmp_path_factory, rows, size, chunk, end):
    lines = []
    for name, bases, rest in rows:
        lines += [f"@{name}{rest}", bases, "+", "".join(chr(33 + i) for i in range(len(bases)))]
    path = tmp_path_factory.mktemp("fastq") / "a.fastq"
    path.write_bytes(end.join([*lines, ""]).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fastq, "_CHUNK", chunk)
        parts = list(fastq.read(path, size))
    assert [len(part.places) for part in parts[:-1]] == [size] * (len(parts) - 1)
    assert b"".join(b"%s," % name for part in parts for name in part.names()).decode() == "".join(
        f"{name}," for name, _, _ in rows
    )
    assert [b.decode() for part in parts for b in part.sequences()] == [b for _, b, _ in rows]
    assert [q.decode() for part in parts for q in part.qualities()] == lines[3::4]


def test_reads_that_failed_the_filter_of_the_sequencer_are_marked(tmp_path):
    path = tmp_path / "a.fastq"
    comments = ["", " 1:N:0:AC", " 1:Y:0:AC", " 2:Y:18:", " 1:Y", " x:Y", "/1 1:Y:0", "\t1:Y:0:A"]
    path.write_text("".join(f"@r{c}\nACGT\n+\nIIII\n" for c in comments))
    (reads,) = fastq.read(path, 100)
    assert reads.places[:, fastq.FAILED].tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert set(reads.names()) == {b"r"}


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
        (b"BZh91AY&SY", r"truncated or corrupt bzip2 after record 0"),
        (b"CRAM\3\0", r"not FASTQ; give this file in the column 'bam'"),
        (gzip.compress(b"BAM\1\0\0"), r"not FASTQ; give this file in the column 'bam'"),
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
