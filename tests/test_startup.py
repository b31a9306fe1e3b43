"""Measures that shorten start-up change no result."""

from __future__ import annotations

import gc
import subprocess
import sys

from places import SCRIPTS

from mitotransfer import startup


def test_numba_is_imported_without_linear_algebra_which_can_be_imported_later():
    code = (
        "import sys, gc; import mitotransfer.compiler;"
        "assert 'scipy.linalg' not in sys.modules and gc.isenabled();"
        "from scipy import linalg; assert linalg.det([[2.0]]) == 2"
    )
    subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, check=True)


def test_searches_for_garbage_are_rare_and_stay_on():
    before = gc.get_threshold()
    usual = (700, 10, 10)
    # Another test of this process may have called it.
    gc.set_threshold(*usual)
    try:
        startup.collect_rarely()
        assert gc.isenabled() and gc.get_threshold()[0] > usual[0]
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
