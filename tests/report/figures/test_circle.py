"""The circle: angles, colours of consequences, labels that do not overlap."""

from __future__ import annotations

import numpy as np
import pytest
from figure_layout import check_layout
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


@pytest.mark.parametrize(
    ("consequence", "kind"),
    [("missense", "missense"), ("synonymous,frameshift", "truncating"), ("tRNA,rRNA", "tRNA"),
     ("synonymous", "synonymous"), ("control_region", "other"), ("", "other")],
)  # fmt: skip
def test_the_most_severe_consequence_is_drawn(consequence: str, kind: str) -> None:
    assert circle.kind_of(consequence) == kind


def test_labels_are_spread_within_the_range() -> None:
    rng = np.random.default_rng(1)
    for n in (1, 7, 30):
        wanted = np.sort(rng.uniform(-1, 1, n))[::-1]
        places = circle.spread(wanted, 0.06, -1.0, 1.0)
        assert (-np.diff(places) >= 0.06 - 1e-12).all()
        assert places.max() <= 1 + 1e-12 and places.min() >= -1 - 1e-12
