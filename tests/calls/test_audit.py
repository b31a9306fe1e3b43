"""Every allele has a reason, and the stated detection limit is where calls begin."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from draws import (
    CODES,
    REFERENCE,
    SETTINGS,
    alleles_of,
    draw,
    gamma_factors,
    noisy,
    prediction,
    rates,
    some_positions,
    spike,
)
from places import GENOME, LENGTH, PLACEHOLDER
from scipy import stats

from mitotransfer.calls import allele_tests, audit, false_calls
from mitotransfer.calls.call import call
from mitotransfer.counts import minor_alleles
from mitotransfer.counts.allele_counts import INDEL_COLUMNS, Counts, empty_indels
from mitotransfer.errors import background, sample_errors, site_sums
from mitotransfer.errors.background import Alleles, error_tail
from mitotransfer.stats import beta_binomial


def judged(counts, settings=SETTINGS, sites=None):
    """Calls, and the table of all alleles, of one test of them."""
    predicted = prediction(counts, sites)
    alleles = alleles_of(counts, predicted, settings)
    found = call(alleles, GENOME, settings)
    return found, audit.table(alleles, counts, predicted, GENOME, settings)


def table(counts, settings=SETTINGS):
    return judged(counts, settings)[1]


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(1)
    counts = draw(rng, 4000, rates(rng), gamma_factors(rng, 0.3))
    counts, truth = spike(rng, counts, some_positions(rng, 30), 0.02)
    bases = counts.bases.copy()
    bases[99] = 0
    bases[199, CODES[199]] = [1, 1]  # other than the reference's, and one of those
    bases[199, (CODES[199] + 1) % 4] = [1990, 1985]
    bases[309, 3] = [1000, 1000]  # 310 in the tract
    bases[309, 1] = [500, 500]
    indels = pd.DataFrame(
        [(567, "A", "AC", 400, 400), (800, "C", "CT", 1, 0)], columns=INDEL_COLUMNS
    )
    return Counts(bases, indels, {}), truth


@pytest.fixture(scope="module")
def calls_and_table(sample):
    return judged(sample[0])


@pytest.fixture(scope="module")
def frame(calls_and_table):
    return calls_and_table[1]


def row_of(frame, pos, allele):
    (row,) = frame[(frame["pos"] == pos) & (frame["allele"] == allele)].to_dict("records")
    return row


def test_every_allele_has_a_reason(sample, frame):
    _, truth = sample
    assert list(frame.columns) == audit.TESTED.names
    assert len(frame) == 4 * (LENGTH - 1) + 2
    assert frame["pos"].is_monotonic_increasing
    assert PLACEHOLDER + 1 not in set(frame["pos"])
    assert set(frame.loc[frame["pos"] == 100, "reason"]) == {"no_depth"}
    assert row_of(frame, 300, "ACGT"[CODES[299]])["reason"] == "own"
    assert row_of(frame, 310, "C")["reason"] == "artefact"
    assert np.isnan(row_of(frame, 310, "C")["detection_limit"])
    fixed = row_of(frame, 200, "ACGT"[(CODES[199] + 1) % 4])
    assert fixed["reason"] == "PASS" and np.isnan(fixed["detection_limit"])
    back = row_of(frame, 200, "ACGT"[CODES[199]])
    assert back["reason"] == "not_significant;few_fragments"
    assert back["vaf"] == pytest.approx(2 / 3977, rel=0.01)
    for pos, alt in truth:
        assert row_of(frame, pos, alt)["reason"] == "PASS"
    unseen = frame[frame["reason"] == "not_seen"]
    assert (unseen["vaf"] == 0).all() and (unseen["p_value"] == 1).all()
    assert row_of(frame, 567, "AC")["reason"] == "PASS"
    assert "few_fragments" in row_of(frame, 800, "CT")["reason"]


def test_what_passes_is_what_is_called(calls_and_table):
    found, frame = calls_and_table
    found = found[found["filter"] == "PASS"]
    passing = frame[(frame["reason"] == "PASS") & (frame["allele"] != frame["ref"])]
    assert sorted(zip(found["pos"], found["alt"], strict=True)) == sorted(
        zip(passing["pos"], passing["allele"], strict=True)
    )


def test_the_detection_limit_is_where_calls_begin(frame, sample):
    counts, _ = sample
    rng = np.random.default_rng(2)
    positions = some_positions(rng, 300)
    positions = positions[(positions != 99) & (positions != 199)]
    bases = counts.bases.astype(np.int64)
    limits = frame.set_index(["pos", "allele"])["detection_limit"]
    predicted = prediction(counts)
    chosen = []
    for position in positions:
        allele = (CODES[position] + 1) % 4
        limit = limits[position + 1, "ACGT"[allele]]
        n = counts.bases[position].sum(axis=0, dtype=np.int64)
        bases[position] = 0
        bases[position, allele] = rng.binomial(n, limit)
        bases[position, CODES[position]] = n - bases[position, allele]
        chosen.append((position + 1, "ACGT"[allele]))
    # The limit is for one variant more than were found; here the old threshold decides.
    errors = false_calls.false_calls(counts, predicted, REFERENCE)
    found = alleles_of(Counts(bases.astype(np.uint32), empty_indels(), {}), predicted)
    rows = found.bases.set_index(["pos", "alt"]).loc[chosen]
    own = minor_alleles.own_bases(counts)[[pos - 1 for pos, _ in chosen]]
    weight = sample_errors.weights(own, np.array(["ACGT".index(a) for _, a in chosen]))
    level = errors.threshold(SETTINGS.max_fdr * 31) * weight
    called = np.mean((rows["p_value"] <= level) & (rows["filter"] == "PASS"))
    # Binomial steps round the limit up a little; one-strand doubts cost a little.
    assert 0.92 < called < 0.99


def test_calls_lower_the_limits_of_about_their_own_vaf_alone():
    """Else rarer alleles are missed at the limits stated for them."""
    rng = np.random.default_rng(3)
    deep = np.arange(LENGTH) % 4 == 0
    counts = draw(rng, np.where(deep, 6000, 500)[:, None], rates(rng))
    places = [pos for pos in some_positions(rng, 300) if not deep[pos]][:100]
    mixed, _ = spike(rng, counts, places, 0.03)
    alone, beside = table(counts), table(mixed)
    ratio = beside["detection_limit"] / alone["detection_limit"]
    of_deep = deep[alone["pos"] - 1]
    assert ratio[of_deep].median() > 0.97  # 0.3 % beside 3 %
    assert ratio[~of_deep].median() < 0.95  # 2 % beside 3 %


def test_an_allele_at_its_limit_shows_the_vaf_at_which_calls_help_it():
    """Half of the alleles of a third of a call's VAF show less, and are judged alone."""
    rng = np.random.default_rng(4)
    drawn = draw(rng, 500, rates(rng))
    places = some_positions(rng, 100)
    own, other = CODES[places], CODES[places] ^ 2
    bases = drawn.bases.astype(np.int64)
    moved = np.round(0.03 * bases[places, own]).astype(np.int64)
    bases[places, own] -= moved
    bases[places, other] += moved
    mixed = Counts(bases.astype(np.uint32), drawn.indels, drawn.meta)
    alone, beside = table(drawn), table(mixed)
    helped = (beside["detection_limit"] < 0.95 * alone["detection_limit"]).to_numpy()
    assert helped.mean() > 0.3
    called = beside["vaf"][(beside["reason"] == "PASS") & (beside["vaf"] < 0.5)]
    n = beside["depth"][helped]
    least = np.ceil(called.quantile(0.02) / false_calls.LIKE * n)
    assert stats.binom.sf(least - 1, n, beside["detection_limit"][helped]).min() > 0.949


