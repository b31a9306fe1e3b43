"""Counts drawn without reads have the moments of the model and agree with the reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from places import RCRS
from simulated_fastq import CLEAN
from small_scenario import small_scenario

from mitotransfer.simulate import genomes, noise, truth
from mitotransfer.simulate import samples as simulate_samples
from mitotransfer.simulate.library import Library, Source
from mitotransfer.simulate.tally import draw_counts


@pytest.mark.slow
@pytest.mark.parametrize("duplicates", [0.0, 0.2])
def test_counts_have_the_mean_and_variance_of_the_model(duplicates: float) -> None:
    base = RCRS.sequence[1999]
    alt = genomes.TRANSITION[base]
    variant = genomes.Variant(2000, base, alt, 0.2)
    sequencing = replace(CLEAN, duplicates=duplicates)
    model = noise.cohort_noise(sequencing, RCRS, 1)
    n, depth = 150, 200
    drawn = np.array(
        [simulate_samples.counts([variant], f"s{i}", depth=depth, seed=9, noise=model)[1990:2010]
         for i in range(n)]
    )  # fmt: skip
    found = drawn[:, 9, "ACGT".index(alt)]  # (n, strand)
    mean = depth / 2 * 0.2
    # Copies are geometric: E[k^2] / E[k] = (1 + d) / (1 - d).
    factor = (1 + duplicates) / (1 - duplicates)
    assert found.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean * factor / (2 * n)))
    assert found.var() == pytest.approx(mean * factor, rel=4 * np.sqrt(2 / (2 * n)) * factor)
    total = drawn.sum(axis=2)
    assert total.mean() == pytest.approx(depth / 2, rel=0.01)
    assert total.var(axis=0).mean() == pytest.approx(depth / 2 * factor, rel=0.1)


def test_counts_and_reads_agree(noisy: dict) -> None:
    """Error rates of the quick path are those found in the reads of the same noise."""
    model, rates, seen = noisy["model"], noisy["rates"], noisy["seen"][1].sum(axis=(0))
    library = Library([Source(1.0, [])], RCRS, model, rates)
    counts = np.zeros((4, 4, 2))
    for i in range(10):
        bases = draw_counts(library, 1000, genomes.stream(1, i), min_quality=30)
        for base in range(4):
            counts[base] += bases[base == RCRS.codes].sum(axis=0)
    off = ~np.eye(4, dtype=bool)
    quick = (counts / counts.sum(axis=1, keepdims=True))[off]
    slow = (seen / seen.sum(axis=1, keepdims=True))[off]
    error = np.sqrt(slow / np.repeat(seen.sum(axis=1), 3, axis=0))
    # Both draw hot spots; reads cluster through duplicates and shared damage.
    assert (np.abs(quick - slow) < 6 * error + 0.03 * slow).all()
    assert quick.shape == (12, 2)


def test_counts_of_a_cohort_follow_its_truth() -> None:
    drawn = truth.draw_truth(small_scenario().with_depth(2000), 5)
    bases = simulate_samples.counts(drawn, "A-til")
    assert bases.shape == (16569, 4, 2) and bases.dtype == np.uint32
    assert (bases == simulate_samples.counts(drawn, "A-til")).all()
    assert bases.sum() / 16568 == pytest.approx(2000, rel=0.02)
    for variant in drawn.samples["A-til"].variants:
        if len(variant.ref) == len(variant.alt):
            row = bases[variant.pos - 1].sum(axis=1)
            vaf = row["ACGT".index(variant.alt)] / row.sum()
            error = np.sqrt(variant.vaf * (1 - variant.vaf) / row.sum() * 1.2)
            # 1 % slack where the true VAF is 1: errors and hopped reads.
            assert vaf == pytest.approx(variant.vaf, abs=4 * error + 0.004)
