"""One function over many items in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_function: Callable[[Any], Any]


def _adopt(function: Callable[[Any], Any]) -> None:
    global _function
    _function = function


def _call(item: Any) -> Any:
    return _function(item)


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], processes: int
) -> Iterator[Result]:
    """Results in the order of the items, whatever the number of processes.

    Processes are forked: the function may be a closure, and its data are shared, not copied. Items
    and results are copied.

    >>> list(in_order(abs, [-1, 2, -3], 1))
    [1, 2, 3]
    """
    if processes <= 1:
        yield from map(function, items)
        return
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, context, _adopt, (function,)) as pool:
        yield from pool.map(_call, items, chunksize=4)
