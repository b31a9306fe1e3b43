"""A patient's page: numbers, fragments behind variants, and what is configured."""

from __future__ import annotations

import html
import json
import re
import shlex
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from html_pages import pages
from places import RCRS
from report_cohort import render_cohort, table_paths, write_cohort

from mitotransfer.patient.reads_table import READS
from mitotransfer.report import patient_page, tables, words

SVG = ("svg",)


@pytest.fixture
def without_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index and its figures are most of the time of a small report."""
    monkeypatch.setattr("mitotransfer.report.site.write_index", lambda *_: None)


def test_patient_page_shows_numbers_of_both_strands(site: Path) -> None:
    text = pages(site)[site / "patients" / "P0001.html"].text
    assert "+" in text and "of 2,011 + 1,987" in text
    assert "decided by joint bounds of the fraction and of contamination" in text
    assert f"detected with a probability of 95{words.NBSP}%" in text
    assert "Detection limit" in text and "nuclear counts" in text


def test_the_fragments_behind_variants_are_on_the_page(small: Path) -> None:
    text = (small / "patients" / "P0001.html").read_text(encoding="utf-8")
    assert "m.100G&gt;A, chrM:100. " in text
    assert "P0001_TIL, immune: 30 of 1,000 fragments; 40 drawn" in text
    assert "P0001_normal, normal: 30 of 1,000 fragments" in text


@pytest.mark.usefixtures("without_index")
def test_the_reads_at_a_junction_are_drawn_base_by_base(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 1, 1, with_counts=False)
    page = "patients/P0001.html"
    without = (render_cohort(folder, formats=SVG) / page).read_text()
    assert "base by base" not in without and 'class="bases"' not in without
    path = table_paths(folder)["shared_variants"]
    shared = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    end, alt = 13447, "T[chrM:13447["
    junction = {"pos": 8469, "ref": "T", "alt": alt, "hgvs_m": "m.8483_13459del"}
    pd.concat([shared, shared.iloc[:1].assign(**junction)]).to_csv(path, sep="\t", index=False)
    joined = RCRS.sequence[8439:8469] + RCRS.sequence[13446:13476]
    row = {"patient": "P0001", "pos": 8469, "ref": "T", "alt": alt, "start": 8400, "end": 8482,
           "strand": "+", "base": "split", "quality": 40, "alt_fragments": 31, "fragments": 250,
           "bases": joined, "qualities": "I" * 60}  # fmt: skip
    roles = {"tumor": "P0001_tumor", "immune": "P0001_TIL"}
    own = [row | {"sample": sample, "role": role} for role, sample in roles.items()]
    READS.write(READS.frame(own), folder / "patients" / "P0001" / "reads.tsv")
    report = render_cohort(folder, formats=SVG)
    text = (report / page).read_text(encoding="utf-8")
    assert "base by base" in text and text.count('<figure class="bases">') == 1
    counted = "31 fragments split, 219 intact at one of the ends; 1 drawn"
    told = f"P0001_tumor, tumour: {counted}; P0001_TIL, immune: {counted}."
    assert f"m.8483_13459del, chrM:8469 and {end}. {told}" in text
    assert f'alt="Fragments at m.8483_13459del. {told}' in text
    drawn = ET.parse(report / "figures" / f"P0001_TIL.reads.8469-{end}.svg")
    letters = [one.text for one in drawn.iter() if one.text == joined]
    assert len(letters) == 3  # the sequence, and a read of each sample


@pytest.mark.usefixtures("without_index")
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


def test_the_command_names_the_first_variants(small: Path) -> None:
    text = html.unescape((small / "patients" / "P0001.html").read_text(encoding="utf-8"))
    (command,) = re.findall(r"why_not_called\.py [^\n<]*", text)
    words = shlex.split(command)
    assert words[words.index("--sample") + 1] == "P0001_TIL"
    assert words[words.index("--sample") + 2 :] == ["100G>A", "371G>A", "642G>A"]


def test_the_command_asks_for_no_deletion() -> None:
    site = SimpleNamespace(audit="ask")
    deletion = {"pos": 8469, "ref": "T", "alt": "T[chrM:13447["}
    snv = {"pos": 100, "ref": "G", "alt": "A"}
    assert patient_page.audit_command(site, "S", [deletion, snv]) == "ask --sample S '100G>A'"
    assert patient_page.audit_command(site, "S", [deletion]) == ""
