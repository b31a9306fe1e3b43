"""The small pileup: valid SVG, what is drawn is what the rows say."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from mitotransfer.report.figures import pileup

SVG = "{http://www.w3.org/2000/svg}"


def rows(n: int, base: str = "C", **more: Any) -> list[dict[str, Any]]:
    same = {"pos": 7084, "ref": "T", "alt": "C", "alt_fragments": 12, "fragments": 787}
    return [
        same | {"start": 6900 + k, "end": 7200 + k, "strand": "+-"[k % 2], "base": base,
                "quality": 37} | more
        for k in range(n)
    ]  # fmt: skip


def test_each_fragment_is_a_line_and_a_mark() -> None:
    panels = [pileup.Panel("T, tumour", rows(20)), pileup.Panel("I, immune", rows(3, "T"))]
    tree = ET.fromstring(pileup.pileup_svg("m.7084T>C", panels))
    paths = list(tree.iter(f"{SVG}path"))
    assert len([one for one in paths if one.get("stroke")]) == 23
    marks = [one.get("fill") for one in tree.iter(f"{SVG}rect") if one.get("fill-opacity")]
    assert marks.count(pileup.ALT) == 20 and marks.count(pileup.REF) == 3
    texts = [one.text for one in tree.iter(f"{SVG}text")]
    assert "12 of 787 fragments; 20 drawn" in texts and "7,084" in texts


def test_low_quality_is_pale_and_long_fragments_stay_in_their_panel() -> None:
    (row,) = rows(1, quality=10, start=5000, end=9000)
    tree = ET.fromstring(pileup.pileup_svg("v", [pileup.Panel("S", [row])]))
    shades = [one.get("fill-opacity") for one in tree.iter(f"{SVG}rect")]
    assert "0.25" in shades
    (line,) = [one.get("d") for one in tree.iter(f"{SVG}path") if one.get("stroke")]
    left, right = (float(word) for word in line[1:].replace("H", " ").split()[::2])
    assert left >= 10 and right <= 10 + pileup.WIDTH


def test_many_samples_go_to_the_next_line_and_names_are_no_markup() -> None:
    panels = [pileup.Panel(f"<b>{k}", rows(4)) for k in range(5)]
    text = pileup.pileup_svg("m.1<2", panels)
    tree = ET.fromstring(text)
    assert "<b>" not in text
    assert len({one.get("y") for one in tree.iter(f"{SVG}text")}) > 4
    assert pileup.Panel("none", []).counted == "no fragment"