@pytest.mark.parametrize("with_panel", [False, True])
def test_critical_counts_agree_with_a_search(sample, with_panel):
    counts, _ = sample
    sites = site_sums.site_contribution(counts) if with_panel else None
    predicted = prediction(counts, sites)
    assert (predicted.site_factors is None) == with_panel
    pos = np.array([500, 5000, 9000, 12000])
    allele = (CODES[pos] + 2) % 4
    alleles = Alleles(pos, allele, counts.depth[pos])
    got = false_calls.critical_counts(predicted, alleles, 1e-6)
    for i in range(len(pos)):
        one = slice(i, i + 1)
        k = np.arange(1, 60)
        tails = [error_tail(predicted, alleles.rows(one), np.array([x]))[0] for x in k]
        first = k[np.array(tails) <= 1e-6][0]
        assert first <= got[i] <= first + (0 if with_panel else 1)


def test_a_sample_without_a_panel_has_less_power():
    """It cannot tell sites that err often from others; unrelated samples have shown them."""
    rng = np.random.default_rng(3)
    rate, factors = rates(rng), gamma_factors(rng, 1.5)
    panel = [site_sums.site_contribution(draw(rng, 4000, rate, factors)) for _ in range(8)]
    sites = sum(panel, site_sums.empty_sites(LENGTH))
    sample, truth = spike(rng, draw(rng, 4000, rate, factors), some_positions(rng, 60), 0.01)
    limits = {}
    for name, known in (("alone", None), ("panel", sites)):
        found, tested = judged(sample, sites=known)
        found = found[found["filter"] == "PASS"]
        called = set(zip(found["pos"], found["alt"], strict=True))
        assert len(called & truth) >= 55 and len(called - truth) <= 2
        limits[name] = tested["detection_limit"].median()
    assert limits["panel"] < 0.0045 and 1.3 < limits["alone"] / limits["panel"] < 3.0


