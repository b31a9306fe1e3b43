"""``njit`` for kernels that call kernels of other modules.

numba's cache looks at the file of the function alone, so that after a change in a module that it
calls, it would go on running the old code. Here the cache folder is named by the contents of every
module with compiled code: a change in one of them compiles anew. Below it kernels are found by
their module's name, so that copies of the package with one ``NUMBA_CACHE_DIR`` compile once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from mitotransfer import startup

with startup.quick_numba_import():
    import numba
    import numba.np.arraymath  # noqa: F401  # else loaded at the first kernel; looks for BLAS
    from numba.core import caching
    from numba.core import config as numba_config

config: Any = numba_config
Function = TypeVar("Function", bound=Callable[..., Any])
PACKAGE = Path(__file__).parent


def _cache_folder() -> Path:
    """Cache folder for the code as it stands, inside the one that numba is told to use."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        content = path.read_bytes()
        if b"compiled import njit" in content or path == Path(__file__):
            digest.update(content)
    base = Path(config.CACHE_DIR) if config.CACHE_DIR else PACKAGE / "__pycache__"
    return base / f"numba-{digest.hexdigest()[:12]}"


_FOLDER = _cache_folder()


class ByModule(caching.InTreeCacheLocator):
    """Place of a kernel in the cache: its module's name in the folder of the code."""

    def __init__(self, py_func: Callable[..., Any], py_file: str) -> None:
        super().__init__(py_func, py_file)
        self._cache_path = str(_FOLDER / py_func.__module__)


# Where the folder cannot be written, that of the user.
_LOCATORS = f"{__name__}.{ByModule.__name__},{caching.UserWideCacheLocator.__name__}"


def njit(function: Function) -> Function:
    """Compile a function in numba's nopython mode, cached, without Python's lock."""
    return _compiled(function)


def njit_views(function: Function) -> Function:
    """The same for functions that make no arrays, but views of those that they are given.

    Where such a function returns an array, alone or in a tuple, only functions of this kind may
    call it: others would give up a reference that nobody took.

    Counting references to views costs a quarter of the time of a loop over reads; whoever calls
    holds the arrays, so nobody needs the count. Handing arrays on costs as much, seven words each,
    so that these functions are compiled into those that call them.
    """
    return _compiled(function, _nrt=False, forceinline=True)


def _compiled(function: Function, **options: bool) -> Function:
    before = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = _LOCATORS  # looked at when the decorator runs
    try:
        compile_: Any = numba.njit  # takes more options than it declares
        compiled = compile_(function, cache=True, nogil=True, **options)
    finally:
        config.CACHE_LOCATOR_CLASSES = before
    return cast(Function, compiled)
