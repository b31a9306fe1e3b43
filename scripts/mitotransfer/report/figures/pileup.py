"""A small pileup: the fragments behind one variant, a panel for each sample.

Written as SVG by hand: thousands of lines take matplotlib minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from mitotransfer.report.figures import style
from mitotransfer.report.tables import Row

#: Bases on each side of the variant, and sizes in pixels.
REACH = 250
WIDTH, GAP, HEAD, STEP, FOOT = 240, 26, 44, 5, 30
ACROSS = 3
#: Quality from which a base is drawn in full colour.
SURE = 40
ALT, REF, OTHER = style.COLORS["tumor"], "#767676", style.INK
_FONT = 'font-family="DejaVu Sans, sans-serif"'


@dataclass(frozen=True)
class Panel:
    """The fragments of one sample: rows of ``reads.tsv``, those with the allele first."""

    title: str
    rows: Sequence[Row]

    @property
    def counted(self) -> str:
        """How many fragments have the allele, and how many of all are drawn."""
        if not self.rows:
            return "no fragment"
        alt, every = (int(self.rows[0][name]) for name in ("alt_fragments", "fragments"))
        drawn = "" if every <= len(self.rows) else f"; {len(self.rows)} drawn"
        return f"{alt:,} of {every:,} fragments{drawn}"


def _color(row: Row) -> str:
    return {row["alt"]: ALT, row["ref"]: REF}.get(row["base"], OTHER)


def _fragment(row: Row, x: float, y: float, scale: float) -> str:
    """A line from start to end, cut at the panel; a triangle for the strand; the base."""
    pos = int(row["pos"])
    first, last = max(int(row["start"]) - pos, -REACH), min(int(row["end"]) - pos, REACH)
    left, middle, right = (x + (at + REACH) * scale for at in (first, 0, last))
    forward = row["strand"] == "+"
    tip = right if forward else left
    back = tip - 3 if forward else tip + 3
    shade = max(0.25, min(int(row["quality"]) / SURE, 1.0))
    return (
        f'<path d="M{left:.1f} {y}H{right:.1f}" stroke="#B8BEC6" stroke-width="1.4"/>'
        f'<path d="M{back:.1f} {y - 2}L{tip:.1f} {y}L{back:.1f} {y + 2}Z" fill="#767676"/>'
        f'<rect x="{middle - 2.2:.1f}" y="{y - 2}" width="4.4" height="4" '
        f'fill="{_color(row)}" fill-opacity="{shade:.2f}"/>'
    )


def pileup_svg(name: str, panels: Sequence[Panel]) -> str:
    """The figure of one variant.

    Args:
        name: of the variant, for the title.
        panels: samples, in order of their role.
    """
    across = min(ACROSS, max(len(panels), 1))
    tall = [max((len(p.rows) for p in panels[k : k + across]), default=0) * STEP + HEAD + FOOT
            for k in range(0, len(panels), across)]  # fmt: skip
    width, height = across * (WIDTH + GAP) - GAP + 20, sum(tall) + 18
    scale = WIDTH / (2 * REACH)
    parts = []
    for index, panel in enumerate(panels):
        row, column = divmod(index, across)
        x, top = 10 + column * (WIDTH + GAP), sum(tall[:row])
        middle = x + WIDTH / 2
        bottom = top + HEAD + len(panel.rows) * STEP
        parts.append(
            f'<text x="{x}" y="{top + 14}" font-size="11" fill="{style.INK}" {_FONT}>'
            f"{escape(style.clean(panel.title, 38))}</text>"
            f'<text x="{x}" y="{top + 28}" font-size="10" fill="#555555" {_FONT}>'
            f"{escape(panel.counted)}</text>"
            f'<rect x="{middle - 3}" y="{top + HEAD - 6}" width="6" '
            f'height="{bottom - top - HEAD + 8}" fill="#EEF1F4"/>'
        )
        parts += [
            _fragment(one, x, top + HEAD + k * STEP, scale) for k, one in enumerate(panel.rows)
        ]
        if panel.rows:
            pos = int(panel.rows[0]["pos"])
            parts.append(
                f'<text x="{middle}" y="{bottom + 14}" font-size="9.5" fill="#555555" '
                f'text-anchor="middle" {_FONT}>{pos:,}</text>'
                f'<text x="{x}" y="{bottom + 14}" font-size="9.5" fill="#555555" {_FONT}>'
                f"−{REACH}</text>"
                f'<text x="{x + WIDTH}" y="{bottom + 14}" font-size="9.5" fill="#555555" '
                f'text-anchor="end" {_FONT}>+{REACH}</text>'
            )
    parts.append(_legend(height - 6))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><title>{escape(name)}</title>'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _legend(y: float) -> str:
    found, x = [], 10
    for color, text in ((ALT, "tumour’s allele"), (REF, "reference"), (OTHER, "another base")):
        found.append(
            f'<rect x="{x}" y="{y - 6}" width="6" height="6" fill="{color}"/>'
            f'<text x="{x + 10}" y="{y}" font-size="9.5" fill="#555555" {_FONT}>{text}</text>'
        )
        x += 98
    return "".join(found)