def test_where_one_strand_is_noisy_the_limit_asks_both():
    rng = np.random.default_rng(6)
    rate = rates(rng, 6e-5, 2.4e-4) * [40.0, 1.0]
    counts = draw(rng, 4000, rate, gamma_factors(rng, 1.0))
    predicted = prediction(counts)
    pos = some_positions(rng, 2000)
    alleles = Alleles(pos, CODES[pos] ^ 2, counts.depth[pos])
    rare = np.full(pos.size, 2e-7)
    limit = audit.detection_limits(predicted, alleles, rare, SETTINGS)
    k = rng.binomial(alleles.depth, limit[:, None])
    used = background.evidence(predicted, alleles)
    p = allele_tests.p_values(
        k,
        alleles.depth,
        error_tail(predicted, used, np.where(used.depth > 0, k, 0).sum(axis=1)),
        (predicted.alpha[pos, alleles.allele], predicted.beta[pos, alleles.allele]),
        predicted.hot_spots,
    )
    assert 0.9 < (p <= rare).mean() < 0.99


def test_a_deeper_filter_raises_the_limit(sample, frame):
    counts, _ = sample
    strict = dataclasses.replace(SETTINGS, min_alt_fragments=50)
    other = table(counts, strict)
    limit = other["detection_limit"].dropna()
    assert (limit > 0.0125).all()
    k, n = np.array([50]), np.array([4000])
    at = limit[(other["depth"] == 4000) & other["detection_limit"].notna()]
    assert beta_binomial.upper_tail(k, n, *beta_binomial.shapes(at.iloc[:1], 0.0)) == pytest.approx(
        0.95
    )


def test_written_bytes_are_the_same(frame, tmp_path):
    written = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        audit.TESTED.write(frame.iloc[:200], tmp_path / name / "s.tested.tsv.gz")
        written.append((tmp_path / name / "s.tested.tsv.gz").read_bytes())
    assert written[0] == written[1]


def test_a_sample_without_reads_has_a_table():
    nothing = Counts(np.zeros((LENGTH, 4, 2), np.uint32), empty_indels(), {})
    frame = table(nothing)
    assert set(frame["reason"]) == {"no_depth"}
    assert frame["detection_limit"].isna().all()


# ---------------------------------------------------------------- noisy samples


@pytest.fixture(scope="module")
def noisy_sample():
    """Counts, artefacts and the median detection limit."""
    counts, artefacts = noisy(np.random.default_rng(21))
    return counts, artefacts, table(counts)["detection_limit"].median()


# Number of variants, their VAF, and which share of them is found at least.
HARDEST = [(30, 0.01, 0.8), (200, 0.01, 0.8), (200, 0.05, 0.95)]
EASIER = [
    (30, 0.02, 0.95), (30, 0.05, 0.95), (60, 0.01, 0.8), (60, 0.02, 0.95), (60, 0.05, 0.95),
    (200, 0.02, 0.95),
]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "vaf", "least"),
    [*HARDEST, *(pytest.param(*one, marks=pytest.mark.slow) for one in EASIER)],
)
def test_variants_in_a_noisy_sample_are_found_however_many(noisy_sample, number, vaf, least):
    """A model of errors that takes variants for its tail finds 0 of 30, and states 20 % or 2 %."""
    counts, artefacts, alone = noisy_sample
    rng = np.random.default_rng([22, number, int(1000 * vaf)])
    clear = np.setdiff1d(some_positions(rng, 600), [pos - 1 for pos, _ in artefacts])
    mixed, truth = spike(rng, counts, rng.permutation(clear)[:number], vaf, transitions=0.9)
    found, tested = judged(mixed)
    passed = found[(found["filter"] == "PASS") & (found["state"] == "heteroplasmic")]
    called = set(zip(passed["pos"], passed["alt"], strict=True))
    assert len(called & truth) >= least * number
    # One sample cannot tell artefacts of both strands from variants.
    high = passed[passed["vaf"] > 0.01]
    assert len(set(zip(high["pos"], high["alt"], strict=True)) - truth - artefacts) <= 3
    assert len(called - truth - artefacts) <= 2 + 0.03 * number
    beside = tested["detection_limit"].median()
    assert beside < 0.02 and alone < 0.02
    assert 1 / 1.5 < beside / alone < 1.5
