"""Gene table against the biology it has to satisfy, and names of well-known variants."""

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from draws import REFERENCE
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FASTA, GENOME, RESOURCES

from mitotransfer.genome import bundle, hgvs
from mitotransfer.genome import consequences as genome_consequences
from mitotransfer.genome.consequences import annotate, is_truncating
from mitotransfer.genome.genes import coding_sequence
from mitotransfer.genome.reference import LENGTH, PLACEHOLDER, Reference, encode

GENES = {gene.name: gene for gene in GENOME.genes}
RCRS = REFERENCE.sequence
# UniProt lengths of the thirteen proteins (P03886, P03891, P00395, P00403, P03928, ...).
PROTEINS = {
    "MT-ND1": 318, "MT-ND2": 347, "MT-CO1": 513, "MT-CO2": 227, "MT-ATP8": 68, "MT-ATP6": 226,
    "MT-CO3": 261, "MT-ND3": 115, "MT-ND4L": 98, "MT-ND4": 459, "MT-ND5": 603, "MT-ND6": 174,
    "MT-CYB": 380,
}  # fmt: skip


def describe(pos, alt, deleted=0, ref=None):
    """One VCF allele; ``deleted`` bases after the anchor, or ``alt`` in place of one base."""
    if ref is None:
        ref = RCRS[pos - 1 : pos + deleted]
    return genome_consequences.describe(GENOME, pos, ref, alt or ref[0])


# ---------------------------------------------------------------- the tables


def test_there_are_37_genes_and_a_control_region():
    kinds = pd.Series([gene.kind for gene in GENOME.genes]).value_counts()
    assert kinds.to_dict() == {"tRNA": 22, "protein": 13, "rRNA": 2, "control": 1}
    light = {gene.name for gene in GENOME.genes if gene.strand == "-"}
    assert light == {
        "MT-TQ", "MT-TA", "MT-TN", "MT-TC", "MT-TY", "MT-TS1", "MT-ND6", "MT-TE", "MT-TP",
    }  # fmt: skip


@pytest.mark.parametrize("name", PROTEINS)
def test_proteins_translate_from_a_start_to_their_stop(name):
    gene = GENES[name]
    coding = coding_sequence(REFERENCE, gene)
    protein = GENOME.proteins[name]
    assert coding[:3] in GENOME.code.starts
    assert len(protein) == PROTEINS[name] + 1 == len(coding) // 3
    assert protein.count("Ter") == 1 and protein[-1] == "Ter" and "Xaa" not in protein
    overhang = (gene.end - gene.start + 1) % 3
    if overhang:  # polyadenylation completes T or TA
        assert coding[-3:] == "TAA"


def test_rnas_have_their_lengths_and_places():
    for gene in GENOME.genes:
        if gene.kind == "tRNA":
            assert 59 <= gene.end - gene.start + 1 <= 75
    assert (GENES["MT-RNR1"].start, GENES["MT-RNR1"].end) == (648, 1601)
    assert (GENES["MT-RNR2"].start, GENES["MT-RNR2"].end) == (1671, 3229)


def test_trnas_carry_the_anticodon_of_their_amino_acid():
    anticodons = {
        "MT-TF": "GAA", "MT-TV": "TAC", "MT-TL1": "TAA", "MT-TI": "GAT", "MT-TQ": "TTG",
        "MT-TM": "CAT", "MT-TW": "TCA", "MT-TA": "TGC", "MT-TN": "GTT", "MT-TC": "GCA",
        "MT-TY": "GTA", "MT-TS1": "TGA", "MT-TD": "GTC", "MT-TK": "TTT", "MT-TG": "TCC",
        "MT-TR": "TCG", "MT-TH": "GTG", "MT-TS2": "GCT", "MT-TL2": "TAG", "MT-TE": "TTC",
        "MT-TT": "TGT", "MT-TP": "TGG",
    }  # fmt: skip
    table = pd.read_csv(RESOURCES / "genes.tsv", sep="\t", keep_default_na=False)
    amino_acids = dict(zip(table["name"], table["amino_acid"], strict=True))
    complement = str.maketrans("ACGT", "TGCA")
    for name, anticodon in anticodons.items():
        gene = GENES[name]
        sequence = RCRS[gene.start - 1 : gene.end]
        if gene.strand == "-":
            sequence = sequence.translate(complement)[::-1]
        assert anticodon in sequence[15:40], name
        # The anticodon reads a codon of the amino acid (its first base may wobble).
        codon = anticodon.translate(complement)[::-1]
        assert GENOME.code.amino_acids[codon] == amino_acids[name], name


