"""GenBank records: sequence, genes across the origin and on both strands, genetic code."""

from __future__ import annotations

import contextlib

import made_up_genome
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer.genome import genbank

TEXT = made_up_genome.genbank()


def test_a_record():
    found = genbank.parse(TEXT)
    assert (found.accession, found.organism) == ("XX000001.1", "Fictus primus")
    assert found.sequence == made_up_genome.sequence() and found.genetic_code == 4
    genes = {gene.name: (gene.start, gene.end, gene.strand, gene.kind) for gene in found.genes}
    assert genes["fi-NAD6"] == (5000, 5599, "-", "protein")
    assert genes["CR"] == (8801, 200, "+", "control")
    assert genes["fi-RNL"][3] == "rRNA" and found.amino_acids == {"fi-TA": "Ala"}
    assert len(genes) == 6


def test_official_symbols_come_first():
    place = "6000..7500\n"
    text = TEXT.replace(
        f"     rRNA            {place}",
        f'     gene            {place}{" " * 21}/gene="x"\n'
        f'{" " * 21}/nomenclature="Official Symbol: mt-R | Name: r"\n     rRNA            {place}',
    )
    assert "mt-R" in {gene.name for gene in genbank.parse(text).genes}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("LOCUS", "LOCAL", "is no GenBank record"),
        ("\nORIGIN", "\nCONTIG", "is no GenBank record"),
        ("circular", "linear", "is not circular"),
        ("400..1599", "join(400..500,600..1599)", "neither one stretch nor one across the origin"),
        ('transl_table="4"', 'transl_table="5"', "several genetic codes: 4, 5"),
        ("VERSION", "VERSO", "has no VERSION"),
    ],
)
def test_what_is_wrong_with_a_record(old, new, message):
    with pytest.raises(ValueError, match=message):
        genbank.parse(TEXT.replace(old, new) if "join" in new else TEXT.replace(old, new, 1))


@given(st.text(), st.integers(0, len(TEXT)))
def test_any_text_is_a_record_or_refused(added, at):
    with contextlib.suppress(ValueError):
        genbank.parse(TEXT[:at] + added + TEXT[at:])
