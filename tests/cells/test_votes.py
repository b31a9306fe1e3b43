from __future__ import annotations

import numpy as np
import pytest

from mitotransfer.cells import votes

ONE_KEY = np.uint64(1 << 7)


def ballot(**numbers: int) -> np.uint64:
    """Votes by allele and strand, such as ``C1=3`` for three reverse ones of C."""
    total = 0
    for name, number in numbers.items():
        total |= number << 8 * (2 * "ACGT".index(name[0]) + int(name[1]))
    return np.uint64(total)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"A0": 1}, 0),
        ({"T1": 1}, 7),
        ({"C0": 1, "C1": 2}, 3),
        ({"C0": 2, "G1": 1}, 2),
        ({"C0": 1, "G1": 1}, -1),  # mates that differ
        ({"C0": 2, "G1": 1, "A0": 1}, -1),  # most votes, but not more than half
        ({}, -1),
        ({"G0": 255, "G1": 255, "A0": 255}, 4),
    ],
)
def test_more_than_half_of_the_votes_elect_a_base(numbers, expected):
    assert votes.elected(ballot(**numbers), np.uint64(0)) == expected


def test_the_key_decides_a_tie_of_strands():
    tie = ballot(C0=2, C1=2)
    assert {votes.elected(tie, key) for key in (np.uint64(0), ONE_KEY)} == {2, 3}


def test_many_votes_keep_their_shares():
    table = votes.new_votes(16)
    place, new = votes.entry(np.uint64(77), 0, 5, table)
    assert new
    for k in range(3000):
        votes.vote(place, 1 if k % 3 else 2, 0, table)
    shares = [int(table.ballots[place] >> np.uint64(8 * 2 * base)) & 255 for base in (1, 2)]
    assert shares[0] / sum(shares) == pytest.approx(2 / 3, abs=0.05)
    assert votes.elected(table.ballots[place], np.uint64(77)) == 2


def test_entries_that_end_are_counted_and_others_kept(monkeypatch):
    monkeypatch.setattr(votes, "START", 8)
    pool = votes.Pool()
    for number in range(4):
        key = np.uint64(votes.mix(np.uint64(number + 1)))
        place, _ = votes.entry(key, number, number, pool.votes)
        pool.votes.last[place] = 10 * number
        votes.vote(place, number, 1, pool.votes)
    first = pool.settle(15)
    assert sorted(first.cells.tolist()) == [0, 1]
    assert sorted(first.values.tolist()) == [1, 3]
    assert pool.votes.used[0] == 2
    rest = pool.settle(1 << 20)
    assert sorted(rest.cells.tolist()) == [2, 3]
    assert pool.votes.used[0] == 0


def test_a_table_that_stays_full_grows(monkeypatch):
    monkeypatch.setattr(votes, "START", 8)
    pool = votes.Pool()
    for number in range(5):
        place, _ = votes.entry(np.uint64(votes.mix(np.uint64(number + 1))), number, 0, pool.votes)
        pool.votes.last[place] = 1000
        votes.vote(place, 0, 0, pool.votes)
    assert pool.full
    assert len(pool.settle(0).cells) == 0
    assert not pool.full
    assert len(pool.settle(2000).cells) == 5


def test_an_entry_of_a_molecule_alone_gives_no_base():
    pool = votes.Pool()
    place, _ = votes.entry(np.uint64(9), 0, votes.MOLECULE, pool.votes)
    pool.votes.last[place] = 3
    assert len(pool.settle(10).cells) == 0
