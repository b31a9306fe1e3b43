"""Cells with flags are split and joined without loss, and searched by whole words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer import flag_words, flags

EVERY = [flags.OF_CALLS, flags.OF_VARIANTS, flags.OF_SAMPLES, flags.OF_CELLS]
words = st.lists(st.sampled_from(sorted({flag for table in EVERY for flag in table})), unique=True)


@given(words)
def test_what_was_joined_is_split_again(found: list[str]) -> None:
    assert flag_words.split(flag_words.join(found)) == found
    assert flag_words.join([*found, *found]) == flag_words.join(found)


@pytest.mark.parametrize("cell", ["", None, float("nan"), ";"])
def test_an_empty_cell_has_no_flag(cell: object) -> None:
    assert flag_words.split(cell) == []


@given(st.lists(words, max_size=5), words)
def test_cells_with_a_flag_are_found_by_whole_words(
    rows: list[list[str]], asked: list[str]
) -> None:
    cells = [flag_words.join(row) for row in rows]
    assert flag_words.has(cells, *asked) == [bool(set(row) & set(asked)) for row in rows]


def test_marks_are_added_in_their_rows() -> None:
    found = flag_words.marked(["numt", "", "linked"], {"hot_spot": [1, 0, 1], "linked": [0, 1, 1]})
    assert found == [["numt", "hot_spot"], ["linked"], ["linked", "hot_spot", "linked"]]
    with pytest.raises(ValueError):
        flag_words.marked(["numt"], {"hot_spot": [True, False]})
