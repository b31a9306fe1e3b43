"""What a cell of a sheet may hold, column by column."""

from __future__ import annotations

import dataclasses

import pytest

from mitotransfer.inputs import columns

BY_NAME = {column.name: column for column in columns.SAMPLES}


def mistake(name: str, text: str, role: str = "") -> str:
    """The mistake as it will be reported once the column is in use."""
    return dataclasses.replace(BY_NAME[name], later=False).mistake(text, role)


def test_columns_of_later_work_are_refused():
    column = dataclasses.replace(BY_NAME["cell_type"], later=True)
    assert column.mistake("x") == "found 'x', but this column is not yet supported: leave it empty"
    assert column.mistake("") == ""


@pytest.mark.parametrize(
    ("name", "good", "bad", "expected"),
    [
        ("mtdna_copies_low", "80.5", "0", "above 0"),
        ("purity", "1", "1.2", "above 0 and at most 1: a share of 1, no percentage"),
        ("purity_low", "0", "-0.1", "at least 0 and at most 1: a share of 1, no percentage"),
        ("input_cells", "5000", "0.5", "a whole number"),
        ("input_cells", "1e4", "0", "at least 1"),
        ("ploidy", "2.1", "0", "above 0"),
        ("cells_counted", "20000", "many", "a number"),
        ("preparation_split", "drawn", "sort", "one of drawn, sorted; did you mean 'sorted'?"),
        ("interleaved", "true", "yes", "one of true, false"),
        ("umi", "RX", "tag", "one of RX, name"),
    ],
)
def test_bounds_and_words(name, good, bad, expected):
    assert mistake(name, good, "tumor") == ""
    assert mistake(name, bad, "tumor") == f"found '{bad}', expected {expected}"


@pytest.mark.parametrize("tag", ["C", "CBX", "1B", "C-"])
def test_tags_have_two_characters(tag):
    assert mistake("barcode_tag", tag, "cells").startswith(f"found '{tag}', expected BAM tag")
    assert mistake("umi_tag", "UB", "cells") == ""


@pytest.mark.parametrize(
    ("name", "role"),
    [("purity", "tumor"), ("ploidy", "tumor"), ("barcodes", "cells"), ("cell_counts", "cells")],
)
def test_columns_of_one_role(name, role):
    assert mistake(name, "1", role) == ""
    assert mistake(name, "1", "immune") == (
        f"found '1' in a sample with role immune, expected role {role}"
    )


def test_words_of_later_work_are_refused():
    column = dataclasses.replace(BY_NAME["assay"], choices=("wgs",), choices_later=("sc_atac",))
    assert column.mistake("sc_atac") == (
        "found 'sc_atac', which is not yet supported; expected one of wgs"
    )
    assert "not yet" not in column.mistake("atac")


@pytest.mark.parametrize("column", [*columns.SAMPLES, *columns.PATIENTS], ids=lambda c: c.name)
def test_every_column_is_described(column):
    assert column.description.endswith(".")
    assert column.kind in ("text", "path", "number", "integer")
    assert bool(column.bounds) <= (column.kind in ("number", "integer"))
