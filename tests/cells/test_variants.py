"""Informative variants of a library: found in tumour cells, whatever doublets immune cells hold."""

from dataclasses import replace

import numpy as np
import pytest
from cell_libraries import PLACES, counted

from mitotransfer.cells import variants
from mitotransfer.cells.ambient import NONE, Ambient
from mitotransfer.cells.variants import Rules
from mitotransfer.simulate.cell_library import CellScenario, Subset, draw

RULES = Rules(0.2, 0.02, 0.001, {}, 16569, 0.95)


@pytest.fixture(scope="module")
def library():
    subset = Subset("CD8", 500, doublets=0.12)
    return counted(draw(CellScenario((subset,), vafs=(0.97, 0.6, 0.5)), 1))


def found(library, rules=RULES, *, normal=None, positions=PLACES[:3], dna=None, free=NONE):
    cells, annotation = library
    cells = replace(cells, positions=positions)
    roles = annotation["cell_role"].reindex(list(cells.barcodes)).fillna("").to_numpy()
    return variants.find(
        cells, tumor=roles == "tumor", immune=roles == "immune", rules=rules, normal=normal,
        dna=dna, free=free,
    )  # fmt: skip


def test_variants_of_the_tumor_are_found_though_the_sum_of_immune_cells_has_them(library):
    table = found(library)
    assert table["pos"].tolist() == [1001, 4001, 8001]
    assert (table["own"] == "C").all() and (table["alt"] == "T").all()
    assert (table["reason"] == "").all()
    assert (table["immune_alt"] / table["immune_depth"]).min() > 0.02
    np.testing.assert_allclose(table["tumor_vaf"], [0.97, 0.6, 0.5], atol=0.03)
    assert (table["median_vaf"] < 0.02).all()


def test_an_allele_that_most_immune_cells_have_is_not_used():
    subset = Subset("CD8", 400, share=0.7, fraction=0.3)
    table = found(counted(draw(CellScenario((subset,)), 2)))
    assert (table["reason"] == "in_immune_cells").all()


def test_free_mtdna_in_every_cell_is_no_allele_of_the_cells():
    """4 % of the depth is free and all of it the tumour's: every cell shows 2 to 3 %."""
    library = counted(draw(CellScenario((Subset("CD8", 400, depth=20.0),), ambient_tumor=1.0), 3))
    assert "in_immune_cells" in found(library)["reason"].tolist()
    table = found(library, free=Ambient(0.8, 2.0))
    assert (table["reason"] == "").all() and (table["median_vaf"] < 0.01).all()


def test_an_allele_of_most_cells_is_not_taken_for_free_mtdna():
    library = counted(draw(CellScenario((Subset("CD8", 400, share=0.7, fraction=0.3),)), 2))
    table = found(library, free=Ambient(0.8, 2.0))
    assert (table["reason"] == "in_immune_cells").all()


def test_a_bulk_normal_decides(library):
    normal = np.zeros((3, 4), np.int64)
    normal[:, 1] = 2000
    normal[1, 3] = 100
    table = found(library, normal=normal)
    assert table["reason"].tolist() == ["", "in_normal", ""]


def test_variants_of_rna_have_to_be_in_dna(library):
    dna = np.zeros((3, 4), np.int64)
    dna[:, 1] = 500
    dna[:2, 3] = 200
    assert found(library, dna=dna)["reason"].tolist() == ["", "", "not_in_dna"]


def test_excluded_places_and_low_vafs(library):
    table = found(library, Rules(0.55, 0.02, 0.001, {1000: "artefact"}, 16569, 0.95))
    assert table["pos"].tolist() == [1001, 4001]
    assert table["reason"].tolist() == ["artefact", ""]


def test_of_variants_that_share_fragments_the_strongest_is_used(library):
    near = np.array([1000, 1100, 16_500])
    assert found(library, positions=near)["reason"].tolist() == ["", "beside_another", ""]
    around = np.array([10, 1100, 16_500])
    assert found(library, positions=around)["reason"].tolist() == ["", "", "beside_another"]


def test_a_third_allele_shows_the_error_rate(library):
    cells, annotation = library
    more = cells.counts.copy()
    more[:, 0, 0] += 1
    changed = type(cells)(
        cells.barcodes, cells.positions, more, cells.depth, cells.mtdna_fragments, cells.is_cell, {}
    )
    table = found((changed, annotation))
    assert table["error_rate"][0] > 0.01 and table["error_rate"][1] == 0.001


def test_no_tumor_cells_show_no_variants(library):
    cells, annotation = library
    assert found((cells, annotation.assign(cell_role="immune"))).empty


def test_the_median_of_cells():
    rng = np.random.default_rng(3)
    n = rng.poisson(20, 600)
    vaf = np.where(rng.random(600) < 0.7, 0.0, 0.9)
    total = n.astype(float)
    assert variants.median_vaf(rng.binomial(n, vaf), n, 1e-3, total, NONE) < 0.01
    even = variants.median_vaf(rng.binomial(n, 0.3), n, 1e-3, total, NONE)
    assert even == pytest.approx(0.3, abs=0.05)
    assert variants.median_vaf(np.zeros(3, int), np.zeros(3, int), 1e-3, np.ones(3), NONE) == 1


def test_bounds_are_at_the_confidence_that_is_asked_for(library):
    """A normal with 5 of 500 fragments: 1 %, at most 2.1 % by 95 %, at most 1.3 % by 60 %."""
    normal = np.zeros((3, 4), np.int64)
    normal[:, 1], normal[:, 3] = 495, 5
    assert (found(library, normal=normal)["reason"] == "in_normal").all()
    less = replace(RULES, confidence=0.6)
    assert (found(library, less, normal=normal)["reason"] == "").all()
