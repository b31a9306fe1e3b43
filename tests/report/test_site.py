"""The report's words, numbers, figures and pages, on made-up cohorts."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from report_cohort import CONFIG, render_cohort, table_paths, without_figures, write_cohort

from mitotransfer.patient import cleanliness, contamination
from mitotransfer.report import advice, patient_views, tables, words
from mitotransfer.report.figures import scale, style
from mitotransfer.verdicts.verdict import VERDICTS

NAN = float("nan")
HOSTILE = """<script>alert("x")</script> 'q' & $x_1$ </td><img src=x onerror=alert(1)>"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered report of seven patients, one for each verdict."""
    return render_cohort(write_cohort(tmp_path_factory.mktemp("report")))


def _record(verdict: str, **numbers: float) -> tables.Row:
    return {"patient": "P1", "sample": "S1", "verdict": verdict} | numbers


def _patient(**changes: object) -> tables.Patient:
    empty = {name: {} for name in ("variants", "explanations", "identity", "crosstalk")}
    samples = [{"sample": "S1", "role": "immune"}]
    given = {"patient": "P1", "info": {}, "samples": samples, "transfer": [], **empty}
    return tables.Patient(**(given | changes))  # type: ignore[arg-type]


# ------------------------------------------------------------------ scale and words


@given(st.floats(0, 1))
def test_scale_keeps_order_and_inverts(share: float) -> None:
    place = float(scale.position(share))
    assert 0 <= place <= 1
    assert math.isclose(float(scale.fraction(place)), share, rel_tol=1e-9, abs_tol=1e-12)
    assert float(scale.position(min(1.0, share + 1e-3))) >= place


def test_scale_closed_form() -> None:
    assert float(scale.position(0.001)) == pytest.approx(math.log(2) / math.log(1001))
    assert np.all(np.diff(scale.position(scale.TICKS)) > 0.08)  # 0.1 % and 90 % both read


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0312, "3.1 %"), (0.00034, "0.034 %"), (1.0, "100 %"), (0.0, "0 %"), (NAN, "–")],
)
def test_percent(value: float, shown: str) -> None:
    assert words.percent(value) == shown.replace(" ", words.NBSP)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.4, "0.4"), (0.012, "0.012"), (3e-40, "3.0 × 10⁻⁴⁰"), (0.0, "< 10⁻³⁰⁰"), (NAN, "–")],
)
def test_probability(value: float, shown: str) -> None:
    assert words.probability(value).replace(words.NBSP, " ") == shown


def test_summary_counts_and_names_every_detection_limit() -> None:
    rows = [
        _record("transfer_supported", tumor_fraction=0.04),
        _record("contamination_not_excluded", tumor_fraction=0.01),
        _record("not_detected", detection_limit=0.001),
        _record("not_detected", detection_limit=0.004),
        _record("underpowered", detection_limit=0.07),
        _record("failed_qc"),
    ]
    asked, positive, rest = (line.replace(words.NBSP, " ") for line in words.summary(rows, 3))
    assert asked.startswith("In 6 immune samples of 3 patients it was asked")
    assert "detected in 2 of 5 that could be judged" in positive
    assert "none was detected in 2 samples (detection limits from 0.1 % to 0.4 %" in rest.lower()
    assert "1 sample had too little power to tell (detection limit 7 %" in rest
    assert "1 sample could not be judged" in rest


def test_thousands_are_apart_everywhere() -> None:
    """Also where a number has no noun, and without an exponent."""
    rows = [_record("transfer_supported", tumor_fraction=0.04)] * 1200
    rows += [_record("underpowered")] * 1100 + [_record("failed_qc")] * 1000
    said = " ".join(words.summary(rows, 3300)).replace(words.NBSP, " ")
    for number in ("3,300 immune", "1,200 of 2,300 that", "1,200 with more", "1,100 samples had"):
        assert number in said
    assert not re.search(r"\d{4}", said)
    assert words.summary([_record("failed_qc")] * 1000, 9)[2] == "1,000 are of failed quality."
    assert words.digits(123456.7, 4) == "123,500" and words.digits(2.345, 2) == "2.3"


def test_detected_is_never_called_transfer() -> None:
    rows = [_record("contamination_not_excluded", tumor_fraction=0.01)]
    _asked, *came_out = words.summary(rows, 1)
    assert "transfer" not in " ".join(came_out)
    assert "transfer" not in words.finding(rows[0])
    assert "contamination is not excluded" in came_out[0]


@pytest.mark.parametrize("verdict", words.NEGATIVE)
def test_negatives_name_their_limit(verdict: str) -> None:
    assert "0.35" in words.finding(_record(verdict, detection_limit=0.0035))
    assert "cannot be stated" in words.finding(_record(verdict))


