"""``render_report.py`` as a command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from report_cohort import table_paths, write_cohort


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
    assert "transfer.tsv: column cell_type, timepoint, verdict," in done.stderr
    assert len(done.stderr.splitlines()) == 1
