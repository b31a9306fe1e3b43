"""Figure of time courses: the tumour fraction of a patient's cells over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mitotransfer.report.figures import scale, style
from mitotransfer.report.tables import Row, column, text, time_of

#: Courses are named up to this many.
MAX_NAMED = 25


def courses(transfer: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    """Judged samples of the same patient and cell type at two times or more, in order of time."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in transfer:
        if row["verdict"] in style.VERDICT_MARKERS and not math.isnan(time_of(row)):
            found.setdefault((row["patient"], text(row.get("cell_type"))), []).append(row)
    return {
        key: sorted(rows, key=lambda row: (time_of(row), row["sample"]))
        for key, rows in found.items()
        if len({time_of(row) for row in rows}) > 1
    }


def trajectory_figure(transfer: Sequence[Row]) -> Figure | None:
    """The fraction over time of each patient and cell type, with intervals; None without one."""
    found = courses(transfer)
    if not found:
        return None
    named = len(found) <= MAX_NAMED
    labels = {key: style.clean(" ".join(filter(None, key)), 32) for key in found}
    right = 0.3 + (style.widest(labels.values(), 7) if named else 0.0)
    made = style.figure(style.WIDTH, 3.2)
    axes = style.panel(made, 0.75, right, 0.15, 0.5)
    ends = []
    for key, rows in found.items():
        days = np.array([time_of(row) for row in rows])
        low, high = column(rows, "tumor_fraction_low"), column(rows, "tumor_fraction_high")
        y = scale.position(column(rows, "tumor_fraction"))
        axes.plot(days, y, color=style.GREY, linewidth=0.9, zorder=1)
        for day, place, bounds, row in zip(days, y, zip(low, high, strict=True), rows, strict=True):
            color = style.VERDICT_COLORS[row["verdict"]]
            axes.vlines(day, *scale.position(list(bounds)), color=color, linewidth=0.9, zorder=2)
            axes.plot(
                day, place, style.VERDICT_MARKERS[row["verdict"]], color=color, markersize=4.5
            )
        ends.append((float(y[-1]), float(days[-1]), labels[key]))
    if named:
        _name(axes, ends)
    axes.set_yticks(
        scale.position(scale.TICKS), labels=[f"{100 * tick:g} %" for tick in scale.TICKS]
    )
    axes.set_ylim(-0.02, 1.02)
    axes.grid(axis="y", color=style.PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("day")
    axes.set_ylabel("tumour fraction")
    axes.spines[["top", "right"]].set_visible(False)
    return made


def _name(axes: Axes, ends: list[tuple[float, float, str]]) -> None:
    """Names beside the last points, moved apart where they would overlap."""
    height = 9 / (axes.bbox.height / axes.figure.dpi * 72)
    free = -math.inf
    last = max(day for _, day, _ in ends)
    for y, _, label in sorted(ends):
        place = max(y, free)
        axes.annotate(
            label, (last, place), (8, 0), "data", "offset points", fontsize=7, va="center",
            annotation_clip=False,
        )  # fmt: skip
        free = place + height
