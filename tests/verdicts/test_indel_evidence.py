"""A patient whose tumour has a frameshift and nothing else, from counts to the case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from minor_variants import mix, sample
from patients import context
from places import LENGTH

from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts
from mitotransfer.errors.indel_sums import IndelSums, indel_contribution
from mitotransfer.errors.site_sums import empty_sites, site_contribution
from mitotransfer.verdicts import assess, swapped_pairs
from mitotransfer.verdicts.context import PatientContext
from mitotransfer.verdicts.swapped_pairs import Panel

pytestmark = pytest.mark.usefixtures("nobody_rare")

FRAMESHIFT = (6000, "C", "CG")
ROLES = {"T": "tumor", "I": "immune", "N": "normal"}
DEPTH = 4000


def with_frameshift(vaf: float, seed: int, snv: float = 0.0) -> Counts:
    rng = np.random.default_rng(seed)
    k = rng.binomial(DEPTH // 2, vaf, 2).tolist()
    rows = [[*FRAMESHIFT, *k]] if sum(k) else []
    counts = sample(mix(9000, snv), DEPTH, seed=seed)
    return replace(counts, indels=pd.DataFrame(rows, columns=INDEL_COLUMNS))


def patient(fraction: float, *, snv: bool = False, normal: float = 0.0) -> PatientContext:
    """A tumour with a frameshift, or an SNV, at 60 %, and an immune sample with some of it."""
    shares = {"T": 0.6, "I": fraction * 0.6, "N": normal}
    counts = {
        name: with_frameshift(0 if snv else share, 1 + i, share if snv else 0.0)
        for i, (name, share) in enumerate(shares.items())
    }
    one = {"positions": (9000,)} if snv else {"indels": (FRAMESHIFT,)}
    others = [with_frameshift(0, 50 + i) for i in range(8)]
    return with_others(context(counts, ROLES, **one), others)


def with_others(made: PatientContext, others: list[Counts]) -> PatientContext:
    sites, indels = made.others.sites, IndelSums()
    for one in others:
        sites, indels = sites + site_contribution(one), indels + indel_contribution(one, True)
    return replace(made, others=replace(made.others, sites=sites, indels=indels, n_asked=8))


def test_a_frameshift_alone_gives_an_answer():
    (found,) = assess.assess_patient(patient(0.1))
    estimate = found.case.estimate
    assert found.case.tested and found.case.findings.n_informative == 1
    assert estimate.low < 0.1 < estimate.high and estimate.high < 0.25
    assert estimate.p_value < 1e-6
    assert found.variants["usable"].tolist() == [True]
    assert found.variants["background_rate"][0] < 1e-4
    assert "one_informative_variant" in found.flags


def test_no_transfer_has_a_limit_comparable_to_that_of_an_snv():
    limits = []
    for snv in (False, True):
        (found,) = assess.assess_patient(patient(0.0, snv=snv))
        assert found.case.estimate.low == 0 and found.case.estimate.p_value > 0.05
        limits.append(found.case.findings.detection_limit)
    assert 0 < limits[0] < 1.5 * limits[1]


def test_an_indel_that_others_have_counts_less_or_not_at_all():
    made = patient(0.01)
    plain = made.others
    (before,) = assess.assess_patient(made)
    some = plain.indels + indel_contribution(with_frameshift(0.1, 90), True)
    (recurrent,) = assess.assess_patient(replace(made, others=replace(plain, indels=some)))
    assert "recurrent" in recurrent.variants["flags"][0] and recurrent.variants["usable"][0]
    assert recurrent.case.support.carriers == [1]
    assert recurrent.case.estimate.p_value > 10 * before.case.estimate.p_value
    fixed = plain.indels + indel_contribution(with_frameshift(0.99, 90), False)
    (haplotype,) = assess.assess_patient(replace(made, others=replace(plain, indels=fixed)))
    assert haplotype.variants["flags"][0] == "foreign_haplotype"
    assert not haplotype.case.tested and not haplotype.variants["usable"][0]


def test_a_place_that_errs_in_others_hides_what_is_rarer():
    (clean,) = assess.assess_patient(patient(0.005))
    made = patient(0.005, normal=0.004)
    nobody = replace(made, others=replace(made.others, sites=empty_sites(LENGTH)))
    erring = with_others(nobody, [with_frameshift(0.004, 60 + i) for i in range(8)])
    (noisy,) = assess.assess_patient(erring)
    assert clean.case.estimate.p_value < 1e-3 < 0.05 < noisy.case.estimate.p_value
    assert noisy.variants["background_rate"][0] == pytest.approx(0.004, rel=0.3)
    assert "high_background" in noisy.variants["flags"][0]


def test_a_swapped_pair_tests_for_the_indel():
    made = patient(0.0)
    own = made.patient.evidence
    panel = Panel("Q", "autologous", frozenset(), own[swapped_pairs.PANEL_COLUMNS])
    immune = with_frameshift(0.02, 70)
    pooled = replace(made.pooled, tumors=made.pooled.normals)
    table = swapped_pairs.swapped_evidence(
        panel, immune, pooled, made.cohort.genome.reference, max_vaf=0.02, confidence=0.95
    )
    assert table[["ref", "alt"]].to_numpy().tolist() == [["C", "CG"]]
    assert table["immune_alt_forward"][0] > 20 and table["normal_alt_forward"][0] == 0
    # This person's own tumour has it: it is no swapped pair.
    own_pooled = replace(made.pooled, normals=made.pooled.normals)
    assert swapped_pairs.swapped_evidence(
        panel, immune, own_pooled, made.cohort.genome.reference, max_vaf=0.02, confidence=0.95
    ).empty
