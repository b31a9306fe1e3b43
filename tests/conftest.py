"""What the tests share: places in the repository, and the aligner's index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from places import REPOSITORY
from snakemake_run import numba_cache

# Copies of the workflow, and all that they start, share what this checkout has compiled.
os.environ["NUMBA_CACHE_DIR"] = str(numba_cache())


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Index of the circle, as ``index_reference`` writes it."""
    from simulated_reads import index  # loads the aligner, which most tests do without

    return index(tmp_path_factory.mktemp("index"))
