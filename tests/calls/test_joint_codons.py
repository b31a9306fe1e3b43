"""SNVs of one codon: named together where one is fixed, flagged where neither is."""

import numpy as np
import pandas as pd
import pytest
from draws import REFERENCE
from places import GENOME

from mitotransfer.calls import joint_codons, phasing
from mitotransfer.genome import consequences

GENES = {gene.name: gene for gene in GENOME.genes}


def frame(*rows):
    """Annotated rows of ``pos alt state`` and optionally ``filter``."""
    out = pd.DataFrame(
        [(p, REFERENCE.sequence[p - 1], a, "SNV", s, *(f or ["PASS"]), "") for p, a, s, *f in rows],
        columns=["pos", "ref", "alt", "type", "state", "filter", "flags"],
    )
    return consequences.annotate(out, GENOME, {})


def join(table, together=(), apart=()):
    found = phasing.Phases(frozenset(together), frozenset(apart), np.full(len(table), np.nan))
    return joint_codons.join(table, GENOME, found)


def joined(*rows, **phases):
    found = join(frame(*rows), **phases)
    return list(zip(found["consequence"], found["hgvs_p"], found["flags"], strict=True))


# MT-CO1 5904: ATG TTC GCC; the second codon TTC is Phe, TCC Ser, TTA Leu, TCA Ser.
ONE, TWO = 5908, 5909


def test_the_codon_of_the_example():
    assert REFERENCE.sequence[5903:5912] == "ATGTTCGCC"
    assert GENES["MT-CO1"].start == 5904


def test_a_heteroplasmy_is_named_with_the_fixed_difference_in_its_codon():
    got = joined((ONE, "C", "homoplasmic"), (TWO, "A", "heteroplasmic"))
    assert got == [("missense", "p.Phe2Ser", ""), ("missense", "p.Phe2Ser", "joint_codon")]
    # Alone it would be another amino acid.
    assert joined((TWO, "A", "heteroplasmic"))[0] == ("missense", "p.Phe2Leu", "")


def test_two_fixed_differences_are_one_change():
    got = joined((ONE, "G", "homoplasmic"), (TWO, "A", "homoplasmic"))  # TGA, Trp here
    assert got == [("missense", "p.Phe2Trp", "joint_codon")] * 2


def test_two_heteroplasmies_are_named_apart_and_flagged():
    got = joined((ONE, "C", "heteroplasmic"), (TWO, "A", "heteroplasmic"))
    assert got == [
        ("missense", "p.Phe2Ser", "same_codon"),
        ("missense", "p.Phe2Leu", "same_codon"),
    ]


def test_two_heteroplasmies_of_the_same_molecules_are_named_together():
    rows = (ONE, "C", "heteroplasmic"), (TWO, "A", "heteroplasmic")
    both = ("missense", "p.Phe2Ser", "joint_codon")
    assert joined(*rows, together=[(0, 1), (1, 0)]) == [both, both]
    # The second arose on molecules with the first: only its own codon is that of both.
    first, second = joined(*rows, together=[(1, 0)], apart=[(0, 1)])
    assert (first, second) == (("missense", "p.Phe2Ser", "other_molecules"), both)


def test_two_heteroplasmies_of_different_molecules_are_named_apart():
    rows = (ONE, "C", "heteroplasmic"), (TWO, "A", "heteroplasmic")
    got = joined(*rows, apart=[(0, 1), (1, 0)])
    assert [row[1:] for row in got] == [
        ("p.Phe2Ser", "other_molecules"),
        ("p.Phe2Leu", "other_molecules"),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        ((ONE, "C", "homoplasmic"), (TWO + 1, "A", "heteroplasmic")),  # the next codon
        ((ONE, "C", "homoplasmic", "low_depth"), (TWO, "A", "heteroplasmic")),
        # Two alleles at one position are never on one molecule.
        ((ONE, "C", "heteroplasmic"), (ONE, "A", "heteroplasmic")),
    ],
)
def test_other_pairs_are_left_alone(rows):
    table = frame(*rows)
    found = join(table)
    pd.testing.assert_frame_equal(found, table)


def test_genes_that_overlap_have_codons_of_their_own():
    # MT-ATP8 8366-8572, MT-ATP6 8527-9207: 8530 and 8531 share a codon of one of them alone.
    start8, start6 = GENES["MT-ATP8"].start, GENES["MT-ATP6"].start
    first = next(
        p
        for p in range(8530, 8560)
        if (p - start8) % 3 == 2 and (p - start6) // 3 == (p + 1 - start6) // 3
    )
    ref = REFERENCE.sequence[first - 1 : first + 1]
    other = ["ACGT"[("ACGT".index(base) + 2) % 4] for base in ref]
    rows = (first, other[0], "homoplasmic"), (first + 1, other[1], "heteroplasmic")
    alone, together = frame(*rows).iloc[1], join(frame(*rows)).iloc[1]
    assert alone["gene"] == together["gene"] == "MT-ATP8,MT-ATP6"
    before, after = (row["hgvs_p"].split(",") for row in (alone, together))
    assert before[0] == after[0]
    effect = consequences.codon_effect(
        GENOME, GENES["MT-ATP6"], {first: other[0], first + 1: other[1]}
    )
    assert after[1] == effect[1] and together["consequence"].split(",")[1] == effect[0]
    assert together["flags"] == "joint_codon"


def test_a_flag_stands_once_where_codons_of_two_genes_are_shared():
    starts = GENES["MT-ATP8"].start, GENES["MT-ATP6"].start
    first = next(
        p for p in range(8530, 8560) if all((p - s) // 3 == (p + 1 - s) // 3 for s in starts)
    )
    other = ["ACGT"[("ACGT".index(REFERENCE.sequence[p - 1]) + 2) % 4] for p in (first, first + 1)]
    got = joined((first, other[0], "homoplasmic"), (first + 1, other[1], "heteroplasmic"))
    assert got[1][-1] == "joint_codon"


def test_codons_of_the_light_strand_are_counted_from_its_end():
    gene = GENES["MT-ND6"]
    pos = np.array([gene.end, gene.end - 2, gene.end - 3])
    ((found, rows),) = joint_codons.shared_codons(pos, np.ones(3, bool), GENOME)
    assert found == gene and rows.tolist() == [0, 1]
    # ND6 starts with Met Met Tyr; TAT is ATA on this strand, its ends changed: CAC, His.
    end = gene.end - 6
    assert REFERENCE.sequence[end - 3 : end] == "ATA"
    got = joined((end, "G", "homoplasmic"), (end - 2, "G", "heteroplasmic"))
    assert got == [("missense", "p.Tyr3His", ""), ("missense", "p.Tyr3His", "joint_codon")]
    assert joined((end - 2, "G", "heteroplasmic"))[0][:2] == ("synonymous", "p.Tyr3=")


def test_every_gene_is_cut_into_codons_from_its_own_start():
    # Five genes end within a codon: counted from there, others would share.
    for gene in (gene for gene in GENES.values() if gene.kind == "protein"):
        along = list(range(gene.start, gene.end + 1))[:: 1 if gene.strand == "+" else -1]
        for at in (0, 1, 2, 3, len(along) - 2):
            pos = np.array(along[at : at + 2])
            found = {g.name for g, _ in joint_codons.shared_codons(pos, np.ones(2, bool), GENOME)}
            assert (gene.name in found) == (at // 3 == (at + 1) // 3), (gene.name, at)


def test_no_calls():
    empty = frame((ONE, "C", "homoplasmic")).iloc[:0]
    assert join(empty).empty
