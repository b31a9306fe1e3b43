"""Molecules of long reads at a patient's informative SNVs."""

from __future__ import annotations

import numpy as np
import pandas as pd
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
