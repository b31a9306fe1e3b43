"""Molecules of long reads at a patient's informative SNVs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from kept_molecules import evidence, molecules
from places import RCRS

from mitotransfer.patient import molecule_patterns
from mitotransfer.patient.molecule_patterns import PATTERNS


def test_patterns_of_samples():
    table = evidence([3243, 9000, 15_000], usable=[True, True, False])
    sites = molecule_patterns.sites_of(pd.concat([table, table]))
    assert [name.rstrip("ACGT").rstrip(">") for name in sites.names] == ["3243A", "9000A"]
    kept = {"T": molecules([3243, 9000], [3243], []), "I": molecules([], [])}
    rows = molecule_patterns.pattern_rows("P", {"T": "tumor", "I": "immune"}, kept, sites, RCRS)
    assert list(rows.columns) == PATTERNS.names
    found = {(r["sample"], r["pattern"]): r["molecules"] for _, r in rows.iterrows()}
    assert found == {("I", "00"): 2, ("T", "00"): 1, ("T", "10"): 1, ("T", "11"): 1}
    back = molecule_patterns.patterns_of(rows[rows["sample"] == "T"], sites.names[:1])
    assert dict(zip(back.alleles[:, 0].tolist(), back.molecules, strict=True)) == {0: 1, 1: 2}
    np.testing.assert_allclose(molecule_patterns.error_rates(table, sites), 0.001)


def test_one_variant_needs_no_patterns():
    sites = molecule_patterns.sites_of(evidence([3243]))
    rows = molecule_patterns.pattern_rows("P", {"T": "tumor"}, {"T": molecules([])}, sites, RCRS)
    assert rows.empty


def test_of_many_variants_the_most_frequent():
    positions = [3243 + 100 * k for k in range(12)]
    sites = molecule_patterns.sites_of(evidence(positions, tumor_alt=list(range(12, 36, 2))))
    assert sites.pos.tolist() == positions[4:]


def test_errors_that_come_together_are_measured():
    sites = molecule_patterns.sites_of(evidence([3243, 9000]))
    none = molecule_patterns.error_clustering(molecules([], []), sites, RCRS)
    half = molecules(*[[]] * 40, errors=50)
    # Half of the reads have all errors.
    assert none == 1.0
    assert 1.8 < molecule_patterns.error_clustering(half, sites, RCRS) < 2.1


def test_alleles_of_fewer_than_one_read_in_twenty_are_errors():
    sites = molecule_patterns.sites_of(evidence([3243, 9000]))
    both = [5000, 6000]
    few = molecules(*[both] * 4, *[[]] * 96)
    # Eight errors on four reads of a hundred: 4 * 2 / 100 pairs, over (8 / 100) squared.
    assert molecule_patterns.error_clustering(few, sites, RCRS) == pytest.approx(0.08 / 0.08**2)
    many = molecules(*[both] * 6, *[[]] * 94)
    assert molecule_patterns.error_clustering(many, sites, RCRS) == 1.0


def with_deletion():
    """Sites of two SNVs outside and one inside of the common deletion."""
    table = evidence([5000, 9000, 15_000, 8469], tumor_alt=[40, 40, 40, 20])
    table.loc[3, ["type", "alt", "hgvs_m"]] = "junction", "T[chrM:13447[", "m.8483_13459del"
    rarer = table.iloc[3:].assign(pos=6000, alt="T[chrM:7000[", tumor_alt_forward=5)
    return molecule_patterns.sites_of(pd.concat([table, rarer], ignore_index=True))


def test_of_deletions_the_most_frequent_is_a_site():
    sites = with_deletion()
    assert sites.pos.tolist() == [5000, 8469, 9000, 15_000] and sites.deletion == 1
    assert sites.names[1] == "m.8483_13459del" and sites.end.tolist() == [0, 13_447, 0, 0]
    assert sites.inside(16_569).tolist() == [False, False, True, False]
    whole = molecule_patterns.alleles_at(molecules([5000], []), sites, RCRS)
    assert whole.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]
    rows = molecule_patterns.pattern_rows("P", {"T": "tumor"}, {"T": molecules([])}, sites, RCRS)
    assert rows[["pattern", "if_deleted"]].to_numpy().tolist() == [["0000", "00.0"]]


def test_what_molecules_would_cover_with_the_deletion():
    sites = with_deletion()
    ends = [(0, 16_567), (4000, 6000), (4000, 9500), (4000, 11_000), (9000, 16_000), (14_000, 99)]
    facts = np.array([[0, first, last, 0] for first, last in ends])
    shown = np.array([
        [0, 0, 0, 0], [0, -1, -1, -1], [0, 0, 0, -1], [0, 0, -1, -1], [-1, -1, 0, 0],
        [-1, -1, -1, 0]
    ], np.int8)  # fmt: skip
    found = molecule_patterns.if_deleted(SimpleNamespace(facts=facts), shown, sites, RCRS)
    assert found[[0, 1, 2, 4, 5]].tolist() == [
        [0, 0, -1, 0], [0, -1, -1, -1], [0, 0, -1, -1], [-1, -1, -1, -1], [-1, -1, -1, 0]
    ]  # fmt: skip
    # 7,001 bases from 4001 on reach 15,977 beyond the deletion; every such base counts elsewhere.
    assert found[3].tolist() == [0, 0, -1, 0]
    shown[:, 1] = 1
    assert (
        molecule_patterns.if_deleted(SimpleNamespace(facts=facts), shown, sites, RCRS) < 0
    ).all()
