"""The figure of plans: nothing overlaps, and missing fractions are gaps."""

import math
from dataclasses import replace

from figure_layout import check_layout

from mitotransfer.planning import figure
from mitotransfer.planning.design import Design
from mitotransfer.planning.outcome import Outcome
from mitotransfer.report.figures import style


def plans(scale, missing=0):
    return [
        Outcome(
            replace(Design(), immune_depth=float(depth)),
            scale / depth**0.5,
            math.nan if k < missing else 3 * scale / depth**0.5,
            math.nan,
            (),
        )
        for k, depth in enumerate(figure.DEPTHS)
    ]


def test_layout():
    curves = [(f"design number {k} with a label", plans(0.1 * k, k)) for k in (1, 2, 3)]
    with style.settings():
        check_layout(figure.plan_figure(curves, 0.02))


def test_a_design_without_any_supported_fraction_is_drawn():
    drawn = figure.plan_figure([("none", plans(0.1, 99))], 0.02)
    assert len(drawn.axes[0].lines) >= 3
