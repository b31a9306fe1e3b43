"""Figures of a library of single cells: no two labels overlap, and many points are a picture."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from cell_reports import library
from figure_layout import check_layout

from mitotransfer.report.figures import cells as figures
from mitotransfer.report.figures import style


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_labels_do_not_overlap(share: float) -> None:
    made = library(300, share)
    check_layout(figures.counts_figure(made.cells, 0.05))
    check_layout(figures.fraction_figure(made.fractions, 0.05))
    check_layout(figures.umap_figure(made.cells))
    called = made.cells["verdict"].to_numpy() != "not_detected"
    check_layout(figures.called_figure(made.cells, called))


def test_the_map_tells_no_cells_that_free_mtdna_explains() -> None:
    cells = library(100).cells
    cells.loc[cells.index[:60], "verdict"] = "ambient_not_excluded"
    (legend,) = figures.umap_figure(cells).legends
    told = {text.get_text() for text in legend.get_texts()}
    assert "other cells" in told and "ambient not excluded" not in told


def test_shares_stand_where_they_should() -> None:
    rows = [
        figures.Share("all immune cells", 0.1, 0.05, 0.2, 0.01),
        figures.Share("without m.1A>G", 0.1, 0.05, math.nan, math.nan),
    ]
    made = figures.share_figure(rows, "share")
    check_layout(made)
    labels = [tick.get_text() for tick in made.axes[0].get_yticklabels()]
    assert labels == ["all immune cells", "without m.1A>G"]


def test_curves_are_medians_over_cells_of_similar_fragments() -> None:
    made = library(400).cells.assign(ambient_alt=1.5)
    made.loc[:9, ["informative_fragments", "ambient_alt"]] = 0, 99.0
    curve = figures.typical_curves(made)
    assert len(curve) == 40 and np.all(curve["ambient_alt"] == 1.5)
    assert curve["fragments"].is_monotonic_increasing
    assert figures.typical_curves(made[made["informative_fragments"] == 0]).empty


def test_foreign_depth_is_free_mtdna_and_a_share_of_the_depth() -> None:
    """Alleles of 0.5 fragments a droplet and 1 % of the depth, of variants of VAF 0.8."""
    depth = np.array([10.0, 40.0, 0.0, 20.0])
    fragments = 3 * depth
    alleles = 0.8 * 3 * (0.5 + 0.01 * depth)
    cells = pd.DataFrame(
        {"mtdna_depth": depth, "informative_fragments": fragments, "alt": alleles,
         "ambient_alt": 2 * alleles, "verdict": "not_detected"}
    )  # fmt: skip
    found = figures.foreign_depth(cells, 0.8)
    assert found["depth"].tolist() == [10, 20, 40]
    np.testing.assert_allclose(found["foreign"], [0.6, 0.7, 0.9])
    np.testing.assert_allclose(found["expected"], [1.2, 1.4, 1.8])


def test_the_means_leave_out_called_cells() -> None:
    n = 200
    called = np.arange(n) % 10 == 0
    cells = pd.DataFrame(
        {"mtdna_depth": np.linspace(5, 50, n), "informative_fragments": 100,
         "alt": np.where(called, 80.0, 2.0), "ambient_alt": 2.0,
         "verdict": np.where(called, "transfer_supported", "not_detected")}
    )  # fmt: skip
    (axes,) = figures.foreign_figure(cells, called, 1.0).axes
    line, means = axes.lines[-2:]
    np.testing.assert_allclose(line.get_ydata(), means.get_ydata())
    assert max(means.get_ydata()) < 1.1


def test_many_points_are_a_picture_of_bounded_size(tmp_path) -> None:
    with style.settings():
        for cells in (300, 20_000):
            made = figures.counts_figure(library(cells).cells, 0.05)
            style.save(made, tmp_path, str(cells), ("svg",))
    few, many = ((tmp_path / f"{n}.svg").read_text() for n in (300, 20_000))
    assert "<image" not in few and "<image" in many
    assert len(many) < 400_000
