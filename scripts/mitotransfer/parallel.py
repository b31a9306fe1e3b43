"""One function over many items in several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
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
    and results are copied. The first item is done before: what it imports and compiles, the
    processes inherit. Saves 5 of 13 CPU s of ``assess_cohort`` where kernels are not yet compiled.

    >>> list(in_order(abs, [-1, 2, -3], 1))
    [1, 2, 3]
    """
    if processes <= 1:
        yield from map(function, items)
        return
    remaining = iter(items)
    yield from map(function, islice(remaining, 1))
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, context, _adopt, (function,)) as pool:
        yield from pool.map(_call, remaining, chunksize=4)
