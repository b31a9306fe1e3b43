"""Tumour cells in a preparation: estimate, interval, and unreliable loci."""

import numpy as np
import pandas as pd
import pytest
from nuclear_loci import loci
from scipy import stats

from mitotransfer.patient import contamination
from mitotransfer.patient.contamination import (
    estimate_tumor_cells,
    from_cell_fraction,
    from_nuclear_counts,
)


def test_upper_bound_without_a_read_is_exact() -> None:
    # No alternative read at all: the bound is Clopper-Pearson's on the pooled reads.
    estimate, low, high, _ = estimate_tumor_cells(
        np.zeros(5), np.full(5, 200.0), np.full(5, 0.5), 0, 1000, max_error=0.05, confidence=0.95
    )
    assert estimate == pytest.approx(0, abs=1e-6) and low == 0
    assert high == pytest.approx(2 * (1 - 0.025 ** (1 / 1000)), rel=1e-3)


def test_large_counts_agree_with_the_closed_form() -> None:
    # One locus with v = 1 and no error: c is a plain proportion.
    estimate, low, high, p = estimate_tumor_cells(
        np.array([3000.0]),
        np.array([10000.0]),
        np.array([1.0]),
        0,
        10**9,
        max_error=0.05,
        confidence=0.95,
    )
    assert estimate == pytest.approx(0.3, abs=1e-4)
    half = 1.96 * np.sqrt(0.3 * 0.7 / 10000)
    assert (low, high) == (pytest.approx(0.3 - half, abs=4e-4), pytest.approx(0.3 + half, abs=4e-4))
    assert np.isnan(p)


def test_the_error_is_taken_from_the_normal() -> None:
    alt, depth, vaf = np.full(20, 2.0), np.full(20, 400.0), np.full(20, 0.5)
    clean = estimate_tumor_cells(alt, depth, vaf, 0, 8000, max_error=0.05, confidence=0.95)
    noisy = estimate_tumor_cells(alt, depth, vaf, 40, 8000, max_error=0.05, confidence=0.95)
    assert clean[1] > 0 and clean[0] == pytest.approx(0.01, rel=0.02)
    assert noisy[1] == 0 and noisy[2] < clean[2]


def test_an_unmeasured_error_never_lowers_the_upper_bound() -> None:
    alt, depth, vaf = np.full(20, 0.0), np.full(20, 1000.0), np.full(20, 0.5)
    alt[:4] = 1
    _, low, high, _ = estimate_tumor_cells(alt, depth, vaf, 0, 0, max_error=0.001, confidence=0.95)
    assert low == 0
    assert high >= 2 * stats.beta.ppf(0.975, 5, 19996) * 0.999


@pytest.mark.parametrize("c", [0.0, 0.003, 0.05])
def test_interval_covers_the_truth(c: float) -> None:
    rng = np.random.default_rng(11)
    draws, missed_low, missed_high = 50, 0, 0
    for _ in range(draws):
        vaf = rng.uniform(0.2, 0.5, 20)
        depth = rng.poisson(200, 20)
        alt = rng.binomial(depth, c * vaf + (1 - c) * 5e-4)
        normal = rng.binomial(4000, 5e-4)
        _, low, high, _ = estimate_tumor_cells(
            alt.astype(float),
            depth.astype(float),
            vaf,
            normal,
            4000,
            max_error=0.05,
            confidence=0.95,
        )
        missed_low += low > c
        missed_high += high < c
    # 2.5 % each, three Monte Carlo standard errors.
    limit = draws * 0.025 + 3 * np.sqrt(draws * 0.025 * 0.975)
    assert missed_low <= limit and missed_high <= limit


