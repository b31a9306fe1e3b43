"""Fixtures of all tests: paths in the repository, and the aligner's index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from places import REPOSITORY
from snakemake_run import numba_cache

# Copies of the workflow and their processes share this checkout's compiled code.
os.environ["NUMBA_CACHE_DIR"] = str(numba_cache())


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """``-n`` alone shares out files, not tests: a file's tests share what they set up."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "loadfile"


#: Folders of the tests that take longest, the longest first.
LONGEST = ("workflow", "steps")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that take longest start first, so that no worker waits for one at the end."""
    places = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Index of the circle, as ``index_reference`` writes it."""
    from simulated_reads import index  # loads the aligner, which most tests do without

    return index(tmp_path_factory.mktemp("index"))