def test_overlaps_and_gaps_are_those_of_rcrs():
    ordered = [gene for gene in GENOME.genes if gene.kind != "control"]
    overlaps = {
        (one.name, two.name): one.end - two.start + 1
        for one, two in pairwise(ordered)
        if two.start <= one.end
    }
    assert overlaps == {
        ("MT-TI", "MT-TQ"): 3, ("MT-TC", "MT-TY"): 1, ("MT-ATP8", "MT-ATP6"): 46,
        ("MT-ATP6", "MT-CO3"): 1, ("MT-ND4L", "MT-ND4"): 7,
    }  # fmt: skip
    gaps = [(3305, 3306), (4401, 4401), (5580, 5586), (5656, 5656), (5730, 5760), (5892, 5903),
            (7515, 7517), (8270, 8294), (8365, 8365), (14743, 14746), (15954, 15955)]  # fmt: skip
    between = {pos for start, end in gaps for pos in range(start, end + 1)}
    everywhere = set(range(1, LENGTH + 1))
    assert {p for p in everywhere if not any(g.holds(p) for g in GENOME.genes)} == between


def test_codons_are_those_of_ncbi_table_2():
    assert len(GENOME.code.amino_acids) == 64
    # What sets it apart from the standard code, and its stops.
    assert GENOME.code.amino_acids["ATA"] == "Met" and GENOME.code.amino_acids["TGA"] == "Trp"
    stops = {codon for codon, name in GENOME.code.amino_acids.items() if name == "Ter"}
    assert stops == {"TAA", "TAG", "AGA", "AGG"}
    assert GENOME.code.starts == {"ATT", "ATC", "ATA", "ATG", "GTG"}


def test_tables_are_checked(tmp_path):
    (tmp_path / "genes.tsv").write_text("name\tstart\n")
    with pytest.raises(ValueError, match=r"genes\.tsv"):
        bundle.load(FASTA, tmp_path).genes  # noqa: B018


# ---------------------------------------------------------------- single-base variants


@pytest.mark.parametrize(
    ("pos", "alt", "expected"),
    [
        (3243, "G", ("MT-TL1", "tRNA", "m.3243A>G", "")),
        (8344, "G", ("MT-TK", "tRNA", "m.8344A>G", "")),
        (1555, "G", ("MT-RNR1", "rRNA", "m.1555A>G", "")),
        (8993, "G", ("MT-ATP6", "missense", "m.8993T>G", "p.Leu156Arg")),
        (8993, "C", ("MT-ATP6", "missense", "m.8993T>C", "p.Leu156Pro")),
        (9176, "C", ("MT-ATP6", "missense", "m.9176T>C", "p.Leu217Pro")),
        (11778, "A", ("MT-ND4", "missense", "m.11778G>A", "p.Arg340His")),
        (14484, "C", ("MT-ND6", "missense", "m.14484T>C", "p.Met64Val")),
        (14459, "A", ("MT-ND6", "missense", "m.14459G>A", "p.Ala72Val")),
        (3460, "A", ("MT-ND1", "missense", "m.3460G>A", "p.Ala52Thr")),
        (13513, "A", ("MT-ND5", "missense", "m.13513G>A", "p.Asp393Asn")),
        (15150, "A", ("MT-CYB", "stop_gained", "m.15150G>A", "p.Trp135Ter")),
        (7445, "G", ("MT-CO1", "synonymous", "m.7445A>G", "p.Ter514=")),
        (8270, "T", ("", "intergenic", "m.8270C>T", "")),
        (263, "G", ("MT-CR", "control_region", "m.263A>G", "")),
        (16569, "A", ("MT-CR", "control_region", "m.16569G>A", "")),
        (3307, "C", ("MT-ND1", "start_lost", "m.3307A>C", "p.Met1?")),
        (3307, "G", ("MT-ND1", "start_lost", "m.3307A>G", "p.Met1?")),
        (3309, "G", ("MT-ND1", "synonymous", "m.3309A>G", "p.Met1=")),
        (4262, "G", ("MT-ND1", "stop_lost", "m.4262A>G", "p.Ter319TrpextTer?")),
        (
            8529,
            "A",
            ("MT-ATP8,MT-ATP6", "stop_gained,synonymous", "m.8529G>A", "p.Trp55Ter,p.Met1="),
        ),
        (4330, "A", ("MT-TI,MT-TQ", "tRNA,tRNA", "m.4330T>A", "")),
        (5650, "A", ("MT-TA", "tRNA", "m.5650G>A", "")),
        (14674, "C", ("MT-TE", "tRNA", "m.14674T>C", "")),
        (10398, "G", ("MT-ND3", "missense", "m.10398A>G", "p.Thr114Ala")),
    ],
)
def test_known_variants(pos, alt, expected):
    assert describe(pos, alt) == expected


