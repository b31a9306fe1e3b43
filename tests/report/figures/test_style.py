"""Colours of the pages and figures: contrast of WCAG 2.2 level AA, and shapes for print in grey."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from figure_layout import check_layout

from mitotransfer.report import site
from mitotransfer.report.figures import circle, style

CSS = (Path(site.__file__).parent / "style.css").read_text()
TEXT = [
    *itertools.product(["ink", "soft", "link"], ["paper", "shade"]),
    *((f"{color}-ink", color) for color in ("blue", "amber", "red", "green", "grey")),
    ("grey", "grey-ink"),
]
MARKS = [("mark", "paper"), ("limit", "paper"), ("soft", "paper"), ("link", "paper")]


def palette(scheme: str) -> dict[str, str]:
    """Custom properties of a scheme: those of the light one, overruled by its own."""
    roots = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    assert len(roots) == 3
    chosen = {"light": roots[:1], "dark": roots[:2], "print": [roots[0], roots[2]]}[scheme]
    return {k: v for root in chosen for k, v in re.findall(r"--([a-z-]+): (#[0-9a-f]+)", root)}


def luminance(color: str) -> float:
    """Relative luminance of WCAG 2.2."""
    digits = color.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_closed_forms() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize(("ink", "paper"), TEXT)
def test_text_reads(scheme: str, ink: str, paper: str) -> None:
    colors = palette(scheme)
    assert contrast(colors[ink], colors[paper]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize(("mark", "paper"), MARKS)
def test_drawn_marks_are_seen(scheme: str, mark: str, paper: str) -> None:
    colors = palette(scheme)
    assert contrast(colors[mark], colors[paper]) >= 3


def test_every_color_of_the_sheet_is_a_property() -> None:
    """Pairs outside the palettes could not be checked."""
    used = set(re.findall(r"color: (var\(--[a-z-]+\)|[a-z#][^;]*);", CSS))
    assert {c for c in used if not c.startswith("var(")} <= {"inherit", "#000 !important"}


def test_words_in_figures_read_on_white_and_turned_over() -> None:
    for color in (style.INK, style.GREY):
        assert contrast(color, "#ffffff") >= 4.5


@pytest.mark.parametrize(
    "markers",
    [style.MARKERS, style.VERDICT_MARKERS, {k: marker for k, (_, marker) in circle.KINDS.items()}],
)
def test_shapes_tell_without_colour(markers: dict[str, str]) -> None:
    assert len(set(markers.values())) == len(markers)


def test_the_check_sees_overlaps_and_cuts() -> None:
    drawn = style.figure(3, 1)
    drawn.text(0.1, 0.5, "one label")
    drawn.text(0.6, 0.5, "another")
    check_layout(drawn)
    drawn.text(0.25, 0.55, "between", rotation=20)
    with pytest.raises(AssertionError, match="between"):
        check_layout(drawn)
    cut = style.figure(1, 1)
    cut.text(0.5, 0.5, "far too long for this figure")
    with pytest.raises(AssertionError, match="cut off"):
        check_layout(cut)
