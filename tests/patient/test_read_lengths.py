"""Reads of two lengths in one sample are seen by their distances from read ends."""

from __future__ import annotations

import numpy as np
import pytest
from places import LENGTH

from mitotransfer.counts.allele_counts import BaseSums, Counts, empty_indels
from mitotransfer.patient.read_lengths import length_bias

READ_END = 10
POS = np.arange(1000, 11_000, 1000)
OWN, ALT = np.zeros(10, np.int64), np.full(10, 2)


def sample(lengths: tuple[int, int], fragments: int, share: float) -> Counts:
    """Fragments at ten positions; own and other alleles are of reads of two lengths."""
    rng = np.random.default_rng(5)
    bases = np.zeros((LENGTH, 4, 2), np.uint32)
    distances = np.zeros((LENGTH, 4, 2), np.uint32)
    for allele, length, part in ((0, lengths[0], 1 - share), (2, lengths[1], share)):
        for pos in POS:
            at = rng.uniform(0, length / 2, round(fragments * part))
            at = at[at >= READ_END]
            bases[pos, allele, 0] = at.size
            distances[pos, allele, 0] = np.round(at).sum()
    nothing = np.zeros_like(bases)
    sums = BaseSums(
        nothing, distances, nothing, np.zeros((64, 32), np.uint32), np.zeros((5, 0), np.uint32)
    )
    return Counts(bases, empty_indels(), {"read_end": READ_END}, sums)


@pytest.mark.parametrize(("lengths", "bias"), [((100, 67), 0.877), ((67, 100), 1.14),
                                               ((150, 50), 0.692), ((150, 38), 0.547)])  # fmt: skip
def test_the_bias_is_that_of_the_bases_left_out(lengths: tuple[int, int], bias: float) -> None:
    counts = sample(lengths, 4000, 0.3)
    found = length_bias(counts, POS, ALT, OWN)
    odds = counts.alleles[POS, 2].sum() / counts.alleles[POS, 0].sum()
    assert found == pytest.approx(bias, rel=0.04)
    assert odds / found == pytest.approx(0.3 / 0.7, rel=0.06)


@pytest.mark.parametrize(
    ("lengths", "fragments"), [((100, 100), 4000), ((100, 97), 4000), ((100, 67), 40)]
)
def test_equal_lengths_and_few_reads_show_none(lengths: tuple[int, int], fragments: int) -> None:
    assert length_bias(sample(lengths, fragments, 0.1), POS, ALT, OWN) == 1.0


def test_without_sums_or_variants_nothing_is_known() -> None:
    counts = sample((100, 50), 4000, 0.3)
    nothing = np.zeros(0, np.int64)
    assert length_bias(counts, nothing, nothing, nothing) == 1.0
    assert length_bias(counts, POS, np.full(10, 3), OWN) == 1.0
    assert length_bias(Counts(counts.bases, counts.indels, {}), POS, ALT, OWN) == 1.0
