"""Measures that shorten start-up, each with what it buys. There are none elsewhere but one.

At the package's root, because ``compiled`` needs one of them and imports nothing but root modules.
The exception is ``OPENBLAS_NUM_THREADS`` in the package's ``__init__``: it has to be set before
numpy is imported for the first time, and keeps OpenBLAS from starting a thread for each core.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


def collect_rarely() -> None:
    """Let Python search for garbage rarely, in a program that keeps what it makes to its end.

    Buys a fifth of Snakemake's planning (4.6 instead of 5.9 CPU s for 300 samples) and 0.1 to 0.2
    of 2.8 CPU s of counting a small sample, which loads compiled code.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@contextmanager
def quick_numba_import() -> Iterator[None]:
    """Imports numba without SciPy's linear algebra, which no kernel needs, nor collections.

    Buys 0.55 of 1.48 CPU s in each step with kernels: 0.36 s by hiding ``scipy.linalg``, in which
    numba looks for BLAS, and 0.19 s by not searching the imported modules for garbage.
    """
    absent = "scipy.linalg"
    hidden = absent not in sys.modules
    collects = gc.isenabled()
    gc.disable()
    if hidden:
        sys.modules[absent] = cast(Any, None)  # an import then fails
    try:
        yield
    finally:
        if hidden:
            del sys.modules[absent]
        gc.freeze()
        if collects:
            gc.enable()
