"""TSV tables from people and programs: rows, or mistakes with their places."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzed_tables import damaged, fuzzed
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer.inputs import user_tables
from mitotransfer.inputs.columns import Column
from mitotransfer.inputs.user_tables import check_header, read_table, write_table

COLUMNS = (
    Column("sample", "Id.", required=True),
    Column("batch", "Run."),
    Column("purity", "Share.", kind="number", roles=("tumor",), later=True),
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(data, required=("sample",)):
    """Rows with their lines, and the problems as they are told."""
    Path("t.tsv").write_bytes(data if isinstance(data, bytes) else data.encode())
    found: list = []
    _, rows = read_table("t.tsv", found, required)
    return rows, [str(problem) for problem in found]


def test_rows_survive_being_written():
    rows = [["sample", "note"], ["A", 'CD8 "high"'], ["B", ""]]
    write_table(rows, "out.tsv")
    found: list = []
    header, read_again = read_table("out.tsv", found, [])
    assert found == [] and header == rows[0]
    assert [(line, list(row.values())) for line, row in read_again] == [(2, rows[1]), (3, rows[2])]


def test_marks_line_ends_blank_lines_and_comments_do_not_matter():
    data = b"\xef\xbb\xbf# a comment\r\nsample\tbatch\t\r\n\r\n A \tx\r\nB\r\n"
    rows = [(4, {"sample": "A", "batch": "x"}), (5, {"sample": "B", "batch": ""})]
    assert read(data) == (rows, [])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_unicode_text_of_a_spreadsheet_is_read(encoding):
    data = "\ufeffsample\tbatch\r\nA\tLäufe\r\n".encode(encoding)
    assert read(data) == ([(2, {"sample": "A", "batch": "Läufe"})], [])


@pytest.mark.parametrize("name", ["#REF!", "#N/A", "#ERROR!"])
def test_a_sample_whose_name_is_a_failed_formula_is_no_comment(name):
    rows, found = read(f"sample\tbatch\n{name}\tx\n#B\ty\n")
    assert (rows, found) == ([(2, {"sample": name, "batch": "x"})], [])


@pytest.mark.parametrize("word", ["NA", "n/a", "nan", "None", "unknown"])
def test_words_for_missing_values_are_empty_cells_but_where_a_value_is_required(word):
    rows, found = read(f"sample\tbatch\n{word}\t{word}\n")
    assert rows == [(2, {"sample": word, "batch": ""})] and found == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "t.tsv: the sheet is empty: expected a header line and rows"),
        (b"sample\tbatch\n", "t.tsv: the sheet has a header but no rows"),
        (
            b"sample,batch\nA,x\n",
            "t.tsv:1: found 'sample,batch', expected columns separated by tabs",
        ),
        (
            b"sample\tbatch\nA\t\xe9\n",
            "t.tsv:2: found byte 0xe9, expected UTF-8 text: save it as UTF-8",
        ),
        (
            b"PK\x03\x04\xe7",
            "t.tsv: is an Excel workbook or another archive: save the sheet as tab-separated text",
        ),
        (b"sample\tsample\nA\tB\n", "t.tsv:1: sample: column is given twice"),
        (b"sample\tbatch\nA\tx\tmore\n", "t.tsv:2: found 3 cells, expected 2"),
    ],
)
def test_a_mistake_is_reported_with_its_place(data, told):
    assert read(data)[1] == [told]


def test_a_missing_file_and_a_folder_are_reported():
    found: list = []
    assert read_table("none.tsv", found, []) == ([], [])
    assert read_table(".", found, []) == ([], [])
    assert list(map(str, found)) == [
        "none.tsv: file not found: give a TSV sheet in the configuration",
        ".: cannot be read: Is a directory",
    ]


@pytest.mark.parametrize("rest", ['"CD8', '"CD8\t7', '"CD8"" x'])
@pytest.mark.parametrize("at", [2, 4])
def test_an_open_quotation_mark_swallows_no_sample(at, rest):
    lines = [f"{name}\t{rest if line == at else 'x'}\t1" for line, name in enumerate("ABC", 2)]
    _, found = read("\n".join(["sample\tcell_type\tn", *lines, ""]))
    assert f"t.tsv:{at}: a cell holds tabs or line ends, up to line 4" in found[0]


def test_an_open_quotation_mark_in_a_comment_swallows_no_sample():
    _, found = read('sample\tbatch\n#\t"so\nA\tx\n')
    assert found[0].startswith("t.tsv:2: a cell holds tabs")
    assert read("sample\tbatch\n# so\tso\nA\tx\n")[0] == [(3, {"sample": "A", "batch": "x"})]


def test_any_bytes_end_in_rows_or_in_problems():
    read = []

    @fuzzed
    @given(st.binary(max_size=300) | damaged([["sample", "batch"], ["A", "x"], ["B", ""]]))
    def check(data):
        Path("t.tsv").write_bytes(data)
        found: list = []
        header, rows = read_table("t.tsv", found, [])
        assert found or rows
        assert all(set(row) == set(header) for _, row in rows)
        read.append(len(rows))

    check()
    assert 2 in read  # the good table; a damaged cell may hold line breaks, which make rows


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (["sample", "batch"], []),
        (["batch"], ["s.tsv:1: sample: required column is missing (found: batch)"]),
        (
            ["sample", "batches"],
            ["s.tsv:1: batches: unknown column; did you mean 'batch'?"],
        ),
        (["sample", "remarks"], ["s.tsv:1: remarks: unknown column is ignored"]),
        # A column without a use yet is suggested to nobody.
        (["sample", "puritys"], ["s.tsv:1: puritys: unknown column is ignored"]),
    ],
)
def test_header(header, told):
    found = check_header("s.tsv", header, COLUMNS, free_columns=False)
    assert [str(problem) for problem in found] == told
    assert all(problem.warning == ("ignored" in problem.message) for problem in found)


def test_free_columns_are_not_reported_unless_they_look_like_known_ones():
    header = ["sample", "remarks", "batches"]
    (found,) = check_header("p.tsv", header, COLUMNS, free_columns=True)
    assert found.column == "batches"


def test_a_thousand_unknown_columns_are_reported_as_ignored():
    header = ["sample", *(f"note{i}" for i in range(1000))]
    assert len(check_header("s.tsv", header, COLUMNS, free_columns=False)) == 1000


def test_each_cell_is_checked_by_its_column_and_role():
    share = Column("share", "Share.", kind="number", roles=("tumor",))
    cells = user_tables.Cells("s.tsv", (share,))
    assert cells.check(2, {"share": "0.5", "role": "tumor", "note": "?"}) == []
    (found,) = cells.check(3, {"share": "0.5", "role": "immune"})
    assert str(found) == (
        "s.tsv:3: share: found '0.5' in a sample with role immune, expected role tumor"
    )
    (found,) = cells.check(4, {"share": "half", "role": "tumor"})
    assert str(found) == "s.tsv:4: share: found 'half', expected a number"
    assert cells.check(5, {"share": "half", "role": "tumor"})[0].line == 5  # known by now
