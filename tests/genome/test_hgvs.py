"""HGVS names of changes of the mitogenome."""

import pytest
from draws import REFERENCE
from hypothesis import given, settings
from hypothesis import strategies as st
from places import PLACEHOLDER

from mitotransfer.genome import hgvs
from mitotransfer.genome.reference import Reference, encode

RCRS = REFERENCE.sequence


@pytest.mark.parametrize(
    ("pos", "ref", "alt", "name"),
    [
        (302, "A", "AC", "m.309dup"),
        (302, "A", "ACC", "m.308_309dup"),
        (302, "AC", "A", "m.309del"),
        (513, "GCA", "G", "m.523_524del"),
        (513, "G", "GCA", "m.523_524dup"),
        (8270, "CACCCCCTCT", "C", "m.8281_8289del"),
        (100, "G", "GTTT", "m.100_101insTTT"),
        (3105, "AC", "A", "m.3106del"),
        (3106, "CNT", "C", "m.3109del"),
        (3105, "ACNT", "A", "m.3106_3108del"),
        (16569, "G", "GC", "m.16569_1insC"),
        (16568, "TG", "T", "m.1del"),  # G at the end and the beginning of the circle
        (100, "GG", "CC", "m.100_101delinsCC"),
        (100, "GGA", "GC", "m.101_102delinsC"),
    ],
)
def test_indels_have_their_hgvs_names(pos, ref, alt, name):
    assert RCRS[pos - 1 : pos - 1 + len(ref)] == ref
    got = hgvs.hgvs_m(REFERENCE, hgvs.as_change(REFERENCE, pos, ref, alt))
    assert got == name


def mutated(sequence, change):
    """The circle after a change, cut open at the changed place."""
    first = change.pos - 1
    return sequence[first + change.deleted :] + sequence[:first] + change.inserted


@settings(max_examples=200)
@given(
    st.text("AC", min_size=6, max_size=14),
    st.integers(1, 5),
    st.integers(1, 3),
    st.text("AC", min_size=1, max_size=4),
    st.booleans(),
)
def test_shifting_never_changes_the_molecule(sequence, pos, size, inserted, deletes):
    genome = Reference(sequence, encode(sequence))
    if deletes:
        size = min(size, len(sequence) - pos - 1)
        ref, alt = sequence[pos - 1 : pos + size], sequence[pos - 1]
    else:
        ref, alt = sequence[pos - 1], sequence[pos - 1] + inserted
    expected = sequence[: pos - 1] + alt + sequence[pos - 1 + len(ref) :]
    change = hgvs.as_change(genome, pos, ref, alt)
    assert 1 <= change.pos <= len(sequence)
    last = change.pos + change.deleted - 1
    if last <= len(sequence):
        circle = mutated(sequence, change)
    else:
        circle = sequence[last - len(sequence) : change.pos - 1] + change.inserted
    rotations = {circle[i:] + circle[:i] for i in range(len(circle))}
    assert expected in rotations


def test_the_placeholder_is_never_named():
    change = hgvs.as_change(REFERENCE, 3105, "AC", "A")
    assert change.pos + change.deleted - 1 < PLACEHOLDER + 1
