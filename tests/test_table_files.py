"""Tables as files: they are read back as written, and other files are refused."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer import table_files
from mitotransfer.table_files import Column, Table

TABLE = Table(
    "samples/{sample}.tsv",
    "All kinds of columns.",
    (
        Column("name", "Text."),
        Column("n", "Count.", int),
        Column("first", "Position.", int, optional=True),
        Column("share", "Share.", float),
        Column("age", "Age.", float, unit="years"),
        Column("good", "Whether.", bool),
    ),
    cure="measure again",
)
ROWS = [("a", 3, 5, 0.1234567, 1e-12, True), ("b", 0, None, np.nan, 70.0, False)]
TEXT = """\
name\tn\tfirst\tshare\tage\tgood
a\t3\t5\t0.123457\t1e-12\ttrue
b\t0\t\t\t70\tfalse
"""

numbers = st.none() | st.floats(allow_nan=False)
words = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=6)
row = st.tuples(
    words, st.integers(-(2**53), 2**53), st.none() | st.integers(0, 16569), numbers, numbers,
    st.booleans(),
)  # fmt: skip


def test_rows_and_frames_are_written_alike(tmp_path: Path) -> None:
    TABLE.write_rows(ROWS, tmp_path / "rows.tsv")
    TABLE.write(TABLE.frame(ROWS), tmp_path / "frame.tsv")
    assert (tmp_path / "rows.tsv").read_bytes() == TEXT.encode()
    assert (tmp_path / "frame.tsv").read_bytes() == TEXT.encode()


@given(st.lists(row))
def test_any_rows_are_written_alike_by_pandas_and_without(rows: list[tuple]) -> None:
    frame = TABLE.frame(rows).assign(first=[np.nan if r[2] is None else float(r[2]) for r in rows])
    for name in ("share", "age"):
        frame[name] = frame[name].astype(float)
    names = TABLE.names
    good = frame["good"].map({True: "true", False: "false"})
    expected = frame.assign(good=good)[names].to_csv(
        sep="\t", index=False, float_format="%.6g", lineterminator="\n"
    )
    assert TABLE.text(rows) == expected


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    TABLE.write_rows(ROWS, path)
    frame = TABLE.read(path)
    expected = pd.DataFrame(
        {
            "name": ["a", "b"], "n": [3, 0], "first": [5.0, np.nan], "share": [0.123457, np.nan],
            "age": [1e-12, 70.0], "good": [True, False],
        }
    )  # fmt: skip
    pd.testing.assert_frame_equal(frame, expected)
    assert TABLE.read_rows(path)[1] == {
        "name": "b", "n": "0", "first": "", "share": "", "age": "70", "good": "false",
    }  # fmt: skip
    assert TABLE.read_text(path).to_numpy().tolist()[0][:3] == ["a", "3", "5"]


def test_an_empty_table_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    TABLE.write(TABLE.frame(), path)
    frame = TABLE.read(path)
    kinds = [object, np.int64, np.float64, np.float64, np.float64, np.bool_]
    assert frame.empty and frame.dtypes.tolist() == [np.dtype(kind) for kind in kinds]


def test_words_that_pandas_reads_as_missing_are_words(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    TABLE.write_rows([("NA", 1, None, None, None, True)], path)
    assert TABLE.read(path)["name"].tolist() == ["NA"]


def test_compressed_tables_are_the_same_bytes_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.tsv.gz"
    with monkeypatch.context() as patch:
        patch.setattr("time.time", lambda: 1e9)
        TABLE.write(TABLE.frame(ROWS), path)
    first = path.read_bytes()
    TABLE.write(TABLE.frame(ROWS), path)
    assert path.read_bytes() == first and gzip.decompress(first) == TEXT.encode()
    assert TABLE.read(path)["n"].tolist() == [3, 0]


def test_digits_are_those_of_the_table() -> None:
    table = Table("x.tsv", "", (Column("share", "", float),), digits=10)
    assert table.text([(1 / 3,)]) == "share\n0.3333333333\n"


def test_other_columns_may_follow_where_the_table_says_so(tmp_path: Path) -> None:
    path = tmp_path / "patients.tsv"
    path.write_text("patient\tage\nA\t7\n")
    sheet = Table("patients.tsv", "", (Column("patient", ""),), further=True)
    assert sheet.read(path).to_dict("records") == [{"patient": "A", "age": "7"}]
    with pytest.raises(ValueError, match=r"patients\.tsv: column age is unknown; delete the file"):
        Table("patients.tsv", "", (Column("patient", ""),)).read(path)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "its header is missing"),
        ("name\tn\tfirst\n", "column share, age, good is missing"),
        (TEXT.replace("name\tn", "n\tname"), "its columns are not in order"),
        (TEXT.replace("good\n", "good\tgood\n"), "its columns are not in order"),
        (TEXT.replace("b\t0\t", "b\t"), "row 3 has not 6 cells"),
        (TEXT.replace("a\t3", "a\t3.5"), "column n: invalid literal"),
        (TEXT.replace("a\t3", "a\t"), "column n: invalid literal"),
        (TEXT.replace("70", "old"), "column age: could not convert"),
        (TEXT.replace("true", "yes"), "column good: not all cells are true or false"),
        (b"\xff\xfe", "not a table"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str | bytes, fault: str) -> None:
    path = tmp_path / "x.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=rf"x\.tsv: {fault}.*; measure again$"):
        TABLE.read(path)


def test_what_is_no_gzip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tsv.gz").write_text(TEXT)
    with pytest.raises(ValueError, match="not a table"):
        TABLE.read(tmp_path / "x.tsv.gz")


def test_a_unit_stands_in_the_reference() -> None:
    assert [column.text for column in TABLE.columns][3:5] == ["Share.", "Age (years)."]


def test_rows_need_no_pandas(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "x.tsv").write_text("a\n1\n")
    code = (
        "import sys\nfrom mitotransfer.table_files import Column, Table\n"
        "table = Table('x.tsv', '', (Column('a', '', int),))\n"
        "table.write_rows([(1,), (2,)], 'y.tsv')\n"
        "assert table.read_rows('x.tsv') == [{'a': '1'}]\n"
        "assert not {'pandas', 'numpy'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(repository / "scripts")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "y.tsv").read_text() == "a\n1\n2\n"


@pytest.mark.parametrize("text", ["", "patient\tsample\nP1\tT\n"])
def test_a_table_without_a_column_is_named(tmp_path, text):
    table = tmp_path / "contamination.tsv"
    table.write_text(text)
    with pytest.raises(ValueError, match=r"contamination\.tsv: column .*source is missing; delete"):
        table_files.read_sheet(table, ["patient", "sample", "source"])


def test_an_empty_sheet_is_named(tmp_path):
    (tmp_path / "samples.tsv").write_text("")
    with pytest.raises(ValueError, match=r"samples\.tsv: its header is missing"):
        table_files.read_sheet(tmp_path / "samples.tsv")