def test_measured_vaf_changes_the_unit() -> None:
    counts = [10] * 20
    half = from_nuclear_counts(loci(counts, [1000] * 20, [0.5] * 20), None, None, 1e-3, 0.95)
    fifth = from_nuclear_counts(loci(counts, [1000] * 20, [0.2] * 20), None, None, 1e-3, 0.95)
    assert fifth.high / half.high == pytest.approx(2.5, rel=0.05)
    assumed = from_nuclear_counts(loci(counts, [1000] * 20), None, None, 1e-3, 0.95)
    assert "tumor_vaf_assumed" in assumed.flags and "tumor_vaf_assumed" not in half.flags
    tumor = loci([200] * 20, [1000] * 20)
    counted = from_nuclear_counts(loci(counts, [1000] * 20), tumor, None, 1e-3, 0.95)
    assert counted.high == pytest.approx(fifth.high) and counted.flags == ()


def test_germline_locus_is_dropped_and_an_artefact_flagged() -> None:
    alt = [0] * 19 + [250]
    immune = loci(alt, [500] * 20, [0.4] * 20)
    normal = loci([0] * 19 + [240], [500] * 20)
    dropped = from_nuclear_counts(immune, None, normal, 1e-3, 0.95)
    assert dropped.n_loci == 19 and "germline_loci_dropped" in dropped.flags
    assert dropped.high < 0.002
    kept = from_nuclear_counts(immune, None, None, 1e-3, 0.95)
    assert "nuclear_loci_disagree" in kept.flags and kept.high > 0.1 and kept.low == 0


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_cells_of_a_subclone_are_bounded(share: float) -> None:
    """Tumour cells that carry a share of the loci; pooled counts show that share of the cells."""
    rng = np.random.default_rng(5)
    cells, size, held, naive, draws = 0.05, 200, 0, 0, 10
    normal, tumor = loci([0] * size, [100] * size), loci([40] * size, [100] * size)
    for _ in range(draws):
        has = np.arange(size) < share * size
        alt = rng.binomial(100, np.where(has, cells * 0.4, 0) + 1e-3)
        immune = loci(alt.tolist(), [100] * size, [0.4] * size)
        found = from_nuclear_counts(immune, tumor, normal, 1e-3, 0.95)
        assert "nuclear_loci_disagree" in found.flags and found.low < cells
        held += found.high >= cells
        pooled = estimate_tumor_cells(
            alt.astype(float),
            np.full(size, 100.0),
            np.full(size, 0.4),
            0,
            100 * size,
            max_error=0.05,
            confidence=0.95,
        )
        naive += pooled[2] >= cells
    assert held >= 0.95 * draws - 3 * np.sqrt(draws * 0.95 * 0.05)
    assert naive < draws / 2
    # Two loci that are artefacts among two hundred bring the bound up to some per cent at most.
    alt = [6, 6] + [0] * (size - 2)
    odd = from_nuclear_counts(loci(alt, [100] * size, [0.4] * size), tumor, normal, 1e-3, 0.95)
    assert "nuclear_loci_disagree" in odd.flags and odd.high < 0.05 and odd.low == 0


def test_a_normal_with_tumour_cells_hides_none() -> None:
    rng = np.random.default_rng(6)
    size, cells = 200, 0.02

    def reads(share: float) -> pd.DataFrame:
        alt = rng.binomial(120, share * 0.4 + (1 - share) * 1e-3, size)
        return loci(alt.tolist(), [120] * size, [0.4] * size)

    immune, tumor = reads(cells), reads(1.0)
    clean = from_nuclear_counts(immune, tumor, reads(0.0), 1e-3, 0.95)
    mixed = from_nuclear_counts(immune, tumor, reads(cells), 1e-3, 0.95)
    assert clean.flags == () and clean.low > 0 and mixed.low == 0
    assert "nuclear_loci_in_normal" in mixed.flags
    assert min(clean.high, mixed.high) > cells


def test_loci_without_reads_of_the_tumour_are_flagged() -> None:
    immune, normal = loci([0] * 20, [500] * 20, [0.4] * 20), loci([0] * 20, [500] * 20)
    tumor = loci([200] * 20, [500] * 20)
    assert from_nuclear_counts(immune, tumor, normal, 1e-3, 0.95).flags == ()
    found = from_nuclear_counts(immune, None, normal, 1e-3, 0.95)
    assert found.flags == ("nuclear_loci_unchecked",)


