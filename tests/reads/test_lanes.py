"""Lanes: reads and mates in batches, in step."""

from __future__ import annotations

import pytest

from mitotransfer.reads.lanes import Lane, batches


def test_names_lose_mate_numbers_and_comments(tmp_path):
    one, two = tmp_path / "1.fq", tmp_path / "2.fq"
    one.write_bytes(b"@a/1\nACGT\n+a/1\nIIII\r\n@b 1:N:0:AC\nA\n+\nI")
    two.write_bytes(b"@a/2\r\nACG\r\n+\r\nIII\r\n@b\t2:N:0:AC\n\n+\n\n\n\n")
    (batch,) = batches(Lane(one, two), 10)
    assert batch.reads.names() == [b"a", b"b"]
    assert batch.reads.sequences() == [b"ACGT", b"A"]
    assert batch.mates.sequences() == [b"ACG", b""]
    assert batch.reads.qualities() == [b"IIII", b"I"]


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
