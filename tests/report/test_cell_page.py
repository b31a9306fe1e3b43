"""The page of a library of single cells."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from cell_reports import library, write_tables
from places import GENOME

from mitotransfer.inputs.cell_settings import Cells
from mitotransfer.report import cell_page, tables
from mitotransfer.report.pages import Site


@pytest.fixture(scope="module")
def found():
    return library(300)


def judged(found, verdict, **values):
    """The library with another verdict, and other values, for every group of cells."""
    return replace(found, shares=found.shares.assign(verdict=verdict, **values))


def render(made: cell_page.Library, folder: Path) -> str:
    write_tables(made, folder / "samples")
    for name in ("libraries", "figures"):
        (folder / name).mkdir(exist_ok=True)
    site = Site(
        output=folder, samples_folder=folder, patients_folder=folder, title="T", version="1",
        genome=GENOME, config={}, formats=("svg",),
    )  # fmt: skip
    cell_page.write(cell_page.read(folder / "samples", made.name), site)
    return (folder / "libraries" / f"{made.name}.html").read_text(encoding="utf-8")


def test_the_paragraph_says_share_doublets_and_conclusion(found):
    told = cell_page.summary(found, Cells()).replace("\N{NO-BREAK SPACE}", " ")
    assert "300 immune cells of patient P0001 were tested with 2 informative variants" in told
    assert "5 % of the cells (4 % to 6.1 %) have more than 5 % of the tumour’s mtDNA" in told
    assert "up to 0.4 % doublets" in told and "more than doublets" in told
    assert re.search(r"Of single cells, \d+ transfer supported and \d+ explained by doublet", told)


@pytest.mark.parametrize("verdict", sorted(set(cell_page.VERDICTS) - {"transfer_supported"}))
def test_no_other_verdict_claims_more_than_doublets(found, verdict):
    told = cell_page.summary(judged(found, verdict), Cells())
    assert cell_page.CONCLUSIONS[verdict] in told
    assert cell_page.CONCLUSIONS["transfer_supported"] not in told


def test_what_was_not_measured_is_said(found):
    made = judged(found, "ambient_not_excluded", ambient=float("nan"))
    made = replace(made, cells=made.cells.assign(detection_limit=float("nan")))
    told = cell_page.summary(made, Cells())
    assert "free mtDNA was not measured" in told and "too few fragments" in told


def test_every_verdict_has_a_meaning_and_a_conclusion():
    assert set(cell_page.MEANINGS) == set(cell_page.CONCLUSIONS) == set(cell_page.VERDICTS)
    assert set(cell_page.CALLED) < set(cell_page.VERDICTS)


def test_rows_of_groups_and_variants(found):
    rows = cell_page.share_rows(found)
    assert [row["group"] for row in rows] == ["all immune cells", "B", "CD8"]
    assert rows[1]["share"].replace("\N{NO-BREAK SPACE}", " ") == "0 %"
    variants = cell_page.variant_rows(found)
    assert [row["reason"] for row in variants] == ["used", "used", "the bulk normal has it"]
    drawn = cell_page.left_out(found)
    assert [row.label for row in drawn] == [
        "all variants", "without m.1001C>T", "without m.4001C>T",
    ]  # fmt: skip
    assert sum(int(row["count"]) for row in cell_page.verdict_rows(found)) == 300


@pytest.mark.slow
def test_a_page_has_all_figures_and_is_small_with_many_cells(tmp_path):
    page = render(library(20_000), tmp_path)
    drawn = {path.name for path in (tmp_path / "figures").iterdir()}
    assert drawn == {
        f"L1.cells.{name}.svg"
        for name in ("counts", "foreign", "fractions", "called", "shares", "variants", "umap")
    }
    assert all(f"figures/{name}" in page for name in drawn)
    size = len(page) + sum(path.stat().st_size for path in (tmp_path / "figures").iterdir())
    assert size < 2_000_000
    assert "the rate of swapped barcodes" in page


def test_figures_without_numbers_are_left_out(tmp_path):
    made = library(40, share=0.0, umap=False)
    page = render(replace(made, variants=made.variants.iloc[:1]), tmp_path)
    assert {path.name.split(".")[2] for path in (tmp_path / "figures").iterdir()} == {
        "counts", "foreign", "fractions", "shares",
    }  # fmt: skip
    assert "UMAP" not in page
    assert 'href="../patients/P0001.html"' in page


def test_the_background_is_told_by_its_two_parts(found):
    told = cell_page.background(found).replace("\N{NO-BREAK SPACE}", " ")
    assert "0.48 fragments per position" in told and "0.5 % of the depth (assumed)" in told
    measured = judged(found, "not_detected", flags="", ambient=float("nan"))
    told = cell_page.background(measured)
    assert "free mtDNA, which was not measured" in told and "at most, by the library" in told


def test_a_library_that_was_not_judged_has_a_page(tmp_path):
    made = judged(library(40), "uninformative")
    nothing = made.cells.assign(informative_fragments=0, verdict="uninformative")
    made = replace(made, cells=nothing, variants=made.variants.iloc[:0])
    page = render(made, tmp_path)
    assert "Nothing can be said of receivers" in page and "no variant of its own" in page
    assert not [path for path in (tmp_path / "figures").iterdir() if ".umap." not in path.name]


def test_a_name_that_is_no_file_name_is_refused(tmp_path):
    with pytest.raises(tables.ReportError, match="cannot be a file name"):
        cell_page.read(tmp_path, "../L1")


def test_the_index_tells_the_same(found):
    (row,) = cell_page.index_rows([found], Cells())
    assert row["verdict"] == "transfer_supported"
    assert row["summary"] == cell_page.summary(found, Cells())
