"""Figures of a patient: no two labels overlap, none is cut off, marks stand where they should."""

from __future__ import annotations

import math

import numpy as np
import pytest
from figure_layout import check_layout
from places import GENOME
from report_rows import variants

from mitotransfer.report import tables
from mitotransfer.report.figures import patient as figures
from mitotransfer.report.figures import scale

NAN = math.nan


@pytest.mark.parametrize("n", [1, 5, 60, 150])
def test_vafs(n: int) -> None:
    check_layout(figures.vaf_figure(variants(n), 0.0035))


@pytest.mark.parametrize("n", [1, 3, 12])
def test_coverage(n: int) -> None:
    depth = np.full(16569, 20000, np.int64)
    depths = [tables.Depth(f"S{k}", "tumor", "cell line", depth, {}) for k in range(n)]
    check_layout(figures.coverage_figure(depths, GENOME, [5]))
    shaded = figures.coverage_figure(depths, GENOME, [5], [(8469, 13447), (16_000, 100)])
    check_layout(shaded)
    plain = figures.coverage_figure(depths, GENOME, [5])
    # Across the origin a deletion is two pieces.
    assert len(shaded.axes[0].patches) == len(plain.axes[0].patches) + 3


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("curve", [True, False])
def test_strip(known: bool, curve: bool) -> None:
    row: tables.Row = {
        "verdict": "not_detected", "tumor_fraction": 0.00123, "tumor_fraction_low": 0.000456,
        "tumor_fraction_high": 0.00234, "detection_limit": 0.0034,
    }  # fmt: skip
    if known:
        row |= {"contamination_high": 0.4, "crosstalk_high": 0.001}
    grid = np.linspace(0, 1, 50)
    shape = (grid, -50 * (grid - 0.4) ** 2) if curve else None
    check_layout(figures.strip_figure(row, {"mtdna_low": 0.1} if known else None, shape, 0.95))


def test_expected_vaf_at_the_detection_limit_is_where_the_model_puts_it() -> None:
    row = variants(1)[0] | {"tumor_vaf": 0.8, "normal_vaf": 0.01}
    axes = figures.vaf_figure([row], 0.1).axes[0]
    dashed = [c for c in axes.collections if c.get_linestyle()[0][1] and len(c.get_paths()) == 1]
    x = dashed[-1].get_paths()[0].vertices[0, 0]
    assert float(scale.fraction(x)) == pytest.approx(0.9 * 0.01 + 0.1 * 0.8)


def test_dollar_signs_and_control_characters_are_drawn_as_text() -> None:
    row = variants(1)[0] | {"hgvs_m": "$x_1$\x07 $"}
    label = figures.vaf_figure([row], NAN).axes[0].get_yticklabels()[0]
    assert label.get_text().startswith("$x_1$ $") and not label.get_parse_math()
