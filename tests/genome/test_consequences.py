"""Gene table against the biology it has to satisfy, and names of well-known variants."""

import re

import numpy as np
import pandas as pd
import pytest
from draws import REFERENCE
from places import GENOME

from mitotransfer.genome import consequences as genome_consequences
from mitotransfer.genome.consequences import annotate, is_truncating

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
    # ND6 runs the other way: of GTG GGT, its tenth and eleventh codon, a G is lost.
    assert describe(GENES["MT-ND6"].end - 31, "", deleted=1)[2:] == ("m.14644del", "p.Gly11fs")


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
    out = annotate(frame, GENOME, {})
    assert out["hgvs_m"].tolist() == ["m.3243A>G", "m.309dup"]
    assert frame["gene"].tolist() == ["", ""]
    empty = annotate(frame.iloc[:0], GENOME, {})
    assert list(empty.columns) == list(out.columns) and empty.empty
