"""Figure of plans: detection limit and smallest fraction supported over the depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.figure import Figure

from mitotransfer.inputs.settings import Settings
from mitotransfer.planning.design import Design
from mitotransfer.planning.outcome import Outcome, plan
from mitotransfer.report.figures import style

#: Depths that are drawn, and how many designs at most.
DEPTHS = (200, 500, 1000, 2000, 5000, 10_000, 20_000)
MAX_DESIGNS = 6
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7")


def over_depth(design: Design, settings: Settings) -> list[Outcome]:
    """Plans of a design at each depth."""
    changed = [replace(design, immune_depth=float(depth)) for depth in DEPTHS]
    return [plan(one, settings, details=False) for one in changed]


def plan_figure(curves: Sequence[tuple[str, Sequence[Outcome]]], sought: float) -> Figure:
    """Detection limit (thin) and smallest fraction supported (thick) of each design over depth.

    Args:
        curves: label, and the plans of a design at each of ``DEPTHS``.
        sought: the fraction sought, marked.
    """
    made = style.figure(style.WIDTH, 3.6)
    rows = -(-(len(curves) + 2) // 2)
    axes = style.panel(made, 0.75, 0.3, 0.2 + 0.17 * rows, 0.5)
    for (label, plans), color in zip(curves, _COLORS, strict=False):
        depth = [one.design.immune_depth for one in plans]
        axes.plot(depth, [one.detection_limit for one in plans], color=color, linewidth=0.9,
                  linestyle=(0, (4, 2)))  # fmt: skip
        axes.plot(depth, [one.smallest_supported for one in plans], color=color, linewidth=1.6,
                  marker="o", markersize=3, label=style.clean(label, 46))  # fmt: skip
    axes.plot([], [], color=style.INK, linewidth=0.9, linestyle=(0, (4, 2)), label="detected from")
    axes.axhline(sought, color=style.INK, linewidth=0.8, linestyle=(0, (1, 1.5)), label="sought")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(DEPTHS, labels=[f"{depth:,}" for depth in DEPTHS])
    ticks = [t for t in (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
             if axes.get_ylim()[0] <= t <= axes.get_ylim()[1]]  # fmt: skip
    axes.set_yticks(ticks, labels=[f"{100 * tick:g} %" for tick in ticks])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(lambda value, _: "")
    axes.set_xlabel("depth of the immune sample, fragments")
    axes.set_ylabel("smallest fraction supported")
    axes.grid(color=style.PALE, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    made.legend(loc="upper left", ncols=2, columnspacing=1.5)
    return made
