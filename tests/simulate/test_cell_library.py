"""Drawn libraries of cells: each part is there in the amount that the scenario states."""

from dataclasses import replace

import numpy as np
import pytest

from mitotransfer.simulate.cell_library import CellScenario, Subset, donor_vafs, draw

NOTHING = CellScenario(ambient=0.0, swap=0.0, error=0.0)


def vaf(drawn, cells):
    return drawn.alt[cells].sum() / drawn.depth[cells].sum()


def test_receivers_and_tumor_cells_have_the_stated_vaf():
    scenario = CellScenario(
        (Subset("CD8", 2000, share=0.3, fraction=0.2),), ambient=0.0, swap=0.0, error=0.0
    )
    drawn = draw(scenario, 1)
    assert vaf(drawn, drawn.subset == "tumor") == pytest.approx(0.6, abs=0.01)
    receivers = drawn.fraction > 0
    assert receivers.sum() / 2000 == pytest.approx(0.3, abs=0.04)
    assert vaf(drawn, receivers) == pytest.approx(0.12, abs=0.01)
    assert vaf(drawn, (drawn.subset == "CD8") & ~receivers) == 0
    assert drawn.depth[drawn.subset == "CD8"].mean() == pytest.approx(40, rel=0.05)


def test_empty_droplets_hold_free_mtdna():
    drawn = draw(CellScenario(ambient=0.5, ambient_tumor=0.5, empty=5000, error=0.0), 2)
    empty = drawn.subset == "empty"
    assert drawn.depth[empty].mean() == pytest.approx(0.5, rel=0.05)
    assert vaf(drawn, empty) == pytest.approx(0.3, rel=0.08)
    assert drawn.total[empty].mean() == pytest.approx(0.5, rel=0.05)


def test_swapped_reads_errors_and_modified_sites():
    only = {"ambient": 0.0, "swap": 0.0, "error": 0.0}
    cells = (Subset("CD8", 3000),)
    swapped = draw(CellScenario(cells, **only | {"swap": 0.05}), 3)
    share = 300 * 60 / (300 * 60 + 3000 * 40)
    assert vaf(swapped, swapped.subset == "CD8") == pytest.approx(0.05 * share * 0.6, rel=0.1)
    wrong = draw(CellScenario(cells, **only | {"error": 0.01}), 3)
    assert vaf(wrong, wrong.subset == "CD8") == pytest.approx(0.01, rel=0.1)
    modified = draw(CellScenario(cells, **only, modified=(0.1, 0.0, 0.0)), 3)
    alleles = modified.alt[modified.subset == "CD8"].sum(axis=0)
    assert alleles[0] > 0 and alleles[1:].sum() == 0


def test_reads_of_another_library_bring_the_alleles_of_its_person():
    cells = (Subset("CD8", 3000),)
    scenario = CellScenario(
        cells, ambient=0.0, swap=0.0, error=0.0, hopped=0.02, hopped_vafs=(1.0, 0.5, 0.0)
    )
    drawn = draw(scenario, 3)
    of_cells = drawn.subset == "CD8"
    shares = drawn.alt[of_cells].sum(axis=0) / drawn.depth[of_cells].sum(axis=0)
    assert shares == pytest.approx([0.02, 0.01, 0.0], rel=0.1)
    # What hopped replaces reads of the cell: the depth is the same.
    np.testing.assert_array_equal(drawn.depth, draw(replace(scenario, hopped=0.0), 3).depth)


def test_doublets_have_the_mtdna_of_two_cells():
    drawn = draw(CellScenario((Subset("CD8", 3000, doublets=0.1),), ambient=0.0, swap=0.0), 4)
    assert drawn.doublet.sum() / 3000 == pytest.approx(0.1, abs=0.02)
    assert drawn.total[drawn.doublet].mean() == pytest.approx(100, rel=0.1)
    assert vaf(drawn, drawn.doublet) == pytest.approx(0.36, rel=0.1)


def test_donors_differ_as_stated():
    rng = np.random.default_rng(5)
    vafs = donor_vafs(CellScenario(concentration=4.0), rng, 20_000)
    assert vafs.mean() == pytest.approx(0.6, abs=0.01)
    assert vafs.var() == pytest.approx(0.24 / 5, rel=0.05)


def test_the_same_seed_draws_the_same_library():
    np.testing.assert_array_equal(draw(NOTHING, 6).alt, draw(NOTHING, 6).alt)
