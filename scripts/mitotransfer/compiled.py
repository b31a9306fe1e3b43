"""``njit`` for kernels that call kernels of other modules.

numba's cache checks only the file of a function. After a change in another module that the function
calls, it would run the old code. Here a digest of all modules with compiled code names the cache
folder, so that a change in one of them compiles anew. In it kernels are found by their module's
name, so that copies of the package with one ``NUMBA_CACHE_DIR`` compile once.
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
    """Cache folder for the present code, inside numba's own."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        content = path.read_bytes()
        if b"compiled import njit" in content or path == Path(__file__):
            digest.update(content)
    base = Path(config.CACHE_DIR) if config.CACHE_DIR else PACKAGE / "__pycache__"
    return base / f"numba-{digest.hexdigest()[:12]}"


_FOLDER = _cache_folder()


class ByModule(caching.InTreeCacheLocator):
    """Place of a kernel in the cache: a folder of its module's name."""

    def __init__(self, py_func: Callable[..., Any], py_file: str) -> None:
        super().__init__(py_func, py_file)
        self._cache_path = str(_FOLDER / py_func.__module__)


# If the folder cannot be written, the user's cache is used.
_LOCATORS = f"{__name__}.{ByModule.__name__},{caching.UserWideCacheLocator.__name__}"


def njit(function: Function) -> Function:
    """Compile a function in numba's nopython mode, cached, without Python's lock."""
    return _compiled(function)


def njit_views(function: Function) -> Function:
    """The same for functions that make no arrays, only views of their arguments.

    If such a function returns an array, alone or in a tuple, only functions of this kind may call
    it: others would release a reference that was never counted.

    Counting references to views costs a quarter of the time of a loop over reads; the caller holds
    the arrays, so the count is not needed. Passing arrays costs as much (seven words each), so
    these functions are inlined.
    """
    return _compiled(function, _nrt=False, forceinline=True)


def _compiled(function: Function, **options: bool) -> Function:
    before = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = _LOCATORS  # read when the decorator runs
    try:
        compile_: Any = numba.njit  # takes more options than it declares
        # Nothing calls kernels from C: wrappers for C would take 2 CPU s more to compile.
        compiled = compile_(function, cache=True, nogil=True, no_cfunc_wrapper=True, **options)
    finally:
        config.CACHE_LOCATOR_CLASSES = before
    return cast(Function, compiled)
