"""Tables of genes and codons against the biology that they have to satisfy."""

from itertools import pairwise

import pandas as pd
import pytest
from draws import REFERENCE
from places import BUNDLE, GENOME, LENGTH

from mitotransfer.genome import bundle
from mitotransfer.genome.genes import coding_sequence

GENES = {gene.name: gene for gene in GENOME.genes}
RCRS = REFERENCE.sequence
# UniProt lengths of the thirteen proteins (P03886, P03891, P00395, P00403, P03928, ...).
PROTEINS = {
    "MT-ND1": 318, "MT-ND2": 347, "MT-CO1": 513, "MT-CO2": 227, "MT-ATP8": 68, "MT-ATP6": 226,
    "MT-CO3": 261, "MT-ND3": 115, "MT-ND4L": 98, "MT-ND4": 459, "MT-ND5": 603, "MT-ND6": 174,
    "MT-CYB": 380,
}  # fmt: skip


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
    table = pd.read_csv(BUNDLE / "genes.tsv", sep="\t", keep_default_na=False)
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
        bundle.Genome(REFERENCE, tmp_path).genes  # noqa: B018
