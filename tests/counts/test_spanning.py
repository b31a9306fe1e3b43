"""Bonds that reads and mates run across, against a mark of each base."""

from __future__ import annotations

import numpy as np

from mitotransfer.counts.decode import (
    R_AFTER,
    R_BEFORE,
    R_BREAK,
    R_BREAK_END,
    R_SPAN,
    R_START,
    R_STRAND,
    READ_COLUMNS,
)
from mitotransfer.counts.junctions import MARGIN
from mitotransfer.counts.spanning import SHORTEST, span_mates, span_read, summed

SIZE = 600


def row_of(rng: np.random.Generator) -> np.ndarray:
    row = np.zeros(READ_COLUMNS, np.int64)
    span = int(rng.integers(30, 250))
    row[[R_START, R_SPAN, R_STRAND]] = rng.integers(0, SIZE - span), span, rng.integers(2)
    if rng.random() < 0.3 and span > 100:
        row[R_BREAK] = row[R_START] + int(rng.integers(1, span - 60))
        row[R_BREAK_END] = row[R_BREAK] + 55
    if row[R_START] == 0 and rng.random() < 0.9:
        row[R_BEFORE] = rng.integers(1, 100)
    return row


def covered(row: np.ndarray) -> set[int]:
    """Bonds of a read, base by base."""
    start, stop = int(row[R_START]), int(row[R_START] + row[R_SPAN])
    before, after = int(row[R_BEFORE]), int(row[R_AFTER])
    if stop - start + before + after < SHORTEST:
        return set()
    parts = [(start, stop, before, after)]
    if row[R_BREAK_END]:
        parts = [(start, int(row[R_BREAK]), before, 0), (int(row[R_BREAK_END]), stop, 0, after)]
    found = set()
    for begin, end, more, beyond in parts:
        for bond in range(begin, end if beyond else end - 1):
            left, right = bond + 1 - begin + more, end - bond - 1 + beyond
            if left >= MARGIN and right >= MARGIN:
                found.add(bond)
    return found


def test_reads_add_the_bonds_that_they_cover():
    rng = np.random.default_rng(1)
    spans = np.zeros((SIZE + 1, 2), np.int64)
    expected = np.zeros((SIZE, 2), np.int64)
    for k in range(400):
        row = row_of(rng)
        if k % 5 == 0:  # the two halves of a read across the origin
            row[[R_START, R_BEFORE, R_BREAK, R_BREAK_END]] = 0, rng.integers(1, 100), 0, 0
        if k % 5 == 1:
            row[R_START] = SIZE - row[R_SPAN]
            row[[R_AFTER, R_BREAK, R_BREAK_END]] = rng.integers(1, 100), 0, 0
        span_read(row, spans)
        for bond in covered(row):
            expected[bond, row[R_STRAND]] += 1
    assert expected.any(axis=0).all() and expected[SIZE - 1].any()
    np.testing.assert_array_equal(summed(spans), expected)


def test_mates_add_each_bond_once():
    rng = np.random.default_rng(2)
    spans = np.zeros((SIZE + 1, 2), np.int64)
    expected = np.zeros((SIZE, 2), np.int64)
    for _ in range(1000):
        row, mate = row_of(rng), row_of(rng)
        if row[R_BREAK_END] and mate[R_BREAK_END]:
            mate[[R_BREAK, R_BREAK_END]] = 0
        if row[R_BREAK_END]:  # two parts of one read against one of the other
            row, mate = mate, row
        span_mates(row, mate, spans)
        own = covered(row)
        for bond in own:
            expected[bond, row[R_STRAND]] += 1
        for bond in covered(mate) - own:
            expected[bond, mate[R_STRAND]] += 1
    np.testing.assert_array_equal(summed(spans), expected)
