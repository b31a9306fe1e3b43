"""Minor alleles against the own base: true variants are alike, artefacts differ."""

import dataclasses

import numpy as np
import pytest
from draws import CODES, REFERENCE, SETTINGS, call, draw, prediction, rates
from places import LENGTH

from mitotransfer.calls import read_bias
from mitotransfer.calls.frame import LINKED_MISMATCHES
from mitotransfer.counts.allele_counts import BaseSums, Counts, empty_indels

META = {"min_base_quality": 20, "read_end": 10}
QUALITY, DISTANCE = (35.0, 4.0), (42.0, 18.0)  # mean and deviation of the bases of a sample


def with_sums(rng, counts, quality=QUALITY, distance=DISTANCE, further=0.3):
    """Sums of bases that are all alike; normal, as sums of many are."""
    n = counts.bases.astype(np.float64)
    drawn = [
        np.maximum(rng.normal(n * mean, deviation * np.sqrt(n)), 0).astype(np.uint32)
        for mean, deviation in (quality, distance)
    ]
    mismatch = np.arange(4) != CODES[:, None]
    mismatches = rng.poisson(n * further) + counts.bases * mismatch[:, :, None]
    profile = np.zeros((64, 32), np.uint32)
    bases = rng.normal([quality[0], distance[0]], [quality[1], distance[1]], (20_000, 2))
    q, d = np.clip(bases, 0, [63, 127]).astype(int).T
    np.add.at(profile, (q, d // 4), 1)
    pairs = np.zeros((5, 0), np.uint32)
    sums = BaseSums(*drawn, mismatches.astype(np.uint32), profile, pairs)
    return dataclasses.replace(counts, meta=META, sums=sums)


def spiked(rng, depth, vaf, positions):
    bases = draw(rng, depth, rates(rng)).bases.astype(np.int64)
    alt = (CODES[positions] + 2) % 4
    for strand in range(2):
        moved = rng.binomial(bases[positions, CODES[positions], strand], vaf)
        bases[positions, alt, strand] += moved
        bases[positions, CODES[positions], strand] -= moved
    return Counts(bases.astype(np.uint32), empty_indels(), META), alt


def changed(counts, pos, allele, name, mean):
    """The same sums, but for alleles of which the bases have another mean."""
    value = getattr(counts.sums, name).copy()
    value[pos, allele] = (counts.bases[pos, allele] * mean).astype(np.uint32)
    return dataclasses.replace(counts, sums=dataclasses.replace(counts.sums, **{name: value}))


@pytest.mark.parametrize(("depth", "vaf"), [(500, 0.02), (4000, 0.005), (20_000, 0.002)])
def test_true_variants_are_never_marked_at_any_depth(depth, vaf):
    rng = np.random.default_rng(depth)
    positions = np.arange(2000, 14_000, 2)
    counts, alt = spiked(rng, depth, vaf, positions)
    found = read_bias.compare(
        with_sums(rng, counts), REFERENCE.codes, positions, alt, SETTINGS.confidence
    )
    enough = counts.bases[positions, alt].sum(axis=1) >= 4
    assert enough.sum() > 5000
    nominal = (1.0 - SETTINGS.confidence) / 2.0
    for high, limit in (
        (found.quality_high, SETTINGS.min_quality_ratio),
        (found.distance_high, SETTINGS.min_position_ratio),
    ):
        assert np.mean(high[enough] < limit) <= nominal / 10
        # The bound is a bound: it is below the truth as often as the level says.
        assert np.mean(high[enough] < 1.0) == pytest.approx(nominal, abs=0.01)
    assert np.mean(found.linked_low[enough] >= LINKED_MISMATCHES) <= nominal
    np.testing.assert_allclose(np.nanmean(found.quality[enough]), 1.0, atol=0.02)
    np.testing.assert_allclose(np.nanmean(found.linked[enough]), 0.0, atol=0.05)


def test_artefacts_are_marked_and_homoplasmic_variants_never():
    rng = np.random.default_rng(1)
    poor, at_ends, of_others, good = positions = np.array([3000, 3500, 4000, 5000])
    counts, alt = spiked(rng, 4000, 0.02, positions)
    bases, own = counts.bases.copy(), np.array([7000, 7100, 7200])
    fixed = (CODES[own] + 1) % 4
    bases[own, CODES[own]], bases[own, fixed] = 0, 2000
    counts = with_sums(rng, dataclasses.replace(counts, bases=bases))
    predicted = prediction(counts)
    rows = call(counts, predicted).set_index("pos")
    assert rows.index.tolist() == [*(positions + 1), *(own + 1)]
    assert set(rows["filter"]) == {"PASS"} and set(rows["flags"]) == {""}
    # What would mark a minor allele; and the whole of the sample's bases at a place.
    kinds = (("qualities", 24.0, 21.0), ("distances", 14.0, 10.5), ("mismatches", 3.3, 5.0))
    for k, (name, of_minor, of_own) in enumerate(kinds):
        counts = changed(counts, positions[k], alt[k], name, of_minor)
        counts = changed(counts, own[k], fixed[k], name, of_own)
    rows = call(counts, predicted).set_index("pos")
    names = rows["filter"][positions + 1].tolist()
    assert names == ["base_quality", "read_position", "PASS", "PASS"]
    assert rows["quality_ratio"][poor + 1] == pytest.approx(4 / 15, abs=0.03)
    assert rows["position_ratio"][at_ends + 1] == pytest.approx(4 / 32, abs=0.03)
    assert rows["linked_mismatches"][of_others + 1] == pytest.approx(2.0, abs=0.1)
    assert rows["flags"][[of_others + 1, good + 1]].tolist() == ["linked", ""]
    homoplasmic = rows.loc[own + 1]
    assert set(homoplasmic["filter"]) == {"PASS"} and set(homoplasmic["flags"]) == {""}
    assert set(homoplasmic["state"]) == {"homoplasmic"}
    assert homoplasmic["quality_ratio"].isna().all()


def test_low_alleles_whose_reads_are_farther_than_human_haplotypes_are_a_nuclear_copys():
    rng = np.random.default_rng(4)
    positions = np.arange(3000, 3600, 40)
    kept = dataclasses.replace(SETTINGS, max_nuclear_vaf=0.0)
    for vaf, asked in (
        (0.01, [(SETTINGS, "nuclear_copy"), (kept, "PASS")]),
        (0.10, [(SETTINGS, "PASS")]),
    ):
        counts, alt = spiked(rng, 4000, vaf, positions)
        counts = changed(with_sums(rng, counts), positions, alt, "mismatches", 1 + 0.3 + 4)
        for settings, expected in asked:
            frame = call(counts, settings=settings)
            assert frame["pos"].tolist() == (positions + 1).tolist()
            assert set(frame["filter"]) == {expected}
            assert frame["flags"].str.contains("linked").all()


def test_alleles_are_compared_with_the_own_base_of_the_same_strand():
    rng = np.random.default_rng(2)
    pos, own = np.array([4000]), CODES[4000]
    alt = np.array([(own + 1) % 4])
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    bases[4000, own], bases[4000, alt[0]] = [1000, 1000], [30, 0]
    counts = with_sums(rng, Counts(bases, empty_indels(), META))
    # Forward reads are half as good as reverse ones, and the allele is on forward reads.
    quality = counts.sums.qualities.copy()
    quality[4000, own] = [25_000, 40_000]
    quality[4000, alt[0]] = [750, 0]
    counts = dataclasses.replace(counts, sums=dataclasses.replace(counts.sums, qualities=quality))
    found = read_bias.compare(counts, REFERENCE.codes, pos, alt, 0.95)
    assert found.quality[0] == pytest.approx(1.0)


def test_counts_without_sums_mark_nothing():
    counts = draw(np.random.default_rng(3), 100, rates(np.random.default_rng(3)))
    found = read_bias.compare(counts, REFERENCE.codes, np.arange(5), CODES[:5], 0.95)
    assert all(np.isnan(values).all() for values in vars(found).values())
