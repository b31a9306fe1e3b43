"""Each molecule with its posterior of tumour origin and its class."""

from __future__ import annotations

import numpy as np
import pytest
from kept_molecules import evidence, molecules
from molecule_draws import BREAKS
from places import RCRS

from mitotransfer.fraction.molecule_haplotypes import model_of
from mitotransfer.fraction.patterns import gathered
from mitotransfer.genome.circle import Circle
from mitotransfer.patient import molecule_patterns, molecule_table
from mitotransfer.patient.molecule_table import MOLECULES, classes, fraction_of


@pytest.fixture(scope="module")
def model():
    tumor = np.array([[1, 1, 1]] * 80 + [[0, 0, 0]] * 20, np.int8)
    immune = np.array([[0, 0, 0]] * 500, np.int8)
    return model_of(gathered(tumor), gathered(immune), np.full(3, 1e-3), BREAKS)


def test_classes(model):
    alleles = np.array([[1, 1, 1], [0, 0, 0], [1, 1, 0], [1, -1, -1], [-1, 0, -1]], np.int8)
    probability = np.array([1.0, 0.0, 0.9, 0.7, 0.0])
    expected = ["tumor", "other", "mixed", "tumor", "other"]
    assert classes(alleles, model, probability).tolist() == expected
    assert classes(alleles[3:4], model, np.array([0.2])).tolist() == ["other"]


def test_the_fraction_of_molecules():
    assert fraction_of(np.full(100, -3.0)) == 0.0
    assert fraction_of(np.array([50.0] * 5 + [-50.0] * 95)) == pytest.approx(0.05, abs=1e-3)


def test_rows(model):
    sites = molecule_patterns.sites_of(evidence([3243, 9000, 15_000]))
    kept = molecules([3243, 9000, 15_000], [], [9000])
    alleles = molecule_patterns.alleles_at(kept, sites, RCRS)
    rows = molecule_table.molecule_rows(
        "P", "S", kept, alleles, sites, model=model, circle=Circle.of(RCRS)
    )
    assert list(rows.columns) == MOLECULES.names
    assert rows["class"].tolist() == ["tumor", "other", "mixed"]
    assert rows["pattern"].tolist() == ["111", "000", "010"]
    assert rows["tumor_alleles"].tolist()[0] == ",".join(sites.names)
    assert rows["strand"].tolist() == ["+", "-", "+"]
    assert (rows["start"] == 1).all() and (rows["end"] == 16_569).all()
    # A fifth of the tumour's molecules have no allele.
    assert rows["posterior"].iloc[0] > 0.99 and rows["posterior"].iloc[1] < 0.2
