"""Fixtures of all tests: paths in the repository, and the aligner's index."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings
from places import REPOSITORY
from snakemake_run import numba_cache

from mitotransfer import startup

# Copies of the workflow and their processes share this checkout's compiled code.
os.environ["NUMBA_CACHE_DIR"] = str(numba_cache())
TESTS = Path(__file__).parent
# Modules and collected tests stay to the end.
startup.collect_rarely()
# How long an example takes depends on what else runs.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """``-n`` alone shares out files, not tests: a file's tests share what they set up."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "loadfile"


#: Files and folders in the order in which they start. The run of the workflow compiles the kernels
#: of reads; beside it come tests that need none of them, then the longest of the others.
ORDER = ("workflow/test_workflow.py", "report", "verdicts", "steps", "workflow", "calls")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests start early, so that no worker waits for one at the end."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(TESTS).as_posix()
        return next((at for at, name in enumerate(ORDER) if path.startswith(name)), len(ORDER))

    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Searches for garbage pass over what was collected."""
    gc.freeze()


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Index of the circle, as ``index_reference`` writes it."""
    from simulated_reads import index  # loads the aligner, which most tests do without

    return index(tmp_path_factory.mktemp("index"))