def test_summary_of_nothing() -> None:
    assert len(words.summary([], 0)) == 1
    assert "None of them could be judged" in words.summary([_record("failed_qc")], 1)[1]


def test_every_verdict_has_words() -> None:
    for table in (words.LABELS, words.SYMBOLS, words.MEANINGS):
        assert set(table) == set(VERDICTS)
    assert len(set(words.SYMBOLS.values())) == len(VERDICTS)


# ------------------------------------------------------------------ advice


ASSUMED = advice.Assumptions(10.0, 0.02, 0.001)


def test_advice_on_unmeasured_contamination_says_how_clean() -> None:
    row = _record("contamination_not_excluded", tumor_fraction_low=0.0504, crosstalk_high=0.0004)
    steps = advice.next_steps(_patient(), row, ASSUMED)
    cells = cleanliness.max_tumor_cells(0.0504, 0.0004, 10.0)
    assert contamination.mtdna_share(cells, 10.0) == pytest.approx(0.05)
    assert words.percent(cells) in steps[0]
    loci = cleanliness.loci_needed(cells, 100, 0.001)
    assert words.plural(loci, "heterozygous nuclear SNV") in steps[0]
    assert any("were not measured" in step for step in steps)
    assert any("mtdna_copies" in step for step in steps)


def test_advice_uses_the_copies_that_are_known() -> None:
    row = _record("contamination_not_excluded", tumor_fraction_low=0.0504, crosstalk_high=0.0004)
    patient = _patient()
    patient.contamination["S1"] = {"copy_ratio_low": 2.0, "copy_ratio_high": 2.5}
    steps = advice.next_steps(patient, row | {"sample": "S1"}, ASSUMED)
    cells = cleanliness.max_tumor_cells(0.0504, 0.0004, 2.5)
    assert words.percent(cells) in steps[0] and "has at most 2.5 times" in steps[0]
    assert not any("mtdna_copies" in step for step in steps)


def test_advice_counts_free_mtdna_that_was_measured() -> None:
    row = _record("contamination_not_excluded", tumor_fraction_low=0.0704, crosstalk_high=0.0004)
    row["sample"] = "S1"

    def said(ambient: float) -> str:
        sample = {"sample": "S1", "role": "immune", "ambient_mtdna_high": ambient}
        return " ".join(advice.next_steps(_patient(samples=[sample]), row, ASSUMED))

    assert words.percent(cleanliness.max_tumor_cells(0.05, 0, 10.0)) in said(0.02)
    assert "DNase" not in said(0.02)
    assert "free mtDNA alone reach the fraction" in said(0.07) and "For the finding" not in said(
        0.07
    )


@pytest.mark.parametrize("flag", ["direction_not_shown", "variants_disagree", ""])
def test_advice_on_variants_that_may_be_a_clones(flag: str) -> None:
    row = _record("contamination_not_excluded", flags=flag)
    said = " ".join(advice.next_steps(_patient(), row, ASSUMED))
    assert ("sorted tumour cells" in said) == bool(flag)


def test_advice_on_clones_is_given_once() -> None:
    row = _record("contamination_not_excluded", flags="direction_not_shown;maybe_immune_clone")
    assert " ".join(advice.next_steps(_patient(), row, ASSUMED)).count("sorted tumour cells") == 1


def test_advice_on_a_normal_with_tumour_cells() -> None:
    row = _record("uninformative", flags="no_informative_variant;tumor_alleles_in_normal")
    assert "another normal" in advice.next_steps(_patient(), row, ASSUMED)[0]


def test_advice_when_cross_talk_alone_reaches_the_fraction() -> None:
    row = _record("contamination_not_excluded", tumor_fraction_low=0.001, crosstalk_high=0.005)
    steps = advice.next_steps(_patient(), row, ASSUMED)
    assert "cross-talk" in steps[0]


@pytest.mark.parametrize(
    ("roles", "word"),
    [(["immune", "normal"], "tumour"), (["immune", "tumor"], "normal sample"),
     (["immune", "tumor", "normal"], "no usable variant")],
)  # fmt: skip
def test_advice_names_what_is_missing(roles: list[str], word: str) -> None:
    patient = _patient(samples=[{"sample": role, "role": role} for role in roles])
    assert word in advice.next_steps(patient, _record("uninformative"), advice.Assumptions())[0]


def test_advice_on_power_has_plain_numbers() -> None:
    row = _record("underpowered", detection_limit=0.7)
    assert "about 35 times" in (step := advice.next_steps(_patient(), row, ASSUMED)[0])
    assert "up to 1,200 times" in step
    for informative in (1, 2):
        steps = advice.next_steps(_patient(), row | {"n_informative": informative}, ASSUMED)
        assert any("single variant" in step for step in steps) == (informative == 1)


