"""The reads at a junction: valid SVG, bases and marks as the rows say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from places import RCRS

from mitotransfer.patient.reads_table import AT_END, AT_START, REACH, SPLIT
from mitotransfer.report.figures import junction_pileup
from mitotransfer.report.figures.junction_pileup import JunctionPanel, junction_of, junction_svg

SVG = "{http://www.w3.org/2000/svg}"
COMMON = junction_of(RCRS, 8469, 13447)
PLAIN = junction_of(RCRS, 6000, 12000)


def row(bases: str, kind: str = SPLIT, **more: Any) -> dict[str, Any]:
    same = {"base": kind, "strand": "+", "alt_fragments": 14, "fragments": 99, "bases": bases}
    return same | {"qualities": "I" * len(bases)} | more


def drawn(*rows: dict[str, Any], junction: junction_pileup.Junction = COMMON) -> ET.Element:
    return ET.fromstring(junction_svg("Reads", junction, [JunctionPanel("T, tumour", rows)]))


def fills(tree: ET.Element) -> list[str]:
    """Fills of the boxes behind bases; those of the legend have a stroke."""
    boxes = [one for one in tree.iter(f"{SVG}rect") if not one.get("stroke")]
    return [str(one.get("fill")) for one in boxes if one.get("class") is None][1:]


def letters(tree: ET.Element) -> list[str]:
    """Texts of bases, a place for each."""
    return [str(one.text) for one in tree.iter(f"{SVG}text") if " " in str(one.get("x"))]


def test_the_joined_sequence_and_both_ends_stand_at_the_top() -> None:
    tree = drawn(row(COMMON.expected[SPLIT]))
    # MITOMAP's common deletion: the repeat ACCTCCCTCACCA once, after base 8,469.
    assert COMMON.expected[SPLIT][REACH:].startswith("ACCTCCCTCACCATTGGCAGCC")
    assert letters(tree) == [COMMON.expected[SPLIT]] * 2 and fills(tree) == []
    texts = [one.text for one in tree.iter(f"{SVG}text")]
    assert {"8,440", "8,469", "13,447", "13,476", "split at the junction"} <= set(texts)
    assert "14 fragments split, 85 intact at one of the ends; 1 drawn" in texts
    assert tree.findtext(f"{SVG}title") == "Reads" and tree.get("role") == "img"


def test_the_direct_repeat_is_shaded() -> None:
    tree = drawn(row(COMMON.expected[SPLIT]))
    shaded = [one for one in tree.iter(f"{SVG}rect") if one.get("class") == "repeat"]
    assert len(shaded) == 2  # behind the sequence and behind the reads
    assert float(shaded[0].get("width", 0)) == pytest.approx(13 * junction_pileup.BASE, abs=0.1)
    none = drawn(row(PLAIN.expected[SPLIT]), junction=PLAIN)
    assert PLAIN.repeat == 0 and not [r for r in none.iter(f"{SVG}rect") if r.get("class")]
    told = [[t.text for t in one.iter(f"{SVG}text") if "repeat" in str(t.text)]
            for one in (tree, none)]  # fmt: skip
    assert told == [["direct repeat (13 bp)"], []]


def test_differences_are_marked_by_what_they_are() -> None:
    joined = COMMON.expected[SPLIT]
    wrong = ("G" if joined[5] != "G" else "C") + "N"
    tree = drawn(row(joined[:5] + wrong + joined[7:]))
    assert fills(tree) == [junction_pileup.MISMATCH]
    for kind in (AT_START, AT_END):
        own = COMMON.expected[kind]
        differ = sum(a != b for a, b in zip(own, joined, strict=True))
        assert differ > 5
        assert fills(drawn(row(own, kind))) == [junction_pileup.RUNS_ON] * differ
    # The same bases in a fragment that is split are errors.
    assert junction_pileup.MISMATCH in fills(drawn(row(COMMON.expected[AT_START])))


def test_low_quality_is_pale_and_absent_bases_are_empty() -> None:
    joined = PLAIN.expected[SPLIT]
    one = row(joined[:-5] + "." * 5, qualities="I" * 50 + "#" * 5 + "!" * 5, strand="-")
    tree = drawn(one, junction=PLAIN)
    assert sorted(letters(tree)[1:], key=len) == [joined[50:55], joined[:50]]
    shades = {text.get("fill-opacity") for text in tree.iter(f"{SVG}text")} - {None}
    assert shades == {"1", f"{round(junction_pileup.PALEST, 1):g}"}


def test_the_arrow_is_that_of_the_strand() -> None:
    def tips(strand: str) -> tuple[float, float]:
        tree = drawn(row(PLAIN.expected[SPLIT], strand=strand), junction=PLAIN)
        (arrow,) = [one for one in tree.iter(f"{SVG}path") if one.get("fill")]
        back, tip = re.findall(r"[ML]([\d.]+)", str(arrow.get("d")))[:2]
        return float(back), float(tip)

    assert tips("+")[0] < tips("+")[1] and tips("-")[0] > tips("-")[1]


def test_names_are_no_markup_and_all_stays_in_the_frame() -> None:
    rows = [row(COMMON.expected[kind], kind) for kind in (SPLIT, AT_START, AT_END) for _ in "ab"]
    text = junction_svg("m.1<2", COMMON, [JunctionPanel("<b>", rows), JunctionPanel("none", [])])
    tree = ET.fromstring(text)
    assert "<b>" not in text and "no fragment" in text
    width, height = float(tree.get("width", 0)), float(tree.get("height", 0))
    for one in tree.iter(f"{SVG}text"):
        assert all(0 < float(x) < width for x in str(one.get("x")).split())
        assert 0 < float(one.get("y", 0)) < height
