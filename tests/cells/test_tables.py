"""The tables of single cells can be written and read."""

import pytest

from mitotransfer.cells import tables


@pytest.mark.parametrize("table", [tables.CELLS, tables.LIBRARY_SHARES, tables.CELL_VARIANTS])
def test_an_empty_table_is_read_as_it_was_written(table, tmp_path):
    path = tmp_path / table.path.rsplit("/", 1)[-1].replace("{sample}", "x")
    table.write(table.frame(), path)
    assert table.read(path).empty


def test_the_cohort_has_the_columns_of_its_libraries():
    assert tables.CELL_SHARES.names == tables.LIBRARY_SHARES.names
