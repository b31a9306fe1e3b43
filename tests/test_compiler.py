"""Compiled kernels follow the code of every module of the package and its sub-packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from places import SCRIPTS

KERNEL = """from mitotransfer.compiled import njit


@njit
def one():
    return 1
"""
CALLER = """from mitotransfer.compiled import njit
from mitotransfer.stage.kernel import one


@njit
def two():
    return one() + 1
"""


@pytest.fixture
def scripts(tmp_path):
    """A package whose kernel calls the kernel of a sub-package."""
    package = tmp_path / "mitotransfer"
    (package / "stage").mkdir(parents=True)
    for module in ("compiled.py", "compiler.py", "startup.py"):
        shutil.copy(SCRIPTS / "mitotransfer" / module, package)
    (package / "__init__.py").touch()
    (package / "stage" / "__init__.py").touch()
    (package / "stage" / "kernel.py").write_text(KERNEL)
    (package / "caller.py").write_text(CALLER)
    return tmp_path


def result(scripts, cache=""):
    program = "from mitotransfer.caller import two; print(two())"
    environment = os.environ | {"PYTHONPATH": str(scripts), "NUMBA_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_an_edit_of_a_kernel_in_a_subpackage_compiles_its_callers_anew(scripts):
    assert result(scripts) == "2\n"
    kernel = scripts / "mitotransfer" / "stage" / "kernel.py"
    # To Python, a file with the same second and length is unchanged.
    kernel.write_text(KERNEL.replace("return 1", "return 2 + 3"))
    assert result(scripts) == "6\n"


def test_copies_of_the_package_share_what_is_compiled(scripts, tmp_path):
    cache, copy = tmp_path / "cache", tmp_path / "copy"
    shutil.copytree(scripts / "mitotransfer", copy / "mitotransfer")
    assert result(scripts, cache) == "2\n"
    kept = {path: path.stat().st_mtime_ns for path in cache.rglob("*.nb?")}
    assert len(kept) == 2  # an index and the code of the kernel, which holds what it calls
    assert result(copy, cache) == "2\n"
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.nb?")} == kept
