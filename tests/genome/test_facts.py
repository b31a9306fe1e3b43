"""Tables of facts as files."""

import pytest

from mitotransfer.genome.facts import read_facts


def test_rows_by_column_without_comments(tmp_path):
    path = tmp_path / "facts.tsv"
    path.write_text("# source\npos\tbase\tnote\n1\tA\t\n#\n2\tC\tof two; words\n")
    assert read_facts(path, ["pos", "base"]) == [
        {"pos": "1", "base": "A", "note": ""},
        {"pos": "2", "base": "C", "note": "of two; words"},
    ]


@pytest.mark.parametrize("text", ["", "pos\n1\n"])
def test_a_missing_column_is_named_with_its_file(tmp_path, text):
    path = tmp_path / "facts.tsv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"facts\.tsv: column base is missing"):
        read_facts(path, ["base"])


def test_a_table_without_rows_is_empty(tmp_path):
    path = tmp_path / "facts.tsv"
    path.write_text("pos\n")
    assert read_facts(path, ["pos"]) == []
