"""Calls on simulated counts with known truth: none false, none lost, each with its reason."""

import dataclasses

import numpy as np
import pytest
from draws import (
    CODES,
    REFERENCE,
    SETTINGS,
    alleles_of,
    call,
    clean,
    draw,
    edited,
    gamma_factors,
    prediction,
    rates,
    row_of,
    some_positions,
    spike,
    with_indels,
)
from places import GENOME, LENGTH, PLACEHOLDER
from scipy import stats

from mitotransfer.calls import allele_tests
from mitotransfer.calls import call as calls_call
from mitotransfer.calls.call import q_values, strand_ratio_bound
from mitotransfer.calls.frame import CALLS
from mitotransfer.cohort.background import CohortBackground
from mitotransfer.counts import minor_alleles
from mitotransfer.counts.allele_counts import BaseSums, Counts, empty_indels
from mitotransfer.errors import site_sums
from mitotransfer.errors.junction_sums import no_junctions


def passed(frame):
    keep = frame[frame["filter"] == "PASS"]
    return set(zip(keep["pos"], keep["alt"], strict=True))


# ---------------------------------------------------------------- error rates of the caller


@pytest.mark.parametrize(
    ("depth", "variance", "samples"),
    [
        (500, 0.3, 1),
        (5000, 3.0, 1),
        pytest.param(500, 3.0, 4, marks=pytest.mark.slow),
        pytest.param(5000, 0.3, 4, marks=pytest.mark.slow),
        pytest.param(5000, 3.0, 4, marks=pytest.mark.slow),
    ],
)
def test_pure_samples_have_no_calls(depth, variance, samples):
    rng = np.random.default_rng(depth + int(10 * variance))
    n_false = 0
    for _ in range(samples):
        counts = draw(rng, depth, rates(rng), gamma_factors(rng, variance))
        n_false += len(passed(call(counts, settings=dataclasses.replace(SETTINGS, min_vaf=0.0))))
    # With no variant at all, FDR control is control of any call: 1 % of samples.
    assert n_false <= samples // 4


def test_hot_spots_of_one_strand_are_not_called():
    rng = np.random.default_rng(1)
    counts = draw(rng, 4000, rates(rng), gamma_factors(rng, 1.0))
    n_hot = 0
    for vaf in (0.005, 0.01, 0.03, 0.1):
        for strand in (0, 1):
            counts, hot = spike(rng, counts, some_positions(rng, 15), vaf, strands=(strand,))
            n_hot += len(hot)
    assert n_hot == 120
    assert not passed(call(counts))


def test_one_per_cent_at_4000_is_found_and_only_that():
    rng = np.random.default_rng(2)
    counts = draw(rng, 4000, rates(rng), gamma_factors(rng, 0.5))
    counts, truth = spike(rng, counts, some_positions(rng, 120), 0.01)
    got = passed(call(counts))
    assert len(got & truth) >= 0.98 * 120
    assert len(got - truth) <= stats.binom.ppf(0.999, 120, 0.01)


@pytest.mark.slow
def test_false_discoveries_stay_at_the_configured_rate():
    rng = np.random.default_rng(3)
    false = called = 0
    settings = dataclasses.replace(SETTINGS, max_fdr=0.1, min_vaf=0.0, min_alt_fragments=0)
    for _ in range(6):
        counts = draw(rng, 3000, rates(rng), gamma_factors(rng, 1.0))
        for vaf in (0.005, 0.01, 0.02):
            counts, _ = spike(rng, counts, some_positions(rng, 1), vaf)
        counts, truth = spike(rng, counts, some_positions(rng, 80), 0.01)
        got = passed(call(counts, settings=settings))
        false, called = false + len(got - truth) - 3, called + len(got)
    assert called > 300
    assert false <= stats.binom.ppf(0.999, called, 0.1)


def test_low_calls_without_a_panel_are_flagged():
    rng = np.random.default_rng(6)
    rate = rates(rng, 2e-4, 4e-4)
    positions = some_positions(rng, 20)
    counts, low = spike(rng, draw(rng, 8000, rate), positions[:10], 0.003)
    counts, high = spike(rng, counts, positions[10:], 0.02)
    panel = site_sums.empty_sites(LENGTH)
    for _ in range(4):
        panel = panel + site_sums.site_contribution(draw(rng, 8000, rate))
    alone, informed = call(counts), call(counts, prediction(counts, panel))
    flagged = alone[alone["flags"].str.contains("no_panel")]
    assert {(p, a) for p, a in zip(flagged["pos"], flagged["alt"], strict=True)} == low
    assert len(passed(informed) & (low | high)) == 20
    assert not informed["flags"].str.contains("no_panel").any()


