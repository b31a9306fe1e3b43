"""The reference: its sequence, codes of bases, checksum and FASTA file."""

import pytest
from places import FASTA, RCRS

from mitotransfer.genome import reference


def test_the_reference_is_rcrs():
    assert RCRS.length == reference.LENGTH == 16569
    assert reference.checksum(RCRS.sequence) == reference.CHECKSUM
    assert RCRS.sequence[reference.PLACEHOLDER] == "N"
    first, middle, last = reference.POLY_C
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
        reference.load(path)


def test_sequence_without_a_name_is_refused(tmp_path):
    path = tmp_path / "none.fa"
    path.write_text("ACGT\n")
    with pytest.raises(ValueError, match="before the first"):
        reference.read_fasta(path)


def test_resources_are_found_beside_the_scripts():
    assert reference.resource("rCRS.fasta") == FASTA
    assert reference.resource() == FASTA.parent
