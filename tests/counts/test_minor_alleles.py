"""Own bases, depth and heteroplasmic alleles of hand-made counts."""

from __future__ import annotations

import numpy as np
import pytest
from even_counts import counts_of_depth
from places import GENOME, RCRS

from mitotransfer.counts import minor_alleles
from mitotransfer.counts.allele_counts import Counts, empty_indels


def counts(*changes):
    """Even counts of 200 fragments with (position, allele, fragments per strand) put in."""
    bases = counts_of_depth(100, 100)
    for at, allele, forward, reverse in changes:
        bases[at, allele] = forward, reverse
    return Counts(bases, empty_indels(), {})


def test_own_bases_are_the_most_frequent_ones():
    sample = counts((10, 0, 0, 0), (10, 1, 0, 0), (10, 2, 0, 0), (10, 3, 0, 0))
    expected = RCRS.codes.astype(int)
    expected[10] = 4  # nothing covers it; the placeholder has 4 as well
    np.testing.assert_array_equal(minor_alleles.own_bases(sample), expected)
    other = (RCRS.codes[20] + 1) % 4
    assert minor_alleles.own_bases(counts((20, other, 101, 100)))[20] == other


def test_depth_is_per_position_that_reads_can_cover():
    assert minor_alleles.mean_depth(counts(), GENOME.circle) == pytest.approx(200)


def test_heteroplasmic_alleles_are_above_the_cap_and_seen_often_enough():
    other = (RCRS.codes + 1) % 4
    sample = counts(
        (10, other[10], 3, 2),  # 5 of 205
        (20, other[20], 2, 2),  # 4 of 204: below 2 %
        (30, other[30], 300, 300),  # major: the reference base is the minor allele
    )
    found = np.argwhere(minor_alleles.heteroplasmic_alleles(sample)).tolist()
    assert found == [[10, other[10]], [30, RCRS.codes[30]]]