def test_artefacts_that_many_unrelated_samples_have_are_recurrent(tmp_path):
    rng = np.random.default_rng(7)
    rate = rates(rng)
    artefact, hot_spot, shared = 4999, 6999, 8999

    def sample(artefact_vaf, hot_spot_vaf, shared_fixed):
        bases = draw(rng, 2000, rate).bases.astype(np.int64)
        for site, vaf in ((artefact, artefact_vaf), (hot_spot, hot_spot_vaf)):
            moved = rng.binomial(bases[site, CODES[site]], vaf)
            bases[site, (CODES[site] + 2) % 4] += moved
            bases[site, CODES[site]] -= moved
        if shared_fixed:
            alleles = [CODES[shared], (CODES[shared] + 2) % 4]
            bases[shared, alleles] = bases[shared, alleles[::-1]]
        return Counts(bases.astype(np.uint32), empty_indels(), {})

    panel = [sample(0.04, 0.1 if i == 0 else 0.0, True) for i in range(8)]
    learnt = CohortBackground(
        sum(map(site_sums.site_contribution, panel), site_sums.empty_sites(LENGTH)),
        sum(minor_alleles.heteroplasmic_alleles(one).astype(np.uint32) for one in panel),
        len(panel),
        no_junctions(LENGTH),
    )
    learnt.save(tmp_path / "background.npz")
    tumor = sample(0.04, 0.1, True)
    predicted = prediction(tumor, site_sums.load_sites(tmp_path / "background.npz"))
    carriers = site_sums.load_carriers(tmp_path / "background.npz")
    predicted = dataclasses.replace(predicted, carriers=carriers)
    frame = call(tumor, predicted)
    assert dict(zip(frame["pos"] - 1, frame["filter"], strict=True)) == {
        artefact: "recurrent", hot_spot: "PASS", shared: "PASS",
    }  # fmt: skip
    assert frame["state"].tolist() == ["heteroplasmic", "heteroplasmic", "homoplasmic"]
    # Few samples, or site sums alone, say nothing of recurrence.
    site_sums.save_sites(learnt.sites, tmp_path / "sites.npz")
    assert site_sums.load_carriers(tmp_path / "sites.npz") is None
    few = dataclasses.replace(learnt, n_asked=4)
    few.save(tmp_path / "few.npz")
    assert site_sums.load_carriers(tmp_path / "few.npz") is None


def test_a_panel_silences_sites_that_err_on_both_strands():
    rng = np.random.default_rng(5)
    rate, factors = rates(rng), gamma_factors(rng, 0.5)
    bad = some_positions(rng, 15)
    factors[bad] *= 20.0  # most of them below the cap above which alleles count as variants
    sites = site_sums.empty_sites(LENGTH)
    for _ in range(8):
        sites = sites + site_sums.site_contribution(draw(rng, 2000, rate, factors))
    counts, truth = spike(
        rng, draw(rng, 4000, rate, factors), some_positions(rng, 30), 0.01, transitions=0.93
    )
    alone, informed = passed(call(counts)), passed(call(counts, prediction(counts, sites)))
    bad_sites = set(bad + 1)
    assert len({p for p, _ in alone} & bad_sites) >= 10
    assert len({p for p, _ in informed} & bad_sites) <= 2
    assert len(informed & truth) >= 29


# ---------------------------------------------------------------- one variant at a time


def test_a_clear_variant_is_described_in_full():
    frame = call(edited(clean(), m100C=(60, 40)))
    assert list(frame.columns) == CALLS.names
    row = row_of(frame, 100, "C")
    assert len(frame) == 1
    assert (row["ref"], row["type"], row["filter"], row["depth"]) == ("G", "SNV", "PASS", 2000)
    assert [row[c] for c in ("ref_forward", "ref_reverse", "alt_forward", "alt_reverse")] == [
        940, 960, 60, 40,
    ]  # fmt: skip
    assert row["vaf"] == 0.05
    np.testing.assert_allclose(
        [row["vaf_low"], row["vaf_high"]], stats.beta.ppf([0.025, 0.975], 100.5, 1900.5)
    )
    assert row["p_value"] < 1e-20 and row["q_value"] < 1e-15
    assert row["flags"] == ""


