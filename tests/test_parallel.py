"""One function over many items in several processes."""

from __future__ import annotations

import os
import time

import pytest

from mitotransfer.parallel import in_order


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_results_come_in_the_order_of_the_items(processes):
    def slow_square(x: int) -> int:  # a closure: nothing that could be pickled
        time.sleep(0.02 if x % 2 else 0)
        return x * x

    assert list(in_order(slow_square, range(20), processes)) == [x * x for x in range(20)]


def test_work_is_done_in_other_processes_after_the_first_item():
    first, *others = in_order(lambda _: os.getpid(), range(8), 2)
    assert first == os.getpid() and first not in others
    assert set(in_order(lambda _: os.getpid(), range(8), 1)) == {os.getpid()}


def test_processes_inherit_what_the_first_item_leaves():
    compiled = []

    def work(x: int) -> int:
        if not compiled:
            compiled.append(x)
        return compiled[0]

    assert list(in_order(work, range(1, 9), 2)) == [1] * 8
    assert list(in_order(work, [], 2)) == []


def test_an_error_reaches_the_caller():
    def fail(x: int) -> int:
        raise ValueError(f"no {x}")

    with pytest.raises(ValueError, match="no 0"):
        list(in_order(fail, range(8), 2))
