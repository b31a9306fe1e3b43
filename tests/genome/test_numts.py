"""Published nuclear copies of mtDNA."""

import pandas as pd
from places import BUNDLE, GENOME, RCRS

from mitotransfer.genome import numts


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