def test_each_filter_works_alone():
    counts = edited(
        clean(20_000), m100C=(10, 9), m200C=(200, 12), m400G=(100, 100), m310C=(900, 900)
    )
    bases = counts.bases.copy()
    bases[499, :, :] = 0
    bases[499, CODES[499]] = 10
    bases[499, (CODES[499] + 1) % 4] = [4, 5]
    frame = call(Counts(bases, counts.indels, {}))
    assert row_of(frame, 100, "C")["filter"] == "PASS"
    assert row_of(frame, 200, "C")["filter"] == "strand_bias"
    assert row_of(frame, 400, "G")["filter"] == "PASS"
    assert row_of(frame, 310, "C")["filter"] == "artefact"
    assert row_of(frame, 310, "C")["flags"] == "artefact;homopolymer"
    assert row_of(frame, 500, "ACGT"[(CODES[499] + 1) % 4])["filter"] == "low_depth"
    strict = dataclasses.replace(SETTINGS, min_alt_fragments=40, min_vaf=0.001)
    frame = call(Counts(bases, counts.indels, {}), settings=strict)
    assert row_of(frame, 100, "C")["filter"] == "low_vaf;few_fragments"


def test_strand_filter_measures_effect_not_significance():
    n = np.array([[10_000, 10_000]] * 4)
    k = np.array([[300, 150], [300, 30], [6, 1], [30, 0]])
    bound = strand_ratio_bound(k, n, 0.95)
    # Twofold imbalance is highly significant at this depth and still no reason to reject.
    assert stats.binomtest(150, 450).pvalue < 1e-10
    assert bound[0] > 0.5 and bound[1] < 0.2
    assert bound[2] > 0.2  # too few to tell
    share = stats.beta.ppf(0.975, 1, 30)
    assert bound[3] == pytest.approx(share / (1 - share))
    one_strand = strand_ratio_bound(np.array([[50, 0]]), np.array([[1000, 0]]), 0.95)
    assert np.isinf(one_strand[0])


def test_strand_filter_keeps_real_variants_at_any_depth():
    rng = np.random.default_rng(8)
    for depth, vaf in [(1000, 0.02), (10_000, 0.005), (10_000, 0.3)]:
        n = np.full((4000, 2), depth)
        bound = strand_ratio_bound(rng.binomial(n, vaf), n, 0.95)
        assert np.mean(bound < 0.2) < 1e-3


def test_sites_that_one_strand_covers_can_be_called():
    counts = clean(4000)
    bases = counts.bases.copy()
    bases[100:400, :, 1] = 0
    bases[150, CODES[150], 0] -= 60
    bases[150, (CODES[150] + 1) % 4, 0] += 60
    bases[350, CODES[350]] = [1940, 40]  # reverse: 1 expected, none seen, no reason to doubt
    bases[350, (CODES[350] + 1) % 4] = [60, 0]
    frame = call(Counts(bases, empty_indels(), {}))
    assert frame["filter"].tolist() == ["PASS", "PASS"]
    assert frame["pos"].tolist() == [151, 351]


def test_hot_spots_of_the_only_strand_have_to_be_excluded():
    shapes = np.full((3, 2), 5.0), np.full((3, 2), 9995.0)  # one error in 2000
    n = np.array([[5000, 0], [5000, 5000], [5000, 5000]])
    k = np.array([[50, 0], [50, 0], [50, 20]])
    p = allele_tests.p_values(k, n, np.full(3, 1e-9), shapes, 1e-4)
    # Twenty times the rate; two means of the hot spots' distribution.
    assert p[0] == pytest.approx(1e-9 + 1e-4 * np.exp(-2.0))
    assert p[1] == pytest.approx(1e-9 + 1e-4)
    assert p[2] == pytest.approx(1e-9 + 1e-4 * stats.betabinom(5000, 5, 9995).sf(19))


