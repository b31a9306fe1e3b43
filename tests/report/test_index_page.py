"""The index: what the tables hold, in a page of few bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from html_pages import Page, pages
from report_cohort import render_cohort, table_paths, without_figures, write_cohort

from mitotransfer.report import words
from mitotransfer.verdicts.verdict import VERDICTS

SVG = ("svg",)


def test_index_shows_what_the_tables_hold(site: Path) -> None:
    text = pages(site)[site / "index.html"].text
    for verdict in VERDICTS:
        assert words.label(verdict) in text
    assert "immune swapped" in text and "run1" in text and "melanoma" in text
    assert "contamination.copy_ratio" in text and "0.3, 20" in text


def test_missing_pieces_are_no_error(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 2, 2, with_counts=False)
    for path in (folder / "patients").rglob("*.tsv"):
        path.unlink()
    for name in ("prevalence", "identity", "crosstalk"):
        path = table_paths(folder)[name]
        path.write_text(path.read_text().splitlines()[0] + "\n")
    transfer = table_paths(folder)["transfer"]
    transfer.write_text("\n".join(transfer.read_text().splitlines()[:2]) + "\n")
    site = render_cohort(folder, formats=SVG)
    text = (site / "index.html").read_text()
    assert "No prevalence was computed" in text and "Without an immune sample" in text
    assert (
        "no immune sample: there is nothing to judge" in (site / "patients/P0002.html").read_text()
    )


@pytest.mark.slow
def test_index_of_a_large_cohort_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below 5 MB for 1,000 patients: measured on a tenth of them, as rows are alike."""

    monkeypatch.setattr("mitotransfer.report.site.write_patient", without_figures)
    site = render_cohort(write_cohort(tmp_path, 100, 1, with_counts=False))
    assert (site / "index.html").stat().st_size < 5_000_000 / 10 / 2
    assert len(Page((site / "index.html").read_text()).links) > 200
