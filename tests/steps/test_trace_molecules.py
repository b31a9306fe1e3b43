"""The step that says where each molecule of an immune sample comes from."""

from __future__ import annotations

import sys

import numpy as np
from kept_molecules import molecules
from minor_variants import sample
from patients import context, mixed
from places import RCRS

import trace_molecules
from mitotransfer.counts import molecule_bases
from mitotransfer.patient import molecule_patterns
from mitotransfer.patient.evidence_table import EVIDENCE
from mitotransfer.patient.molecule_patterns import PATTERNS
from mitotransfer.patient.molecule_table import MOLECULES

TUMOR = {5000: 0.8, 9000: 0.8, 12_000: 0.8}
ROLES = {"T": "tumor", "I": "immune", "N": "normal"}


def test_molecules_of_an_immune_sample(tmp_path, monkeypatch):
    counts = {name: sample(mixed(TUMOR if name == "T" else {}), 4000) for name in ROLES}
    evidence = context(counts, ROLES, tuple(TUMOR)).patient.evidence
    sites = molecule_patterns.sites_of(evidence)
    rows = evidence.drop_duplicates("pos").set_index("pos")
    codes = ["ACGT".index(alt) for alt in rows.loc[list(sites.pos), "alt"]]
    assert sites.alt.tolist() == codes
    kept = {
        "T": molecules(*[list(TUMOR)] * 40, *[[]] * 10),
        "I": molecules(list(TUMOR), *[[]] * 60),
        "N": molecules(*[[]] * 60),
    }
    paths = {name: tmp_path / name for name in ("evidence", "patterns", "counts.npz", "out.tsv.gz")}
    EVIDENCE.write(evidence, paths["evidence"])
    patterns = molecule_patterns.pattern_rows("P", ROLES, kept, sites, RCRS)
    PATTERNS.write(patterns, paths["patterns"])
    np.savez(paths["counts.npz"], **molecule_bases.arrays(kept["I"]))
    words = ["trace_molecules", "--patient", "P", "--sample", "I"]
    options = ("--evidence", "--patterns", "--counts", "--molecules")
    words += [w for pair in zip(options, map(str, paths.values()), strict=True) for w in pair]
    monkeypatch.setattr(sys, "argv", words)
    trace_molecules.main()
    found = MOLECULES.read(paths["out.tsv.gz"])
    assert len(found) == 61
    first = found.iloc[0]
    assert first["class"] == "tumor" and first["posterior"] > 0.9 and first["pattern"] == "111"
    assert (found["class"].iloc[1:] == "other").all()