def test_amplicons_of_one_strand_get_calls_and_few_false_ones():
    region = np.arange(LENGTH) // 200 % 3
    depth = np.full((LENGTH, 2), 6700.0)
    depth[region == 1], depth[region == 2] = [13_400.0, 0.0], [0.0, 13_400.0]
    rng = np.random.default_rng(15)
    factor = gamma_factors(rng, 1.0)
    factor[rng.random(factor.shape) < 5e-4] *= 8.0
    places = some_positions(rng, 2000)
    chosen = np.concatenate([places[region[places] == i][:18] for i in range(3)])
    counts = draw(rng, depth, rates(rng, 1e-4, 1e-3), factor)
    counts, truth = spike(rng, counts, chosen, 0.01, transitions=0.93)
    got = passed(call(counts))
    hits = [region[pos - 1] for pos, _ in got & truth]
    assert hits.count(0) >= 9 and len(hits) - hits.count(0) >= 24
    assert len(got - truth) <= 1


def test_homoplasmic_variants_are_never_lost():
    counts = clean(2000)
    bases = counts.bases.copy()
    # All on one strand though the other is covered by the reference: still no strand filter.
    bases[999, CODES[999]] = [0, 40]
    bases[999, (CODES[999] + 1) % 4] = [1960, 0]
    for position in range(1200, 1260):
        bases[position, CODES[position]] = 0
        bases[position, (CODES[position] + 2) % 4] = 1000
    bases[1300] = 0
    bases[1300, (CODES[1300] + 1) % 4] = [1, 1]
    bases[1301] = 0
    bases[1301, (CODES[1301] + 1) % 4] = [15, 15]
    frame = call(Counts(bases, empty_indels(), {}))
    assert row_of(frame, 1000, "ACGT"[(CODES[999] + 1) % 4])["filter"] == "PASS"
    many = frame[frame["pos"].between(1201, 1260)]
    assert len(many) == 60 and set(many["filter"]) == {"PASS"} and set(many["vaf_high"]) == {1.0}
    shallow = frame[frame["pos"] == 1301].iloc[0]
    assert "low_depth" in shallow["filter"]
    assert frame[frame["pos"] == 1302]["filter"].tolist() == ["PASS"]


def test_a_minor_reference_allele_makes_a_heteroplasmy():
    counts = clean(4000)
    bases = counts.bases.copy()
    for position, back in ((999, [20, 20]), (1999, [1, 1]), (2999, [0, 60])):
        bases[position] = 0
        bases[position, CODES[position]] = back
        bases[position, (CODES[position] + 1) % 4] = 2000 - np.array(back)
    frame = call(Counts(bases, empty_indels(), {}))
    assert frame["pos"].tolist() == [1000, 2000, 3000]
    assert set(frame["filter"]) == {"PASS"}
    assert frame["vaf"].tolist() == [0.99, 0.9995, 0.985]
    # An allele on one strand only is no second allele.
    assert frame["state"].tolist() == ["heteroplasmic", "homoplasmic", "homoplasmic"]


@pytest.mark.parametrize("inserted, state", [("CT", "homoplasmic"), ("CA", "heteroplasmic")])
def test_an_insertion_beside_a_fixed_difference_is_no_second_allele(inserted, state):
    # 16190-16193 are CCCC; the sample has CCTC, and in some fragments CCCTC.
    bases = clean(4000).bases.copy()
    bases[16191] = 0
    bases[16191, 1], bases[16191, 3] = [50, 40], [1950, 1960]
    counts = with_indels(Counts(bases, None, {}), [(16192, "C", inserted, 25, 20)])
    frame = call(counts)
    assert row_of(frame, 16192, "T")["state"] == state
    assert row_of(frame, 16192, inserted)["filter"] == "PASS"
    rows = alleles_of(counts).bases
    expected = "part_of_indel" if inserted == "CT" else "PASS"
    assert row_of(rows, 16192, "C")["filter"] == expected


def test_fixed_differences_do_not_raise_the_threshold_of_heteroplasmies():
    rng = np.random.default_rng(12)
    counts = draw(rng, 4000, rates(rng), gamma_factors(rng, 0.3))
    fixed, _ = spike(rng, counts, some_positions(rng, 60), 1.0)
    assert call(counts).empty
    alleles = alleles_of(fixed)
    rows = alleles.bases
    assert not (rows["minor"] & (rows["q_value"] <= SETTINGS.max_fdr)).any()
    found = calls_call.call(alleles, GENOME, SETTINGS)
    assert (found["state"] == "homoplasmic").sum() == 60


