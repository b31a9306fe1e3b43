"""Problems are collected, sorted, and each reported once."""

from __future__ import annotations

import warnings

import pytest

from mitotransfer.problems import InputError, Problem, suggest, told, warn


def test_a_problem_names_its_place():
    assert str(Problem("s.tsv", "is wrong", 3, "role")) == "s.tsv:3: role: is wrong"
    assert str(Problem("s.tsv", "is wrong")) == "s.tsv: is wrong"


def test_problems_come_once_in_the_order_of_the_file():
    first, second = Problem("s.tsv", "a", 2), Problem("s.tsv", "b", 10)
    error = InputError([second, first, second])
    assert error.problems == [first, second]
    assert str(error).splitlines() == [
        "2 problems in the input; nothing was run.", "  s.tsv:2: a", "  s.tsv:10: b",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "said"),
    [("tumour", "; did you mean 'tumor'?"), ("TUMOR", "; did you mean 'tumor'?"), ("xyz", "")],
)
def test_the_nearest_known_word_is_suggested(word, said):
    assert suggest(word, ["tumor", "immune"]) == said


def test_warnings_of_files_are_printed_once_and_kept(capsys):
    with told() as kept:
        for message in ("a.bam: x", "b.bam: x", "a.bam: x"):
            warn(message)
    assert kept == ["a.bam: x", "b.bam: x"]
    assert capsys.readouterr().err == "Warning: a.bam: x\nWarning: b.bam: x\n"


def test_other_warnings_go_their_way():
    with pytest.warns(RuntimeWarning), told() as kept:
        warnings.warn("other", RuntimeWarning, stacklevel=1)
    assert kept == []


def test_spaces_and_marks_that_cannot_be_seen_are_shown():
    message = "found 'T\u00a01\u200b é', expected\nan id"
    assert str(Problem("s.tsv", message)) == r"s.tsv: found 'T\xa01\u200b é', expected" + "\nan id"