@pytest.mark.parametrize(("again", "said"), [([0.04], True), ([0.04, 0.0], False), ([], False)])
def test_depth_is_no_advice_where_all_variants_arise_again(again: list[float], said: bool) -> None:
    row = _record("underpowered", detection_limit=0.3)
    variants = [{"usable": "true", "recurrence": x} for x in again]
    variants.append({"usable": "false", "recurrence": 0.0})
    steps = advice.next_steps(_patient(variants={row["sample"]: variants}), row, ASSUMED)
    assert any("again and again" in step for step in steps) == said
    assert any("times the depth" in step for step in steps) != said


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_advice(verdict: str) -> None:
    row = _record(verdict, detection_limit=0.06)
    assert advice.next_steps(_patient(), row, ASSUMED)
    assert advice.next_steps(_patient(), _record(verdict), advice.Assumptions())


# ------------------------------------------------------------------ views


def test_missing_numbers_are_not_drawn_and_sort_last() -> None:
    row = patient_views.verdict_row(_record("failed_qc", tumor_fraction=0.2), {})
    assert row["mark"] == {} and row["fraction"] == "–" and row["fraction_sort"] == ""
    assert patient_views.sort_key(NAN) == ""


def test_prevalence_shows_both_denominators() -> None:
    columns = ["group", "value", "finding", "denominator", "patients", "positive",
               "prevalence", "prevalence_low", "prevalence_high"]  # fmt: skip
    frame = pd.DataFrame(
        [
            ["overall", "", "detected", "powered", 0.0, 0.0, NAN, 0.0, 1.0],
            ["overall", "", "detected", "all", 8.0, 2.0, 0.25, 0.03, 0.65],
        ],
        columns=columns,
    )
    (row,) = patient_views.prevalence_rows(frame)
    assert row["group"] == "All patients" and row["finding"] == "tumour mtDNA detected"
    assert row["cells"]["powered"]["share"] == "no patient to judge by"
    assert row["cells"]["powered"]["mark"] == {}
    assert row["cells"]["all"]["count"] == "2 of 8"
    assert (
        row["cells"]["all"]["mark"]["estimate"] == patient_views.MARGIN + patient_views.TRACK * 0.25
    )


def test_crosstalk_batches_take_the_worst_bound() -> None:
    frame = pd.DataFrame(
        {
            "sample": ["a", "b", "c"],
            "batch": ["1", "1", ""],
            "source": ["measured", "measured", "assumed"],
            "rate": [0.001, 0.003, NAN],
            "rate_high": [0.002, 0.02, 0.005],
            "from_tumor_high": [0.001, 0.004, NAN],
        }
    )
    none, first = patient_views.crosstalk_batches(frame)
    assert (none["batch"], none["rate"], none["source"]) == ("(none given)", "–", "assumed")
    assert (first["samples"], first["rate_high"]) == (2, words.percent(0.02))


def test_parameters_are_flattened() -> None:
    assert patient_views.parameters({"a": {"b": [1, 10]}, "c": True}) == [
        ("a.b", "1, 10"),
        ("c", "True"),
    ]


# ------------------------------------------------------------------ pages


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
    return {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}


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
    assert "contamination.copy_ratio" in text and "1, 10" in text


def test_patient_page_shows_numbers_of_both_strands(site: Path) -> None:
    text = _pages(site)[site / "patients" / "P0001.html"].text
    assert "+" in text and "of 2,011 + 1,987" in text
    assert "transfer is supported only if" in text
    assert f"detected with a probability of 95{words.NBSP}%" in text
    assert "Detection limit" in text and "nuclear counts" in text


def test_every_figure_has_three_formats(site: Path) -> None:
    stems = {path.name.rsplit(".", 1)[0] for path in (site / "figures").iterdir()}
    cohort = {"fractions", "covariates", "survival", "null", "identity"}
    kinds = {"circle", "coverage", "fraction", "vaf", *(f"cohort-{name}" for name in cohort)}
    assert {stem.rsplit(".", 1)[-1] for stem in stems} == kinds
    for stem in stems:
        for kind in style.FORMATS:
            assert (site / "figures" / f"{stem}.{kind}").stat().st_size > 500
        ET.parse(site / "figures" / f"{stem}.svg")


