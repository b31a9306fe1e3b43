"""``summarise_qc.py`` as a command: the report that MultiQC makes."""

from __future__ import annotations

import base64
import gzip
import json
import re
import subprocess
import sys

import script_runs
from places import SCRIPTS
from qc_summaries import summaries


def plots(page):
    """What the page of MultiQC draws."""
    packed = re.search(r'id="mqc_compressed_plotdata">(.+?)</script>', page)[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def test_multiqc_makes_a_report_of_it(tmp_path):
    lines = ["sample\tpatient"]
    for name, figures in summaries().items():
        folder = tmp_path / "samples" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.qc.json").write_text(json.dumps(figures))
        lines.append(f"{name}\tP")
    (tmp_path / "samples.tsv").write_text("\n".join(lines) + "\n")
    output = tmp_path / "qc" / "multiqc_report.html"
    words = ["--samples", tmp_path / "samples.tsv", "--samples-folder", tmp_path / "samples",
             "--title", "Test <b>", "--output", output]  # fmt: skip
    # MultiQC changes the process that it runs in.
    command = [sys.executable, SCRIPTS / "summarise_qc.py", *words]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    page = output.read_text()
    for text in (
        "Heteroplasmy error rate by substitution",
        "Insert size",
        "Duplicates",
        "Strand balance",
        "NUMT share",
        "Origin coverage",
        "Coverage",
        "S_1.a",
    ):
        assert text in page
    assert "Test <b>" not in page
    for curve in ("mito_coverage_plot", "mito_inserts_plot"):
        drawn = plots(page)[curve]["datasets"][0]["lines"]
        assert drawn
        for line in drawn:
            x = [pair[0] for pair in line["pairs"]]
            assert x == sorted(x) and not any(isinstance(value, str) for value in x)
    assert [path.name for path in output.parent.iterdir()] == ["multiqc_report.html"]
    (tmp_path / "samples/T/T.qc.json").write_text("{")
    assert script_runs.run("summarise_qc", *words).returncode == 1
