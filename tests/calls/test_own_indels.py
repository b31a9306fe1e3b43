"""Indels have the names that the sample's own sequence gives them, whatever the aligner did."""

import numpy as np
import pytest
from draws import REFERENCE, SETTINGS, alleles_of, clean, with_indels
from hypothesis import given, settings
from hypothesis import strategies as st
from places import GENOME, PLACEHOLDER
from simulated_reads import Library, counted, index, on_circle, pair

from mitotransfer.calls import audit, call, hsd, own_indels
from mitotransfer.counts import allele_counts
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.errors.background import background
from mitotransfer.errors.sample_errors import estimate_errors
from mitotransfer.genome import consequences
from mitotransfer.genome.hgvs import as_change, hgvs_m
from mitotransfer.genome.reference import Reference, encode
from mitotransfer.reads.lanes import SampleReads

# Fixed SNVs; base after which bases are inserted, or from which on they are lost; how many are
# lost, or which are inserted; name; whether a base is part of the event.
MOLECULES = [
    ({}, 309, "C", "m.309dup", False),
    ({}, 315, "C", "m.315dup", False),
    ({310: "C"}, 309, "C", "m.315dup", False),
    ({309: "T"}, 308, "C", "m.308dup", True),
    ({305: "T"}, 309, "C", "m.309dup", True),
    ({305: "T"}, 304, "C", "m.304dup", True),
    ({305: "T"}, 309, 1, "m.309del", True),
    ({}, 16188, "C", "m.16188dup", False),
    ({}, 16193, "C", "m.16193dup", False),
    ({16189: "C"}, 16184, "C", "m.16193dup", False),
    ({16189: "C"}, 16193, 1, "m.16193del", False),
    ({16183: "C", 16189: "C"}, 16193, "C", "m.16193dup", False),
    ({16186: "T"}, 16188, "C", "m.16188dup", True),
    ({16186: "T"}, 16185, "C", "m.16185dup", True),
    ({16187: "T"}, 16188, 1, "m.16188del", True),
    ({}, 523, "CA", "m.523_524dup", False),
    ({}, 513, "CA", "m.523_524dup", False),
    ({513: "A"}, 523, "CA", "m.523_524dup", False),
    ({523: "C"}, 522, "AC", "m.521_522dup", True),
    ({517: "T"}, 523, "CA", "m.523_524dup", True),
    ({517: "T"}, 522, 2, "m.523_524del", True),
    ({520: "G"}, 519, 2, "m.520_521del", True),
    ({}, 8289, "CCCCCTCTA", "m.8281_8289dup", False),
    ({}, 8271, 9, "m.8281_8289del", False),
    ({8276: "T"}, 8281, 9, "m.8281_8289del", True),
    ({8281: "T"}, 8289, "CCCCCTCTA", "m.8281_8289dup", True),
    ({8277: "C", 8279: "C"}, 8280, "C", "m.8285dup", False),
    ({}, 960, "C", "m.960dup", False),
    ({}, 965, "C", "m.965dup", False),
    ({961: "C"}, 956, "C", "m.965dup", False),
    ({961: "C"}, 965, 1, "m.965del", False),
    ({958: "T"}, 960, "C", "m.960dup", True),
    ({958: "T"}, 957, "C", "m.957dup", True),
    ({960: "T"}, 959, 1, "m.959del", False),
]


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    return index(tmp_path_factory.mktemp("index"))


def molecule(snvs, place=1, what=""):
    bases = list(REFERENCE.sequence)
    for pos, base in snvs.items():
        bases[pos - 1] = base
    if isinstance(what, int):
        bases[place - 1 : place - 1 + what] = [""] * what
    else:
        bases[place - 1] += what
    bases[PLACEHOLDER] = ""
    return "".join(bases)


def sample(folder, prefix, snvs, place, what, share=0.3):
    """Counts of reads around an indel that a share of the molecules has."""
    library, rng = Library(), np.random.default_rng(place)
    starts = rng.integers(on_circle(place) - 330, on_circle(place) + 30, 600)
    for i, start in enumerate(starts.tolist()):
        carries = i < share * starts.size
        genome = molecule(snvs, place, what) if carries else molecule(snvs)
        library.add(f"r{i}", pair(genome, start, 300, 150, bool(i % 2)), ("I" * 150,) * 2)
    lane = library.write(folder / "reads", gzipped=False)
    allele_counts.save(counted(prefix, SampleReads("S1", [lane])), folder / "S1.npz")
    return allele_counts.load(folder / "S1.npz", sums=True)


