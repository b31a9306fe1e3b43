"""The scripts of single cells where the reads cannot be used."""

from __future__ import annotations

import cell_reads
import numpy as np
import pytest
import script_runs
from places import BUNDLE

from mitotransfer.cells import cell_counts


def run(script, *words):
    return script_runs.run(script, "--bundle", BUNDLE, *words)


@pytest.mark.slow
def test_a_library_that_cannot_be_used_fails_alone_with_the_reason(tmp_path, prefix):
    cells = cell_reads.barcodes(np.random.default_rng(0), 3)
    given, made = tmp_path / "given.bam", tmp_path / "L1.bam"
    cell_reads.write_library(given, np.random.default_rng(1), cells)
    words = ["--library", "L1", "--index", prefix, "--bam", given, "--barcode-tag", "XC",
             "--output-bam", made, "--checksums", tmp_path / "sums.tsv"]  # fmt: skip
    stopped = run("align_cells", *words, "--stop-on-bad-file")
    assert stopped.returncode
    assert "no mitochondrial read has a cell barcode" in stopped.stderr
    done = run("align_cells", *words)
    assert done.returncode == 0, done.stderr
    assert "L1: cannot be used: " in done.stderr
    rows = "".join(f"{cell}\ttumor\tx\n" for cell in cells)
    (tmp_path / "cells.tsv").write_text("barcode\tcell_role\tcell_type\n" + rows)
    words = ["--library", "L1", "--bam", made, "--annotation", tmp_path / "cells.tsv",
             "--samples-folder", tmp_path, "--output", tmp_path / "cells.npz"]  # fmt: skip
    done = run("count_cells", *words)
    assert done.returncode == 0, done.stderr
    assert "no mitochondrial reads" in cell_counts.load(tmp_path / "cells.npz").meta["failed"]
