"""The mitogenome as a circle, with its genes and a patient's informative variants."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Arc, Circle, Wedge

from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.consequences import TRUNCATING
from mitotransfer.genome.junction_alleles import CONSEQUENCES, end_of
from mitotransfer.report.figures import genes, style
from mitotransfer.report.tables import Row, is_usable, number, text, variant_name

MAX_LABELLED = 64
#: Share of the circle beside the origin within which a variant would lie under a ring's label.
LABEL_SHARE = 0.02
INNER, OUTER, RIM = 0.80, 0.93, 1.0
#: Radius of the arcs of deletions.
ARC = 0.77

#: Kinds of consequence: colour and marker, the most severe first.
KINDS = {
    "truncating": ("#D55E00", "v"),
    "missense": ("#E69F00", "o"),
    "tRNA": ("#222222", "s"),
    "rRNA": ("#CC79A7", "D"),
    "synonymous": ("#0072B2", "^"),
    "deletion": ("#009E73", "h"),
    "other": ("#767676", "X"),
}


def kind_of(consequence: str) -> str:
    """Kind of a consequence: ``KINDS``, the most severe where genes overlap."""
    parts = set(consequence.split(","))
    if parts & TRUNCATING:
        return "truncating"
    if parts & set(CONSEQUENCES.values()):
        return "deletion"
    return next((name for name in KINDS if name in parts), "other")


def angle(pos: float, length: int) -> float:
    """Degrees of a 1-based position: the origin on top, clockwise."""
    return 90 - 360 * (pos - 1) / length


def circle_figure(variants: Sequence[Row], genome: Genome) -> Figure:
    """Genes as a ring, variants as spokes; the length of a spoke is the VAF in the tumour.

    A deletion is an arc along what it lacks, with its spoke at the first end.

    Args:
        variants: distinct rows of ``shared_variants.tsv``.
        genome: its genes are the ring.
    """
    rows = sorted(variants, key=lambda row: (number(row, "pos"), text(row.get("alt"))))
    labelled = len(rows) <= MAX_LABELLED
    size = 7.0 if len(rows) <= 24 else 6.0
    length = genome.reference.length
    sides = _sides(rows, length)
    most = max(len(side) for side in sides)
    height = max(4.2, most * size * 1.25 / 72 + 0.9) if labelled else 4.2
    made = style.figure(style.WIDTH, height)
    reach = 1.95
    axes = style.panel(made, 0.02, 0.02, 0.42, 0.02)
    ratio = axes.bbox.height / axes.bbox.width
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach * ratio, reach * ratio)
    axes.set_aspect("equal")
    axes.axis("off")
    _draw_genes(axes, genome)
    spans = [INNER - 0.45 * value for value in (0.0, 0.5, 1.0)]
    for radius in spans:
        axes.add_patch(Circle((0, 0), radius, fill=False, edgecolor=style.PALE, linewidth=0.6))
    free = _free_place([number(row, "pos") for row in rows], length)
    for radius, name in zip(spans[1:], ("50 %", "100 %"), strict=True):
        x, y = _point(free, radius, length)
        axes.text(x, y, name, ha="center", va="center", fontsize=6, color=style.GREY,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip
    axes.text(0, 0, "VAF in the\ntumour", ha="center", va="center", fontsize=7)
    for row in rows:
        _draw_variant(axes, row, length)
    if labelled:
        for side, sign in zip(sides, (1, -1), strict=True):
            _draw_labels(axes, side, genome, sign=sign, size=size, top=reach * ratio)
    used = {kind_of(text(row.get("consequence"))) for row in rows}
    handles = [
        Line2D([], [], linestyle="none", marker=marker, color=color, markersize=4.5, label=name)
        for name, (color, marker) in KINDS.items()
        if name in used
    ]
    if any(not is_usable(row) for row in rows):
        handles.append(
            Line2D([], [], linestyle="none", marker="o", markerfacecolor="white",
                   color=style.GREY, markersize=4.5, label="hollow: no evidence")
        )  # fmt: skip
    if handles:
        made.legend(handles=handles, loc="upper left", ncols=6, columnspacing=1.2)
    return made


def _free_place(positions: Sequence[float], length: int) -> float:
    """Where the rings are labelled: at the origin, or far from variants if one lies near it.

    >>> _free_place([4000.0, 9000.0], 16000), _free_place([100.0, 4000.0, 9000.0], 16000)
    (1.0, 12550.0)
    """
    places = sorted(positions)
    if all(min(pos, length - pos) > LABEL_SHARE * length for pos in places):
        return 1.0
    following = [*places[1:], places[0] + length]
    gap, start = max((b - a, a) for a, b in zip(places, following, strict=True))
    return start + gap / 2


def _point(pos: float, radius: float, length: int) -> tuple[float, float]:
    radians = math.radians(angle(pos, length))
    return radius * math.cos(radians), radius * math.sin(radians)


def _draw_genes(axes: Axes, genome: Genome) -> None:
    total, prefix = genome.reference.length, genome.reference.facts.gene_prefix
    for gene in genome.genes:
        parts, name = genes.parts(gene, total), genes.name(gene, prefix)
        for start, end in parts:
            axes.add_patch(
                Wedge((0, 0), OUTER, angle(end + 1, total), angle(start, total),
                      width=OUTER - INNER, facecolor=genes.color(gene), edgecolor="white",
                      linewidth=0.4)
            )  # fmt: skip
        length = sum(end - start + 1 for start, end in parts)
        # A name is written along the ring where it fits: about 155 bases per character.
        if gene.kind != "tRNA" and length > 155 * len(name):
            middle = parts[0][0] + (length - 1) / 2
            x, y = _point(middle, (INNER + OUTER) / 2, total)
            turn = angle(middle, total) - 90
            turn += 180 if math.cos(math.radians(turn)) < 0 else 0
            axes.text(x, y, name, rotation=turn, ha="center", va="center", fontsize=6)


def _draw_variant(axes: Axes, row: Row, length: int) -> None:
    color, marker = KINDS[kind_of(text(row.get("consequence")))]
    pos, vaf = number(row, "pos"), number(row, "tumor_vaf")
    if end := end_of(text(row.get("alt"))):
        _draw_arc(axes, int(pos), end, length)
    tip = INNER - 0.45 * (0.0 if math.isnan(vaf) else min(vaf, 1.0))
    (x0, y0), (x1, y1) = _point(pos, INNER, length), _point(pos, tip, length)
    axes.plot([x0, x1], [y0, y1], color=color, linewidth=1)
    axes.plot(x1, y1, marker, color=color, markersize=4.5,
              markerfacecolor=color if is_usable(row) else "white")  # fmt: skip


def _draw_arc(axes: Axes, start: int, end: int, length: int) -> None:
    """What a deletion lacks, as an arc from its start to its end inside the ring."""
    axes.add_patch(
        Arc((0, 0), 2 * ARC, 2 * ARC, theta1=angle(end, length), theta2=angle(start, length),
            color=KINDS["deletion"][0], linewidth=2.5)
    )  # fmt: skip


def _sides(rows: Sequence[Row], length: int) -> tuple[list[Row], list[Row]]:
    """Variants to label on the right, and on the left, each from top to bottom."""
    right = [row for row in rows if number(row, "pos") <= length / 2]
    left = [row for row in rows if number(row, "pos") > length / 2]
    return right, left[::-1]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> np.ndarray:
    """Decreasing places at least ``gap`` apart, as near to the wanted ones as the range allows.

    >>> spread([1.0, 0.95, 0.0], 0.5, -1.0, 1.0).tolist()
    [1.0, 0.5, 0.0]
    """
    places = np.minimum(np.asarray(wanted, float), high)
    for k in range(1, len(places)):
        places[k] = min(places[k], places[k - 1] - gap)
    if len(places) and places[-1] < low:
        places[-1] = low
        for k in range(len(places) - 2, -1, -1):
            places[k] = max(places[k], places[k + 1] + gap)
    return places


def _draw_labels(
    axes: Axes, rows: Sequence[Row], genome: Genome, *, sign: int, size: float, top: float
) -> None:
    total, prefix = genome.reference.length, genome.reference.facts.gene_prefix
    per_inch = 2 * top / (axes.bbox.height / axes.figure.dpi)
    gap = size * 1.22 / 72 * per_inch
    wanted = [1.12 * math.sin(math.radians(angle(number(row, "pos"), total))) for row in rows]
    for row, y in zip(rows, spread(wanted, gap, -top + gap, top - gap / 2), strict=True):
        x0, y0 = _point(number(row, "pos"), OUTER, total)
        x1, y1 = _point(number(row, "pos"), RIM, total)
        axes.plot([x0, x1, sign * 1.16, sign * 1.2], [y0, y1, y, y], color=style.GREY,
                  linewidth=0.5)  # fmt: skip
        # Of a deletion the genes at both ends are joined.
        gene = re.sub(rf"(^|[,-]){re.escape(prefix)}", r"\1", text(row.get("gene")))
        name = style.clean(f"{variant_name(row)}  {gene}", 26)
        axes.text(sign * 1.22, y, name if is_usable(row) else f"{name} †", va="center",
                  ha="left" if sign > 0 else "right", fontsize=size, color=style.INK)  # fmt: skip
