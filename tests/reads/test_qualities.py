"""Encodings of qualities: Phred+64 found, Phred+33 left alone."""

from __future__ import annotations

import numpy as np
import pytest

from mitotransfer.problems import FileWarning, told
from mitotransfer.reads import fastq, qualities
from mitotransfer.reads.qualities import as_phred_33


def written(tmp_path, lines):
    path = tmp_path / "q.fastq"
    path.write_text("".join(f"@r{k}\n{'A' * len(q)}\n+\n{q}\n" for k, q in enumerate(lines)))
    return path


def converted(path, size=100):
    return [q for reads in as_phred_33(path, fastq.read(path, size)) for q in reads.qualities()]


def letters(scores, offset):
    return "".join(chr(score + offset) for score in scores)


def test_phred_64_becomes_phred_33(tmp_path):
    rng = np.random.default_rng(1)
    scores = [rng.integers(2, 41, 50).tolist() for _ in range(250)]
    path = written(tmp_path, [letters(row, 64) for row in scores])
    with pytest.warns(FileWarning, match=f"{path}: qualities of Phred.64"):
        assert converted(path) == [letters(row, 33).encode() for row in scores]


def test_solexa_qualities_below_0_become_0(tmp_path):
    with pytest.warns(FileWarning):
        assert converted(written(tmp_path, [";h@"])) == [b"!I!"]


@pytest.mark.parametrize(
    "lines",
    [
        ["I" * 50],
        ["F:F,#F"],
        ["FFFF", "HJJJ"],  # nothing below 31
        ["@ABCDEFGHIJ" * 5],
        ["KKLMNOPQRS"],  # up to 50: newer machines
        ["~~~~}}z"],  # HiFi, and bases that agree in overlapping mates
        ["5hhh"],
    ],
)
def test_phred_33_is_left_alone(tmp_path, lines):
    with told() as warnings:
        assert converted(written(tmp_path, lines)) == [line.encode() for line in lines]
    assert warnings == []


def test_a_file_of_both_encodings_is_refused(tmp_path):
    path = written(tmp_path, ["hhhhB"] * 5 + ["II5,#"])
    for size in (1, 5):
        with pytest.raises(
            ValueError, match=r"q\.fastq: .*Phred\+64 in the first.*file of its own"
        ):
            converted(path, size)


def test_qualities_that_say_nothing_are_told(tmp_path):
    with pytest.raises(ValueError, match=r"q\.fastq: all qualities are 0"):
        converted(written(tmp_path, ["!!!!"] * 3))


def test_the_rule_by_lowest_and_highest_letter():
    assert qualities.is_phred_64(ord("B"), ord("h"))
    assert not qualities.is_phred_64(ord("#"), ord("h"))
    assert not qualities.is_phred_64(ord("B"), ord("J"))
    assert not qualities.is_phred_64(ord("B"), ord("~"))
    assert not qualities.is_phred_64(255, 0)
