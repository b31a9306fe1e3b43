"""Quality figures against hand-made counts."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from deleted_samples import deleted
from even_counts import META, counts_of_depth
from simulated_reads import RCRS

from mitotransfer.counts import quality
from mitotransfer.counts.allele_counts import Counts, empty_indels


def test_even_coverage():
    summary = quality.summarise(Counts(counts_of_depth(90, 30), empty_indels(), META), RCRS)
    assert summary["mean_depth"] == summary["median_depth"] == summary["min_depth"] == 120
    assert summary["covered_1"] == summary["covered_100"] == 1
    assert summary["origin_coverage"] == 1
    assert summary["strand_balance"] == 0.75
    assert summary["error_rate"] == 0
    assert summary["aligned_share"] == 0.8
    assert summary["used_share"] == 0.75
    assert summary["filtered_share"] == {"short": 0.1, "mismatches": 0.15}
    assert summary["discordant_share"] == 0.005
    assert summary["numt_share"] == (24 + 40) / (160 + 40)
    assert (summary["duplicate_share"], summary["chance_duplicate_share"]) == (0.1, 0.025)
    assert summary["coverage"] == [120.0] * 165


def test_holes_and_a_weak_origin_show():
    bases = counts_of_depth(100, 100)
    bases[:50] //= 2
    bases[5000:5100] = 0
    summary = quality.summarise(Counts(bases, empty_indels(), META), RCRS)
    assert summary["min_depth"] == 0
    assert summary["covered_1"] == pytest.approx(1 - 100 / 16568)
    assert summary["origin_coverage"] == pytest.approx(150 / summary["mean_depth"])


def test_error_rate_leaves_heteroplasmies_out():
    bases = np.zeros((3, 4, 2), np.uint32)
    bases[0, 0], bases[0, 1] = [500, 498], [1, 1]
    bases[1, 2], bases[1, 3] = [1000, 0], [0, 0]
    bases[2, 0], bases[2, 3] = [600, 0], [400, 0]
    assert quality.error_rate(bases, 0.03) == pytest.approx(2 / 2000)


def test_error_rates_by_substitution():
    bases = np.zeros((4, 4, 2), np.uint32)
    bases[0, 0], bases[0, 1] = [400, 398], [1, 1]  # A>C
    bases[1, 0], bases[1, 3] = [200, 0], [0, 0]
    bases[2, 2], bases[2, 0] = [900, 90], [0, 10]  # G>A
    bases[3, 2], bases[3, 0] = [900, 0], [100, 0]  # a heteroplasmy
    rates = quality.substitution_rates(bases, 0.03)
    assert rates["A>C"] == pytest.approx(2 / 1000)
    assert rates["G>A"] == pytest.approx(10 / 1000)
    assert rates["A>G"] == 0 and rates["T>C"] is None
    assert len(rates) == 12


def test_a_sample_without_reads_has_a_summary():
    empty = {**dict.fromkeys(META, 0), "sample": "S1", "own_allele_vaf": 0.03, "insert_sizes": []}
    summary = quality.summarise(Counts(counts_of_depth(0, 0), empty_indels(), empty), RCRS)
    assert summary["mean_depth"] == 0
    assert summary["origin_coverage"] is None
    assert summary["error_rate"] is None
    assert summary["used_share"] is None


def test_a_deletion_across_the_origin_is_named_and_is_no_weak_origin() -> None:
    whole, less = deleted({}, depth=2000), deleted({(16_000, 500): 0.6}, depth=2000)
    found = [quality.summarise(replace(one, meta=META), RCRS) for one in (whole, less)]
    assert found[0]["deletions"] == ""
    assert re.fullmatch(r"m\.16001_499del \((5[5-9]|6[0-5])%\)", found[1]["deletions"])
    assert found[0]["origin_coverage"] == pytest.approx(1, abs=0.05)
    assert found[1]["origin_coverage"] == pytest.approx(1, abs=0.1)
    depth = less.depth.sum(axis=1)
    assert np.append(depth[:50], depth[-50:]).mean() < 0.5 * depth.mean()
