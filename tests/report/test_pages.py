"""All pages: whole, linked, and safe from free text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote

import pytest
from html_pages import pages
from jinja2 import UndefinedError
from report_cohort import render_cohort, write_cohort

from mitotransfer.inputs.settings import Settings
from mitotransfer.report.pages import environment, settings_of, write_page

SVG = ("svg",)
HOSTILE = """<script>alert("x")</script> 'q' & $x_1$ </td><img src=x onerror=alert(1)>"""


def test_pages_are_whole_and_their_links_lead_somewhere(site: Path) -> None:
    found = pages(site)
    assert len(found) == 8
    for path, page in found.items():
        assert not page.open and not page.bare
        assert len(page.ids) == len(set(page.ids))
        for link in page.links:
            assert not re.match(r"(https?:)?//", link)
            if link.startswith("#"):
                assert unquote(link[1:]) in page.ids
            elif not link.startswith("data:"):
                assert (path.parent / unquote(link)).is_file(), link
        assert page.tags["h1"] == 1
        assert page.tags["caption"] == page.tags["table"]


def test_free_text_cannot_become_markup(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 2, 2, word=HOSTILE)
    site = render_cohort(folder, title=HOSTILE, formats=SVG)
    for path, page in pages(site).items():
        assert not page.open
        assert page.tags["script"] == 1  # the page's own
        assert page.tags["img"] == path.read_text().count('<img src="../figures/') + (
            path.read_text().count('<img src="figures/')
        )
        assert HOSTILE in page.text
        assert "onerror=alert(1)>" not in path.read_text()
    for path in sorted((site / "figures").glob("*.svg")):
        tree = ET.parse(path)
        assert not [node for node in tree.iter() if node.tag.endswith("script")]
        pictures = [node for node in tree.iter() if node.tag.endswith("image")]
        links = [value for node in pictures for name, value in node.items() if "href" in name]
        assert len(links) == len(pictures) == path.name.startswith("cohort-identity")
        assert all(link.strip().startswith("data:image/png;base64,") for link in links)
    drawn = (site / "figures" / "P0001.coverage.svg").read_text()
    assert "&lt;script&gt;" in drawn


def test_a_misspelt_name_in_a_template_leaves_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mitotransfer.report.pages.FOLDER", tmp_path)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.j2").write_text("{{ title }} {{ titel }}")
    environment.cache_clear()
    try:
        with pytest.raises(UndefinedError, match="titel"):
            write_page("page.j2", tmp_path / "page.html", title="T")
        assert not list(tmp_path.glob("page*"))
        (tmp_path / "templates" / "page.j2").write_text("{{ title }}")
        environment.cache_clear()
        write_page("page.j2", tmp_path / "page.html", title="<T>")
        assert (tmp_path / "page.html").read_text() == "&lt;T&gt;"
    finally:
        environment.cache_clear()


def test_settings_left_out_have_their_defaults() -> None:
    found = settings_of({"fraction": {"confidence": 0.9}, "results": "r"})
    assert found.fraction.confidence == 0.9
    assert found.verdict == Settings().verdict and found != Settings()
