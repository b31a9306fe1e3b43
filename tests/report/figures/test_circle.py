"""The circle: angles, colours of consequences, labels that do not overlap."""

from __future__ import annotations

import numpy as np
import pytest
from figure_layout import check_layout
from matplotlib.figure import Figure
from matplotlib.patches import Arc
from places import GENOME
from report_rows import variants

from mitotransfer.report.figures import circle


@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("n", [1, 5, 60, 150])
def test_circle(n: int, close: bool) -> None:
    check_layout(circle.circle_figure(variants(n, close), GENOME))


def test_angles_run_clockwise_from_the_top() -> None:
    assert circle.angle(1, 16569) == 90
    assert circle.angle(1 + 16569 / 4, 16569) == pytest.approx(0)
    x, y = circle._point(1 + 16569 / 4, 2.0, 16569)
    assert (x, y) == (pytest.approx(2.0), pytest.approx(0.0))


def test_the_rings_are_labelled_away_from_variants() -> None:
    assert circle._free_place([], 16299) == circle._free_place([400.0, 9000.0], 16299) == 1.0
    # The middle of the widest gap, over the origin or not.
    assert circle._free_place([100.0, 5000.0], 16299) == pytest.approx((5000 + 100 + 16299) / 2)
    assert circle._free_place([16200.0, 100.0], 16299) == pytest.approx((16200 + 100) / 2)


@pytest.mark.parametrize(
    ("consequence", "kind"),
    [("missense", "missense"), ("synonymous,frameshift", "truncating"), ("tRNA,rRNA", "tRNA"),
     ("synonymous", "synonymous"), ("control_region", "other"), ("", "other"),
     ("large_deletion", "deletion"), ("large_duplication", "deletion")],
)  # fmt: skip
def test_the_most_severe_consequence_is_drawn(consequence: str, kind: str) -> None:
    assert circle.kind_of(consequence) == kind


@pytest.mark.parametrize(("start", "end", "size"), [(8469, 13447, 4977), (16_000, 1001, 1569)])
def test_a_deletion_is_an_arc_along_what_it_lacks(start: int, end: int, size: int) -> None:
    rows = variants(3, False)
    alone = circle.circle_figure(rows, GENOME)
    rows.append(
        rows[0] | {"pos": start, "alt": f"T[chrM:{end}[", "consequence": "large_deletion",
                   "hgvs_m": "m.1_2del", "gene": "MT-ATP8-MT-ND5"}
    )  # fmt: skip
    drawn = circle.circle_figure(rows, GENOME)
    check_layout(drawn)
    assert "m.1_2del  ATP8-ND5" in {one.get_text() for axes in drawn.axes for one in axes.texts}

    def arcs(figure: Figure) -> list[Arc]:
        return [one for axes in figure.axes for one in axes.patches if isinstance(one, Arc)]

    assert not arcs(alone)
    (arc,) = arcs(drawn)
    assert (arc.theta2 - arc.theta1) % 360 == pytest.approx(360 * size / 16569, abs=0.1)
    assert arc.theta2 == circle.angle(start, 16569)


def test_labels_are_spread_within_the_range() -> None:
    rng = np.random.default_rng(1)
    for n in (1, 7, 30):
        wanted = np.sort(rng.uniform(-1, 1, n))[::-1]
        places = circle.spread(wanted, 0.06, -1.0, 1.0)
        assert (-np.diff(places) >= 0.06 - 1e-12).all()
        assert places.max() <= 1 + 1e-12 and places.min() >= -1 - 1e-12
