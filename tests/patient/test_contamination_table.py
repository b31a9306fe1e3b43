"""mtDNA of tumour cells: copy ratios, purity, and the rows of ``contamination.tsv``."""

from pathlib import Path

import numpy as np
import pytest
from nuclear_loci import loci
from scipy import stats

from mitotransfer.patient.contamination import UNMEASURED, from_cell_fraction
from mitotransfer.patient.contamination_table import (
    CONTAMINATION,
    contamination_row,
    copied_tables,
    copy_ratio,
    mtdna_share,
    tumor_purity,
)


def test_a_table_given_to_two_samples_is_found() -> None:
    rng = np.random.default_rng(1)
    one, other = (loci(rng.poisson(3, 20).tolist(), [200] * 20) for _ in range(2))
    assert copied_tables({"TIL": one, "tumor": other}) == set()
    shuffled = one.sample(frac=1, random_state=1)
    found = copied_tables({"TIL": one, "tumor": other, "blood": shuffled})
    assert found == {"TIL", "blood"}
    clean = loci([0] * 20, [500] * 20)
    assert copied_tables({"a": clean, "b": clean}) == set()


def test_mtdna_share() -> None:
    assert mtdna_share(0.01, 10) == pytest.approx(0.1 / 1.09)  # 9 % of the mtDNA
    assert mtdna_share(0.0, 10) == 0 and mtdna_share(1.0, 0.1) == 1
    assert mtdna_share(0.2, 1) == pytest.approx(0.2)
    assert np.isnan(mtdna_share(np.nan, 1))


def test_copy_ratio() -> None:
    assert copy_ratio([400, 900], 100, (1, 10)) == (4, 9)
    assert copy_ratio([np.nan, 900], 100, (1, 10)) == (9, 9)
    assert copy_ratio([400], np.nan, (1, 10)) == (1, 10)
    assert copy_ratio([], 100, (1, 10)) == (1, 10)
    # A typing error must not hide contamination.
    assert copy_ratio([400], 4e6, (1, 10)) == (1, 10)
    assert copy_ratio([400], 800, (1, 10)) == (0.5, 0.5)


def test_purity_bounds_what_lies_in_the_tumour() -> None:
    tumor = loci([30] * 10 + [0] * 5, [200] * 15)
    given = loci([0] * 15, [100] * 15, [0.4] * 15)
    bound = 2 * stats.beta.ppf(0.05, 300, 1701)
    assert tumor_purity(tumor, given, 0.95) == pytest.approx(bound)
    assert tumor_purity(None, given, 0.95) == pytest.approx(0.8)
    assert tumor_purity(loci([150], [200]), None, 0.95) == 1
    assert np.isnan(tumor_purity(None, loci([0], [100]), 0.95))
    assert np.isnan(tumor_purity(None, None, 0.95))
    for purity, ratio, share in ((0.3, 1, 0.7), (0.3, 7 / 3, 0.5), (1, 1, 0), (np.nan, 1, np.nan)):
        row = contamination_row("P", "S", UNMEASURED, (ratio, 10), purity)
        assert row["immune_in_tumor_high"] == pytest.approx(share, nan_ok=True)


def test_row() -> None:
    cells = from_cell_fraction(0.05, 0.06)
    row = contamination_row("P1", "P1_TIL", cells, (1, 10))
    assert list(row) == CONTAMINATION.names
    assert row["mtdna_low"] == pytest.approx(0.04)
    assert row["mtdna_high"] == pytest.approx(0.6 / 1.54)
    empty = contamination_row("P1", "P1_TIL", UNMEASURED, (1, 10))
    assert empty["source"] == "unmeasured" and np.isnan(float(str(empty["mtdna_high"])))
    assert (empty["copy_ratio_low"], empty["copy_ratio_high"]) == (1, 10)


def test_rows_survive_the_file(tmp_path: Path) -> None:
    cells = from_cell_fraction(0.05, 0.06)
    rows = [
        contamination_row("P", "counted", cells, (1, 10)),
        contamination_row("P", "unmeasured", UNMEASURED, (1, 10)),
    ]
    CONTAMINATION.write(CONTAMINATION.frame(rows), tmp_path / "contamination.tsv")
    back = CONTAMINATION.read(tmp_path / "contamination.tsv").set_index("sample")
    assert back.loc["counted", "mtdna_high"] == pytest.approx(0.6 / 1.54, rel=1e-5)
    assert back.loc["counted", "n_loci"] == 0 and np.isnan(back.loc["unmeasured", "n_loci"])
    assert back["flags"].tolist() == ["", ""]
