"""Published nuclear copies of mtDNA."""

import pandas as pd
from places import BUNDLE, GENOME, RCRS, RESOURCES

from mitotransfer.genome import bundle, numts, reference


def test_alleles_of_nuclear_copies_differ_from_the_reference_within_the_copies_spans():
    table = pd.read_csv(BUNDLE / "numts.tsv", sep="\t")
    assert table["pos"].is_monotonic_increasing
    assert not table.duplicated(["pos", "allele"]).any()
    assert [RCRS.sequence[p - 1] for p in table["pos"]] == table["ref"].tolist()
    assert (table["allele"] != table["ref"]).all() and set(table["allele"]) <= set("ACGT")
    assert table["source"].str.fullmatch(r"((GRCh38 chr|GenBank )\S+(; )?)+").all()
    # The large copy on chromosome 1 is that of 3914-9755, at 98.6 % identity.
    large = table.loc[table["source"].str.contains("chr1:629084-634924"), "pos"]
    assert large.between(3914, 9755).all() and 75 <= len(large) <= 85
    # Alleles that take fragments of 100 bases to the nucleus: Maude et al. 2019.
    alleles = set(zip(table["pos"], table["allele"], strict=True))
    assert {(6023, "A"), (4456, "T"), (5147, "A"), (7521, "A")} <= alleles
    assert GENOME.nuclear_alleles.sum() == len(table)


def test_a_row_belongs_to_each_of_its_sources(tmp_path):
    path = tmp_path / "numts.tsv"
    path.write_text("pos\tref\tallele\tsource\n3\tA\tC\ttwo; one\n7\tG\tT\ttwo\n")
    one, two = numts.load_nuclear_copies(path)
    assert (one.pos.tolist(), one.allele.tolist()) == ([2], [1])
    assert (two.pos.tolist(), two.allele.tolist()) == ([2, 6], [1, 3])


def test_alleles_of_the_mouse_are_those_of_the_decoy():
    folder = RESOURCES / "mouse_C57BL6J"
    genome = bundle.load(folder)
    sequence = genome.reference.sequence
    turned = str.maketrans("ACGT", "TGCA")
    copies = reference.read_fasta(folder / "nuclear_copies.fasta")
    table = pd.read_csv(folder / "numts.tsv", sep="\t", comment="#")
    assert [sequence[p - 1] for p in table["pos"]] == table["ref"].tolist()
    for name, copy in copies.items():
        both = copy + "N" + copy.translate(turned)[::-1]
        for pos, allele in table.loc[
            table["source"] == f"{name} of GRCm39", ["pos", "allele"]
        ].itertuples(index=False):
            near = sequence[pos - 1 - 6 : pos - 1], sequence[pos : pos + 6]
            exact = near[0] + allele + near[1] in both
            # Beside another allele of the copy the bases around it differ, too.
            beside = table["pos"].between(pos - 6, pos + 6).sum() > 1
            assert exact or beside, (name, pos)
    # All of mtDNA 6394 to 11043 but 9461 and the run of A at 9821, which strains have of other
    # lengths.
    large = table[table["source"].str.startswith("chr1:")]
    assert large[["pos", "ref", "allele"]].to_numpy().tolist() == [[9461, "T", "C"]]
