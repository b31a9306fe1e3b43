"""Problems are collected, sorted, and each reported once."""

from __future__ import annotations

import pytest

from mitotransfer.problems import InputError, Problem, suggest


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