def test_large_cohorts_have_the_patients_figures_as_svg_alone(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mitotransfer.report.site.MAX_ALL_FORMATS", 1)
    site = render_cohort(write_cohort(tmp_path, 2, 3))
    kinds = {"cohort": set(), "patient": set()}
    for path in (site / "figures").iterdir():
        kinds["cohort" if path.name.startswith("cohort-") else "patient"].add(path.suffix)
    assert kinds == {"cohort": {".svg", ".png", ".pdf"}, "patient": {".svg"}}
    page = (site / "patients" / "P0001.html").read_text()
    assert "P0001.coverage.svg" in page and ".png" not in page and ".pdf" not in page


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    one = _bytes(render_cohort(write_cohort(tmp_path / "a", 1, 3)))
    two = _bytes(render_cohort(write_cohort(tmp_path / "b", 1, 3), threads=2))
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_free_text_cannot_become_markup(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 2, 2, word=HOSTILE)
    site = render_cohort(folder, title=HOSTILE)
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
    site = render_cohort(folder)
    text = (site / "index.html").read_text()
    assert "No prevalence was computed" in text and "Without an immune sample" in text
    assert (
        "no immune sample: there is nothing to judge" in (site / "patients/P0002.html").read_text()
    )


def test_haplogroups_and_bam_files_are_told_where_they_are_configured(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 1, 2, with_counts=False)
    sheet = tables.read_table(table_paths(folder)["samples"], "samples")
    samples = sheet["sample"].tolist()
    columns, row = ("SampleID", "Haplogroup", "Rank", "Quality"), ("S", "H1<a>", "1", "0.9731")
    quoted = "".join("\t".join(f'"{cell}"' for cell in line) + "\n" for line in (columns, row))
    written = dict(zip(samples, (quoted, "\t".join(columns) + "\n", "\x00 Error: é"), strict=False))
    for sample, content in written.items():
        (folder / "samples" / sample).mkdir(parents=True, exist_ok=True)
        (folder / "samples" / sample / f"{sample}.haplogroup.tsv").write_text(content)
    page = "patients/P0001.html"
    without = (render_cohort(folder) / page).read_text()
    assert "aplogroup" not in without
    path = folder / "cohort" / "config.json"
    more = {"haplogroup": {"tree": "a@1.2"}, "reads": {"keep_bam": True}}
    path.write_text(json.dumps(json.loads(path.read_text()) | more))
    text = (render_cohort(folder) / page).read_text()
    assert "<td>H1&lt;a&gt; (quality 0.9731)</td>" in text and "with the tree a@1.2" in text
    assert text.count("<td>not named</td>") == len(samples) - 1
    # Where the reads are, if there is a file of them.
    kept, left = "</code> and <code>samples/", "and a BAM (<code>reads.keep_bam</code>)"
    assert kept in text and left not in text and left in without and kept not in without


def test_index_of_a_large_cohort_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below 5 MB for 1,000 patients: measured on a tenth of them, as rows are alike."""

    monkeypatch.setattr("mitotransfer.report.site.write_patient", without_figures)
    site = render_cohort(write_cohort(tmp_path, 100, 1, with_counts=False))
    assert (site / "index.html").stat().st_size < 5_000_000 / 10 / 2
    assert len(_Page((site / "index.html").read_text()).links) > 200


# ------------------------------------------------------------------ command line


def _run(folder: Path, repository: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(repository / "scripts" / "render_report.py")]
    for name, path in table_paths(folder).items():
        command += ["--" + name.replace("_", "-"), str(path)]
    command += ["--contamination-folder", str(folder / "patients")]
    command += ["--samples-folder", str(folder / "samples")]
    command += ["--config-json", str(folder / "cohort" / "config.json")]
    command += ["--title", "T", "--version", "1", "--output", str(folder / "report")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_command_line(tmp_path: Path, repository: Path) -> None:
    done = _run(write_cohort(tmp_path, 1, 1), repository)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report" / "patients" / "P0001.html").is_file()


def test_bad_table_ends_in_one_line(tmp_path: Path, repository: Path) -> None:
    folder = write_cohort(tmp_path, 1, 1, with_counts=False)
    table_paths(folder)["transfer"].write_text("patient\tsample\nP1\tS1\n")
    done = _run(folder, repository)
    assert done.returncode == 1
    assert "transfer.tsv: column verdict is missing" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "", "a\\b", "<b>", "x\n"])
def test_unsafe_ids_become_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(tables.ReportError, match="cannot be a file name"):
        tables.check_name(name)


def test_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(tables.ReportError, match=r"none\.tsv: cannot be read"):
        tables.read_table(tmp_path / "none.tsv", "identity")


def test_broken_counts_name_the_file(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 1, 1)
    path = folder / "samples" / "P0001_TIL" / "P0001_TIL.counts.npz"
    path.write_bytes(b"PK\x03\x04broken")
    with pytest.raises(tables.ReportError, match=r"P0001_TIL\.counts\.npz: not a counts file"):
        render_cohort(folder)


def test_configuration_of_the_made_up_cohort_has_the_real_keys(repository: Path) -> None:
    real = yaml.safe_load((repository / "config" / "config.yaml").read_text())
    for section, keys in CONFIG.items():
        assert set(keys) <= set(real[section]), section
