"""The assessment of drawn libraries: verdicts as the truth and the doubts have it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from cell_libraries import counted

from mitotransfer.cells import assess, tables
from mitotransfer.cells.assess import Prior
from mitotransfer.cells.variants import Rules
from mitotransfer.inputs.cell_settings import Cells
from mitotransfer.simulate.cell_library import CellScenario, Subset, draw

PRIOR = Prior(Rules(0.2, 0.02, 0.001, {}, 16569, 0.95), np.tile([0, 5000, 0, 0], (5, 1)))
TRANSFER = CellScenario(
    (Subset("CD8", 250, share=0.2, fraction=0.25), Subset("B", 250)),
    empty=500,
    tumor_cells=100,
    concentration=10,
)


def assessed(scenario, seed=1, *, scored=True, prior=PRIOR, settings=None, change=None):
    drawn = draw(scenario, seed)
    scores = np.where(drawn.doublet, 0.95, 0.001) if scored else None
    cells, annotation = counted(drawn, scores)
    if change:
        cells, annotation = change(cells, annotation)
    prior = replace(
        prior, normal=None if prior.normal is None else prior.normal[: len(drawn.alt.T)]
    )
    return drawn, assess.assess(cells, annotation, prior, settings or Cells())


@pytest.fixture(scope="module")
def transfer():
    return assessed(TRANSFER)


def shares_of(result):
    return result.shares.set_index("cell_type")


def test_receivers_are_supported_and_others_are_not(transfer):
    drawn, result = transfer
    immune = ~np.isin(drawn.subset, ["tumor", "empty"])
    supported = (result.cells["verdict"] == "transfer_supported").to_numpy()
    receivers = drawn.fraction[immune] > 0
    assert supported[receivers].mean() > 0.6
    assert supported[~receivers].sum() <= 0.05 * supported.sum()


def test_the_share_is_supported_in_its_subset_alone(transfer):
    _, result = transfer
    table = shares_of(result)
    assert table["verdict"].to_dict() == {
        "all": "transfer_supported",
        "CD8": "transfer_supported",
        "B": "not_detected",
    }
    assert table.loc["CD8", "share"] == pytest.approx(0.2, abs=0.05)
    assert table.loc["CD8", "p_value"] < 1e-4 and np.isnan(table.loc["all", "p_value"])


def test_tables_have_their_columns(transfer):
    _, result = transfer
    assert list(result.cells) == tables.CELLS.names
    assert list(result.shares) == tables.LIBRARY_SHARES.names[2:]
    assert set(result.variants) == set(tables.CELL_VARIANTS.names)
    assert result.fractions["weight"].sum() == pytest.approx(1)


def test_without_scores_nothing_is_supported():
    _, result = assessed(TRANSFER, scored=False)
    assert "transfer_supported" not in {*result.cells["verdict"], *result.shares["verdict"]}
    assert (result.cells["verdict"] == "doublet_not_excluded").sum() > 25
    assert shares_of(result)["verdict"]["CD8"] == "doublet_not_excluded"
    assert result.cells["flags"].str.contains("no_doublet_score").all()


def test_doublets_are_no_receivers():
    scenario = CellScenario((Subset("CD8", 300, doublets=0.08),), empty=500)
    drawn, result = assessed(scenario)
    doublet = drawn.doublet[drawn.subset == "CD8"]
    verdicts = result.cells["verdict"]
    assert (verdicts[doublet] == "explained_by_doublet").mean() > 0.9
    assert (verdicts == "transfer_supported").sum() == 0
    assert shares_of(result)["verdict"]["CD8"] == "not_detected"


def test_a_modified_site_claims_nothing():
    scenario = CellScenario((Subset("CD8", 300),), empty=500, modified=(0.15, 0.0, 0.0))
    _, result = assessed(scenario)
    assert (result.cells["verdict"] == "transfer_supported").sum() == 0
    assert shares_of(result)["verdict"]["CD8"] != "transfer_supported"


def test_without_empty_barcodes_ambient_is_not_excluded():
    _, result = assessed(replace(TRANSFER, empty=0))
    assert (result.cells["verdict"] == "ambient_not_excluded").sum() > 25
    assert "transfer_supported" not in {*result.cells["verdict"], *result.shares["verdict"]}
    assert result.shares["ambient"].isna().all()


def test_rna_without_dna_supports_nothing():
    _, result = assessed(TRANSFER, prior=replace(PRIOR, rna=True))
    assert "transfer_supported" not in {*result.cells["verdict"], *result.shares["verdict"]}
    assert result.cells["flags"].str.contains("rna_alone").all()
    confirmed = replace(PRIOR, rna=True, dna=np.tile([0, 500, 0, 500], (3, 1)))
    _, result = assessed(TRANSFER, prior=confirmed)
    assert shares_of(result)["verdict"]["CD8"] == "transfer_supported"


def test_a_single_variant_supports_no_cell():
    _, result = assessed(replace(TRANSFER, vafs=(0.95,)))
    assert (result.cells["verdict"] == "single_variant").sum() > 30
    assert shares_of(result)["verdict"]["CD8"] == "single_variant"


def test_without_tumor_cells_a_library_is_uninformative():
    def relabel(cells, annotation):
        return cells, annotation.assign(cell_role="immune")

    _, result = assessed(TRANSFER, change=relabel)
    assert set(result.cells["verdict"]) == {"uninformative"}
    assert set(result.shares["verdict"]) == {"uninformative"}


def test_a_failed_library_and_one_without_immune_cells_fail():
    def none(cells, annotation):
        return cells, annotation.assign(cell_role="tumor")

    def fail(cells, annotation):
        return replace(cells, meta={"failed": "cut"}), annotation

    _, result = assessed(TRANSFER, change=none)
    assert result.cells.empty and set(result.shares["verdict"]) == {"failed_qc"}
    assert set(assessed(TRANSFER, change=fail)[1].cells["verdict"]) == {"failed_qc"}


def test_the_order_of_barcodes_does_not_matter(transfer):
    drawn = draw(TRANSFER, 1)
    cells, annotation = counted(drawn, np.where(drawn.doublet, 0.95, 0.001))
    shuffled = annotation.sample(frac=1, random_state=1)
    again = assess.assess(cells, shuffled, replace(PRIOR, normal=PRIOR.normal[:3]), Cells())
    pd.testing.assert_frame_equal(again.cells, transfer[1].cells)
    pd.testing.assert_frame_equal(again.shares, transfer[1].shares)


def test_ambient_is_learned(transfer):
    row = shares_of(transfer[1]).loc["all"]
    assert row["ambient"] == pytest.approx(0.8, rel=0.1)
    assert row["ambient_tumor"] == pytest.approx(0.6, abs=0.06)
    assert row["swap"] == Cells().swap_rate
