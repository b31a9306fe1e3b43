"""Whom the majority of a patient's samples contradicts."""

import numpy as np
from people import PEOPLE, USABLE

from mitotransfer.patient import parties

A, B = PEOPLE[:2]


def mixed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The haplotype of a mixture: what differs is not fixed."""
    return np.where(one == other, one, np.int8(-1))


def test_outsiders_are_left_out_of_pooling() -> None:
    roles = ["tumor", "tumor", "immune", "normal"]
    assert parties.outsiders("autologous", roles, [A, B, A, A], USABLE) == {1}
    assert parties.outsiders("autologous", roles, [A, A, A, A], USABLE) == set()
    assert parties.outsiders("autologous", ["tumor", "normal"], [A, B], USABLE) == set()
    assert parties.outsiders("allogeneic", roles, [B, B, mixed(A, B), A], USABLE) == set()