def test_loci_that_the_tumour_lacks_are_ignored() -> None:
    """Of another patient's tumour, or in other coordinates: no cell would show them."""
    immune, normal = loci([0] * 20, [500] * 20, [0.4] * 20), loci([0] * 20, [500] * 20)
    without = loci([0] * 19 + [1], [200] * 20)
    found = from_nuclear_counts(immune, without, normal, 1e-3, 0.95)
    assert found.source == "unmeasured" and np.isnan(found.high)
    assert found.flags == ("loci_without_tumor_dropped",)
    elsewhere = loci([80] * 20, [200] * 20).assign(chrom="chr2")
    assert from_nuclear_counts(immune, elsewhere, normal, 1e-3, 0.95).source == "unmeasured"
    half = loci([80] * 10 + [0] * 10, [200] * 20)
    some = from_nuclear_counts(immune, half, normal, 1e-3, 0.95)
    assert some.n_loci == 10 and "loci_without_tumor_dropped" in some.flags


def test_an_overstated_vaf_hides_no_cells() -> None:
    immune = loci([10] * 20, [1000] * 20, [1.0] * 20)
    tumor = loci([200] * 20, [1000] * 20)
    found = from_nuclear_counts(immune, tumor, None, 1e-3, 0.95)
    assert "tumor_vaf_overstated" in found.flags
    assert found.high == pytest.approx(
        from_nuclear_counts(loci([10] * 20, [1000] * 20), tumor, None, 1e-3, 0.95).high
    )
    # A difference by chance leaves the given VAF.
    near = loci([10] * 20, [1000] * 20, [0.21] * 20)
    assert "tumor_vaf_overstated" not in from_nuclear_counts(near, tumor, None, 1e-3, 0.95).flags


def test_counted_cells_beyond_the_nuclear_reads_are_kept() -> None:
    reads = from_nuclear_counts(loci([0] * 20, [500] * 20), None, None, 1e-3, 0.95)
    many, few = from_cell_fraction(0.05, 0.06), from_cell_fraction(0.0, 0.01)
    doubted = contamination.reconcile(reads, many)
    assert doubted.high == 0.06 and "tumor_cells_disagree" in doubted.flags
    assert contamination.reconcile(reads, few) == reads
    assert contamination.reconcile(contamination.UNMEASURED, few) == few


@pytest.mark.parametrize(("alt", "depth"), [(0, 50), (1, 40), (7, 60), (30, 30)])
def test_interval_without_errors_joins_the_exact_one_and_the_likelihoods(
    alt: int, depth: int
) -> None:
    """At loci that tumour cells have in full the share of cells is that of the reads."""
    reads = np.array([float(alt)]), np.array([float(depth)]), np.array([1.0])
    best, low, high, _ = estimate_tumor_cells(*reads, 0.0, 0.0, max_error=0.0, confidence=0.95)
    exact = stats.binomtest(alt, depth).proportion_ci(0.95, "exact")
    shares = np.linspace(0, 1, 200_001)[1:-1]
    logs = stats.binom.logpmf(alt, depth, shares)
    inside = shares[
        logs > stats.binom.logpmf(alt, depth, alt / depth) - stats.chi2.isf(0.05, 1) / 2
    ]
    assert best == pytest.approx(alt / depth, abs=1e-4)
    assert low == pytest.approx(min(exact.low, inside[0]), abs=2e-5)
    assert high == pytest.approx(max(exact.high, inside[-1]), abs=2e-5)


def test_dispersion_is_pearsons_and_its_p_value_that_of_draws() -> None:
    even = contamination._dispersion(np.full(2, 5.0), np.full(2, 50.0), np.full(2, 0.1))
    assert even == (1.0, 1.0)
    odd = contamination._dispersion(np.array([0.0, 100]), np.full(2, 100.0), np.full(2, 0.5))
    assert odd == pytest.approx((200.0, 0.001))
    alone = contamination._dispersion(np.ones(1), np.full(1, 9.0), np.full(1, 0.5))
    assert alone[0] == 1 and np.isnan(alone[1])


