"""The report in a real browser: no error, no request, sorting, filtering, both widths."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_cohort import render_cohort, without_figures, write_cohort

# Rendering the report and a Chromium take fifteen CPU seconds before the first test.
pytestmark = [pytest.mark.browser, pytest.mark.slow]

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
#: What pages show; the other formats are there to be saved.
SVG = ("svg",)
CANDIDATES = ("chromium", "chromium-browser", "google-chrome")
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


SCREENS = pytest.mark.parametrize(
    ("scheme", "width"), [("dark", 390), ("light", 1280), ("light", 390), ("dark", 1280)]
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    named = os.environ.get("CHROMIUM", "")
    path = named or next(filter(None, map(shutil.which, CANDIDATES)), None)
    if not path:
        pytest.skip("no Chromium on PATH: install one, or name it in CHROMIUM")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_cohort(write_cohort(tmp_path_factory.mktemp("browser"), 14, 2), formats=SVG)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_cohort(tmp_path_factory.mktemp("hostile"), 2, 2, word=HOSTILE)
    return render_cohort(folder, formats=SVG)


def _open(browser: Any, path: Path, width: int = 1280, **options: Any) -> tuple[Any, list[str]]:
    """A page, and what went wrong on it: console errors and requests that are no file."""
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on(
        "request",
        lambda r: None if r.url.startswith(("file:", "data:")) else wrong.append(r.url),
    )
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('img').forEach((i) => (i.loading = 'eager'))")
    page.wait_for_load_state("load")
    return page, wrong


def _pages(site: Path) -> list[Path]:
    return [site / "index.html", *sorted((site / "patients").glob("*.html"))[:7]]


@SCREENS
def test_pages_open_without_error_request_or_sideways_scroll(
    browser: Any, site: Path, width: int, scheme: str
) -> None:
    for path in _pages(site):
        page, wrong = _open(browser, path, width, color_scheme=scheme)
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        # Figures scale, and what is wider than the page says that it scrolls, once it is laid out.
        right = "[...document.images].map((image) => image.getBoundingClientRect().right)"
        assert all(edge <= width for edge in page.evaluate(right))
        shown = "[...document.querySelectorAll('.scroll')].filter((e) => e.checkVisibility())"
        silent = "(e) => e.scrollWidth > e.clientWidth + 1 && !e.classList.contains('wide')"
        page.wait_for_function(f"!{shown}.some({silent})")
        assert wrong == []
        page.close()


def _column(page: Any, index: int) -> list[str]:
    rows = page.locator("#verdict-table tbody tr:visible")
    cells: list[str] = rows.locator(f":scope > :nth-child({index})").all_inner_texts()
    # Below the patient stand cancer and stage.
    return [cell.split("\n")[0] for cell in cells]


def _press(page: Any, name: str) -> None:
    button = page.locator("#verdict-table thead").get_by_role("button", name=name)
    button.focus()
    page.keyboard.press("Enter")


def test_sorting_by_keyboard(browser: Any, site: Path) -> None:
    page, wrong = _open(browser, site / "index.html")
    _press(page, "Patient")
    _press(page, "Patient")
    assert _column(page, 1) == [f"P{k:04d}" for k in range(14, 0, -1)]
    head = page.locator("#verdict-table thead th").first
    assert head.get_attribute("aria-sort") == "descending"

    shown = 'document.querySelectorAll("#verdict-table tbody tr td:nth-child(4)")'
    keys = f"[...{shown}].map((cell) => cell.dataset.sort)"
    for descending in (False, True):
        _press(page, "Tumour fraction")
        found = page.evaluate(keys)
        numbers = [float(key) for key in found if key]
        assert numbers == sorted(numbers, reverse=descending) and len(numbers) == 10
        assert found[-4:] == [""] * 4  # missing values last in either direction
    assert head.get_attribute("aria-sort") is None
    assert wrong == []


def test_sorting_by_verdict_follows_the_order_of_the_contract(browser: Any, site: Path) -> None:
    page, _ = _open(browser, site / "index.html")
    _press(page, "Verdict")
    verdicts = page.evaluate(
        "[...document.querySelectorAll('#verdict-table tbody tr')].map((r) => r.dataset.verdict)"
    )
    assert verdicts[:2] == ["transfer_supported"] * 2 and verdicts[-2:] == ["failed_qc"] * 2


def test_filters(browser: Any, site: Path) -> None:
    page, wrong = _open(browser, site / "index.html")
    status = page.locator("form.filter output")
    assert status.inner_text() == "14 of 14 shown"
    page.locator("form.filter select").select_option("not_detected")
    assert status.inner_text() == "2 of 14 shown"
    assert _column(page, 1) == ["P0004", "P0011"]
    page.get_by_label("Search").fill("p0011 RENAL")
    assert status.inner_text() == "0 of 14 shown"
    page.get_by_label("Search").fill("lung p0011")
    assert _column(page, 1) == ["P0011"]
    page.get_by_role("button", name="Clear").click()
    page.wait_for_function("document.querySelector('output').textContent === '14 of 14 shown'")
    assert wrong == []


def test_patient_is_reached_from_the_index_and_back(browser: Any, site: Path) -> None:
    page, wrong = _open(browser, site / "index.html")
    page.get_by_role("link", name="P0003").first.click()
    assert page.locator("h1").inner_text() == "Patient P0003"
    page.get_by_role("link", name="Demo cohort").click()
    assert page.locator("h1").inner_text() == "Demo cohort"
    assert wrong == []


def test_free_text_runs_nothing(browser: Any, hostile: Path) -> None:
    for path in _pages(hostile):
        page, wrong = _open(browser, path)
        page.wait_for_timeout(50)
        assert page.title() != "owned" and wrong == []
        assert page.evaluate("document.scripts.length") == 1


def test_tables_are_complete_without_scripts(browser: Any, site: Path) -> None:
    page, _ = _open(browser, site / "index.html", java_script_enabled=False)
    assert page.locator("#verdict-table tbody tr").count() == 14
    assert not page.locator("form.filter").is_visible()


@SCREENS
def test_axe_finds_nothing(browser: Any, site: Path, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    for path in _pages(site)[:3]:
        page, _ = _open(browser, path, width, color_scheme=scheme)
        page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
        response = axe.Axe().run(page).response
        assert len(response["passes"]) > 30
        found = [(rule["id"], rule["nodes"][0]["html"]) for rule in response["violations"]]
        assert found == [], path.name
        page.close()


def test_everything_is_reached_by_keyboard(browser: Any, site: Path) -> None:
    page, _ = _open(browser, site / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    wanted = "a[href], button, input, select, summary, [tabindex='0']"
    shown = f"[...document.querySelectorAll({wanted!r})].filter((e) => e.checkVisibility())"
    number = page.evaluate(f"{shown}.length")
    assert page.evaluate(f"{shown}.every((e) => e.tabIndex === 0)")
    seen = 1
    while seen < number:
        page.keyboard.press("Tab")
        ring = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate("document.activeElement.tagName") != "BODY"
        assert page.evaluate(f"{ring} !== 'none'")
        seen += 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BODY"  # the end: no trap


def test_paper_shows_all_rows_and_figures(browser: Any, site: Path) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("[...document.images].every((i) => i.complete && i.naturalWidth > 0)")
    assert page.evaluate("[...document.querySelectorAll('details')].every((d) => d.open)")
    assert not page.locator("form.filter").is_visible()
    boxes = "[...document.querySelectorAll('.scroll')]"
    assert page.evaluate(f"{boxes}.every((e) => getComputedStyle(e).overflowY === 'visible')")
    assert page.locator("#quality-table tbody tr").last.is_visible()
    page.close()


def test_nothing_is_cut_off_on_paper(browser: Any, site: Path) -> None:
    for path in _pages(site)[:4]:
        page = browser.new_page(color_scheme="dark")
        page.goto(path.as_uri())
        page.emulate_media(media="print", color_scheme="light")  # as browsers print
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        shown = "[...document.querySelectorAll('body *')].filter((e) => e.checkVisibility())"
        edges = f"{shown}.map((e) => e.getBoundingClientRect().right)"
        for width in (794, 816, 1123):  # A4, Letter, A4 across
            page.set_viewport_size({"width": width, "height": 900})
            assert max(page.evaluate(edges)) <= width, path.name
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert colour in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
        page.close()


def test_screened_products_sort_by_result(browser: Any, site: Path) -> None:
    page, wrong = _open(browser, site / "index.html")
    sentence = page.locator("#screening + p").inner_text().replace("\xa0", " ")
    assert sentence.startswith("Of 14 immune samples, against a largest tumour fraction of 1 %")
    head = page.locator("#screening-table thead")
    head.get_by_role("button", name="Result").click()
    shown = page.locator("#screening-table tbody td:nth-child(3)").all_inner_texts()
    order = [text.split()[-1] for text in shown]
    assert order == sorted(order, key=["fail", "inconclusive", "pass"].index)
    assert wrong == []


def test_index_of_a_thousand_patients_is_small_and_whole(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mitotransfer.report.site.write_patient", without_figures)
    site = render_cohort(write_cohort(tmp_path, 1000, 1, with_counts=False))
    assert (site / "index.html").stat().st_size < 5_000_000
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((site / "index.html").as_uri())
    assert page.locator("form.filter output").inner_text() == "1,000 of 1,000 shown"
    # So many that a page which drew each row twice would be seen.
    assert page.locator("#verdict-table tbody tr").count() == 1000
    page.close()
