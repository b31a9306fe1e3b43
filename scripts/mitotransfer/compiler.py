"""Compilation by numba, with a cache that knows when a called kernel has changed.

numba's cache checks only the file of a function. After a change in another module that the function
calls, it would run the old code. Here a digest of all modules with compiled code names the cache
folder, so that a change in one of them compiles anew. In it kernels are found by their module's
name, so that copies of the package with one ``NUMBA_CACHE_DIR`` compile once.

``compiled`` imports this module when the first kernel is called.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mitotransfer import startup

with startup.quick_numba_import():
    import numba
    import numba.np.arraymath  # noqa: F401  # else loaded at the first kernel; looks for BLAS
    from numba.core import caching
    from numba.core import config as numba_config
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import Compiler
    from numba.core.cpu import _dynfunc

config: Any = numba_config
PACKAGE = Path(__file__).parent
#: How kernels are compiled.
_OWN = (Path(__file__), PACKAGE / "compiled.py")


def _cache_folder() -> Path:
    """Cache folder for the present code, inside numba's own."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        content = path.read_bytes()
        if b"compiled import njit" in content or path in _OWN:
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


def dispatcher(function: Callable[..., Any], **options: bool) -> Any:
    """A function in numba's nopython mode, cached, without Python's lock."""
    before = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = _LOCATORS  # read when the decorator runs
    try:
        compile_: Any = numba.njit  # takes more options than it declares
        # Nothing calls kernels from C: wrappers for C would take 2 CPU s more to compile.
        return compile_(function, cache=True, nogil=True, no_cfunc_wrapper=True, **options)
    finally:
        config.CACHE_LOCATOR_CLASSES = before


class _PartOfCaller(JITCodeLibrary):
    """Code of a function that is optimised as a part of the kernel that calls it."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalized = True


def _nothing_to_run(library: Any, function: Any, environment: Any) -> Any:
    """By this numba knows a function that has no machine code."""
    library.finalize()
    name = function.qualname.split(".")[-1]
    return _dynfunc.make_function(function.lookup_module(), name, "", 0, environment, (library,))


class _PartCompiler(Compiler):
    """numba's compiler without what a function needs to be run by itself."""

    def __init__(self, typing: Any, target: Any, library: Any, *arguments: Any) -> None:
        library = _PartOfCaller(target.codegen(), "part")
        super().__init__(typing, target, library, *arguments)
        self.state.targetctx.get_executable = _nothing_to_run


def part(function: Callable[..., Any], **options: bool) -> Any:
    """The function for kernels that call it: typed and lowered, optimised with each caller.

    Were each optimised by itself too, with machine code of its own, kernels would take half as
    long again to compile. It must not print or make Python's objects.
    """
    compile_: Any = numba.njit
    return compile_(
        function, nogil=True, no_cfunc_wrapper=True, no_cpython_wrapper=True,
        pipeline_class=_PartCompiler, **options,
    )  # fmt: skip
