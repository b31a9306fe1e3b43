"""Junctions as alleles: their text, HGVS name, genes and what they lack."""

import numpy as np
import pandas as pd
import pytest
from places import GENOME, LENGTH, RCRS

from mitotransfer.genome import junction_alleles

#: The common deletion at its leftmost place: 13 bases are the same at either end.
COMMON = (8469, 13447)


def test_ends_come_back_from_the_allele() -> None:
    starts, after = np.array([8469, 16500]), np.array([13447, 3])
    alleles = [junction_alleles.allele("T", end) for end in after]
    found = junction_alleles.ends(pd.DataFrame({"pos": starts, "alt": alleles}))
    assert np.array_equal(found, [starts, after])
    assert [len(one) for one in junction_alleles.ends(pd.DataFrame({"pos": [], "alt": []}))] == [
        0
    ] * 2


def test_the_common_deletion() -> None:
    assert junction_alleles.repeat(RCRS, *COMMON) == 13
    # By the 3' rule the last copy of the repeat is missing: m.8483_13459del, 4,977 bases.
    assert junction_alleles.name(RCRS, *COMMON) == "m.8483_13459del"
    assert 13459 - 8483 + 1 == 4977
    assert junction_alleles.gene_names(GENOME.genes, *COMMON) == "MT-ATP8-MT-ND5"
    assert junction_alleles.repeats(RCRS, *map(np.array, ([8469], [13447]))).tolist() == [13]


@pytest.mark.parametrize("start", [1000, 3090, 16000, 16568])
@pytest.mark.parametrize("size", [60, 900, 9000])
def test_the_name_removes_the_same_molecule(start: int, size: int) -> None:
    """Independent: the molecule without the named bases is that without the bases between."""
    end = (start + size) % LENGTH + 1
    name = junction_alleles.name(RCRS, start, end)
    first, last = map(int, name.removeprefix("m.").removesuffix("del").split("_"))

    def without(low: int, n: int) -> str:
        turned = RCRS.sequence[low - 1 :] + RCRS.sequence[: low - 1]
        return turned[n:]

    n = (last - first) % LENGTH + 1
    one, other = without(first, n), without(start % LENGTH + 1, size)
    assert len(one) == len(other) == LENGTH - size
    assert other in one + one


def test_positions_that_a_deletion_lacks() -> None:
    start, end = np.array([8469, 16000]), np.array([13447, 101])
    pos = np.array([8469, 8470, 13446, 13447, 16001, 16569, 1, 100, 101])
    found = junction_alleles.covered(start, end, pos, LENGTH)
    assert found[:, 0].tolist() == [False, True, True, *[False] * 6]
    assert found[:, 1].tolist() == [*[False] * 4, *[True] * 4, False]


def test_windows_go_round_the_circle_and_leave_the_placeholder_out() -> None:
    joined, at_start, at_end = junction_alleles.windows(RCRS, 16568, 3109, 4)
    assert joined == [16564, 16565, 16566, 16567, 3108, 3109, 3110, 3111]
    assert at_start == [16564, 16565, 16566, 16567, 16568, 0, 1, 2]
    assert RCRS.placeholder == 3106 and at_end == [3103, 3104, 3105, 3107, *joined[4:]]
    assert junction_alleles.letters(RCRS, [0, 1, 2]) == "GAT"
