"""Parties: samples of a patient that share one haplotype."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from places import LENGTH
from scipy.sparse import csgraph

from mitotransfer.patient import parties
from mitotransfer.patient.parties import Compared, connected, outsiders, parties_of_patient

USABLE = np.ones(LENGTH, bool)
USABLE[301:316] = False
A = np.zeros(LENGTH, np.int8)
B = A.copy()
B[1000:1030] = 1
#: A donor's cells in a recipient: where the two differ, nothing is fixed.
MIXED = np.where(A == B, A, np.int8(-1))
ROLES = ["tumor", "tumor", "immune", "normal"]


@pytest.mark.parametrize(
    ("design", "roles", "haplotypes", "odd"),
    [
        ("autologous", ROLES, [A, B, A, A], {1}),
        ("autologous", ROLES, [A, A, A, A], set()),
        ("autologous", ROLES, [A, B, A, B], set()),  # no majority
        ("autologous", ["tumor", "normal"], [A, B], set()),
        ("allogeneic", ROLES, [B, B, MIXED, A], set()),
        ("allogeneic", ["tumor", "tumor", "tumor", "normal"], [B, B, A, A], {2}),
    ],
)
def test_a_majority_says_who_is_odd(
    design: str, roles: list[str], haplotypes: list[NDArray[np.int8]], odd: set[int]
) -> None:
    assert outsiders(design, roles, haplotypes, USABLE) == odd


def test_comparison_needs_positions_and_depth() -> None:
    enough = np.full(LENGTH, -1, np.int8)
    enough[1000 : 1000 + parties.MIN_COMPARED] = 0
    other, short = enough.copy(), enough.copy()
    other[1000 : 1001 + parties.POOLING_DIFFERENCES] = 1
    roles = ["tumor", "normal", "immune"]
    assert outsiders("autologous", roles, [enough, enough, other], USABLE) == {2}
    other[1499] = -1  # one position less than it takes
    assert outsiders("autologous", roles, [enough, enough, other], USABLE) == set()
    short[1000] = -1
    assert outsiders("autologous", ["normal"], [short], USABLE) == set()


def test_differences_count_up_to_the_limit_and_where_they_are_usable() -> None:
    near = A.copy()
    near[2000 : 2000 + parties.POOLING_DIFFERENCES] = 1
    assert outsiders("autologous", ROLES, [A, near, A, A], USABLE) == set()
    near[302:310] = 1  # in an artefact tract
    assert outsiders("autologous", ROLES, [A, near, A, A], USABLE) == set()
    near[2500] = 1
    assert outsiders("autologous", ROLES, [A, near, A, A], USABLE) == {1}


def test_the_parties_of_an_allogeneic_patient() -> None:
    samples = Compared(ROLES, [B, B, MIXED, A], USABLE, 8)
    donors, recipient = parties_of_patient("P", "allogeneic", range(4), samples)
    assert (donors.members, recipient.members) == ([0, 1], [2, 3])
    assert donors.decided and donors.trusted == [0, 1]
    # The donor's alleles in the mixture are ignored.
    assert recipient.distances.tolist() == [[0, 0], [0, 0]]
    assert recipient.compared[0, 1] == (USABLE & (MIXED >= 0)).sum()
    (alone,) = parties_of_patient("P", "autologous", [0, 3], samples)
    assert not alone.decided and alone.trusted == [] and alone.groups == [[0], [1]]
    assert alone.distances[0, 1] == 30


@given(st.integers(0, 7), st.data())
def test_groups_are_connected_components(n: int, data: st.DataObject) -> None:
    pairs = data.draw(
        st.lists(st.tuples(st.integers(0, max(n - 1, 0)), st.integers(0, max(n - 1, 0))))
    )
    joined = np.eye(n, dtype=bool)
    for a, b in pairs if n else []:
        joined[a, b] = joined[b, a] = True
    _, labels = csgraph.connected_components(joined, directed=False)
    slow = [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
    assert connected(joined) == sorted(slow, key=lambda group: (-len(group), group[0]))
