"""``njit`` for kernels: functions that numba compiles, and imports itself for, at their first call.

Of the many kernels of a module a step calls a few, and of the steps that import such a module some
call none. numba takes a quarter of a CPU second to import.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


class Kernel:
    """A function that is compiled at its first call, by itself or in another kernel."""

    def __init__(self, function: Callable[..., Any], **options: bool) -> None:
        update_wrapper(self, function)
        self._function, self._options = function, options

    @cached_property
    def _dispatcher(self) -> Any:
        from mitotransfer import compiler

        return compiler.dispatcher(self._function, **self._options)

    @cached_property
    def _part(self) -> Any:
        from mitotransfer import compiler

        return compiler.part(self._function, **self._options)

    def __call__(self, *arguments: Any) -> Any:
        return self._dispatcher(*arguments)

    @property
    def _numba_type_(self) -> Any:
        """By this numba knows what a kernel calls."""
        return self._part._numba_type_


def njit(function: Function) -> Function:
    """Compile a function in numba's nopython mode, cached, without Python's lock."""
    return cast(Function, Kernel(function))


def njit_views(function: Function) -> Function:
    """The same for functions that make no arrays, only views of their arguments.

    If such a function returns an array, alone or in a tuple, only functions of this kind may call
    it: others would release a reference that was never counted.

    Counting references to views costs a quarter of the time of a loop over reads; the caller holds
    the arrays, so the count is not needed. Passing arrays costs as much (seven words each), so
    these functions are inlined.
    """
    return cast(Function, Kernel(function, _nrt=False, forceinline=True))
