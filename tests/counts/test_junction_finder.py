"""From rows of split reads to junctions: ends, mates, margins, mismatches and short clips."""

from __future__ import annotations

import numpy as np
from places import RCRS

from mitotransfer.counts.junction_finder import find_junctions
from mitotransfer.counts.records import limits_of
from mitotransfer.counts.split_reads import (
    AFTER,
    BEFORE,
    CLIP,
    COLUMNS,
    END,
    KEY,
    KIND,
    LEFT,
    MATE,
    MISMATCHES,
    RIGHT,
    START,
    STRAND,
)
from mitotransfer.genome.circle import Circle, circle_codes
from mitotransfer.inputs.settings import Counting

CODES = circle_codes(RCRS)
LIMITS = limits_of(Counting(), Circle.of(RCRS), skip_duplicates=True)
REFERENCE_ALONE = (1 << CODES).astype(np.uint8)
# The common deletion: bases 8469 and 13447 of rCRS on the circle, between repeats of 13 bases.
COMMON = (8467, 13445, 13)


def read(
    key: int, start=COMMON[0], end=COMMON[1], left=60, right=60, more: dict[int, int] | None = None
) -> np.ndarray:
    row = np.zeros(COLUMNS, np.int64)
    row[[KEY, START, END, LEFT, RIGHT]] = key, start, end, left, right
    for column, value in (more or {}).items():
        row[column] = value
    return row


def found(*rows: np.ndarray, own=REFERENCE_ALONE, slack=0) -> list[list[int]]:
    table = np.array(rows, np.int64).reshape(-1, COLUMNS)
    return find_junctions(table, own, CODES, LIMITS, slack=slack).tolist()


def test_a_fragment_counts_once_by_its_first_mate():
    second = {MATE: 1, STRAND: 1}
    rows = [read(1, more=second), read(1), read(2, more=second), read(3)]
    assert found(*rows) == [[*COMMON, 2, 1]]
    assert found() == []


def test_both_sides_need_bases():
    assert found(read(1, left=19, right=100), read(2, left=100, right=19)) == []
    assert found(read(1, left=20, right=25)) == []  # too short a read
    assert found(read(1, left=20, right=26)) == [[*COMMON, 1, 0]]


def test_ends_within_reach_are_joined_and_others_are_not():
    near = read(4, start=COMMON[0] + 2, end=COMMON[1] + 2, left=62, right=58)
    assert found(read(1), read(2), near) == [[*COMMON, 3, 0]]
    # A read that has the margin only at the ends that it shows has it no more.
    short = read(4, start=COMMON[0] + 2, end=COMMON[1] + 2, left=20, right=60)
    assert found(read(1), read(2), short) == [[*COMMON, 2, 0]]
    other = read(4, end=COMMON[1] + 3)
    assert len(found(read(1), read(2), other)) == 2
    assert found(read(1), read(2), other, slack=10) == [[*COMMON, 3, 0]]


def test_ends_on_both_sides_of_the_origin_are_joined():
    last = len(CODES) - 2
    rows = [read(k, start=last, end=5000) for k in (1, 2)]
    other = read(3, start=1, end=5003, left=40, right=19)
    ((start, end, _, *fragments),) = found(*rows, other)
    assert (start, end, fragments) == (last, 5000, [3, 0])


def test_small_ones_and_those_in_the_tract_are_no_junctions():
    assert found(read(1, start=4000, end=4050)) == []  # 49 bases are missing
    assert len(found(read(1, start=4000, end=4051))) == 1
    assert found(read(1, start=4000, end=3960)) == []  # 41 bases are twice there
    for place in (303, 310):
        assert found(read(1, start=place, end=8000)) == []
        assert found(read(1, start=8000, end=place)) == []


def test_mismatches_count_unless_they_are_the_sample_s_own():
    places = np.array([8420, 8430, 8440, 8450, 8460])
    other = (CODES[places].astype(np.int64) + 1) % 4
    values = places << 3 | other + 1
    row = read(1, more={MISMATCHES: values[0] | values[1] << 18 | values[2] << 36})
    assert len(found(row)) == 1
    row[MISMATCHES + 1] = values[3] | values[4] << 18
    assert found(row) == []  # five of 120 bases, four are allowed
    own = REFERENCE_ALONE.copy()
    own[places[:1]] |= (1 << other[:1]).astype(np.uint8)
    assert len(found(row, own=own)) == 1


def packed_bases(place: int, size: int, step: int) -> int:
    bases = CODES[(place + step * np.arange(size)) % len(CODES)].astype(np.int64)
    return int((bases << 2 * np.arange(size)).sum())


def test_a_short_clip_counts_where_another_read_shows_its_junction():
    # The aligned part goes on over the repeat; seven bases behind it are clipped.
    last = COMMON[0] + COMMON[2]
    clip = packed_bases(COMMON[1] + COMMON[2], 7, 1)
    kind = {KIND: AFTER, CLIP: clip, STRAND: 1}
    after = read(2, start=last, end=0, left=80, right=7, more=kind)
    assert found(after) == []
    assert found(read(1), after) == [[*COMMON, 1, 1]]
    wrong = after.copy()
    wrong[CLIP] ^= 1
    assert found(read(1), wrong) == [[*COMMON, 1, 0]]
    # With six bases of the repeat's thirteen there are 19 behind the junction.
    kind = {KIND: AFTER, CLIP: clip & 4095}
    few = read(2, start=last, end=0, left=80, right=6, more=kind)
    assert found(read(1), few) == [[*COMMON, 1, 0]]
    clip = packed_bases(COMMON[0], 22, -1)
    kind = {KIND: BEFORE, CLIP: clip}
    before = read(2, start=COMMON[1], end=0, left=22, right=70, more=kind)
    assert found(read(1), before) == [[*COMMON, 2, 0]]
