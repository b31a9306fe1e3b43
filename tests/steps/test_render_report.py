"""``render_report.py`` as a command."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path

import pytest
import script_runs
from cell_reports import library, write_tables
from report_cohort import table_paths, write_cohort

from mitotransfer.calls import audit


@pytest.fixture(autouse=True)
def _svg_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of patients as of a large cohort: PNG and PDF take two thirds of the time."""
    monkeypatch.setattr("mitotransfer.report.site.MAX_ALL_FORMATS", 0)


def _run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    given: list[object] = []
    for name, path in table_paths(folder).items():
        given += ["--" + name.replace("_", "-"), path]
    given += ["--contamination-folder", folder / "patients", "--samples-folder", folder / "samples"]
    given += ["--config-json", folder / "cohort" / "config.json"]
    given += ["--title", "T", "--version", "1", "--output", folder / "report"]
    return script_runs.run("render_report", *given, *words)


def test_the_index_links_to_the_pages_of_libraries(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 1, 1, with_counts=False)
    write_tables(library(40), folder / "samples")
    done = _run(folder, "--libraries", "L1")
    assert done.returncode == 0, done.stderr
    index = (folder / "report" / "index.html").read_text(encoding="utf-8")
    assert 'href="libraries/L1.html"' in index and "40 immune cells" in index.replace("\xa0", " ")
    page = (folder / "report" / "libraries" / "L1.html").read_text(encoding="utf-8")
    for link in re.findall(r'(?:href|src)="(\.\./[^"#]+)"', page):
        assert (folder / "report" / "libraries" / link).is_file(), link


def test_bad_table_ends_in_one_line(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path, 1, 1, with_counts=False)
    table_paths(folder)["transfer"].write_text("patient\tsample\nP1\tS1\n")
    done = _run(folder)
    assert done.returncode == 1
    assert "transfer.tsv: column cell_type, timepoint, verdict," in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_commands_on_the_pages_can_be_pasted(tmp_path: Path) -> None:
    folder = write_cohort(tmp_path / "a 'folder'", 1, 1)
    sample = folder / "samples" / "P0001_TIL"
    row = {"pos": 100, "ref": "G", "allele": "A", "vaf": 0.01, "depth": 1000, "forward": 5,
           "reverse": 5, "p_value": 0.1, "q_value": 0.2, "detection_limit": 0.02,
           "reason": "not_significant"}  # fmt: skip
    audit.TESTED.write(audit.TESTED.frame([row]), sample / "P0001_TIL.tested.tsv.gz")
    done = _run(folder)
    assert done.returncode == 0, done.stderr
    page = (folder / "report" / "patients" / "P0001.html").read_text(encoding="utf-8")
    commands = re.findall(r'<pre class="command"[^>]*><code>(.+?)</code>', page)
    assert len(commands) == 1
    before = sorted(Path.cwd().iterdir())
    for command in commands:
        shell = subprocess.run(
            ["sh", "-c", html.unescape(command)], capture_output=True, text=True, cwd=tmp_path
        )
        assert shell.returncode == 0, shell.stderr
        assert "P0001_TIL: m.100G>A" in shell.stdout, shell.stdout
    # No file is written because of the > in an allele.
    assert sorted(Path.cwd().iterdir()) == before and not (tmp_path / "A").exists()
