"""Figures of a patient: allele fractions, tumour fraction, coverage."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.junction_alleles import end_of
from mitotransfer.inputs.columns import ROLES
from mitotransfer.report.figures import genes, scale, style
from mitotransfer.report.tables import (
    Depth,
    Row,
    column,
    is_usable,
    number,
    text,
    variant_name,
)
from mitotransfer.report.words import ROLE_LABELS, interval, percent, plain
from mitotransfer.stats.intervals import likelihood_drop

MAX_VARIANTS = 150
#: Fractions, and their log likelihood relative to its maximum: shape (n,) each.
Curve = tuple[NDArray[np.float64], NDArray[np.float64]]

DELETION = "#009E73"  # as on the circle
BIN = 27  # bases per step of a coverage line: 614 steps, about one per pixel

_OFFSETS = {"tumor": -0.26, "immune": 0.0, "normal": 0.26}


def vaf_figure(variants: Sequence[Row], detection_limit: float) -> Figure:
    """VAF of every variant in tumour, immune sample and normal, with intervals.

    Args:
        variants: rows of ``shared_variants.tsv`` of one immune sample; drawn by position, the
            first ``MAX_VARIANTS`` of them.
        detection_limit: tumour fraction, to mark the VAF that each variant would then have.
    """
    rows = sorted(variants, key=lambda row: (number(row, "pos"), text(row.get("alt"))))
    rows = rows[:MAX_VARIANTS]
    n = len(rows)
    step = 0.36 if n <= 12 else 0.28 if n <= 30 else 0.23
    size = 7.5 if n <= 30 else 6.5
    names = [_variant_label(row) for row in rows]
    left = 0.2 + style.widest(names, size)
    made = style.figure(style.WIDTH, n * step + 1.02)
    axes = style.panel(made, left, 0.2, 0.5, 0.5)
    style.fraction_axis(axes, "variant allele fraction (VAF)")
    axes.set_ylim(n - 0.5, -0.5)
    axes.set_yticks(np.arange(n), labels=names, fontsize=size)
    usable = np.array([is_usable(row) for row in rows], bool)
    for tick, counts in zip(axes.get_yticklabels(), usable, strict=True):
        tick.set_color(style.INK if counts else style.GREY)
    for place in range(1, n, 2):
        axes.axhspan(place - 0.5, place + 0.5, color="#F5F5F5", linewidth=0, zorder=0)
    marker = 4.5 if n <= 30 else 3.6
    for role in ROLES:
        _intervals(axes, rows, role, marker, usable)
    _reference_marks(axes, rows, detection_limit, usable)
    _legend(made, axes, detection_limit)
    return made


def _variant_label(row: Row) -> str:
    # The name of a deletion says already that it is one.
    kind = "" if end_of(text(row["alt"])) else plain(text(row.get("consequence")))
    words = [variant_name(row), text(row.get("gene")), kind]
    mark = "" if is_usable(row) else " †"
    return style.clean("  ".join(word for word in words if word), 38) + mark


def _intervals(
    axes: Axes, rows: Sequence[Row], role: str, marker: float, usable: NDArray[np.bool_]
) -> None:
    y = np.arange(len(rows)) + _OFFSETS[role]
    vaf, low, high = (column(rows, f"{role}_vaf{end}") for end in ("", "_low", "_high"))
    color = style.COLORS[role]
    axes.hlines(y, scale.position(low), scale.position(high), color=color, linewidth=1.4)
    # Variants that are no evidence are hollow.
    for chosen, face in ((usable, style.FACES[role]), (~usable, "white")):
        axes.plot(
            scale.position(vaf[chosen]), y[chosen], style.MARKERS[role], color=color,
            markerfacecolor=face, markersize=marker, markeredgewidth=1, linestyle="none",
        )  # fmt: skip


def _reference_marks(
    axes: Axes, rows: Sequence[Row], limit: float, usable: NDArray[np.bool_]
) -> None:
    y = np.arange(len(rows), dtype=np.float64)
    background = scale.position(column(rows, "background_rate"))
    axes.vlines(background, y - 0.42, y + 0.42, color=style.GREY, linewidth=1)
    normal = np.nan_to_num(column(rows, "normal_vaf"))
    expected = scale.position(limit * column(rows, "tumor_vaf") + (1 - limit) * normal)
    expected[~usable] = np.nan
    axes.vlines(expected, y - 0.42, y + 0.42, color=style.INK, linewidth=1, linestyle=(0, (2, 1.5)))


def _legend(made: Figure, axes: Axes, limit: float) -> None:
    handles = [
        Line2D(
            [], [], color=style.COLORS[role], marker=style.MARKERS[role],
            markerfacecolor=style.FACES[role], markersize=4.5, linewidth=1.4,
            label="immune sample" if role == "immune" else ROLE_LABELS[role],
        )
        for role in ROLES
    ]  # fmt: skip
    handles.append(Line2D([], [], color=style.GREY, linewidth=1, label="background of errors"))
    if not math.isnan(limit):
        handles.append(
            Line2D(
                [], [], color=style.INK, linewidth=1, linestyle=(0, (2, 1.5)),
                label=f"immune VAF at the detection limit ({percent(limit)} tumour mtDNA)",
            )
        )  # fmt: skip
    made.legend(handles=handles, loc="upper left", ncols=3, columnspacing=1.5)


def strip_figure(
    row: Row, contamination: Row | None, curve: Curve | None, confidence: float
) -> Figure:
    """The tumour fraction of one immune sample beside the bounds of its other sources, on one axis.

    Args:
        row: verdict record.
        contamination: row of ``contamination.tsv``, or None.
        curve: fractions and their log likelihood below its maximum, drawn above; or None.
        confidence: of the interval, at whose ends that likelihood has fallen so far.
    """
    above = 1.35 if curve else 0.0
    made = style.figure(style.WIDTH, 1.75 + above)
    axes = style.panel(made, 1.75, 1.75, 0.12 + above, 0.45)
    style.fraction_axis(axes, "share of the immune sample's mtDNA")
    axes.set_ylim(3.6, -0.6)
    estimate = number(row, "tumor_fraction")
    low, high = number(row, "tumor_fraction_low"), number(row, "tumor_fraction_high")
    cells, crosstalk = number(row, "contamination_high"), number(row, "crosstalk_high")
    limit = number(row, "detection_limit")
    measured = not math.isnan(cells)
    notes = [
        f"{percent(estimate)} ({interval(low, high)})" if not math.isnan(estimate) else "–",
        f"at most {percent(cells)}" if measured else "not measured",
        f"at most {percent(crosstalk)}" if not math.isnan(crosstalk) else "unknown",
        percent(limit) if not math.isnan(limit) else "not stated",
    ]
    labels = ["tumour fraction", "tumour cells can bring", "cross-talk can bring"]
    axes.set_yticks(range(4), labels=[*labels, "detection limit"])
    places = scale.position([low, high])
    axes.hlines(0, *places, color=style.COLORS["immune"], linewidth=3)
    axes.plot(scale.position(estimate), 0, "o", color=style.COLORS["immune"], markersize=6)
    _bar(axes, 1, number(contamination, "mtdna_low"), cells if measured else 1.0, measured)
    if not math.isnan(crosstalk):
        _bar(axes, 2, math.nan, crosstalk, True)
    axes.plot(scale.position(limit), 3, "|", color=style.INK, markersize=10, markeredgewidth=1.5)
    both = math.nan
    if measured and not math.isnan(crosstalk):
        both = float(scale.position(min(1.0, cells + crosstalk)))
        axes.axvline(both, color=style.INK, linewidth=0.9, linestyle=(0, (4, 2)))
    if curve:
        upper = style.panel(made, 1.75, 1.75, 0.1, 1.75)
        _likelihood(upper, curve, axes.get_xlim(), both, confidence)
    for place, note in enumerate(notes):
        axes.annotate(
            note, (1, place), (6, 0), ("axes fraction", "data"), "offset points",
            va="center", fontsize=7.5, annotation_clip=False,
        )  # fmt: skip
    return made


def _likelihood(
    axes: Axes, curve: Curve, limits: tuple[float, float], both: float, confidence: float
) -> None:
    """Log likelihood over the fraction, with the upper bound of contamination."""
    fractions, height = curve
    floor = -8.0
    axes.set_xlim(limits)
    axes.set_ylim(floor, 0.5)
    axes.set_xticks(scale.position(scale.TICKS), labels=[])
    axes.set_yticks([0, -2, -4, -6, -8], labels=["0", "−2", "−4", "−6", "−8"])
    axes.set_ylabel("log likelihood\nbelow its maximum")
    axes.grid(axis="x", color=style.PALE, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="x", length=0)
    places = scale.position(fractions)
    axes.plot(places, np.maximum(height, floor - 1), color=style.COLORS["immune"], linewidth=1.4)
    end = -likelihood_drop(confidence)
    axes.axhline(end, color=style.GREY, linewidth=0.8, linestyle=(0, (1, 1.5)))
    text = f"−{-end:.2f} ({percent(confidence)})"
    axes.annotate(
        text, (1, end), (6, 0), ("axes fraction", "data"), "offset points",
        va="center", fontsize=7.5, annotation_clip=False,
    )  # fmt: skip
    if not math.isnan(both):
        axes.axvline(both, color=style.INK, linewidth=0.9, linestyle=(0, (4, 2)))


def _bar(axes: Axes, y: float, low: float, high: float, known: bool) -> None:
    """A bar from 0 to the upper bound, dark up to the lower bound, hatched if unmeasured."""
    ends = scale.position([0.0 if math.isnan(low) else low, high])
    face, hatch = ("#F3D9A4", None) if known else ("white", "////")
    axes.add_patch(
        Rectangle((0, y - 0.28), float(ends[1]), 0.56, facecolor=face, edgecolor=style.GREY,
                  linewidth=0.6, hatch=hatch)
    )  # fmt: skip
    if not math.isnan(low) and low > 0:
        axes.add_patch(
            Rectangle((0, y - 0.28), float(ends[0]), 0.56, facecolor="#E69F00", linewidth=0)
        )


def coverage_figure(
    depths: Sequence[Depth],
    genome: Genome,
    variant_positions: Sequence[int],
    deletions: Sequence[tuple[int, int]] = (),
) -> Figure:
    """Depth along the mitogenome, one row per sample on a common log axis, genes below.

    What the tumour's deletions lack is shaded.

    Args:
        deletions: last base before and first base after each, 1-based.

    All rows share one axes with inches as y unit: separate axes take three times as long.
    """
    row, pitch, band = 0.6, 0.92, 0.45
    n, length = len(depths), genome.reference.length
    top = n * pitch + band
    made = style.figure(style.WIDTH, top + 0.55)
    axes = style.panel(made, 0.75, 0.2, 0.05, 0.5)
    axes.set_xlim(1, length)
    axes.set_ylim(0, top)
    starts = np.arange(0, length, BIN)
    x = np.append(starts + 1, length)
    widths = np.diff([*starts, length])
    means = [np.add.reduceat(depth.depth, starts) / widths for depth in depths]
    highest = max([10.0, *(float(mean.max()) for mean in means)])
    decades = max(2, math.ceil(math.log10(highest + 1)))
    powers = range(0, decades + 1, max(1, math.ceil(decades / 3)))
    ticks, labels = [], []
    for index, (depth, mean) in enumerate(zip(depths, means, strict=True)):
        bottom = top - (index + 1) * pitch + (pitch - row) / 3
        color = style.COLORS.get(depth.role, style.GREY)
        values = bottom + row * np.log10(np.append(mean, mean[-1]) + 1) / decades
        axes.fill_between(x, bottom, values, step="post", color=color, alpha=0.35, linewidth=0)
        axes.step(x, values, where="post", color=color, linewidth=0.8)
        axes.hlines(bottom, 1, length, color=style.GREY, linewidth=0.6)
        axes.plot(
            variant_positions, np.full(len(variant_positions), bottom - 0.01), marker=6,
            color=style.INK, markersize=3.5, linestyle="none",
        )  # fmt: skip
        ticks += [bottom + row * math.log10(10**power + 1) / decades for power in powers]
        labels += [f"{10**power:,}" for power in powers]
        words = [depth.sample, ROLE_LABELS.get(depth.role, depth.role), depth.label]
        title = style.clean(" · ".join(word for word in words if word), 70)
        axes.text(1, bottom + row + 0.05, f"{title} · mean {depth.mean:,.0f}×", fontsize=7.5)
    for start, end in deletions:
        # Across the origin it is two pieces.
        pieces = [(start, end)] if start < end else [(start, length), (1, end)]
        for low, high in pieces:
            axes.axvspan(low, high, color=DELETION, alpha=0.15, linewidth=0, zorder=0)
    axes.set_yticks(ticks, labels=labels)
    axes.set_ylabel("depth (fragments)")
    axes.set_xticks(range(0, length, 2000), labels=[f"{x:,}" for x in range(0, length, 2000)])
    axes.set_xlim(1, length)
    axes.set_xlabel(f"position on the mitogenome ({genome.reference.facts.assembly})")
    axes.spines[["top", "right", "left"]].set_visible(False)
    _gene_band(axes, genome, band - 0.15)
    return made


def _gene_band(axes: Axes, genome: Genome, height: float) -> None:
    bottom = 0.05
    total, prefix = genome.reference.length, genome.reference.facts.gene_prefix
    for gene in genome.genes:
        tall = gene.kind != "tRNA"
        low, high = (bottom, height) if tall else (bottom + height / 4, height / 2)
        # A name is written where it fits: about 150 bases per character.
        short, color = genes.name(gene, prefix), genes.color(gene)
        for start, end in genes.parts(gene, total):
            size = end - start + 1
            axes.add_patch(
                Rectangle((start, low), size, high, facecolor=color, edgecolor="white", lw=0.4)
            )
            if tall and size > 150 * len(short):
                middle = ((start + end) / 2, bottom + 0.48 * height)
                axes.text(*middle, short, ha="center", va="center", fontsize=6)
