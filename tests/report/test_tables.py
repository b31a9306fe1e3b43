"""Tables that the report reads: faults name the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_cohort import render_cohort, write_cohort

from mitotransfer.report import tables


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "", "a\\b", "<b>", "x\n"])
def test_unsafe_ids_become_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(tables.ReportError, match="cannot be a file name"):
        tables.check_name(name)


def test_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.tsv"):
        tables.read_table(tmp_path / "none.tsv", "identity")


def test_broken_counts_name_the_file(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 1, 1)
    path = folder / "samples" / "P0001_TIL" / "P0001_TIL.counts.npz"
    path.write_bytes(b"PK\x03\x04broken")
    with pytest.raises(tables.ReportError, match=r"P0001_TIL\.counts\.npz: not a counts file"):
        render_cohort(folder)
