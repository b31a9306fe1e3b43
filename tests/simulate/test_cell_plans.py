"""Plans of libraries of cells: the demo's file, and what is refused."""

import pytest
from places import REPOSITORY

from mitotransfer.simulate import cell_plans

PATIENT = {"patient": "P1", "somatic": [1.0, 0.8], "samples": [{"sample": "N1", "role": "normal"}]}


def parsed(library=None, **patient):
    entry = {"library": "L1", "patient": "P1"} | (library or {})
    return cell_plans.parse({"patients": [PATIENT | patient], "libraries": [entry]})


def test_the_demo_has_a_library_of_each_kind():
    scenario, plans = cell_plans.load(REPOSITORY / "config/simulation_cells.yaml")
    assert {plan.assay for plan in plans} == {"sc_atac", "sc_rna_enriched"}
    assert {plan.patient for plan in plans} == {one.patient for one in scenario.patients}
    assert {plan.scored for plan in plans} == {True, False}
    assert all("all" in plan.expected for plan in plans)


def test_keys_of_the_droplets_stand_beside_those_of_the_library():
    _, (plan,) = parsed({"empty": 7, "subsets": [{"name": "NK", "cells": 5}], "copies": 0.2})
    assert (plan.cells.empty, plan.copies) == (7, 0.2)
    assert [(one.name, one.cells) for one in plan.cells.subsets] == [("NK", 5)]
    assert cell_plans.with_variants(plan, [1.0, 0.8]).cells.vafs == (1.0, 0.8)


@pytest.mark.parametrize(
    ("library", "message"),
    [
        ({"patient": "P2"}, "no patient 'P2'"),
        ({"library": "a b"}, "letters, digits"),
        ({"assay": "wgs"}, "assay is none of"),
        ({"vafs": [1.0]}, "libraries\\[0\\] \\(L1\\): .*vafs"),
        ({"subsets": [{"name": "NK"}]}, "cells"),
        ({"expected": {"B": "not_detected"}}, "expected names no cells: B"),
        ({"modified": [{"pos": 5, "alt": "T", "tumor": 0.1, "other": 0.1}]}, "are of RNA"),
    ],
)
def test_mistakes_are_named(library, message):
    with pytest.raises(ValueError, match=message):
        parsed(library)


def test_indels_and_names_given_twice_are_refused():
    with pytest.raises(ValueError, match="SNVs alone"):
        parsed(somatic=[{"vaf": 0.5, "type": "deletion"}])
    entry = {"library": "L1", "patient": "P1"}
    with pytest.raises(ValueError, match="L1: named twice"):
        cell_plans.parse({"patients": [PATIENT], "libraries": [entry, entry]})
    with pytest.raises(ValueError, match="expected a list"):
        cell_plans.parse({"patients": [PATIENT]})


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no\.yaml: cannot be read"):
        cell_plans.load(tmp_path / "no.yaml")
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(ValueError, match=r"bad\.yaml: is not YAML"):
        cell_plans.load(tmp_path / "bad.yaml")
