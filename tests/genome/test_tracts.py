"""Homopolymers and the table of artefacts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import GENOME, RCRS

from mitotransfer.genome import tracts
from mitotransfer.genome.reference import Reference, encode


def test_run_lengths_go_around_the_circle_and_over_the_placeholder():
    sequence = "AATTTCNCCGGA"
    runs = tracts.run_lengths(Reference(sequence, encode(sequence)))
    assert runs.tolist() == [3, 3, 3, 3, 3, 3, 0, 3, 3, 2, 2, 3]
    assert set(tracts.run_lengths(RCRS)[302:309]) == {7}


@given(st.text("ACN", min_size=1, max_size=20))
def test_run_lengths_are_those_found_by_walking(sequence):
    bases = [base for base in sequence if base != "N"]
    expected = []
    for index, base in enumerate(bases):
        ends = []
        for step in (1, -1):
            reach = 0
            while reach < len(bases) and bases[(index + step * (reach + 1)) % len(bases)] == base:
                reach += 1
            ends.append(reach)
        expected.append(min(sum(ends) + 1, len(bases)))
    runs = tracts.run_lengths(Reference(sequence, encode(sequence)))
    assert [runs[i] for i in range(len(sequence)) if sequence[i] != "N"] == expected
    assert all(runs[i] == 0 for i in range(len(sequence)) if sequence[i] == "N")


def test_next_to_a_homopolymer_is_near_it():
    near = tracts.near_homopolymer(np.array([5, 1, 1, 4, 4, 4, 4, 1, 5, 5, 5, 5]))
    assert np.flatnonzero(~near).tolist() == [2, 3, 4, 5, 6]
    assert GENOME.near_homopolymer[301:315].all()
    assert not GENOME.near_homopolymer[99]


def test_the_artefact_table_is_checked(tmp_path):
    path = tmp_path / "artefacts.tsv"
    path.write_text("start\tend\n1\t2\n")
    with pytest.raises(ValueError, match="effect"):
        tracts.load_artefacts(path)
    path.write_text("start\tend\teffect\n1\t2\tsometimes\n")
    with pytest.raises(ValueError, match="sometimes"):
        tracts.load_artefacts(path)


def test_a_mask_holds_the_tracts(tmp_path):
    path = tmp_path / "artefacts.tsv"
    path.write_text("# made up\nstart\tend\teffect\n2\t3\tflag\n3\t5\tno_snv\n")
    found = tracts.load_artefacts(path)
    assert found == [(2, 3, False), (3, 5, True)]
    assert np.flatnonzero(tracts.mask_of(found, 8)).tolist() == [1, 2, 3, 4]
