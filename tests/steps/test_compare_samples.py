"""The step that compares a patient's samples: its options, and mistakes in sheets."""

import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from deleted_samples import COMMON, deleted
from nuclear_loci import loci
from places import LENGTH

import compare_samples
from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.counts.copies_table import MTDNA_COPIES

#: Without fragments.
EMPTY = Counts(np.zeros((LENGTH, 4, 2), np.uint32), empty_indels(), {})


def measured(
    tmp_path: Path, tables: dict[str, pd.DataFrame], *words: str, tumor: Counts = EMPTY
) -> pd.Series:
    """The row of ``contamination.tsv`` of a trio, by the script's own function."""
    named = []
    for name, table in tables.items():
        table.to_csv(tmp_path / name, sep="\t", index=False)
        named += ["--nuclear-counts", name, str(tmp_path / name)]
    trio = [w for role in ("tumor", "immune", "normal") for w in ("--sample", role, role)]
    paths = ["--samples-folder", str(tmp_path), "--bundle", ".", "--evidence", ".",
             "--contamination", ".", "--pooled", ".", "--tumor-cells", ".",
             "--molecules", "."]  # fmt: skip
    argv = ["compare_samples.py", "--patient", "P", *trio, *named, *words, *paths]
    with mock.patch.object(sys, "argv", argv):
        arguments = compare_samples.parse_arguments()
    counts = {"tumor": tumor, "immune": EMPTY, "normal": EMPTY}
    table, _ = compare_samples.tumor_cells(arguments, counts)
    return table.iloc[0]


def test_estimated_copies_are_read_and_a_table_without_them_is_named(tmp_path: Path) -> None:
    rows = {"tumor": "600", "immune": "200", "normal": ""}
    head = MTDNA_COPIES.text([])
    words = []
    for name, copies in rows.items():
        ends = "\t".join(f"{float(copies) * x:g}" if copies else "" for x in (1, 0.8, 1.25))
        (tmp_path / f"{name}.tsv").write_text(f"{head}{name}\t1\t1\t3000\t{ends}\n")
        words += ["--mtdna-copies-file", name, str(tmp_path / f"{name}.tsv")]
    row = measured(tmp_path, {}, *words, tumor=deleted({}))
    assert (row["copy_ratio_low"], row["copy_ratio_high"]) == (3, 3)
    # A deletion hides copies from the tumour's mean depth.
    tumor = deleted({COMMON: 0.8}, depth=9000)
    hidden = measured(tmp_path, {}, *words, tumor=tumor)["copy_ratio_high"]
    assert hidden == pytest.approx(3 / (1 - 0.8 * 4977 / LENGTH), rel=0.02)
    own = np.log(1.25 / 0.8) / 3.92
    assert row["copy_ratio_sd"] == pytest.approx(np.sqrt(2 * own**2 + 0.2**2))
    (tmp_path / "immune.tsv").write_text(head)  # copies not asked for
    assert measured(tmp_path, {}, *words, tumor=tumor)["copy_ratio_high"] == 20
    (tmp_path / "immune.tsv").write_text("sample\n")
    with pytest.raises(ValueError, match=r"column mitochondrial_depth.* missing; delete"):
        measured(tmp_path, {}, *words, tumor=tumor)


def test_sheets_that_hide_contamination(tmp_path: Path) -> None:
    """Five per cent of tumour cells, and sheets that could hide them."""
    rng = np.random.default_rng(8)
    vaf, depth = np.full(100, 0.4), np.full(100, 120)

    def reads(cells: float) -> pd.DataFrame:
        alt = rng.binomial(depth, cells * vaf + (1 - cells) * 1e-3)
        return loci(alt.tolist(), depth.tolist(), vaf.tolist())

    trio = {"tumor": reads(1.0), "immune": reads(0.05), "normal": reads(0.0)}
    honest = measured(tmp_path, trio)
    assert honest["tumor_cells_low"] > 0.03 and 0.05 < honest["tumor_cells_high"] < 0.07
    # The immune sample's table given for the normal: its reads would pass for errors.
    copied = measured(tmp_path, trio | {"normal": trio["immune"]})
    assert (copied["source"], copied["flags"]) == ("unmeasured", "nuclear_counts_copied")
    # Loci of another tumour.
    other = {name: reads(0.0).assign(chrom="chr9") for name in ("immune", "normal")}
    assert measured(tmp_path, trio | other)["source"] == "unmeasured"
    # VAFs of 1 instead of 0.4 are not used; tumour and immune exchanged; cells counted as none.
    ones = {name: table.assign(tumor_vaf=1.0) for name, table in trio.items()}
    assert measured(tmp_path, ones)["tumor_cells_high"] == honest["tumor_cells_high"]
    exchanged = trio | {"tumor": reads(0.001), "immune": reads(1.0)}
    assert measured(tmp_path, exchanged)["source"] == "unmeasured"
    nothing = ("--measured", "immune", "tumor_cell_fraction", "0",
               "--measured", "immune", "tumor_cell_fraction_high", "0")  # fmt: skip
    assert measured(tmp_path, {}, *nothing)["source"] == "unmeasured"
    assert measured(tmp_path, trio, *nothing)["tumor_cells_high"] == honest["tumor_cells_high"]
    # A thousand times too many copies in the immune cells.
    slip = ("--measured", "tumor", "mtdna_copies", "1000",
            "--measured", "immune", "mtdna_copies", "500000")  # fmt: skip
    assert measured(tmp_path, trio, *slip)["mtdna_high"] > 0.05


def test_each_tumour_sample_has_a_row(tmp_path: Path) -> None:
    two = ("--sample", "metastasis", "tumor", "--measured", "metastasis", "purity", "0.9")
    paths = [x for name in ("samples-folder", "bundle", "evidence", "contamination", "pooled",
                            "tumor-cells", "molecules") for x in (f"--{name}", ".")]  # fmt: skip
    trio = [w for role in ("tumor", "immune", "normal") for w in ("--sample", role, role)]
    argv = ["compare_samples.py", "--patient", "P", *trio, *two, *paths]
    with mock.patch.object(sys, "argv", argv):
        arguments = compare_samples.parse_arguments()
    counts = dict.fromkeys(dict(arguments.sample), EMPTY)
    table, cells = compare_samples.tumor_cells(arguments, counts)
    assert table["tumor"].tolist() == ["tumor", "metastasis"] and cells.empty
    assert table["purity_low"].tolist()[0] == 0 < table["purity_low"].tolist()[1] < 0.9
