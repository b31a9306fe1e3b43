"""A plan in words says what the numbers say."""

import math

from mitotransfer.planning import words
from mitotransfer.planning.design import Design
from mitotransfer.planning.outcome import Outcome
from mitotransfer.planning.tumors import Answered


def said(outcome, patients=None):
    return words.paragraph(outcome, patients).replace("\N{NO-BREAK SPACE}", " ")


def test_a_design_that_cannot_show_transfer_says_why():
    text = said(Outcome(Design(), 0.004, math.nan, math.nan, ("measured",)))
    assert "detection limit of 0.4 % of the mtDNA" in text
    assert "No fraction, however large" in text
    assert "It lacks: tumour cells in the preparation are not measured." in text
    assert "No usual change of the design" in text and "substitutions" not in text


def test_a_good_design_names_loci_gains_and_patients():
    gains = {"a": 0.01, "b": 0.015, "c": 0.016, "d": 0.017}
    outcome = Outcome(Design(), 0.004, 0.018, 200.0, (), gains)
    text = said(outcome, Answered(0.7, 0.6, 0.5))
    assert "The 2 % sought would be supported." in text and "200 nuclear SNVs are enough" in text
    assert "gained by a (1 %), then b (1.5 %), then c (1.6 %)." in text
    assert "70 % of the patients have an informative variant; 60 % could be told" in text


def test_a_row_has_all_columns():
    outcome = Outcome(Design(), 0.004, 0.018, math.nan, ("excess",), {"a": 0.01})
    row = words.row(outcome, None)
    assert list(row) == list(words.COLUMNS)
    assert row["best_change"] == "a" and row["lacking"] == "excess" and not row["supported"]
    assert math.isnan(row["positive_answers"])
