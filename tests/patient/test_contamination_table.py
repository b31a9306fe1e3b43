"""Tumour cells as mtDNA: which measurement counts, and the rows of ``contamination.tsv``."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cell_likelihoods import IMMUNE, SETTINGS, TUMOR, cells, reads
from nuclear_loci import loci

from mitotransfer.fraction.excess import interval
from mitotransfer.patient import contamination_table
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import (
    CONTAMINATION,
    TUMOR_CELLS,
    Cells,
    SampleFacts,
    cells_of,
    copied_tables,
    likelihood_rows,
    measure,
)
from mitotransfer.patient.nuclear_loci import NuclearReads

DROP = 1.9207
COUNTED = replace(IMMUNE, counted=Measured(0.02, high=0.03), cells_counted=50_000)


def of_mtdna(found: Cells) -> tuple[float, float]:
    return interval(found.of_mtdna(), DROP)


def test_a_table_given_to_two_samples_is_found() -> None:
    rng = np.random.default_rng(1)
    one, other = (loci(rng.poisson(3, 20).tolist(), [200] * 20) for _ in range(2))
    assert copied_tables({"TIL": one, "tumor": other}) == set()
    shuffled = one.sample(frac=1, random_state=1)
    found = copied_tables({"TIL": one, "tumor": other, "blood": shuffled})
    assert found == {"TIL", "blood"}
    clean = loci([0] * 20, [500] * 20)
    assert copied_tables({"a": clean, "b": clean}) == set()


def test_counted_cells_are_pure_and_divided_by_the_purity() -> None:
    """2 % of cells, purity 0.8, four times the copies: a tenth of the mtDNA."""
    found = cells(NuclearReads(), COUNTED, TUMOR)
    low, high = of_mtdna(found)
    assert found.bounded and low < 0.1 < high
    assert low > 0.1 * 0.5 and high < 0.1 * 2.2
    rare = cells(NuclearReads(), COUNTED, replace(TUMOR, purity=Measured(0.2, 0.18, 0.22)))
    assert of_mtdna(rare)[1] == pytest.approx(high * 0.7 / 0.18, rel=0.1)


def test_without_purity_counted_cells_bound_nothing() -> None:
    blind = replace(TUMOR, purity=Measured())
    found = cells(NuclearReads(), COUNTED, blind)
    assert not found.bounded and of_mtdna(found)[1] == 1.0 and of_mtdna(found)[0] > 0
    assert cells(NuclearReads(), replace(IMMUNE, counted=Measured(0.0)), TUMOR).source == (
        "unmeasured"
    )


def test_vafs_that_the_tumour_did_not_show_need_its_purity() -> None:
    unknown = replace(reads(0, 60_000), measured=False)
    assert not cells(unknown, IMMUNE, replace(TUMOR, purity=Measured())).bounded
    assert cells(unknown, IMMUNE, TUMOR).bounded


def test_deep_amplicons_need_the_number_of_cells() -> None:
    deep = replace(reads(0, 60_000), depth=5000.0)
    untold = replace(IMMUNE, input_cells=np.nan)
    found = cells(deep, untold, TUMOR)
    row, _ = measure(deep, untold, TUMOR, SETTINGS, 0.95)
    assert not found.bounded and row["flags"] == "input_cells_unknown"
    assert cells(deep, IMMUNE, TUMOR).bounded


def test_few_cells_in_two_portions_widen_the_interval() -> None:
    some = reads(200, 60_000)
    many, few = cells(some, IMMUNE, TUMOR), cells(some, replace(IMMUNE, input_cells=200), TUMOR)
    assert of_mtdna(few)[1] > 1.3 * of_mtdna(many)[1]
    one_library = cells(some, replace(IMMUNE, input_cells=200, own_nuclear_reads=True), TUMOR)
    assert np.isnan(one_library.portion)
    assert of_mtdna(one_library)[1] < of_mtdna(many)[1] * 1.02


def test_copies_from_depths_are_per_two_genomes() -> None:
    some, plain = reads(200, 60_000), of_mtdna(cells(reads(200, 60_000), IMMUNE, TUMOR))
    depths = replace(TUMOR, from_depths=True)
    assert of_mtdna(cells(some, IMMUNE, depths))[1] > 1.7 * plain[1]
    diploid = of_mtdna(cells(some, IMMUNE, replace(depths, ploidy=2.0)))
    assert diploid == pytest.approx(plain)
    # Many loci over the whole genome have its mean copies.
    spread = of_mtdna(cells(some, IMMUNE, replace(depths, whole_genome=True)))
    assert spread == pytest.approx(plain)


def test_more_counted_cells_than_reads_allow_are_kept() -> None:
    clean = reads(0, 60_000)
    assert cells(clean, replace(COUNTED, counted=Measured(0.0, high=0.001)), TUMOR).source == (
        "nuclear_counts"
    )
    row, _ = measure(clean, replace(COUNTED, counted=Measured(0.1, high=0.12)), TUMOR, SETTINGS,
                     0.95)  # fmt: skip
    assert row["source"] == "tumor_cell_fraction"
    assert "tumor_cells_disagree" in str(row["flags"])
    # Nuclear reads that bound nothing give way to counts that do.
    vague = replace(clean, depth=5000.0)
    counted = replace(COUNTED, input_cells=np.nan)
    row, _ = measure(vague, counted, TUMOR, SETTINGS, 0.95)
    assert row["source"] == "tumor_cell_fraction" and row["bounded"]


def test_rows_survive_the_files(tmp_path: Path) -> None:
    rows, curves = [], []
    for name, nuclear in (("clean", reads(0, 60_000)), ("none", NuclearReads())):
        row, curve = measure(nuclear, IMMUNE, TUMOR, SETTINGS, 0.95)
        rows.append({"patient": "P", "sample": name, "tumor": "T"} | row)
        curves.append(likelihood_rows("P", name, "T", curve))
    CONTAMINATION.write(CONTAMINATION.frame(rows), tmp_path / "contamination.tsv")
    TUMOR_CELLS.write(pd.concat(curves), tmp_path / "cells.tsv")
    back = CONTAMINATION.read(tmp_path / "contamination.tsv")
    curve = TUMOR_CELLS.read(tmp_path / "cells.tsv")["log_likelihood"].to_numpy(float)
    clean, none = back.to_dict("records")
    found = cells_of(clean, curve)
    assert of_mtdna(found) == pytest.approx(
        of_mtdna(cells(reads(0, 60_000), IMMUNE, TUMOR)), rel=1e-4
    )
    assert clean["mtdna_high"] == pytest.approx(of_mtdna(found)[1], rel=1e-4)
    assert clean["purity_low"] == pytest.approx(0.7) and clean["immune_in_tumor_high"] < 0.3
    assert none["source"] == "unmeasured" and np.isnan(none["mtdna_high"])
    assert not none["bounded"] and np.isnan(none["n_loci"])


def test_a_sample_without_facts_is_unmeasured() -> None:
    row, curve = measure(NuclearReads(), SampleFacts(), SampleFacts(), SETTINGS, 0.95)
    assert row["source"] == "unmeasured" and not curve.size
    assert (row["copy_ratio_low"], row["copy_ratio_high"], row["copy_ratio_sd"]) == (0.3, 20, 0)
    assert row["immune_in_tumor_high"] == 1.0
    assert contamination_table.DEEPEST == 2000
