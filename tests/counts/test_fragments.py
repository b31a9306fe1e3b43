"""Sums over reads and pairs, against a twin with dictionaries."""

from __future__ import annotations

import numpy as np
import pytest

from mitotransfer.counts import fragments
from mitotransfer.counts.counter import new_tally
from mitotransfer.counts.decode import (
    E_ANCHOR,
    E_HIGH,
    E_LEFT,
    E_LOW,
    E_QUALITY,
    E_RIGHT,
    E_SIZE,
    E_STRAND,
    EVENT_COLUMNS,
    NOTHING,
    R_EVENTS,
    R_FIRST,
    R_LAST,
    R_SPAN,
    R_START,
    R_STRAND,
    READ_COLUMNS,
    UNCOUNTED,
    UNSURE,
    Read,
)  # fmt: skip

SIZE = 300


def make_read(start, bases, qualities, strand=0, events=()):
    row = np.zeros(READ_COLUMNS, np.int64)
    row[[R_START, R_SPAN, R_STRAND, R_EVENTS]] = start, len(bases), strand, len(events)
    row[[R_FIRST, R_LAST]] = start, start + len(bases) - 1
    table = np.zeros((4, EVENT_COLUMNS), np.int64)
    for k, event in enumerate(events):
        for column, value in event.items():
            table[k, column] = value
    return Read(row, np.array(bases, np.uint8), np.array(qualities, np.uint8), table)


def random_read(rng, start, span, strand):
    kinds = [*range(4), *range(UNCOUNTED, UNCOUNTED + 4), NOTHING]
    bases = rng.choice(kinds, span, p=[0.2] * 4 + [0.04] * 4 + [0.04])
    return make_read(start, bases, rng.integers(20, 80, span), strand)


def counted(tally):
    fragments.unpack(tally)
    return tally.sums.reshape(4, SIZE, 4, 2)


def add_slowly(sums, read, at, k):
    """A base's share of the sums: itself, its quality, its distance; no mismatch is noted."""
    span = read.row[R_SPAN]
    values = 1, min(read.qualities[k], 63), min(k, span - 1 - k, 127), 0
    sums[:, at, read.bases[k], read.row[R_STRAND]] += np.array(values)


def test_pairs_count_each_position_once_as_a_slow_twin_does():
    rng = np.random.default_rng(4)
    tally = new_tally(rng.integers(0, 4, SIZE).astype(np.uint8))
    expected = np.zeros((4, SIZE, 4, 2), np.int64)
    discordant = both = 0
    for _ in range(300):
        starts, spans = rng.integers(0, 150, 2), rng.integers(20, 150, 2)
        read, held = (
            random_read(rng, a, b, s) for a, b, s in zip(starts, spans, (0, 1), strict=True)
        )
        wins = bool(rng.random() < 0.5)
        for at in range(SIZE):
            here = [(r, at - r.row[R_START]) for r in (held, read)]
            here = [(r, k) for r, k in here if 0 <= k < r.row[R_SPAN] and r.bases[k] < 4]
            if len(here) == 2:
                both += 1
                (one, i), (two, j) = here
                if one.bases[i] != two.bases[j]:
                    discordant += 1
                    continue
                held_better = int(one.qualities[i]) + wins > int(two.qualities[j])
                here = here[:1] if held_better else here[1:]
            for r, k in here:
                if r.bases[k] == tally.codes[at]:
                    add_slowly(expected, r, at, k)
        fragments.join_bases(read, held, wins, tally)
    # Reads with no mismatch noted add their matching bases alone.
    np.testing.assert_array_equal(counted(tally), expected)
    assert tally.overlaps.tolist() == [both, discordant, 0]
    assert both > 1000 and discordant > 500


def test_sums_do_not_overflow_the_word_that_they_are_packed_in():
    codes = np.zeros(SIZE, np.uint8)
    tally = new_tally(codes)
    read = make_read(100, [0] * 5, [200] * 5)
    for _ in range(5000):
        fragments.add_read(read, tally)
    sums = counted(tally)
    assert sums[0, 100:105, 0, 0].tolist() == [5000] * 5
    assert sums[1, 100:105, 0, 0].tolist() == [63 * 5000] * 5  # qualities count up to 63
    assert sums[2, 100:105, 0, 0].tolist() == [0, 5000, 10_000, 5000, 0]
    assert sums.sum() == 5000 * (5 + 5 * 63 + 4)


EVENT = {E_ANCHOR: 50, E_SIZE: 2, E_LOW: 7, E_HIGH: 0, E_LEFT: 49, E_RIGHT: 52, E_QUALITY: 30}


@pytest.mark.parametrize(
    ("held", "read", "mate_start", "wins", "found", "denied"),
    [
        ([{}], [{}], 10, True, [0], 0),  # both have it: once, of the held one in a tie
        ([{}], [{}], 10, False, [1], 0),
        ([{}], [{E_QUALITY: 31}], 10, True, [1], 0),  # of the better one
        ([{}], [], 10, True, [], 1),  # the mate covers it and has none
        ([{}], [], 50, True, [0], 0),  # the mate begins within it and cannot tell
        ([], [{}], 10, True, [], 1),
        ([{}], [{E_SIZE: -2}], 10, True, [], 2),  # another one at the place
        ([{E_QUALITY: UNSURE}], [], 50, True, [], 0),  # speaks neither for it nor against it
    ],
)
def test_an_indel_of_two_mates_counts_once_or_not(held, read, mate_start, wins, found, denied):
    tally = new_tally(np.zeros(SIZE, np.uint8))

    def events(changes, strand):
        return [EVENT | {E_STRAND: strand} | change for change in changes]

    one = make_read(10, [0] * 80, [30] * 80, 0, events(held, 0))
    two = make_read(mate_start, [0] * 80, [30] * 80, 1, events(read, 1))
    fragments.join_events(two, one, wins, tally)
    taken = tally.found[: tally.used[fragments.FOUND]]
    assert taken[:, E_STRAND].tolist() == found
    assert tally.overlaps.tolist() == [0, 0, denied]
