"""Figures of a library of single cells: no two labels overlap, and many points are a picture."""

from __future__ import annotations

import math

import numpy as np
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


def test_many_points_are_a_picture_of_bounded_size(tmp_path) -> None:
    with style.settings():
        for cells in (300, 20_000):
            made = figures.counts_figure(library(cells).cells, 0.05)
            style.save(made, tmp_path, str(cells), ("svg",))
    few, many = ((tmp_path / f"{n}.svg").read_text() for n in (300, 20_000))
    assert "<image" not in few and "<image" in many
    assert len(many) < 400_000
