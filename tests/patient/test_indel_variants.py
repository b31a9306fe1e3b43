"""Indels as evidence: which count, and the rates of their errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from minor_variants import base, calls, find, mix, other, sample, snv
from places import GENOME, LENGTH, RCRS
from scipy import stats

from mitotransfer.calls.own_indels import own_sequence
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts
from mitotransfer.errors.indel_sums import IndelSums, indel_contribution
from mitotransfer.errors.site_sums import site_contribution
from mitotransfer.patient import indel_variants
from mitotransfer.patient.evidence import counts_of
from mitotransfer.patient.indel_variants import copies, touched_run
from mitotransfer.patient.pooling import pool

PLAIN = (6000, "C", "CG")  # between C and T
OF_TWO = (6001, "TA", "T")  # AA loses one
ALONE = (402, "AT", "A")  # no equal neighbours, with or without


def with_indels(*rows: tuple[int, str, str], vaf: float = 0.6, **meta: object) -> Counts:
    """Counts of depth 1,000 with indels at this VAF."""
    half = round(500 * vaf)
    table = pd.DataFrame([[*row, half, half] for row in sorted(rows)], columns=INDEL_COLUMNS)
    return Counts(sample({}).bases, table, meta)


def flags_of(row: tuple[int, str, str], tumor: Counts | None = None, **others: Counts) -> str:
    normal = others.get("normal", sample({}))
    found = find(tumor or with_indels(row), normal, calls((*row, "PASS")), artefact=GENOME.artefact)
    assert found["usable"].tolist() == [found["flags"][0] == ""]
    return str(found["flags"][0])


@pytest.mark.parametrize(
    ("sequence", "row", "longest", "number"),
    [
        ("GATCACAGG", (3, "T", "TG"), 1, 1),
        ("GATCAAAGG", (4, "CA", "C"), 3, 3),  # in a run
        ("GATCAAAGG", (3, "TC", "T"), 3, 1),  # before it
        ("GATCAAAGG", (7, "A", "AT"), 3, 1),  # after it
        ("GATCAACAAG", (6, "AC", "A"), 4, 1),  # runs join where it is lost
        ("GATCAGTC", (4, "C", "CAAAA"), 5, 5),  # the run is inserted
        ("GACACACTC", (1, "GAC", "G"), 1, 3),  # AC three times
        ("GACACTGTT", (1, "G", "GAC"), 1, 3),  # the third is new
        ("CGATTAGTTT", (10, "TCG", "T"), 3, 1),  # across the origin
        ("AGATCGAA", (8, "A", "AC"), 3, 1),  # a run across the origin
    ],
)
def test_runs_and_copies_beside_an_indel(sequence, row, longest, number):
    assert (touched_run(sequence, row), copies(sequence, row)) == (longest, number)


def test_an_indel_outside_runs_and_tracts_is_evidence():
    for row in (PLAIN, OF_TWO, ALONE, (6000, "C", "CGATTACA")):
        assert flags_of(row) == ""


@pytest.mark.parametrize(
    ("row", "flag"),
    [
        ((567, "A", "AC"), "homopolymer"),  # six C
        ((566, "CA", "C"), "homopolymer"),  # before them
        ((203, "G", "GTG"), "tandem"),  # GTGTGT
        ((302, "A", "AC"), "tract"),
        ((513, "GCA", "G"), "tract"),
        ((6000, "C", "CGGGGG"), "homopolymer"),  # that the insertion makes
    ],
)
def test_repeats_and_tracts_are_no_evidence(row, flag):
    assert RCRS.sequence[row[0] - 1 :].startswith(row[1])
    found = set(flags_of(row).split(";"))
    assert ("artefact" in found) == (flag == "tract")
    assert ("indel_in_repeat" in found) or flag == "tract"


def test_runs_are_those_of_the_patient():
    # GCTCT > GCTTT > GCTTTT...: fixed SNVs make a run of five T at 6000.
    fixed = {p: {"T": 1.0} for p in (5998, 6000, 6002)}
    fixed |= {6001: {"T": 1.0}, 5999: {"T": 1.0}}
    own = sample(fixed)
    assert "TTTTT" in own_sequence(own, RCRS)[5990:6010]
    row = (5997, RCRS.sequence[5996], RCRS.sequence[5996] + "A")
    tumor = replace(own, indels=with_indels(row).indels)
    assert flags_of(row) == ""
    assert flags_of(row, tumor, normal=own) == "indel_in_repeat"


@pytest.mark.parametrize("platform", ["iontorrent", "nanopore", "pacbio", "illumina", ""])
@pytest.mark.parametrize("role", ["tumor", "normal"])
def test_platforms_that_misread_runs(platform, role):
    refused = platform in ("iontorrent", "nanopore", "pacbio")
    for row in (OF_TWO, PLAIN, ALONE):
        told = {"tumor": with_indels(row), "normal": sample({})}
        told[role] = replace(told[role], meta={"platform": platform})
        beside = touched_run(RCRS.sequence, row) > 1
        found = flags_of(row, told["tumor"], normal=told["normal"])
        assert found == ("indel_beside_run" if refused and beside else "")
    assert touched_run(RCRS.sequence, ALONE) == 1 < touched_run(RCRS.sequence, OF_TWO)


@pytest.mark.parametrize("platform", ["iontorrent", "nanopore", "pacbio", "illumina", ""])
def test_an_immune_sample_cannot_judge_what_its_platform_misreads(platform):
    refused = platform in ("iontorrent", "nanopore", "pacbio")
    rows = (OF_TWO, ALONE)
    found = find(with_indels(*rows), sample({}), calls(*((*row, "PASS") for row in rows)))
    assert found["usable"].all() and found["pos"].tolist() == [402, 6001]
    immune = replace(sample({}), meta={"platform": platform})
    why = indel_variants.of_immune(found, immune, RCRS, RCRS.sequence)
    assert why[indel_variants.INDEL_BESIDE_RUN].tolist() == [False, refused]
    assert not why[indel_variants.INDEL_TOO_LONG].any()


def test_an_indel_that_few_fragments_can_show_is_no_evidence():
    # Reads of 75 bases.
    reach = {"read_end": 10, "reach": [0] * 10 + [2] * 28}
    long = RCRS.sequence[5999:6030]
    for row, word in (
        ((6000, long[:16], "C"), ""),
        ((6000, long, "C"), "indel_too_long"),
        ((6000, "C", "C" + "GATTACAGTCGATC"), ""),
        ((6000, "C", "C" + "GATTACAGTCGATCAGATCG"), "indel_too_long"),
    ):
        assert flags_of(row, with_indels(row, **reach)) == word
    deletion = (6000, RCRS.sequence[5999:6050], "C")
    assert flags_of(deletion) == "indel_too_long"  # a junction


def test_one_event_counts_once():
    two = ((6000, "C", "CG"), (6005, base(6005), base(6005) + "A"))
    far = (6050, base(6050), base(6050) + other(6050))
    tumor = replace(with_indels(*two, far), bases=sample(mix(6056, 0.4)).bases)
    assert flags_of(far) == ""
    rows = calls(*((*one, "PASS") for one in (*two, far)), snv(6056))
    found = find(tumor, sample({}), rows)
    assert found["pos"].tolist() == [6000, 6005, 6050, 6056]
    # The SNV counts beside an indel, the first of two indels beside the other.
    assert found["usable"].tolist() == [True, False, False, True]
    assert [word == "phased" for word in found["flags"]] == [False, True, True, False]


def test_indels_beside_another_persons_snvs_are_that_persons():
    places = range(1000, 16000, 1000)
    shares = {p: {base(p): 0.6, other(p): 0.4} for p in places}
    tumor = replace(sample(shares, 2000), indels=with_indels(PLAIN, vaf=0.4).indels)
    rows = calls(*(snv(p) for p in places if p != 6000), (*PLAIN, "PASS"))
    found = find(tumor, sample({}), rows).set_index("pos")
    assert found.loc[5000, "flags"] == "foreign_haplotype"
    assert found.loc[6000, "flags"] == "foreign_haplotype" and not found.loc[6000, "usable"]


def test_depth_is_that_of_fragments_that_can_show_the_indel():
    facts = {"read_end": 10, "reach": [0] * 10 + [1] * 30}
    rows = calls((6000, "C", "CGATTACA", "PASS"))
    counts = with_indels((6000, "C", "CGATTACA"), vaf=0.2, **facts)
    alt, _, depth, _ = counts_of(counts, rows, RCRS)[0]
    # Ten bases on each side and the seven inserted, 27 with the anchor: 3 of 30 are too near.
    assert (alt, depth) == (100, 100 + 400 * 27 // 30)
    pooled = pool([counts, counts])
    assert counts_of(pooled, rows, RCRS)[0].tolist() == [2 * x for x in (100, 100, depth, depth)]


def errors(rng: np.random.Generator, rate: float, depth: int = 4000) -> Counts:
    """A sample with false insertions of the base before, at this rate after every base."""
    k = rng.binomial(depth // 2, rate, (LENGTH, 2))
    places = np.flatnonzero((k.sum(axis=1) > 0) & (RCRS.codes < 4))
    rows = [
        [int(at) + 1, RCRS.sequence[at], RCRS.sequence[at] + "G", *k[at].tolist()] for at in places
    ]
    return Counts(sample({}, depth).bases, pd.DataFrame(rows, columns=INDEL_COLUMNS), {})


@pytest.mark.parametrize("rate", [1e-5, 2e-4])
def test_error_rates_are_those_of_the_sample(rate):
    counts = errors(np.random.default_rng(4), rate)
    alpha, beta = indel_variants.own_shapes(counts, calls((*PLAIN, "PASS")), RCRS)
    assert alpha / (alpha + beta) == pytest.approx([rate], rel=0.25)


def test_a_site_that_errs_in_unrelated_samples_errs_here():
    rng = np.random.default_rng(5)
    rows = calls((*PLAIN, "PASS"), (*ALONE, "PASS"))
    sites, indels = site_contribution(errors(rng, 1e-5)), IndelSums()
    for _ in range(12):
        one = errors(rng, 1e-5)
        bad = with_indels(PLAIN, vaf=0.004).indels.assign(forward=8, reverse=8)
        one = replace(one, indels=pd.concat([one.indels, bad], ignore_index=True))
        sites, indels = sites + site_contribution(one), indels + indel_contribution(one, True)
    alpha, beta = indel_variants.shapes(errors(rng, 1e-5), rows, RCRS, (indels, sites))
    mean = alpha / (alpha + beta)
    assert mean[0] == pytest.approx(0.004, rel=0.2) and mean[1] < 6e-5
    # Sixteen fragments more of 4,000 are no surprise there.
    assert stats.betabinom.sf(15, 4000, alpha, beta)[0] > 0.1
    assert stats.betabinom.sf(15, 4000, alpha, beta)[1] < 1e-3
