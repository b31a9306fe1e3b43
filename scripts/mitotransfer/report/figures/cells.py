"""Figures of a library of single cells. Many points become a picture within the SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from mitotransfer.report.figures import scale, style
from mitotransfer.report.words import plain

#: Verdicts that stand out, with colour (Okabe and Ito) and shape; all others are grey points.
FOUND = {
    "transfer_supported": ("#0072B2", "o"),
    "single_variant": ("#56B4E9", "D"),
    "doublet_not_excluded": ("#E69F00", "^"),
    "explained_by_doublet": ("#D55E00", "v"),
    "ambient_not_excluded": ("#CC79A7", "s"),
}
#: Points above which a scatter is drawn as a picture.
MAX_VECTORS = 1000
#: Steps of the curves over cells sorted by fragments.
_STEPS = 40
_COUNTS = (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)  # ticks


_DEPTHS = (0, 0.3, 1, 3, 10, 30, 100, 300, 1000)  # ticks


class Share(NamedTuple):
    """A share of cells with bounds (NaN: none), and a mark to compare it with (NaN: none)."""

    label: str
    share: float
    low: float
    high: float
    mark: float


def _points(axes: Axes, cells: pd.DataFrame, x: NDArray[Any], y: NDArray[Any]) -> list[Line2D]:
    """Draw cells by verdict; the handles of a legend."""
    verdicts = cells["verdict"].to_numpy()
    raster = len(cells) > MAX_VECTORS
    rest = ~np.isin(verdicts, list(FOUND))
    axes.plot(
        x[rest], y[rest], "o", color=style.GREY, markersize=2.2, markeredgewidth=0,
        alpha=0.35 if raster else 0.6, rasterized=raster, zorder=2,
    )  # fmt: skip
    handles = []
    for rank, (verdict, (color, marker)) in enumerate(FOUND.items()):
        chosen = verdicts == verdict
        if not chosen.any():
            continue
        look: dict[str, Any] = {"color": color, "marker": marker, "linestyle": "none"}
        look |= {"markersize": 3.6, "markeredgewidth": 0.3, "markeredgecolor": "white"}
        handles.append(Line2D([], [], **look, label=plain(verdict)))
        # Thousands of cells in doubt must not hide those that are called.
        if raster and verdict == "ambient_not_excluded":
            look |= {"markersize": 2.0, "markeredgewidth": 0, "alpha": 0.5}
        axes.plot(x[chosen], y[chosen], **look, rasterized=raster, zorder=3.5 - 0.1 * rank)
    if rest.any():
        handles.append(
            Line2D([], [], color=style.GREY, marker="o", markersize=3, linestyle="none",
                   label="other cells")
        )  # fmt: skip
    return handles


def typical_curves(cells: pd.DataFrame) -> pd.DataFrame:
    """Medians over cells of similar numbers of fragments: columns as of cells, and ``fragments``.

    The curves depend on the depth of a cell as well: the medians are those of the library's cells.
    """
    names = ["ambient_alt", "zero_least_alt", "least_alt"]
    tested = cells[cells["informative_fragments"] > 0].sort_values("informative_fragments")
    parts = np.array_split(np.arange(len(tested)), min(_STEPS, len(tested)) or 1)
    rows = [tested.iloc[part] for part in parts if len(part)]
    return pd.DataFrame(
        [[row["informative_fragments"].median(), *row[names].median()] for row in rows],
        columns=["fragments", *names],
    )


def counts_figure(cells: pd.DataFrame, min_fraction: float) -> Figure:
    """Fragments with the tumour's alleles of each cell against all fragments at its variants."""
    made = style.figure(style.WIDTH, 4.3)
    axes = style.panel(made, 0.6, 0.2, 0.95, 0.45)
    x = cells["informative_fragments"].to_numpy(float)
    y = cells["alt"].to_numpy(float)
    handles = _points(axes, cells, x, y)
    curve = typical_curves(cells)
    at = curve["fragments"]
    axes.fill_between(
        at, 0, curve["zero_least_alt"], color="#56B4E9", alpha=0.25, linewidth=0, zorder=1
    )
    axes.plot(at, curve["ambient_alt"], color=style.INK, linewidth=0.8, zorder=4)
    axes.plot(at, curve["least_alt"], color=style.INK, linewidth=1, linestyle=(0, (4, 2)), zorder=4)
    handles += [
        Line2D([], [], color=style.INK, linewidth=0.8, label="free mtDNA, swaps and errors: mean"),
        Line2D([], [], color="#56B4E9", alpha=0.4, linewidth=6, label="as much as they may bring"),
        Line2D(
            [], [], color=style.INK, linewidth=1, linestyle=(0, (4, 2)),
            label=f"limit: more than {100 * min_fraction:g} % is shown",
        ),
    ]  # fmt: skip
    _root_axis(axes.xaxis, x)
    _root_axis(axes.yaxis, y)
    axes.set_xlim(0, max(x.max(initial=1) * 1.03, 4))
    axes.set_ylim(-0.02, max(y.max(initial=1), curve["least_alt"].max()) * 1.06)
    axes.set_xlabel("fragments at informative variants (square-root scale)")
    axes.set_ylabel("of these, with the tumour’s allele")
    _open(axes)
    made.legend(handles=handles, loc="upper left", ncols=3, columnspacing=1.5)
    return made


