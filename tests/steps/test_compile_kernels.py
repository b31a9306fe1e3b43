"""The small sample compiles all kernels that a real one needs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import tiny_cohort
from places import BUNDLE, SCRIPTS


@pytest.mark.slow
def test_a_sample_finds_its_kernels_compiled(tmp_path, prefix):
    tiny_cohort.make(tmp_path / "cohort", depth=30)
    cache = tmp_path / "cache"

    def run(script: str, *words: object) -> set[str]:
        """Kernels in the cache after a script."""
        subprocess.run(
            [sys.executable, SCRIPTS / script, *map(str, words)],
            env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
            capture_output=True,
            check=True,
        )
        return {path.name for path in cache.rglob("*.nbc")}

    compiled = run("compile_kernels.py", "--output", tmp_path / "done")
    assert compiled and (tmp_path / "done").is_file()
    reads = sorted((tmp_path / "cohort").rglob("P01-TIL-CD8_R?.fastq.gz"))
    words = ["--sample", "S", "--fastq", *reads, "--index", prefix, "--bundle", BUNDLE]
    outputs = ["--counts", tmp_path / "c.npz", "--qc", tmp_path / "q.json"]
    bam = ["--output-bam", tmp_path / "S.bam"]
    assert run("count_alleles.py", *words, *outputs, *bam) == compiled
