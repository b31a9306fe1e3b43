"""``njit`` for kernels that call kernels of other modules.

numba's cache looks at the file of the function alone, so that after a change in a module
that it calls, it would go on running the old code. Here the cache folder is named by the
contents of every module with compiled code: a change in one of them compiles anew.
"""

from __future__ import annotations

import gc
import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast


@contextmanager
def _quick_import() -> Iterator[None]:
    """Imports numba, with what it loads at its first use, in three fifths of the time.

    It looks for BLAS in SciPy, whose import would be the largest part and which no kernel needs;
    and what is imported is no garbage to collect.
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


with _quick_import():
    import numba
    import numba.np.arraymath
    from numba.core import config as numba_config

config: Any = numba_config
Function = TypeVar("Function", bound=Callable[..., Any])


def _cache_folder() -> str:
    """Cache folder for the code as it stands, inside the one that numba is told to use."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        content = path.read_bytes()
        if b"compiled import njit" in content or path == Path(__file__):
            digest.update(content)
    base = Path(config.CACHE_DIR) if config.CACHE_DIR else package / "__pycache__"
    return str(base / f"numba-{digest.hexdigest()[:12]}")


_FOLDER = _cache_folder()


def njit(function: Function) -> Function:
    """Compile a function in numba's nopython mode, cached, without Python's lock."""
    return _compiled(function)


def njit_views(function: Function) -> Function:
    """The same for functions that make no arrays, but views of those that they are given.

    Counting references to views costs a quarter of the time of a loop over reads; whoever calls
    holds the arrays, so nobody needs the count. Handing arrays on costs as much, seven words each,
    so that these functions are compiled into those that call them.
    """
    return _compiled(function, _nrt=False, forceinline=True)


def _compiled(function: Function, **options: bool) -> Function:
    before = config.CACHE_DIR
    config.CACHE_DIR = _FOLDER  # looked at when the decorator runs; others keep theirs
    try:
        compile_: Any = numba.njit  # takes more options than it declares
        compiled = compile_(function, cache=True, nogil=True, **options)
    finally:
        config.CACHE_DIR = before
    return cast(Function, compiled)
