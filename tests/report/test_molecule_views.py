"""Tiles of molecules by variants, and the sentence above them."""

from __future__ import annotations

from mitotransfer.report import molecule_views


def rows():
    counts = {
        ("T", "tumor"): {"111": 80, "000": 20},
        ("I", "immune"): {"111": 10, "1.1": 2, "100": 4, "..1": 3, "000": 900},
        ("J", "immune"): {"111": 7},
        ("N", "normal"): {"000": 500, "010": 1},
    }
    return [
        {"sample": name, "role": role, "variants": "1A>G,2C>T,3G>A", "pattern": p, "molecules": n}
        for (name, role), patterns in counts.items()
        for p, n in patterns.items()
    ]


def test_patterns_with_an_allele_of_the_tumour():
    found = molecule_views.tiles(rows(), "I", {})
    assert found["variants"] == ["1A>G", "2C>T", "3G>A"] and found["left"] == 0
    first = found["rows"][0]
    assert [kind for kind, _ in first["tiles"]] == ["has", "has", "has"]
    assert first["counts"] == {"tumor": 80, "immune": 10, "normal": 0}  # not those of J
    assert len(found["rows"]) == 5


def test_the_sentence():
    text = molecule_views.tiles(rows(), "I", {})["told"].replace("\xa0", " ")
    assert text == (
        "Of 916 molecules over two variants or more, 12 each carry two or more tumour alleles. "
        "Of the 16 with a tumour allele, 25 % also lack one."
    )


def test_switching_is_told_where_it_is_estimated():
    verdict = {
        "switched_molecules": 0.27, "switched_molecules_low": 0.2, "switched_molecules_high": 0.4,
    }  # fmt: skip
    text = molecule_views.tiles(rows(), "I", verdict)["told"].replace("\xa0", " ")
    assert "An estimated 27 % of the molecules (20 % to 40 %) are joined from two" in text
    assert molecule_views.switching({"switched_molecules": float("nan")}) == ""


def test_no_tiles_for_short_reads():
    assert molecule_views.tiles([], "I", {}) is None
    assert molecule_views.tiles(rows(), "other", {}) is None


def test_many_patterns_are_cut():
    many = [
        {"sample": "I", "role": "immune", "variants": ",".join("abcdefgh"), "molecules": k + 1,
         "pattern": f"{k + 1:08b}"}
        for k in range(40)
    ]  # fmt: skip
    found = molecule_views.tiles(many, "I", {})
    assert len(found["rows"]) == molecule_views.MOST and found["left"] == 16