@pytest.mark.parametrize(
    ("alt", "depth", "dropped"),
    [(5, 100, False), (6, 100, True), (200, 10_000, False), (201, 10_000, True)],
)
def test_loci_that_the_normal_has_beyond_chance_are_dropped(
    alt: int, depth: int, dropped: bool
) -> None:
    """Above 2 % of its reads, and more than 1 % would bring with a chance of 0.001."""
    immune, tumor = loci([1, 2], [100, 100]), loci([40, 50], [100, 100])
    found = from_nuclear_counts(immune, tumor, loci([alt, 0], [depth, 100]), 1e-3, 0.95)
    assert (found.n_loci == 1) == dropped == ("germline_loci_dropped" in found.flags)


def test_a_normal_without_reads_gives_no_error() -> None:
    immune, tumor = loci([1, 2, 0], [100, 100, 90]), loci([40, 50, 45], [100, 100, 100])
    without = from_nuclear_counts(immune, tumor, None, 1e-3, 0.95)
    empty = from_nuclear_counts(immune, tumor, loci([0, 0, 0], [0, 0, 0]), 1e-3, 0.95)
    assert empty == without and without.low > 0
    clean = from_nuclear_counts(immune, tumor, loci([0, 0, 0], [5, 5, 5]), 1e-3, 0.95)
    assert clean.low < without.low  # fifteen reads leave errors of several per cent possible


def test_the_odd_locus_is_the_one_with_most_tumour_cells_by_its_own_vaf() -> None:
    """Nine reads at a VAF of 0.2 are more than thirty at a VAF of 1: the bound is without them."""
    immune, tumor = (
        loci([30] + [0] * 4 + [9] + [0] * 4, [100] * 10),
        loci([100] + [20] * 9, [100] * 10),
    )
    found = from_nuclear_counts(immune, tumor, None, 1e-3, 0.95)
    kept = np.arange(10) != 5
    alt, vaf = immune["alt_count"].to_numpy(float)[kept], np.array([1.0] + [0.2] * 8)
    rest = estimate_tumor_cells(
        alt, np.full(9, 100.0), vaf, 0.0, 0.0, max_error=1e-3, confidence=0.95
    )
    assert "nuclear_loci_disagree" in found.flags
    assert found.low == pytest.approx(rest[1]) and found.low > 0.04


def test_homogeneous_loci_are_seldom_flagged() -> None:
    rng = np.random.default_rng(3)
    flagged = 0
    for _ in range(50):
        immune = loci(rng.binomial(300, 0.001, 30).tolist(), [300] * 30, [0.4] * 30)
        found = from_nuclear_counts(immune, None, loci([0] * 30, [300] * 30), 1e-3, 0.95)
        flagged += "nuclear_loci_disagree" in found.flags
    assert flagged <= 3


def test_no_reads_is_unmeasured() -> None:
    assert from_nuclear_counts(loci([], []), None, None, 1e-3, 0.95).source == "unmeasured"
    found = from_nuclear_counts(loci([0], [0]), None, None, 1e-3, 0.95)
    assert found.source == "unmeasured" and np.isnan(found.high)


def test_cell_fraction() -> None:
    found = from_cell_fraction(0.05, 0.06)
    assert (found.source, found.low, found.high) == (
        "tumor_cell_fraction", pytest.approx(0.04), 0.06,
    )  # fmt: skip
    assert from_cell_fraction(0.01, 0.05).low == 0
    assert from_cell_fraction(0.05, np.nan).source == "unmeasured"
    assert from_cell_fraction(0.0, 0.0).source == "unmeasured"
    assert from_cell_fraction(np.nan, 0.1).source == "unmeasured"
