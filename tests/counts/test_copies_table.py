"""The table of mtDNA copies gives back what was estimated."""

from __future__ import annotations

import numpy as np
import pytest

from mitotransfer.counts import mtdna_copies
from mitotransfer.counts.copies_table import estimated


@pytest.mark.parametrize(
    ("depths", "expected"),
    [
        (mtdna_copies.Depths(1000.0, 30.0, 3000), (66.6667, 54.8008, 81.1018)),
        (mtdna_copies.Depths(1000.0, 0.5, 3000), (np.nan,) * 3),
        (None, (np.nan,) * 3),
    ],
)
def test_copies_are_read_with_their_interval(tmp_path, depths, expected):
    path = tmp_path / "copies.tsv"
    path.write_text(mtdna_copies.copies_table("S1", depths))
    assert estimated(path) == pytest.approx(expected, nan_ok=True)


def test_a_cell_that_is_no_number_is_named(tmp_path):
    path = tmp_path / "copies.tsv"
    text = mtdna_copies.copies_table("S1", mtdna_copies.Depths(1000.0, 30.0, 3000))
    path.write_text(text.replace("54.8008", "many"))
    with pytest.raises(ValueError, match=r"copies\.tsv: column mtdna_copies_low"):
        estimated(path)
