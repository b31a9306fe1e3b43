"""The reads at a junction base by base, below the sequence that it joins.

Written as SVG by hand, as ``report.figures.pileup`` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape

from mitotransfer.genome import junction_alleles
from mitotransfer.genome.reference import Reference
from mitotransfer.patient.reads_table import AT_END, AT_START, REACH, SPLIT
from mitotransfer.report.figures import style
from mitotransfer.report.figures.pileup import Panel
from mitotransfer.report.tables import Row

#: Sizes in pixels: of a base, a row of the figure, the gap at the junction and the margin.
BASE, STEP, GAP, SIDE = 6.6, 10, 10, 10
HEAD, TITLE, LABEL, FOOT = 56, 22, 17, 34
WIDTH = SIDE + 2 * REACH * BASE + GAP + 16
#: Quality from which a base is drawn in full colour, and the least opacity, which can be read.
SURE, PALEST = 40, 0.45
#: Behind a base that another place of the circle explains, and one that nothing does; the repeat.
RUNS_ON, MISMATCH, REPEAT = "#D3D8DE", style.COLORS["tumor"], "#FFF1C9"
SOFT = "#555555"
_FONT = 'font-family="DejaVu Sans, sans-serif"'
_MONO = 'font-family="DejaVu Sans Mono, monospace"'


@dataclass(frozen=True)
class JunctionPanel(Panel):
    """The reads of one sample at a junction: rows of ``reads.tsv``."""

    @property
    def counted(self) -> str:
        """How many fragments are split and intact, and how many of all are drawn."""
        if not self.rows:
            return "no fragment"
        split, every = (int(self.rows[0][name]) for name in ("alt_fragments", "fragments"))
        drawn = "" if every <= len(self.rows) else f"; {len(self.rows)} drawn"
        return f"{split:,} fragments split, {every - split:,} intact at one of the ends{drawn}"


@dataclass(frozen=True)
class Junction:
    """What the figure says of a junction.

    Attributes:
        start, end: last base before it and first one after it (1-based).
        repeat: bases of the direct repeat.
        expected: bases by what a fragment is (``SPLIT``, ``AT_START``, ``AT_END``).
        first, last: positions of the outermost bases.
    """

    start: int
    end: int
    repeat: int
    expected: dict[str, str]
    first: int
    last: int


def junction_of(reference: Reference, start: int, end: int) -> Junction:
    """The junction that joins two positions (1-based)."""
    places = junction_alleles.windows(reference, start, end, REACH)
    shown = [junction_alleles.letters(reference, one) for one in places]
    return Junction(
        start,
        end,
        junction_alleles.repeat(reference, start, end),
        dict(zip((SPLIT, AT_START, AT_END), shown, strict=True)),
        places.joined[0] + 1,
        places.joined[-1] + 1,
    )


def junction_svg(name: str, junction: Junction, panels: Sequence[Panel]) -> str:
    """The figure of one junction.

    Args:
        name: of the junction, for the title.
        panels: samples, in order of their role.
    """
    parts, y = [_behind(junction, HEAD - 22, HEAD - 7), _head(junction)], float(HEAD)
    for panel in panels:
        parts.append(_text(SIDE, y + 10, style.clean(panel.title, 60), 11, color=style.INK))
        parts.append(_text(SIDE, y + 22, panel.counted, 9))
        y += TITLE
        for kind, group in groupby(panel.rows, lambda row: row["base"]):
            rows = list(group)
            parts.append(_text(SIDE, y + 13, _told(junction, kind), 8))
            y += LABEL
            parts.append(_behind(junction, y, y + len(rows) * STEP))
            parts += [_read(row, junction, y + k * STEP) for k, row in enumerate(rows)]
            y += len(rows) * STEP
        y += 8
    height = y + FOOT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH:g} {height:g}" role="img"><title>{escape(name)}</title>'
        f'<rect width="{WIDTH:g}" height="{height:g}" fill="#ffffff"/>'
        f"{''.join(parts)}{_legend(y + 14, junction.repeat)}</svg>\n"
    )


def _x(column: int) -> float:
    """Left edge of a base."""
    return SIDE + column * BASE + (GAP if column >= REACH else 0)


def _text(x: float, y: float, words: str, size: float, *, color: str = SOFT, more: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{color}" {_FONT}{more}>'
        f"{escape(words)}</text>"
    )


def _letters(columns: Sequence[int], bases: str, y: float, look: str) -> str:
    places = " ".join(f"{_x(column) + BASE / 2:.1f}" for column in columns)
    return (
        f'<text x="{places}" y="{y:.1f}" font-size="9" text-anchor="middle" {_MONO} {look}>'
        f"{bases}</text>"
    )


def _told(junction: Junction, kind: str) -> str:
    """What the fragments of a kind are, in words."""
    if kind == SPLIT:
        return "split at the junction"
    at = junction.start if kind == AT_START else junction.end
    return f"intact, running on {'at' if kind == AT_START else 'into'} {at:,}"


def _head(junction: Junction) -> str:
    """Positions, and the bases that are joined."""
    end = ' text-anchor="end"'
    right = _x(2 * REACH - 1) + BASE
    marks = ((SIDE, junction.first, ""), (_x(REACH - 1) + BASE, junction.start, end),
             (_x(REACH), junction.end, ""), (right, junction.last, end))  # fmt: skip
    look = f'fill="{style.INK}" font-weight="bold"'
    return (
        _text(SIDE, 12, "Sequence with the junction", 10, color=style.INK)
        + "".join(_text(x, HEAD - 26, f"{pos:,}", 8.5, more=more) for x, pos, more in marks)
        + _letters(range(2 * REACH), junction.expected[SPLIT], HEAD - 12, look)
    )


def _behind(junction: Junction, top: float, bottom: float) -> str:
    """The direct repeat, shaded: the junction may be at any place in it. A line for the junction.

    A repeat that is longer than what is shown is shaded as far as that.
    """
    shown = min(junction.repeat, REACH) * BASE
    middle = _x(REACH) - GAP / 2
    shaded = (
        f'<rect class="repeat" x="{_x(REACH):.1f}" y="{top:g}" width="{shown:.1f}" '
        f'height="{bottom - top:g}" fill="{REPEAT}"/>'
    )
    return (shaded if shown else "") + (
        f'<path d="M{middle:.1f} {top:g}V{bottom:g}" stroke="{style.INK}" stroke-width="0.8" '
        'stroke-dasharray="3 2"/>'
    )


def _read(row: Row, junction: Junction, top: float) -> str:
    """A read: its bases, paler where the quality is lower; what differs; an arrow for the strand.

    A base that differs from the joined sequence is on grey where it is that of the circle at the
    end at which the read runs on, else white on colour.
    """
    joined, own = junction.expected[SPLIT], junction.expected[row["base"]]
    looks: dict[tuple[str, float], list[int]] = {}
    boxes = []
    for column, (base, sign) in enumerate(zip(row["bases"], row["qualities"], strict=True)):
        if base == ".":
            continue
        shade = round(max(PALEST, min((ord(sign) - 33) / SURE, 1.0)), 1)
        color = style.INK
        if base not in ("N", joined[column]):
            fill = RUNS_ON if base == own[column] else MISMATCH
            color = style.INK if fill == RUNS_ON else "#ffffff"
            boxes.append(
                f'<rect x="{_x(column):.1f}" y="{top:g}" width="{BASE}" height="{STEP - 1}" '
                f'fill="{fill}"/>'
            )
        looks.setdefault((color, shade), []).append(column)
    texts = (
        _letters(columns, "".join(row["bases"][column] for column in columns), top + 7.8,
                 f'fill="{color}" fill-opacity="{shade:g}"')
        for (color, shade), columns in looks.items()
    )  # fmt: skip
    return "".join([*boxes, *texts, _arrow(row["strand"] == "+", top + STEP / 2 - 0.5)])


def _arrow(forward: bool, y: float) -> str:
    tip, back = (WIDTH - 6, WIDTH - 12) if forward else (WIDTH - 12, WIDTH - 6)
    return f'<path d="M{back:.1f} {y - 3}L{tip:.1f} {y}L{back:.1f} {y + 3}Z" fill="#767676"/>'


def _legend(y: float, repeat: int) -> str:
    marks = [(MISMATCH, "another base", 0), (RUNS_ON, "differs, as the circle runs on", 100)]
    if repeat:
        marks.append((REPEAT, f"direct repeat ({repeat} bp)", 268))
    found = [
        f'<rect x="{SIDE + x}" y="{y - 7:.1f}" width="8" height="8" fill="{color}" '
        f'stroke="#767676" stroke-width="0.5"/>' + _text(SIDE + x + 12, y, told, 9)
        for color, told, x in marks
    ]
    found.append(_text(SIDE, y + 14, "Arrows: strand of the read. Pale: low quality.", 9))
    return "".join(found)
