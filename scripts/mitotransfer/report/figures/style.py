"""How figures look: colours, shapes and file formats; the same bytes at every run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from mitotransfer.report.figures import scale

WIDTH = 7.2  # inches: two columns of a journal
FORMATS = ("svg", "png", "pdf")

# Okabe and Ito's colours; shapes carry the same information in grey.
COLORS = {"tumor": "#D55E00", "immune": "#0072B2", "normal": "#009E73"}
MARKERS = {"tumor": "D", "immune": "o", "normal": "s"}
FACES = {"tumor": "#D55E00", "immune": "#0072B2", "normal": "white"}
INK, GREY, PALE = "#222222", "#767676", "#D9D9D9"

VERDICT_COLORS = {
    "transfer_supported": "#0072B2",
    "contamination_not_excluded": "#E69F00",
    "explained_by_contamination": "#D55E00",
    "not_detected": "#009E73",
    "underpowered": "#767676",
}
VERDICT_MARKERS = {
    "transfer_supported": "o",
    "contamination_not_excluded": "^",
    "explained_by_contamination": "v",
    "not_detected": "s",
    "underpowered": "X",
}

_SETTINGS: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.linewidth": 0.6,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "none",  # text stays text: smaller, searchable, read aloud
    "svg.hashsalt": "mitotransfer",
    "text.parse_math": False,  # a "$" in a sheet is a dollar sign
    "pdf.compression": 6,
}

_METADATA: dict[str, dict[str, None]] = {
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextmanager
def settings() -> Iterator[None]:
    """Style for drawing and saving figures, as a context."""
    with matplotlib.rc_context(cast(Any, _SETTINGS)):
        yield


def figure(width: float, height: float) -> Figure:
    """An empty figure, sizes in inches, without pyplot's state."""
    made = Figure(figsize=(width, height))
    FigureCanvasAgg(made)
    return made


def panel(made: Figure, left: float, right: float, top: float, bottom: float) -> Axes:
    """Axes with margins in inches, without the slow layout engine."""
    width, height = made.get_size_inches()
    return made.add_axes(
        (left / width, bottom / height, 1 - (left + right) / width, 1 - (top + bottom) / height)
    )


def widest(labels: Iterable[str], size: float) -> float:
    """Width in inches of the widest label at a font size in points; 0 without labels."""
    font = FontProperties(family=_SETTINGS["font.sans-serif"], size=size)
    widths = (text_to_path.get_text_width_height_descent(label, font, False)[0] for label in labels)
    return max(widths, default=0.0) / 72


def save(made: Figure, folder: Path, stem: str, formats: Sequence[str] = FORMATS) -> None:
    """Write ``{stem}.svg``, ``.png`` and ``.pdf``."""
    for kind in formats:
        # A quarter of the time for a tenth more bytes.
        fast: Any = {"pil_kwargs": {"compress_level": 1}} if kind == "png" else {}
        made.savefig(folder / f"{stem}.{kind}", dpi=150, metadata=_METADATA[kind], **fast)


def fraction_axis(axes: Axes, title: str) -> None:
    """Give the x axis the report's scale of fractions; data are drawn at ``scale.position``."""
    axes.set_xlim(-0.012, 1.015)
    axes.set_xticks(
        scale.position(scale.TICKS), labels=[f"{100 * tick:g} %" for tick in scale.TICKS]
    )
    # Minor ticks are one collection: drawn as ticks they take a quarter of the time of a figure.
    axes.vlines(
        scale.position(scale.MINOR_TICKS), -0.02 / axes.bbox.height * 72, 0, color=GREY,
        linewidth=0.5, transform=axes.get_xaxis_transform(), clip_on=False,
    )  # fmt: skip
    axes.set_xlabel(title)
    axes.grid(axis="x", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def clean(label: str, longest: int = 40) -> str:
    """A label without control characters, which XML forbids, cut to ``longest`` characters."""
    printable = "".join(char for char in label if char.isprintable())
    return printable if len(printable) <= longest else printable[: longest - 1] + "…"
