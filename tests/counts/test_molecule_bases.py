"""The bases of molecules, kept and asked for."""

from __future__ import annotations

import numpy as np
import pytest

from mitotransfer.counts.decode import NOTHING, UNCOUNTED
from mitotransfer.counts.mates import hash_name
from mitotransfer.counts.molecule_bases import SILENT, Collector
from mitotransfer.counts.split_reads import END, KEY, START

CODES = np.arange(100, dtype=np.uint8) % 4


def molecule(start, size, changes=(), uncounted=()):
    bases = np.full(100, NOTHING, np.uint8)
    at = np.arange(start, start + size) % 100
    bases[at] = CODES[at]
    for place, code in changes:
        bases[place] = code
    for place in uncounted:
        bases[place] = CODES[place] + UNCOUNTED
    return bases, bases < UNCOUNTED, bases < NOTHING


def test_alleles_at_any_places():
    made = Collector(CODES)
    made.add("a", 0, *molecule(10, 50, [(20, 3)], [30]))
    made.add("b/1", 1, *molecule(90, 30))
    found = made.molecules()
    assert found.read_names() == ["a", "b/1"] and len(found) == 2
    asked = found.alleles(np.array([20, 21, 30, 95, 5]), CODES)
    np.testing.assert_array_equal(asked[0], [3, 1, SILENT, SILENT, SILENT])
    np.testing.assert_array_equal(asked[1], [SILENT, SILENT, SILENT, 3, 1])
    assert found.facts.tolist() == [[0, 10, 59, 49], [1, 90, 19, 30]]


@pytest.mark.parametrize(("start", "size", "ends"), [(0, 100, [0, 99]), (7, 1, [7, 7])])
def test_ends(start, size, ends):
    made = Collector(CODES)
    made.add("a", 0, *molecule(start, size))
    assert made.molecules().facts[0, 1:3].tolist() == ends


def test_no_molecules():
    none = Collector(CODES).molecules()
    assert len(none) == 0 and none.read_names() == []
    assert none.alleles(np.array([3]), CODES).shape == (0, 1)


def test_junctions_of_molecules():
    """With it, a little beside it, another one; across the start, into the end, elsewhere."""
    size = 2000
    codes = np.arange(size, dtype=np.uint8) % 4
    made = Collector(codes)

    def add(name, *places):
        bases = np.full(size, NOTHING, np.uint8)
        bases[np.r_[places]] = codes[np.r_[places]]
        made.add(name, 0, bases, bases < UNCOUNTED, bases < NOTHING)

    for name in ("with", "beside", "other"):
        add(name, slice(300, 601), slice(1500, 1800))
    add("start", slice(450, 760))
    add("end", slice(1300, 1700))
    add("short", slice(500, 760))
    rows = np.zeros((6, 12), np.int64)
    rows[4:, KEY] = np.iinfo(np.int64).max, -1  # beyond the keys of all reads
    for k, (name, first, last) in enumerate(
        [("with", 600, 1500), ("beside", 612, 1514), ("other", 640, 1500), ("left out", 600, 1500)]
    ):
        key = np.frombuffer(name.encode(), np.uint8).copy()
        rows[k, KEY] = int(hash_name(key, np.int64(0), np.int64(len(key)))) >> 1
        rows[k, [START, END]] = first, last
    found = made.molecules(rows)
    assert found.junctions.tolist() == [[0, 600, 1500], [1, 612, 1514], [2, 640, 1500]]
    assert found.junction(600, 1500, 3, size).tolist() == [1, 1, -1, 0, -1, -1]