def test_every_snv_of_every_protein_gene_agrees_with_a_plain_translation():
    """Independent: mutate the gene's text, translate all of it, compare residue by residue."""
    rng = np.random.default_rng(1)
    complement = str.maketrans("ACGT", "TGCA")
    for name in PROTEINS:
        gene = GENES[name]
        for pos in rng.integers(gene.start, gene.end + 1, 60):
            alt = rng.choice([b for b in "ACGT" if b != RCRS[pos - 1]])
            text = RCRS[gene.start - 1 : pos - 1] + alt + RCRS[pos : gene.end]
            if gene.strand == "-":
                text = text.translate(complement)[::-1]
            text += "AA"[: -len(text) % 3]
            after = [GENOME.code.amino_acids[text[i : i + 3]] for i in range(0, len(text), 3)]
            before = GENOME.proteins[name]
            changed = [i for i in range(1, len(before)) if before[i] != after[i]]
            genes, consequences, _, _ = describe(int(pos), alt)
            got = consequences.split(",")[genes.split(",").index(name)]
            if text[:3] not in GENOME.code.starts:
                assert got == "start_lost"
            elif not changed:
                assert got == "synonymous"
            elif before[changed[0]] == "Ter":
                assert got == "stop_lost"
            else:
                assert got == ("stop_gained" if after[changed[0]] == "Ter" else "missense")


# ---------------------------------------------------------------- indels


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


def test_the_common_deletion_ends_the_genes_it_takes():
    genes, consequences, name, _ = describe(8469, "", deleted=4977)
    assert name == "m.8483_13459del"
    found = dict(zip(genes.split(","), consequences.split(","), strict=True))
    assert found["MT-ATP6"] == found["MT-CO3"] == found["MT-ND4"] == "start_lost"
    assert found["MT-TH"] == "tRNA" and "MT-ND6" not in found


def test_a_deletion_across_the_origin_keeps_its_genes():
    ref = RCRS[16559:] + RCRS[:640]
    genes, consequences, name, _ = genome_consequences.describe(GENOME, 16560, ref, ref[0])
    assert genes == "MT-CR,MT-TF"
    assert consequences == "control_region,tRNA"
    assert RCRS[16560:16562] == RCRS[640:642]  # so that it moves on by two bases
    assert name == "m.16563_642del"


def test_frames():
    # CO3 has a deletion of five codons in mitochondrial myopathy; ND5 12425 loses an A of its run.
    genes, consequence, name, protein = describe(9479, "", deleted=15)
    assert (genes, consequence) == ("MT-CO3", "inframe_indel")
    assert (name, protein) == ("m.9487_9501del", "p.Phe94_Phe98del")
    assert describe(12417, "", deleted=1)[1:] == ("frameshift", "m.12425del", "p.Asn30fs")
    assert describe(12417, RCRS[12416] + "A")[1] == "frameshift"
    assert describe(9479, RCRS[9478] + "GGA")[1] == "inframe_indel"
    # ND6 runs the other way: the first changed residue counts from its end.
    gene = GENES["MT-ND6"]
    assert describe(gene.end - 31, "", deleted=1)[3].startswith("p.")
    assert int("".join(filter(str.isdigit, describe(gene.end - 31, "", deleted=1)[3]))) in (10, 11)