@pytest.mark.slow
@pytest.mark.parametrize("v", [0.3, 1.0])
def test_heavy_tails_of_both_strands_are_not_called(v):
    rng = np.random.default_rng([13, int(10 * v)])
    s = np.sqrt(np.log1p(v))
    n_false = 0
    for depth in (8000, 20_000):
        factors = np.exp(rng.normal(-0.5 * s * s, s, (LENGTH, 4, 1)))
        n_false += len(passed(call(draw(rng, depth, rates(rng), factors))))
    # Without the tail it is more than twenty (v = 1, 20,000x).
    assert n_false <= 1


def test_the_placeholder_is_never_called():
    counts = clean()
    bases = counts.bases.copy()
    bases[PLACEHOLDER] = [[500, 500], [0, 0], [0, 0], [0, 0]]
    counts = with_indels(
        Counts(bases, empty_indels(), {}), [(3105, "ACN", "A", 500, 500), (3106, "CN", "C", 9, 9)]
    )
    assert call(counts).empty


def test_deletions_over_the_placeholder_are_called():
    around = "".join("ACGTN"[code] for code in REFERENCE.codes[3100:3115])
    rows = [(3101, around[:12], around[0], 300, 300), (3106, "CNT", "C", 300, 300)]
    found = call(with_indels(clean(), rows))
    assert found["pos"].tolist() == [3101, 3106] and set(found["filter"]) == {"PASS"}
    assert found["flags"].str.contains("artefact").all()  # no evidence


def test_a_sample_without_reads_gives_an_empty_table(tmp_path):
    nothing = Counts(np.zeros((LENGTH, 4, 2), np.uint32), empty_indels(), {})
    frame = call(nothing)
    assert frame.empty and list(frame.columns) == CALLS.names
    CALLS.write(frame, tmp_path / "calls.tsv")
    back = CALLS.read(tmp_path / "calls.tsv")
    assert back.empty and back["pos"].dtype == np.int64 and back["vaf"].dtype == np.float64


def test_benjamini_hochberg_agrees_with_scipy():
    rng = np.random.default_rng(10)
    p = rng.uniform(size=200) ** 3
    np.testing.assert_allclose(q_values(p, 200), stats.false_discovery_control(p))
    padded = stats.false_discovery_control(np.concatenate([p, np.ones(800)]))[:200]
    np.testing.assert_allclose(q_values(p, 1000), padded)
    assert q_values(np.zeros(0), 10).size == 0


def test_few_fragments_of_the_same_reads_are_no_independent_evidence():
    alleles = {pos: "ACGT"[CODES[pos - 1] ^ 2] for pos in (2000, 4000, 6000)}
    fragments = {2000: (2, 1), 4000: (2, 1), 6000: (3, 3)}
    counts = edited(clean(600), **{f"m{pos}{alleles[pos]}": n for pos, n in fragments.items()})
    shape = counts.bases.shape
    mismatches = np.zeros(shape, np.uint32)
    for pos, further in ((2000, 0), (4000, 1), (6000, 1)):
        at = pos - 1, "ACGT".index(alleles[pos])
        mismatches[at] = counts.bases[at] * (1 + further)  # the base itself is one
    profile = np.zeros((64, 32), np.uint32)
    profile[30, 10] = 1
    sums = BaseSums(
        30 * counts.bases, 40 * counts.bases, mismatches, profile, np.zeros((5, 0), np.uint32)
    )
    meta = {"min_base_quality": 20, "read_end": 10}
    rows = alleles_of(Counts(counts.bases, counts.indels, meta, sums)).bases
    found = {pos: row_of(rows, pos, allele)["filter"] for pos, allele in alleles.items()}
    assert found == {2000: "PASS", 4000: "few_fragments", 6000: "PASS"}


@pytest.mark.slow
@pytest.mark.parametrize("depth", [60, 200, 600])
def test_pure_shallow_samples_have_no_calls(depth):
    """The test of errors decides at any depth; three fragments are a floor, not the evidence."""
    rng = np.random.default_rng([41, depth])
    settings = dataclasses.replace(SETTINGS, min_alt_fragments=1)
    false = 0
    for variance in (0.3, 0.3, 1.0, 1.0, 1.0):
        factors = gamma_factors(rng, variance, (LENGTH, 4, 1))
        false += len(
            passed(call(draw(rng, depth, rates(rng, 6e-5, 4e-4), factors), None, settings))
        )
    assert false <= 1
