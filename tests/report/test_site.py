"""The pages: whole, linked, the same bytes at every run, and safe from free text."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from report_cohort import CONFIG, render_cohort, table_paths, without_figures, write_cohort

from mitotransfer.report import tables, words
from mitotransfer.report.figures import style
from mitotransfer.report.site import MULTIQC
from mitotransfer.verdicts.verdict import VERDICTS

SVG = ("svg",)
HOSTILE = """<script>alert("x")</script> 'q' & $x_1$ </td><img src=x onerror=alert(1)>"""


class _Page(HTMLParser):
    """Links, ids, images without alt, and whether tags are closed in order."""

    VOID = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: Counter[str] = Counter()
        self.open: list[str] = []
        self.bare: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags[tag] += 1
        self.links += [str(found[name]) for name in ("href", "src") if name in found]
        self.ids += [str(found["id"])] if "id" in found else []
        if tag == "img" and not found.get("alt"):
            self.bare.append(str(found.get("src")))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        self.text += text


def _pages(site: Path) -> dict[Path, _Page]:
    """The pages, without MultiQC's."""
    own = [path for path in sorted(site.rglob("*.html")) if path.name != MULTIQC]
    return {path: _Page(path.read_text(encoding="utf-8")) for path in own}


def test_pages_are_whole_and_their_links_lead_somewhere(site: Path) -> None:
    pages = _pages(site)
    assert len(pages) == 8
    for path, page in pages.items():
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


def test_index_shows_what_the_tables_hold(site: Path) -> None:
    text = _pages(site)[site / "index.html"].text
    for verdict in VERDICTS:
        assert words.label(verdict) in text
    assert "immune swapped" in text and "run1" in text and "melanoma" in text
    assert "contamination.copy_ratio" in text and "0.3, 20" in text


def test_patient_page_shows_numbers_of_both_strands(site: Path) -> None:
    text = _pages(site)[site / "patients" / "P0001.html"].text
    assert "+" in text and "of 2,011 + 1,987" in text
    assert "transfer is supported only if" in text
    assert f"detected with a probability of 95{words.NBSP}%" in text
    assert "Detection limit" in text and "nuclear counts" in text


def test_every_figure_has_three_formats(small: Path) -> None:
    stems = {path.name.rsplit(".", 1)[0] for path in (small / "figures").iterdir()}
    assert {"P0001.circle", "P0001.coverage", "P0001_TIL.fraction", "P0001_TIL.vaf"} < stems
    pileups = {stem for stem in stems if ".reads." in stem}
    assert pileups == {f"P0001_TIL.reads.{pos}A" for pos in (100, 371)}
    for stem in stems - pileups:
        for kind in style.FORMATS:
            assert (small / "figures" / f"{stem}.{kind}").stat().st_size > 500
        ET.parse(small / "figures" / f"{stem}.svg")


def test_large_cohorts_have_the_patients_figures_as_svg_alone(site: Path) -> None:
    cohort = {f"cohort-{name}"
              for name in ("fractions", "covariates", "null", "identity")}  # fmt: skip
    found: dict[str, set[str]] = {}
    for path in (site / "figures").iterdir():
        kind = "reads" if ".reads." in path.name else path.stem.rsplit(".", 1)[-1]
        found.setdefault(kind, set()).add(path.suffix)
    assert found.keys() == {"circle", "coverage", "fraction", "vaf", "reads", *cohort}
    assert all(found[kind] == ({".svg", ".png", ".pdf"} if kind in cohort else {".svg"})
               for kind in found)  # fmt: skip
    page = (site / "patients" / "P0001.html").read_text()
    assert "P0001.coverage.svg" in page and ".png" not in page and ".pdf" not in page


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_input_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    one, two = _bytes(small), _bytes(render_cohort(write_cohort(tmp_path, 1, 3), threads=2))
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_free_text_cannot_become_markup(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 2, 2, word=HOSTILE)
    site = render_cohort(folder, title=HOSTILE, formats=SVG)
    for path, page in _pages(site).items():
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


def test_haplogroups_and_bam_files_are_shown_if_configured(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 1, 1, with_counts=False)
    sheet = tables.read_table(table_paths(folder)["samples"], "samples")
    samples = sheet["sample"].tolist()
    columns, row = ("SampleID", "Haplogroup", "Rank", "Quality"), ("S", "H1<a>", "1", "0.9731")
    quoted = "".join("\t".join(f'"{cell}"' for cell in line) + "\n" for line in (columns, row))
    written = dict(zip(samples, (quoted, "\t".join(columns) + "\n", "\x00 Error: é"), strict=False))
    for sample, content in written.items():
        (folder / "samples" / sample).mkdir(parents=True, exist_ok=True)
        (folder / "samples" / sample / f"{sample}.haplogroup.tsv").write_text(content)
    page = "patients/P0001.html"
    without = (render_cohort(folder, formats=SVG) / page).read_text()
    assert "aplogroup" not in without
    path = folder / "cohort" / "config.json"
    more = {"haplogroup": {"tree": "a@1.2"}, "reads": {"keep_bam": True}}
    path.write_text(json.dumps(json.loads(path.read_text()) | more))
    text = (render_cohort(folder, formats=SVG) / page).read_text()
    assert "<td>H1&lt;a&gt; (quality 0.9731)</td>" in text and "with the tree a@1.2" in text
    assert text.count("<td>not named</td>") == len(samples) - 1
    # Where the reads are, if there is a file of them.
    session, left = "patients/P0001/P0001.igv.xml", "no BAM is kept"
    assert session in text and left not in text and left in without and session not in without


def test_the_fragments_behind_variants_are_on_the_page(small: Path) -> None:
    text = (small / "patients" / "P0001.html").read_text(encoding="utf-8")
    assert "m.100G&gt;A, chrM:100. " in text
    assert "P0001_TIL, immune: 30 of 1,000 fragments; 40 drawn" in text
    assert "P0001_normal, normal: 30 of 1,000 fragments" in text


@pytest.mark.slow
def test_index_of_a_large_cohort_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below 5 MB for 1,000 patients: measured on a tenth of them, as rows are alike."""

    monkeypatch.setattr("mitotransfer.report.site.write_patient", without_figures)
    site = render_cohort(write_cohort(tmp_path, 100, 1, with_counts=False))
    assert (site / "index.html").stat().st_size < 5_000_000 / 10 / 2
    assert len(_Page((site / "index.html").read_text()).links) > 200


def test_configuration_of_the_made_up_cohort_has_the_real_keys(repository: Path) -> None:
    real = yaml.safe_load((repository / "config" / "config.yaml").read_text())
    for section, keys in CONFIG.items():
        assert set(keys) <= set(real[section]), section