def test_a_frame_that_shifts_to_a_stop_is_named_as_a_substitution():
    assert describe(3395, RCRS[3394] + "A")[1:] == ("frameshift", "m.3395dup", "p.Tyr30Ter")


def rebuilt(protein, name):
    """What a protein is after the change that its HGVS name tells, up to its stop."""
    inner = name.removeprefix("p.")
    if inner == "=":
        return protein
    pattern = (
        r"([A-Z][a-z]{2})(\d+)(?:_([A-Z][a-z]{2})(\d+))?(delins|del|dup|ins|)((?:[A-Z][a-z]{2})*)"
    )
    old, first, old_last, last, what, new = re.fullmatch(pattern, inner).groups()
    start, end = int(first), int(last or first)
    assert protein[start - 1] == old and (old_last is None or protein[end - 1] == old_last)
    added = re.findall("...", new)
    if what == "dup":
        added, start = protein[start - 1 : end], end + 1
    if what == "ins":
        start, end = end, start
    out = protein[: start - 1] + added + protein[end:]
    return out[: out.index("Ter") + 1]


def test_names_of_indels_within_the_frame_tell_the_protein():
    """Independent: the name is taken at its word, and the gene is translated as a whole."""
    rng = np.random.default_rng(2)
    for name in PROTEINS:
        gene = GENES[name]
        for pos in rng.integers(gene.start + 3, gene.end - 40, 40):
            size = 3 * int(rng.integers(1, 5))
            inserted = "".join(rng.choice(list("ACGT"), size)) if rng.random() < 0.5 else ""
            ref = RCRS[pos - 1 : pos + (0 if inserted else size)]
            text = RCRS[gene.start - 1 : pos] + inserted + RCRS[pos + len(ref) - 1 : gene.end]
            if gene.strand == "-":
                text = text.translate(str.maketrans("ACGT", "TGCA"))[::-1]
            text += "AA"[: -len(text) % 3]
            after = [GENOME.code.amino_acids[text[i : i + 3]] for i in range(0, len(text), 3)]
            after = ["Met", *after[1 : after.index("Ter") + 1]]
            genes, _, _, names = genome_consequences.describe(
                GENOME, int(pos), ref, ref[0] + inserted
            )
            got = names.split(",")[genes.split(",").index(name)]
            assert rebuilt(GENOME.proteins[name], got) == after, (name, pos, ref, inserted, got)


def test_an_insertion_between_two_genes_touches_neither():
    assert describe(576, RCRS[575] + "TT")[:2] == ("", "intergenic")
    assert describe(5826, RCRS[5825] + "TT")[:2] == ("MT-TY", "tRNA")


def test_truncating():
    column = pd.Series(
        ["missense", "synonymous,stop_gained", "frameshift", "", "start_lost", "tRNA"]
    )
    assert is_truncating(column).tolist() == [False, True, True, False, True, False]
    assert is_truncating(pd.Series([], dtype=object)).tolist() == []


def test_annotate_fills_a_frame():
    frame = pd.DataFrame({"pos": [3243, 302], "ref": ["A", "A"], "alt": ["G", "AC"], "gene": ""})
    out = annotate(frame, GENOME)
    assert out["hgvs_m"].tolist() == ["m.3243A>G", "m.309dup"]
    assert frame["gene"].tolist() == ["", ""]
    empty = annotate(frame.iloc[:0], GENOME)
    assert list(empty.columns) == list(out.columns) and empty.empty


def mutated(sequence, change):
    """The circle after a change, cut open at the changed place."""
    first = change.pos - 1
    return sequence[first + change.deleted :] + sequence[:first] + change.inserted


@settings(max_examples=200, deadline=None)
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
