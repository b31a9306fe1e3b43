"""The table of reads that wait for their mates."""

from __future__ import annotations

import numpy as np

from mitotransfer.counts import mates
from mitotransfer.counts.counter import new_tally
from mitotransfer.counts.decode import R_ALLOWED, R_MISMATCHES, R_SPAN, R_START
from mitotransfer.counts.fragments import BASES, EVENTS, FOUND, FREE, ROWS


def fnv(name):
    """FNV-1a as its authors state it."""
    value = 0xCBF29CE484222325
    for letter in name:
        value = ((value ^ letter) * 0x100000001B3) % 2**64
    return value


def test_names_are_hashed_as_published():
    for name in (b"a", b"read:1", b"0123456789" * 20):
        data = np.frombuffer(b"__" + name + b"rest", np.uint8).copy()
        assert mates.hash_name(data, 2, len(name)) == fnv(name)
    assert fnv(b"foobar") == 0x85944171F73967E8  # from their page


def test_keys_that_share_a_place_are_found():
    table = np.zeros(8, np.uint64)
    keys = [np.uint64((k << 23 | 7) << 20 | k + 1) for k in range(5)]  # all belong to place 7
    for k, key in enumerate(keys):
        place = mates.find(table, key)
        assert place == (7 + k) % 8 and table[place] == 0
        table[place] = key
    assert [mates.find(table, key) for key in keys] == [7, 0, 1, 2, 3]


def test_there_is_room_up_to_the_last_place_for_a_read_and_its_mate():
    tally = new_tally(np.zeros(1000, np.uint8))
    put_off = mates.new_put_off(10, 100, 5000)
    assert mates.room_for(0, 100, tally, put_off)
    for place, full in (
        (FOUND, len(tally.found) - mates.HELD_EVENTS),
        (ROWS, 8),
        (EVENTS, 100 - mates.HELD_EVENTS),
        (BASES, 5000 - 100 - mates.WIDTH),
    ):
        tally.used[place] = full
        assert mates.room_for(0, 100, tally, put_off)
        tally.used[place] = full + 1
        assert not mates.room_for(0, 100, tally, put_off)
        tally.used[place] = 0


def test_reads_that_end_before_a_position_are_counted_or_put_off_and_the_others_wait_on():
    tally = new_tally(np.zeros(1000, np.uint8))
    slots, put_off = mates.new_slots(4), mates.new_put_off(10, 100, 5000)
    for slot, (start, mismatches) in enumerate([(100, 0), (200, 4), (300, 0)]):
        slots.keys[slot] = slot + 1
        slots.rows[slot, [R_START, R_SPAN]] = start, 50
        slots.rows[slot, [R_MISMATCHES, R_ALLOWED]] = mismatches, 3
        slots.bases[slot], slots.qualities[slot] = 0, 30
    assert mates.release(250, slots, tally, put_off)
    assert slots.keys.tolist() == [0, 0, 3, 0]
    assert tally.used[FREE] == 3 and tally.used[ROWS] == 1
    assert slots.places[mates.find(slots.table, np.uint64(3))] == 2
    np.testing.assert_array_equal(np.flatnonzero(tally.matching[0]), range(100, 150))
    # The deferred read counts if the sample's own alleles explain it.
    for own, counted in ((0b0001, True), (0b1110, False)):
        again = new_tally(np.zeros(1000, np.uint8))
        place = np.zeros(3, np.int64)
        mask = np.full(1000, own, np.uint8)
        assert mates.settle(put_off, 1, place, mask, again)
        assert place.tolist() == [1, 0, 50]
        assert (again.matching[0, 200:250] > 0).all() == counted
