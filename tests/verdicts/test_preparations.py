"""Subsets of one preparation: which numbers of theirs are compared, and how."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cell_likelihoods import IMMUNE, TUMOR, cells, fraction, reads
from count_cohort import run_cohort

from mitotransfer.fraction.contrast import Contrast
from mitotransfer.patient.contamination_table import Cells
from mitotransfer.simulate.scenario import parse_scenario
from mitotransfer.simulate.truth import draw_truth
from mitotransfer.verdicts import preparations
from mitotransfer.verdicts.preparations import PREPARATIONS, Portion, compare, widest

CLEAN = cells(reads(0, 60_000), IMMUNE, TUMOR)


def portion(share: float, copies: float = math.nan, found: Cells = CLEAN) -> Portion:
    return Portion(fraction(share), found, 20_000.0, copies, 0.15 if copies > 0 else 0.0)


def test_clean_subsets_differ_by_their_fractions() -> None:
    found = compare(portion(0.02), portion(0.1), "drawn", 0.95)
    assert found.difference == pytest.approx(0.08, rel=0.15)
    assert found.low > 0.03 and found.p_value < 0.01
    turned = compare(portion(0.1), portion(0.02), "drawn", 0.95)
    assert turned.difference == pytest.approx(-found.difference, abs=2e-3)
    assert compare(portion(0.05), portion(0.05), "sorted", 0.95).p_value > 0.5


def test_without_measured_cells_the_copies_decide() -> None:
    blind = Cells(ratio=CLEAN.ratio)
    # Three times the tumour mtDNA at a third of the copies: what equal shares of cells bring.
    fewer = compare(portion(0.1, 900, blind), portion(0.3, 300, blind), "drawn", 0.95)
    assert fewer.p_value > 0.2
    equal = compare(portion(0.1, 300, blind), portion(0.3, 300, blind), "drawn", 0.95)
    assert equal.p_value < 0.05 and equal.low > 0
    # Sorted subsets may differ in their cells; so do copies that nobody measured.
    assert compare(portion(0.1, 300, blind), portion(0.3, 300, blind), "", 0.95).p_value > 0.2
    assert (
        compare(portion(0.1, found=blind), portion(0.3, found=blind), "drawn", 0.95).p_value > 0.2
    )


def test_sorted_subsets_differ_by_no_more_than_cells_may() -> None:
    """Twentyfold at equal copies is more than unmeasured shares of tumour cells explain."""
    blind = Cells(ratio=CLEAN.ratio)
    found = compare(portion(0.02, 300, blind), portion(0.4, 300, blind), "", 0.95)
    assert found.p_value < 0.01 and found.low > 0
    assert compare(portion(0.1, 300, blind), portion(0.1, 300, blind), "", 0.95).p_value > 0.9


def test_cells_measured_in_one_subset_count_for_both() -> None:
    blind = Cells(ratio=CLEAN.ratio)
    found = compare(portion(0.02, 300, blind), portion(0.1, 300), "drawn", 0.95)
    assert found.difference == pytest.approx(0.08, rel=0.3) and found.p_value < 0.05
    turned = compare(portion(0.1, 300), portion(0.02, 300, blind), "drawn", 0.95)
    assert turned.difference == pytest.approx(-found.difference, abs=1e-9)


def test_counted_cells_and_nuclear_reads_are_each_by_themselves() -> None:
    counted = replace(CLEAN, source="tumor_cell_fraction")
    table = preparations.brought(portion(0.1, found=counted), portion(0.1), "drawn")
    expected = counted.of_mtdna()[:, None] + CLEAN.of_mtdna()[None]
    assert np.array_equal(table, expected)


def test_against_several_tumours_the_widest_contrast_holds() -> None:
    found = widest([Contrast(0.1, 0.05, 0.15, 1e-4), Contrast(0.04, -0.01, 0.09, 0.1)])
    assert found == Contrast(0.04, -0.01, 0.15, 0.1)


@pytest.fixture
def cohort(tmp_path: Path, nobody_rare: None) -> dict[str, pd.DataFrame]:
    """Two portions with the same tumour cells, a third with transfer, and one of another flask."""
    flask = {"preparation": "flask", "preparation_split": "drawn", "input_cells": 20_000}
    samples = [
        {"sample": "A-tumor", "role": "tumor", "purity": 1.0, "mtdna_copies": 1000},
        {"sample": "A-blood", "role": "normal"},
        *(
            {"sample": f"A-{name}", "role": "immune", "cell_type": name, "mtdna_copies": copies,
             "tumor_cells": 0.02, "transfer": transfer} | flask
            for name, copies, transfer in (("CD4", 300, 0.0), ("CD8", 600, 0.0), ("NK", 300, 0.3))
        ),
        {"sample": "A-other", "role": "immune", "mtdna_copies": 300},
    ]  # fmt: skip
    raw = {
        "depth": {"tumor": 1500, "immune": 1500, "normal": 1500},
        "patients": [
            {"patient": "A", "batch": "b", "somatic": [0.9, 0.8, 0.6], "samples": samples,
             "nuclear": {"loci": 300, "depth": 100}},
        ],
    }  # fmt: skip
    return run_cohort(draw_truth(parse_scenario(raw), 1), tmp_path)


def test_pairs_of_a_cohort(cohort: dict[str, pd.DataFrame]) -> None:
    table = cohort["preparations"].set_index(["first", "second"])
    assert [*cohort["preparations"].columns] == PREPARATIONS.names
    assert set(table.index) == {("A-CD4", "A-CD8"), ("A-CD4", "A-NK"), ("A-CD8", "A-NK")}
    assert table["copies"].all() and table["cells"].all() and (table["split"] == "drawn").all()
    same, more = table.loc[("A-CD4", "A-CD8")], table.loc[("A-CD4", "A-NK")]
    assert same["p_value"] > 0.05 and same["difference_low"] <= 0 <= same["difference_high"]
    assert more["p_value"] < 0.01 and more["difference_low"] > 0.1
    assert more["difference_low"] < 0.3 < more["difference_high"]