def foreign_depth(cells: pd.DataFrame, tumor_vaf: float) -> pd.DataFrame:
    """Depth of tumour mtDNA in each cell, and that to expect of free mtDNA, swaps and errors.

    Columns ``depth foreign expected``, in fragments per position, sorted by depth; cells without
    informative fragments are left out.

    Args:
        tumor_vaf: mean of the variants that are used.
    """
    seen = cells[cells["informative_fragments"] > 0].sort_values("mtdna_depth")
    scale = seen["mtdna_depth"] / (seen["informative_fragments"] * tumor_vaf)
    return seen.assign(
        depth=seen["mtdna_depth"], foreign=seen["alt"] * scale,
        expected=seen["ambient_alt"] * scale,
    )  # fmt: skip


def foreign_figure(cells: pd.DataFrame, called: NDArray[Any], tumor_vaf: float) -> Figure:
    """Depth of tumour mtDNA against all mtDNA of the cell, with what free mtDNA and swaps bring.

    Args:
        called: cells that are left out of the means.
    """
    made = style.figure(style.WIDTH, 4.3)
    axes = style.panel(made, 0.6, 0.2, 0.95, 0.45)
    found = foreign_depth(cells.assign(called=called), tumor_vaf)
    x, y = found["depth"].to_numpy(float), found["foreign"].to_numpy(float)
    handles = _points(axes, found, x, y)
    rest = found[~found["called"]]
    parts = np.array_split(np.arange(len(rest)), min(_STEPS // 3, max(len(rest) // 5, 1)))
    means = pd.DataFrame(
        [rest.iloc[part][["depth", "foreign", "expected"]].mean() for part in parts if len(part)],
        columns=["depth", "foreign", "expected"],
    )
    axes.plot(means["depth"], means["expected"], color=style.INK, linewidth=0.8, zorder=4)
    axes.plot(
        means["depth"], means["foreign"], "o", color=style.INK, markersize=4.5,
        markerfacecolor="white", zorder=5,
    )  # fmt: skip
    handles += [
        Line2D([], [], color=style.INK, linewidth=0.8, label="free mtDNA, swaps and errors: mean"),
        Line2D([], [], color=style.INK, marker="o", markerfacecolor="white", markersize=4.5,
               linestyle="none", label="cells that are not called: mean"),
    ]  # fmt: skip
    axes.set_xlim(0, max(x.max(initial=1) * 1.03, 1))
    # Called cells lie far above.
    axes.set_yscale("function", functions=(_logs, _powers))
    top = max(y.max(initial=0), means["expected"].max(), 0.5)
    ticks = [tick for tick in _DEPTHS if tick <= top]
    axes.set_yticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axes.set_ylim(-0.02, top * 1.1)
    axes.set_xlabel("depth of the cell’s mtDNA, fragments per position")
    axes.set_ylabel("depth of tumour mtDNA, log(1 + x / 0.3)")
    _open(axes)
    made.legend(handles=handles, loc="upper left", ncols=3, columnspacing=1.5)
    return made


def _logs(values: NDArray[Any]) -> NDArray[Any]:
    return np.sign(values) * np.log1p(np.abs(values) / 0.3)


def _powers(values: NDArray[Any]) -> NDArray[Any]:
    return np.sign(values) * 0.3 * np.expm1(np.abs(values))


def _signed_root(values: NDArray[Any]) -> NDArray[Any]:
    return np.sign(values) * np.sqrt(np.abs(values))


def _signed_square(values: NDArray[Any]) -> NDArray[Any]:
    return np.sign(values) * np.square(values)


def _root_axis(axis: Any, values: NDArray[Any]) -> None:
    """A square-root scale, on which counts have about equal spread."""
    set_scale = getattr(axis.axes, f"set_{axis.axis_name}scale")
    set_scale("function", functions=(_signed_root, _signed_square))
    top, least = values.max(initial=1), 0.06 * np.sqrt(values.max(initial=1))
    ticks = [tick for tick in _COUNTS if tick <= top * 1.05 and (not tick or np.sqrt(tick) > least)]
    axis.set_ticks(ticks, labels=[f"{tick:,}" for tick in ticks])


def _open(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def _percent_axis(axis: Any) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    axis.set_minor_formatter(FuncFormatter(lambda *_: ""))


def fraction_figure(fractions: pd.DataFrame, min_fraction: float) -> Figure:
    """The fitted distribution of the tumour fraction: its masses, and the share of cells above."""
    made = style.figure(style.WIDTH, 4.3)
    x = fractions["tumor_fraction"].to_numpy(float)
    weight = fractions["weight"].to_numpy(float)
    masses = style.panel(made, 0.75, 0.25, 0.15, 2.65)
    above = style.panel(made, 0.75, 0.25, 2.2, 0.45)
    shown = weight > 1e-4
    masses.vlines(scale.position(x[shown]), 0, weight[shown], color="#0072B2", linewidth=1.6)
    masses.set_ylim(0, 1.05 * max(weight.max(initial=0.01), 0.01))
    masses.set_ylabel("cells with it")
    _percent_axis(masses.yaxis)
    more = np.cumsum(weight[::-1])[::-1]
    above.step(
        scale.position(x), np.maximum(more, 1e-6), where="pre", color="#0072B2", linewidth=1.4
    )
    above.set_yscale("log")
    above.set_ylim(1e-4, 1.3)
    above.set_ylabel("cells with as much or more")
    _percent_axis(above.yaxis)
    for axes in (masses, above):
        style.fraction_axis(axes, "tumour fraction of a cell")
        axes.spines["left"].set_visible(True)
        axes.axvline(
            float(scale.position(min_fraction)), color=style.INK, linewidth=1,
            linestyle=(0, (4, 2)),
        )  # fmt: skip
    return made


def called_figure(cells: pd.DataFrame, called: NDArray[np.bool_]) -> Figure:
    """Depth of mtDNA, and the tumour score where there is one, of called and of other cells."""
    columns = [("mtdna_depth", "mtDNA depth (fragments per position)")]
    if cells["tumor_score"].notna().any():
        columns.append(("tumor_score", "tumour score of the annotation"))
    made = style.figure(style.WIDTH, 1.9)
    width = style.WIDTH / len(columns)
    for place, (name, title) in enumerate(columns):
        axes = style.panel(
            made, place * width + 0.85, style.WIDTH - (place + 1) * width + 0.2, 0.15, 0.45
        )
        values = cells[name].to_numpy(float)
        groups = [values[called], values[~called]]
        kept = [group[np.isfinite(group)] for group in groups]
        axes.boxplot(
            kept, orientation="horizontal", widths=0.55, whis=(5, 95), showfliers=False,
            medianprops={"color": style.INK, "linewidth": 1.6}, boxprops={"linewidth": 0.8},
            whiskerprops={"linewidth": 0.8}, capprops={"linewidth": 0.8},
        )  # fmt: skip
        axes.set_yticks([1, 2], labels=["called", "others"])
        axes.set_ylim(2.6, 0.4)
        if name == "mtdna_depth" and min((k.min() for k in kept if len(k)), default=0) > 0:
            axes.set_xscale("log")
            low, high = axes.get_xlim()
            ticks = [tick for tick in _COUNTS[1:] if low <= tick <= high]
            axes.set_xticks(ticks, labels=[f"{tick:,}" for tick in ticks])
            axes.xaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
        axes.set_xlabel(title)
        _open(axes)
    return made


def share_figure(rows: Sequence[Share], title: str) -> Figure:
    """Shares of cells with their bounds, a row for each."""
    names = [style.clean(row.label, 36) for row in rows]
    left = 0.25 + style.widest(names, 7.5)
    made = style.figure(style.WIDTH, 0.3 * len(rows) + 0.75)
    axes = style.panel(made, left, 0.25, 0.12, 0.5)
    style.fraction_axis(axes, title)
    y = np.arange(len(rows))
    share, low, high, mark = (
        np.array([getattr(row, name) for row in rows], float)
        for name in ("share", "low", "high", "mark")
    )
    end = np.where(np.isnan(high), share, high)
    axes.hlines(y, scale.position(low), scale.position(end), color="#0072B2", linewidth=1.6)
    axes.plot(scale.position(share), y, "o", color="#0072B2", markersize=4.5, clip_on=False)
    axes.vlines(scale.position(mark), y - 0.36, y + 0.36, color="#D55E00", linewidth=1.8)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(y, labels=names)
    return made


def umap_figure(cells: pd.DataFrame) -> Figure:
    """Cells on the map of the annotation, by verdict.

    Cells that free mtDNA may explain are among the others: in some libraries they are a third of
    the cells that received nothing, and would look like a finding.
    """
    made = style.figure(style.WIDTH, 4.6)
    axes = style.panel(made, 0.3, 0.15, 0.65, 0.3)
    known = cells[cells["umap_1"].notna() & cells["umap_2"].notna()]
    known = known.assign(verdict=known["verdict"].replace("ambient_not_excluded", "not_detected"))
    handles = _points(axes, known, known["umap_1"].to_numpy(float), known["umap_2"].to_numpy(float))
    axes.set(xticks=[], yticks=[], xlabel="UMAP 1", ylabel="UMAP 2")
    _open(axes)
    made.legend(handles=handles, loc="upper left", ncols=3, columnspacing=1.2)
    return made
