"""The reference: its sequence, codes of bases, checksum and FASTA file."""

import re

import pytest
from places import BUNDLE, LENGTH, PLACEHOLDER, RCRS

from mitotransfer.genome import reference


def test_the_reference_is_rcrs():
    assert RCRS.length == LENGTH == 16569
    assert reference.checksum(RCRS.sequence) == "c68f52674c9fb33aef52dcf399755519"
    assert RCRS.sequence[PLACEHOLDER] == "N"
    first, middle, last = RCRS.facts.split_tract
    tract = RCRS.sequence[first : last + 1]
    assert tract == "C" * (middle - first) + "T" + "C" * (last - middle)
    assert RCRS.sequence[first - 1] != "C" and RCRS.sequence[last + 1] != "C"


def test_codes_of_a_sequence():
    assert reference.encode("ACGTacgtNR-").tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 4, 4, 4]
    assert reference.encode(b"TA").tolist() == [3, 0]


def test_codes_of_alleles():
    codes = reference.allele_codes(iter(["T", "A", "C", "G"]))
    assert codes.tolist() == [3, 0, 1, 2]
    assert codes.dtype == "int64"
    assert reference.allele_codes([]).shape == (0,)


@pytest.mark.parametrize("allele", ["N", "AC", "", "a", "-"])
def test_what_is_no_base_has_no_code(allele):
    with pytest.raises(ValueError, match="expected one base"):
        reference.allele_codes(["A", allele])


def test_the_checksum_ignores_case():
    assert reference.checksum("acgtn") == reference.checksum("ACGTN")


def test_fasta_sequences_by_name(tmp_path):
    path = tmp_path / "two.fa"
    path.write_text(">one first\nacg\n\nTN\n>two\nGG\n")
    assert reference.read_fasta(path) == {"one": "ACGTN", "two": "GG"}
    with pytest.raises(ValueError, match="expected one sequence, found 2"):
        reference.of_fasta(path, reference.Facts())


def test_sequence_without_a_name_is_refused(tmp_path):
    path = tmp_path / "none.fa"
    path.write_text("ACGT\n")
    with pytest.raises(ValueError, match="before the first"):
        reference.read_fasta(path)


def test_bundles_are_found_beside_the_scripts():
    assert reference.bundled() == BUNDLE == reference.resource() / "human_rCRS"


def test_facts_of_a_bundle(tmp_path):
    text = (BUNDLE / "bundle.yaml").read_text()
    text = re.sub(r"split_tract: .*", "split_tract:", text).replace("[chrm, m,", "[chrX, 7,")
    (tmp_path / "bundle.yaml").write_text(text)
    found = reference.read_facts(tmp_path)
    assert found.split_tract == () and {"chrx", "7"} <= found.contig_names
    assert RCRS.facts.split_tract == (302, 309, 314) and RCRS.facts.gene_prefix == "MT-"


def test_a_sequence_without_a_placeholder():
    assert reference.Reference("ACGT", reference.encode("ACGT")).placeholder == -1


def test_letters_and_codes_are_each_others_inverse():
    codes = reference.encode("ACGTN")
    assert "".join(reference.LETTERS[codes]) == "ACGTN"
    assert [reference.CODE_OF[base] for base in "ACGT"] == codes[:4].tolist()
    assert reference.allele_codes("ACGT").tolist() == codes[:4].tolist()


def test_the_other_strand_reads_backwards():
    assert reference.reverse_complement("AACGTTN") == "NAACGTT"
