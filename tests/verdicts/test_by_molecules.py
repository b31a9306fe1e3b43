"""The fraction from molecules where they detect less than sites, in place of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from deleted_samples import PLAIN, with_deletions
from minor_variants import sample
from patients import context, mixed
from places import RCRS

from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import SampleFacts
from mitotransfer.patient.molecule_patterns import PATTERNS, site_names
from mitotransfer.verdicts import assess

pytestmark = pytest.mark.usefixtures("nobody_rare")

ROLES = {"T": "tumor", "I": "immune", "N": "normal"}
TUMOR = {5000: 0.8, 9000: 0.8, 12000: 0.8}
DEPTH = 4000


def judged(immune_molecules, share, normal=True, order=(0, 1, 2)):
    """The immune sample's case, with molecules that have all or none of the tumour's alleles."""
    vafs = {"T": TUMOR, "I": {pos: share * vaf for pos, vaf in TUMOR.items()}, "N": {}}
    counts = {name: sample(mixed(own), DEPTH) for name, own in vafs.items()}
    for one in counts.values():
        one.bases[RCRS.codes < 4] += np.uint32(DEPTH // 1000)  # errors of 0.2 % each
    made = context(counts, ROLES, tuple(TUMOR), facts=SampleFacts(purity=Measured(1.0)))
    names = site_names(made.patient.evidence.drop_duplicates("pos"))
    patterns = {"T": [("111", 800), ("000", 200)], "I": immune_molecules, "N": [("000", DEPTH)]}
    if not normal:
        del patterns["N"]
    variants = ",".join(names[k] for k in order)
    rows = [
        ("P", name, ROLES[name], variants, pattern, "", molecules, 1.0)
        for name, of_sample in patterns.items()
        for pattern, molecules in of_sample
    ]
    patient = replace(made.patient, molecules=PATTERNS.frame(rows))
    (found,) = assess.assess_patient(replace(made, patient=patient))
    return found.case


def test_a_few_whole_molecules_are_found_and_their_sites_are_not():
    case = judged([("111", 16), ("000", DEPTH - 16)], 0.0)
    assert case.findings.fraction_method == "molecules"
    assert case.estimate.p_value < 1e-6
    assert 0 < case.estimate.low < 16 / DEPTH / 0.8 < case.estimate.high
    sites = judged([("111", 16), ("000", DEPTH - 16)], 0.0, normal=False)
    assert sites.findings.fraction_method == "sites"
    share, low, high = case.findings.switched
    assert 0 <= low <= share <= high < 0.3 and np.isnan(sites.findings.switched).all()
    assert sites.estimate.p_value > 0.05
    assert case.findings.detection_limit < sites.findings.detection_limit
    assert len(case.estimate.variant_fraction) == 3


def test_single_alleles_on_many_molecules_are_errors():
    case = judged([("100", 8), ("010", 8), ("000", DEPTH - 16)], 0.0)
    assert case.findings.fraction_method == "molecules"
    assert case.estimate.p_value > 0.05 and case.estimate.low == 0


@pytest.mark.parametrize("rows", [None, PATTERNS.frame()])
def test_short_reads_are_judged_by_their_sites(rows: pd.DataFrame | None):
    counts = {n: sample(mixed(own), 2000) for n, own in (("T", TUMOR), ("I", {}), ("N", {}))}
    made = context(counts, ROLES, tuple(TUMOR))
    made = replace(made, patient=replace(made.patient, molecules=rows))
    (found,) = assess.assess_patient(made)
    assert found.case.findings.fraction_method == "sites"


def test_a_deletion_is_one_more_allele_of_molecules():
    """Nothing but the deletion and one SNV, on the same molecules."""
    rng = np.random.default_rng(2)
    counts = {}
    for name, share in (("T", 0.6), ("I", 0.0), ("N", 0.0)):
        whole = sample(mixed({15_000: share}), DEPTH)
        whole.bases[RCRS.codes < 4] += np.uint32(DEPTH // 1000)
        counts[name] = with_deletions(whole, {PLAIN: share} if share else {}, DEPTH, rng)
    made = context(counts, ROLES, (15_000,), facts=SampleFacts(purity=Measured(1.0)))
    usable = made.patient.evidence[made.patient.evidence["usable"]]
    assert usable["type"].tolist() == ["junction", "SNV"]
    patterns = {"T": [("11", 600), ("00", 400)], "I": [("11", 8), ("00", DEPTH)],
                "N": [("00", DEPTH)]}  # fmt: skip
    rows = [
        ("P", name, ROLES[name], ",".join(site_names(usable)), pattern, "00", times, 1.0)
        for name, found in patterns.items()
        for pattern, times in found
    ]
    patient = replace(made.patient, molecules=PATTERNS.frame(rows))
    (found,) = assess.assess_patient(replace(made, patient=patient))
    assert found.case.findings.fraction_method == "molecules"
    assert found.case.estimate.p_value < 1e-4
    assert 0 < found.case.estimate.low < 8 / DEPTH / 0.6 < found.case.estimate.high
