"""Figures of the cohort: fractions, covariates, survival, swapped pairs and identity."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from mitotransfer.report import words
from mitotransfer.report.figures import scale, style
from mitotransfer.report.tables import Row, column, number

#: Samples are named up to this many.
MAX_NAMED = 80
MAX_GROUPS = 20
#: A median is drawn from this many patients on.
MIN_MEDIAN = 3
MAX_MATRIX = 60
#: Cells of the identity matrix are lettered up to this many samples.
MAX_LETTERED = 26

_FOUND: dict[str, Any] = {"color": "#0072B2", "marker": "o"}
_NONE: dict[str, Any] = {"color": "#009E73", "marker": "s"}


# ---------------------------------------------------------------- fractions


def fraction_figure(transfer: Sequence[Row]) -> Figure | None:
    """All judged immune samples by verdict and fraction, with intervals and detection limits."""
    order = list(style.VERDICT_MARKERS)
    rows = sorted(
        (row for row in transfer if row["verdict"] in order),
        key=lambda row: (
            order.index(row["verdict"]), -np.nan_to_num(number(row, "tumor_fraction")),
            row["patient"], row["sample"],
        ),
    )  # fmt: skip
    if not rows:
        return None
    n = len(rows)
    labelled = n <= MAX_NAMED
    step = 0.2 if n <= 40 else 0.15 if labelled else min(0.08, 8 / n)
    names = [style.clean(row["sample"], 28) for row in rows]
    rows_of_legend = math.ceil((len({row["verdict"] for row in rows}) + 1) / 3)
    left = 0.25 + (style.widest(names, 7.5) if labelled else 0.25)
    made = style.figure(style.WIDTH, n * step + 1.1 + rows_of_legend * 0.16)
    axes = style.panel(made, left, 0.2, 0.2 + rows_of_legend * 0.16, 0.5)
    style.fraction_axis(axes, "share of the immune sample's mtDNA that is of tumour origin")
    axes.set_ylim(n - 0.5, -0.5)
    axes.set_yticks(np.arange(n) if labelled else [], labels=names if labelled else None)
    if not labelled:
        axes.set_ylabel(f"{n} immune samples")
    y = np.arange(n)
    low, high = column(rows, "tumor_fraction_low"), column(rows, "tumor_fraction_high")
    estimate, limit = column(rows, "tumor_fraction"), column(rows, "detection_limit")
    verdict = np.array([row["verdict"] for row in rows])
    width = 1.3 if labelled else 0.6
    size = 4.5 if labelled else 2.5
    handles = []
    for name in order:
        chosen = verdict == name
        if not chosen.any():
            continue
        color, marker = style.VERDICT_COLORS[name], style.VERDICT_MARKERS[name]
        axes.hlines(
            y[chosen], scale.position(low[chosen]), scale.position(high[chosen]),
            color=color, linewidth=width,
        )  # fmt: skip
        axes.plot(
            scale.position(estimate[chosen]), y[chosen], marker, color=color, markersize=size,
            linestyle="none",
        )  # fmt: skip
        label = f"{words.LABELS[name]} ({int(chosen.sum())})"
        handles.append(
            Line2D([], [], color=color, marker=marker, markersize=4.5, linewidth=1.3, label=label)
        )
    axes.plot(
        scale.position(limit), y, "|", color=style.INK, markersize=6 if labelled else 2,
        markeredgewidth=0.9, linestyle="none",
    )  # fmt: skip
    handles.append(
        Line2D([], [], color=style.INK, marker="|", linestyle="none", label="detection limit")
    )
    made.legend(handles=handles, loc="upper left", ncols=3, columnspacing=1.5)
    return made


# ---------------------------------------------------------------- covariates


def covariate_figure(
    fractions: pd.Series, covariates: Sequence[tuple[str, pd.Series, bool]]
) -> Figure | None:
    """Tumour fraction of every patient against each covariate, one panel below the other.

    Args:
        fractions: mean fraction by patient.
        covariates: name, values by patient, and whether they are numbers.
    """
    panels = []
    for name, values, is_number in covariates:
        common = fractions.index.intersection(values.index)
        if len(common):
            panels.append((name, fractions[common], values[common], is_number))
    if not panels:
        return None
    heights = [1.5 if number else 0.24 * len(_groups(values)) + 0.12
               for _, _, values, number in panels]  # fmt: skip
    gap, head, left = 0.62, 0.32, 1.75
    total = head + sum(heights) + gap * len(panels)
    made = style.figure(style.WIDTH, total)
    top = head
    for (name, fraction, values, is_number), height in zip(panels, heights, strict=True):
        axes = style.panel(made, left, 0.75, top, total - top - height)
        shown = style.clean(words.plain(name), 50)
        style.fraction_axis(axes, f"tumour fraction, by {shown}")
        if is_number:
            _scatter(axes, shown, fraction, values)
        else:
            _strips(axes, fraction, values)
        top += height + gap
    handles = [
        Line2D([], [], linestyle="none", markersize=4.5, markerfacecolor=face, label=label, **look)
        for look, face, label in (
            (_FOUND, _FOUND["color"], "tumour mtDNA detected"),
            (_NONE, "white", "none detected (0, down to the detection limit)"),
        )
    ]
    handles.append(Line2D([], [], linestyle="none", marker="|", markersize=9, markeredgewidth=1.6,
                          color=style.INK, label="median"))  # fmt: skip
    made.legend(handles=handles, loc="upper left", ncols=3, columnspacing=1.5)
    return made


def _groups(values: pd.Series) -> list[str]:
    """Group names to draw: the largest ``MAX_GROUPS``, by name."""
    sizes = values.value_counts()
    order = sorted(sizes.index, key=lambda name: (-sizes[name], name))[:MAX_GROUPS]
    return sorted(order)


def _points(axes: Axes, fraction: NDArray[Any], y: NDArray[Any]) -> None:
    size = 4.2 if len(fraction) <= 60 else 2.6
    for chosen, look, face in (
        (fraction > 0, _FOUND, _FOUND["color"]), (fraction <= 0, _NONE, "white"),
    ):  # fmt: skip
        axes.plot(
            scale.position(fraction[chosen]), y[chosen], linestyle="none", markersize=size,
            markerfacecolor=face, markeredgewidth=0.8, clip_on=False, **look,
        )  # fmt: skip


def _strips(axes: Axes, fractions: pd.Series, values: pd.Series) -> None:
    names = _groups(values)
    for place, group in enumerate(names):
        own = np.sort(fractions[values == group].to_numpy(float))
        # Spread evenly within the row, in a fixed order, so that every run draws the same.
        spread = np.arange(len(own)) * 0.618 % 1 * 0.5 - 0.25 * (len(own) > 1)
        _points(axes, own, place + spread)
        if len(own) >= MIN_MEDIAN:
            axes.plot(scale.position(np.median(own)), place, "|", color=style.INK, markersize=13,
                      markeredgewidth=1.6)  # fmt: skip
        axes.annotate(
            f"n = {len(own)}", (1, place), (6, 0), ("axes fraction", "data"), "offset points",
            va="center", fontsize=7.5, annotation_clip=False,
        )  # fmt: skip
    axes.set_yticks(range(len(names)), labels=[style.clean(group, 24) for group in names])
    axes.set_ylim(len(names) - 0.5, -0.5)


def _scatter(axes: Axes, name: str, fractions: pd.Series, values: pd.Series) -> None:
    numbers = values.to_numpy(float)
    _points(axes, fractions.to_numpy(float), numbers)
    pad = 0.06 * (float(np.ptp(numbers)) or 1.0)
    axes.set_ylim(numbers.min() - pad, numbers.max() + pad)
    axes.locator_params(axis="y", nbins=5)
    axes.set_ylabel(style.clean(name, 24))
    axes.annotate(
        f"n = {len(numbers)}", (1, 1), (6, -4), "axes fraction", "offset points", va="top",
        fontsize=7.5, annotation_clip=False,
    )  # fmt: skip


# ---------------------------------------------------------------- survival

_CURVES: tuple[dict[str, Any], ...] = (
    {"color": "#D55E00", "linestyle": "-"},
    {"color": "#0072B2", "linestyle": (0, (5, 1.6))},
)


def survival_figure(curves: Sequence[tuple[str, pd.DataFrame]]) -> Figure:
    """Kaplan-Meier curves with intervals and the numbers at risk, two panels in a row.

    Args:
        curves: title, and rows of ``survival.tsv`` of one contrast, first group first.
    """
    across, height = 2, 3.1
    rows = -(-len(curves) // across)
    made = style.figure(style.WIDTH, rows * height)
    width = style.WIDTH / across
    for index, (title, table) in enumerate(curves):
        row, column = divmod(index, across)
        axes = style.panel(
            made, column * width + 0.72, (across - 1 - column) * width + 0.14,
            row * height + 0.62, (rows - 1 - row) * height + 0.92,
        )  # fmt: skip
        _survival_panel(axes, title, table)
    return made


def _survival_panel(axes: Axes, title: str, table: pd.DataFrame) -> None:
    end = float(table["months"].max()) or 1.0
    axes.set_xlim(0, end * 1.04)
    axes.set_ylim(0, 1.04)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], labels=["0", "25 %", "50 %", "75 %", "100 %"])
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel("months", labelpad=1)
    axes.set_ylabel("alive")
    axes.spines[["top", "right"]].set_visible(False)
    ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= end * 1.04]
    axes.set_xticks(ticks)
    below: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
    axes.annotate("at risk", (0, 0), (-30, -36), fontsize=7, va="center", ha="left", **below)
    groups = list(dict.fromkeys(table["group"]))
    for place, (group, look) in enumerate(zip(groups, _CURVES, strict=False)):
        rows = table[table["group"] == group].sort_values("months")
        x, y = rows["months"].to_numpy(float), rows["survival"].to_numpy(float)
        low, high = (rows[f"survival_{bound}"].to_numpy(float) for bound in ("low", "high"))
        axes.fill_between(x, low, high, step="post", color=look["color"], alpha=0.13, linewidth=0)
        axes.step(x, y, where="post", linewidth=1.4, **look)
        left = rows[rows["censored"] > 0]
        axes.plot(left["months"], left["survival"], "|", color=look["color"], markersize=5)
        axes.plot([0.0, 0.1], [1.19 - 0.085 * place] * 2, transform=axes.transAxes,
                  clip_on=False, linewidth=1.4, **look)  # fmt: skip
        axes.text(0.13, 1.19 - 0.085 * place, style.clean(group, 42), va="center", fontsize=7,
                  transform=axes.transAxes)  # fmt: skip
        drop = -47 - 11 * place
        for tick in ticks:
            count = rows.loc[rows["months"] >= tick, "at_risk"]
            text = f"{int(count.iloc[0]) if len(count) else 0}"
            axes.annotate(text, (tick, 0), (0, drop), fontsize=7, va="center", ha="center",
                          color=look["color"], **below)  # fmt: skip
    axes.text(0, 1.31, style.clean(title, 46), transform=axes.transAxes, fontsize=7.5)


# ---------------------------------------------------------------- swapped pairs


def null_figure(p_values: NDArray[np.float64], nominal: float) -> Figure:
    """Share of swapped pairs at or below each p value; a calibrated test follows the diagonal.

    Args:
        p_values: of the pairs, shape (n,), n of at least 1.
        nominal: rate at which the detection limit is stated, marked.
    """
    n = len(p_values)
    floor = min(0.5 / n, nominal / 3)
    made = style.figure(style.WIDTH, 3.0)
    axes = style.panel(made, 0.75, 2.2, 0.45, 0.5)
    ordered = np.sort(np.clip(p_values, floor, 1.0))
    axes.plot([floor, 1], [floor, 1], color=style.GREY, linewidth=1, linestyle=(0, (4, 2)),
              label="expected")  # fmt: skip
    x = np.concatenate([[floor], ordered, [1.0]])
    y = np.concatenate([[0.0], np.arange(1, n + 1) / n, [1.0]])
    axes.step(x, np.maximum(y, floor), where="post", color="#0072B2", linewidth=1.5,
              label=f"{n:,} swapped pairs")  # fmt: skip
    axes.axvline(nominal, color=style.INK, linewidth=0.8, linestyle=(0, (1, 1.5)),
                 label=f"p = {nominal:g}")  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(floor, 1)
    axes.set_ylim(floor, 1.2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_formatter(lambda value, _: "")
    axes.set_xlabel("p value")
    axes.set_ylabel("share of pairs at or below it")
    axes.spines[["top", "right"]].set_visible(False)
    made.legend(loc="upper left", ncols=3, columnspacing=1.2, handlelength=1.6)
    return made


# ---------------------------------------------------------------- identity


def identity_figure(
    names: Sequence[str], patients: Sequence[str], differences: NDArray[np.float64]
) -> Figure:
    """Fixed differences between every two samples, below the diagonal.

    Args:
        names, patients: of the samples, those of a patient next to each other.
        differences: shape (n, n); NaN where nothing could be compared.
    """
    n = len(names)
    cell = 0.27 if n <= 12 else min(0.19, 5.2 / n)
    size = min(7.5, 62 * cell)
    labels = [style.clean(name, 24) for name in names]
    margin = 0.15 + style.widest(labels, size)
    side = n * cell
    height = max(side + margin + 0.15, 1.9)
    made = style.figure(max(side + margin + 1.3, style.WIDTH), height)
    width = float(made.get_size_inches()[0])
    axes = style.panel(made, margin, width - margin - side, 0.1, height - side - 0.1)
    shown = np.where(np.tri(n, dtype=bool), differences, np.nan)
    top = max(float(np.nanmax(shown)) if np.isfinite(shown).any() else 0.0, 10.0)
    mesh = axes.pcolormesh(np.log1p(np.ma.masked_invalid(shown)), cmap="Blues", vmin=0,
                           vmax=np.log1p(top), linewidth=0)  # fmt: skip
    axes.set_xlim(0, n)
    axes.set_ylim(n, 0)
    axes.set_xticks(np.arange(n) + 0.5, labels=labels, rotation=90, fontsize=size)
    axes.set_yticks(np.arange(n) + 0.5, labels=labels, fontsize=size)
    axes.tick_params(length=0, pad=2)
    axes.spines[:].set_visible(False)
    for k in range(1, n):
        if patients[k] != patients[k - 1]:
            axes.hlines(k, 0, k, color=style.INK, linewidth=0.7)
            axes.vlines(k, k, n, color=style.INK, linewidth=0.7)
    if n <= MAX_LETTERED:
        for i, j in zip(*np.nonzero(np.isfinite(shown)), strict=True):
            dark = np.log1p(shown[i, j]) > 0.6 * np.log1p(top)
            axes.text(
                j + 0.5, i + 0.5, f"{shown[i, j]:.0f}", ha="center", va="center",
                fontsize=min(6.0, 42 * cell), color="white" if dark else style.INK,
            )  # fmt: skip
    length, place = max(min(side, 2.0), 1.4), margin + side + 0.25
    bar = style.panel(made, place, width - place - 0.14, 0.1, height - length - 0.1)
    ticks = [tick for tick in (0, 1, 3, 10, 30, 100, 300) if tick <= top]
    made.colorbar(mesh, cax=bar, ticks=list(np.log1p(ticks)))
    bar.set_yticklabels([str(tick) for tick in ticks])
    bar.set_ylabel("fixed differences")
    return made