@pytest.mark.slow
@pytest.mark.parametrize(("snvs", "place", "what", "name", "part"), MOLECULES)
def test_molecules_are_named_by_their_own_sequence(tmp_path, prefix, snvs, place, what, name, part):
    counts = sample(tmp_path, prefix, snvs, place, what)
    tested = alleles_of(counts)
    found = consequences.annotate(call.call(tested, GENOME, SETTINGS), GENOME, tested.changes)
    named = dict(zip(found["hgvs_m"], found["filter"], strict=True))
    substitutions = {f"m.{p}{REFERENCE.sequence[p - 1]}>{base}" for p, base in snvs.items()}
    passed = {key for key in named if named[key] == "PASS"}
    assert passed | substitutions == {name} | substitutions and substitutions <= set(named)
    assert found.loc[found["type"] == "SNV", "state"].isin(["homoplasmic"]).sum() == len(snvs)
    bases = tested.bases
    assert bases["filter"].str.contains("part_of_indel").any() == part
    # The table of tested alleles gives the same names.
    predicted = background(estimate_errors(counts), REFERENCE)
    table = audit.table(tested, counts, predicted, GENOME, SETTINGS)
    again = own_indels.rows_as_counts(table, REFERENCE.length)
    assert np.array_equal(again.bases, counts.bases)
    assert own_indels.own_indels(again, REFERENCE).changes == tested.changes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("snvs", "place", "what", "names"),
    [
        ({16189: "C"}, 16193, "C", {"16189C", "16193.1C"}),
        ({961: "C"}, 956, "C", {"961C", "965.1C"}),
        ({}, 513, "CA", {"524.1AC"}),
        ({8277: "C", 8279: "C"}, 8280, "C", {"8277C", "8279C", "8285.1C"}),
    ],
)
def test_haplotypes_have_the_same_names(tmp_path, prefix, snvs, place, what, names):
    counts = sample(tmp_path, prefix, snvs, place, what, share=1.0)
    tested = alleles_of(counts)
    found = call.call(tested, GENOME, SETTINGS)
    profile = hsd.of_sample(counts, found, tested.changes, GENOME, 30)
    assert set(profile.variants) == names


def own_counts(own, indels):
    """Counts of a sample with this sequence (letters at positions, the rest is rCRS)."""
    bases = clean(2000).bases.copy()
    for pos, shares in own.items():
        bases[pos - 1] = 0
        for base, k in shares.items():
            bases[pos - 1, "ACGT".index(base)] = k // 2
    return with_indels(Counts(bases, None, {}), indels)


@pytest.mark.parametrize(
    ("lacking", "name", "moved"),
    [(600, "m.309dup", 600), (20, "m.305_306insT", 600), (1900, "m.305_306insT", 0)],
)
def test_a_base_is_part_of_an_indel_of_as_many_fragments(lacking, name, moved):
    own = {305: {"T": 2000, "C": lacking}}
    counts = own_counts(own, [(304, "C", "CT", 300, 300)])
    found = own_indels.own_indels(counts, REFERENCE)
    assert hgvs_m(REFERENCE, found.changes[304, "C", "CT"]) == name
    assert found.moved[304, 1] == found.moved.sum() == moved


@pytest.mark.parametrize(("further", "name"), [("A", "m.520_521del"), ("G", "m.523_524del")])
def test_a_deletion_may_take_an_snv_along(further, name):
    """Of ``...CACAGACA...`` the same two bases seem to be lost; the SNV is seen again, or not."""
    own = {520: {"G": 1400, "C": 600}, 522: {"C": 1400, further: 600}}
    counts = own_counts(own, [(513, "GCA", "G", 300, 300)])
    found = own_indels.own_indels(counts, REFERENCE)
    assert hgvs_m(REFERENCE, found.changes[513, "GCA", "G"]) == name
    assert found.moved[519, 1] == 600


def test_without_an_snv_nearby_names_are_those_along_the_reference():
    rows = [(302, "A", "AC", 9, 9), (3105, "ACNT", "A", 9, 9), (16568, "TGG", "T", 9, 9)]
    counts = own_counts({9000: {"C": 2000}}, rows)
    found = own_indels.own_indels(counts, REFERENCE)
    for row in rows:
        assert found.changes[row[:3]] == as_change(REFERENCE, *row[:3])
    assert not found.moved.any()


@settings(max_examples=200)
@given(
    st.text("AC", min_size=140, max_size=160),
    st.lists(st.integers(0, 139), max_size=3),
    st.integers(1, 139),
    st.integers(1, 3),
    st.text("AC", min_size=1, max_size=4),
    st.booleans(),
)
def test_an_indel_has_the_place_that_it_has_on_the_own_sequence(
    sequence, snvs, pos, size, inserted, deletes
):
    letters = list(sequence)
    for place in snvs:
        letters[place] = "G"
    own = "".join(letters)
    genome = Reference(sequence, encode(sequence))
    ref = sequence[pos - 1] + (sequence[pos : pos + size] if deletes else "")
    alt = ref[0] if deletes else ref + inserted
    change = own_indels.own_change(genome, own, pos, ref, alt)
    whole = own[pos - 1] + (own[pos : pos + size] if deletes else "")
    changed = whole[0] if deletes else whole + inserted
    expected = as_change(Reference(own, encode(own)), pos, whole, changed)
    if len(set(sequence[pos - 5 : pos + 5])) > 1:  # runs that go around a small circle aside
        assert change == expected
