"""Intervals and detection limits of variants on the same fragments."""

import numpy as np
import pytest
from draws import CODES, draw, rates
from places import LENGTH

from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.fraction import estimate, zero_test
from mitotransfer.fraction.shared_fragments import clumps, design_effect, fragment_bases
from mitotransfer.fraction.variant_counts import VariantCounts, checked

DEPTH, FRAGMENT = 2000, 250.0


def effect(*pos, alt=200, vaf=0.8, fragment=FRAGMENT):
    one = np.ones(len(pos), np.int64)
    return design_effect(
        np.array(pos), alt * one, DEPTH * one, vaf * one, fragment=fragment, length=LENGTH
    )


def test_closed_forms():
    assert effect(5000) == 1.0
    assert effect(5000, 5250) == effect(5000, 9000) == 1.0
    assert effect(5000, 5100, fragment=0.0) == 1.0
    assert effect(5000, 5100) == pytest.approx(1.6)
    assert effect(5000, 5100, 9000) == pytest.approx((2 * 1.6 + 1) / 3)
    assert effect(5000, 5001, 5002) == pytest.approx(3, abs=0.02)
    assert effect(16560, 16) == pytest.approx(1.9)  # 25 bases over the origin
    # Alleles of different VAFs are also on different molecules.
    pos, depth = np.array([5000, 5100]), np.array([DEPTH, DEPTH])
    unlike = design_effect(
        pos, np.array([400, 40]), depth, np.array([0.9, 0.09]), fragment=FRAGMENT, length=LENGTH
    )
    assert 1.0 < unlike < 1.6


def test_bases_of_a_fragment():
    rng = np.random.default_rng(1)
    bases = draw(rng, 1000, rates(rng), truth=CODES).bases
    total = int(bases.sum())
    meta = {"reads": 400, "used_reads": 200, "fragments": 200}
    assert fragment_bases(Counts(bases, empty_indels(), meta)) == pytest.approx(total / 100)
    assert fragment_bases(Counts(bases, empty_indels(), {})) == 0.0


@pytest.mark.parametrize("apart", [1, pytest.param(125, marks=pytest.mark.slow)])
def test_intervals_cover_where_fragments_are_shared(apart):
    """95 % intervals of two variants on the same molecules; without the effect they cover less."""
    rng = np.random.default_rng(apart)
    f, vaf, n = 0.1, 0.8, 100
    common = int(DEPTH * (1 - apart / FRAGMENT))
    pos, depth = np.array([5000, 5000 + apart]), np.array([DEPTH, DEPTH])
    held, naive = 0, 0
    for _ in range(n):
        both = rng.binomial(common, f * vaf)
        alt = both + rng.binomial(DEPTH - common, f * vaf, 2)
        tumor = rng.binomial(DEPTH, vaf, 2)
        zero = np.zeros(2, np.int64)
        drawn = VariantCounts(
            tumor, depth, alt, depth, zero, depth, np.full(2, 2.0), np.full(2, 4000.0)
        )
        shared = design_effect(pos, alt, depth, tumor / depth, fragment=FRAGMENT, length=LENGTH)
        found = estimate.estimate(drawn, details=False, design_effect=shared)
        held += found.low <= f <= found.high
        plain = estimate.estimate(drawn, details=False)
        naive += plain.low <= f <= plain.high
    error = np.sqrt(0.95 * 0.05 / n)
    assert held / n == pytest.approx(0.96, abs=3 * error)
    assert naive < held - 2 * n * error


def test_clumps_in_closed_form():
    def sizes(*pos, vaf):
        return clumps(np.array(pos), np.array(vaf), FRAGMENT, LENGTH)

    assert sizes(5000, 5250, vaf=[0.8, 0.8]).tolist() == [1, 1]
    assert sizes(5000, 5125, vaf=[0.8, 0.8]) == pytest.approx([1.5, 1.5])
    assert sizes(5000, 5000, 9000, vaf=[0.9, 0.3, 0.5]) == pytest.approx([4 / 3, 2, 1])
    assert clumps(np.array([5000, 5001]), np.array([0.8, 0.8]), 0.0, LENGTH).tolist() == [1, 1]


def fragments_alt(rng, pos, vaf, f, draws):
    """Tumour alleles (draws, V) of fragments that start anywhere; a rarer one beside all others."""
    starts = np.arange(pos.min() - int(FRAGMENT) + 1, pos.max() + 1)[:, None]
    covered = (starts <= pos) & (pos < starts + FRAGMENT)
    reads, times = np.unique(covered, axis=0, return_counts=True)
    out = np.zeros((draws, len(pos)), np.int64)
    for cover, n in zip(reads, np.rint(times * DEPTH / FRAGMENT).astype(int), strict=True):
        carried = rng.random((draws, n)) / f
        out += cover * (carried[:, :, None] < vaf).sum(axis=1)
    return out


@pytest.mark.parametrize(
    ("pos", "vaf"),
    [
        ([5000, 5001], [0.8, 0.8]),
        pytest.param([5000, 5080, 5160], [0.9, 0.7, 0.5], marks=pytest.mark.slow),
    ],
)
def test_detection_limit_is_detected_where_fragments_are_shared(pos, vaf):
    """At exactly the limit 95 % of samples are detected; at the one without clumps fewer are."""
    rng = np.random.default_rng(len(pos))
    pos, vaf, draws, patients = np.array(pos), np.array(vaf), 40, 30
    depth, size = np.full(len(pos), DEPTH), len(pos)
    far = clumps(1000 * np.arange(size), vaf, FRAGMENT, LENGTH)
    found = np.zeros(2)
    for _ in range(patients):
        error = rng.gamma(10, 5e-5, size)
        zero, alpha = np.zeros(size, np.int64), np.full(size, 10.0)
        tumor, normal = rng.binomial(DEPTH, vaf), rng.binomial(DEPTH, error)
        counts = VariantCounts(
            tumor, depth, zero, depth, normal, depth, alpha, alpha / 5e-4 - alpha
        )
        test = checked(counts).test()[0]
        plain = estimate.detection_limit(counts)
        shared = estimate.detection_limit(
            counts, clumps=clumps(pos, tumor / DEPTH, FRAGMENT, LENGTH)
        )
        assert plain == estimate.detection_limit(counts, clumps=far) < shared
        for i, f in enumerate((plain, shared)):
            alt = fragments_alt(rng, pos, vaf, f, draws) + rng.binomial(DEPTH, error, (draws, size))
            found[i] += sum(zero_test.p_values(test, one)[0] < 0.01 for one in alt)
    rate = found / (patients * draws)
    assert rate[1] == pytest.approx(0.95, abs=0.02)
    assert rate[0] < 0.92
