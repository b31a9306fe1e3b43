"""Tests of single alleles: p values of bases, and indels against their background."""

import numpy as np
from bam_counts import count_bam
from draws import (
    CODES,
    REFERENCE,
    call,
    clean,
    draw,
    gamma_factors,
    rates,
    row_of,
    with_indels,
)
from places import GENOME, LENGTH, PLACEHOLDER
from scipy import stats
from simulated_reads import CIRCLE, Library, aligned, index, on_circle, pair

from mitotransfer.counts import allele_counts
from mitotransfer.errors import sample_errors
from mitotransfer.errors.background import Alleles, background, joined
from mitotransfer.stats import beta_binomial


def test_p_values_are_uniform_in_the_tail():
    rng = np.random.default_rng(4)
    counts_below = dict.fromkeys((0.05, 0.01, 0.001, 0.0001), 0)
    n_tests = 0
    for together in (False, True):
        factors = gamma_factors(rng, 1.0, (LENGTH, 4, 1 if together else 2))
        counts = draw(rng, 4000, rates(rng), factors)
        predicted = background(sample_errors.estimate_errors(counts), REFERENCE)
        pos, allele = np.nonzero(np.arange(4) != CODES[:, None])
        keep = pos != PLACEHOLDER
        pos, allele = pos[keep], allele[keep]
        depth = counts.depth[pos]
        shapes = joined(predicted, Alleles(pos, allele, depth))
        k, n = counts.bases[pos, allele].sum(axis=1, dtype=np.int64), depth.sum(axis=1)
        # Randomised within the step of the discrete distribution, they are exactly uniform.
        at_least = beta_binomial.upper_tail(k, n, *shapes)
        more = beta_binomial.upper_tail(k + 1, n, *shapes)
        p = more + rng.uniform(size=k.size) * (at_least - more)
        n_tests += p.size
        for x in counts_below:
            counts_below[x] += int(np.sum(p <= x))
    for x, count in counts_below.items():
        # Estimated rates, and the mixture of two gamma strands, leave some misfit.
        assert 0.6 < count / (n_tests * x) < 1.5 or x == 1e-4
    assert stats.binom.sf(counts_below[1e-4] - 1, n_tests, 1.5e-4) > 1e-3


def test_indels_are_called_against_the_noise_of_homopolymers():
    rng = np.random.default_rng(9)
    runs = GENOME.run_lengths
    starts = np.flatnonzero((np.roll(runs, -1) >= 5) & (np.roll(CODES, -1) != CODES))
    rows = []
    for anchor in starts:
        if anchor in (PLACEHOLDER, 301):
            continue
        base = REFERENCE.sequence[(anchor + 1) % LENGTH]
        first = REFERENCE.sequence[anchor]
        # Each run loses a base in 0.5 % of the fragments, give or take.
        k = rng.binomial(1000, rng.beta(4, 796), 2)
        rows.append((anchor + 1, first + base, first, *k))
    real = [(301, "A", "AG", 20, 22), (8270, "CACCCCCTCT", "C", 500, 480)]
    frame = call(with_indels(clean(), sorted(rows + real)))
    good = frame[frame["filter"] == "PASS"]
    assert set(good["pos"]) == {301, 8270}
    assert good["type"].tolist() == ["insertion", "deletion"]
    large = row_of(frame, 8270, "C")
    assert (large["ref_forward"], large["ref_reverse"], large["depth"]) == (500, 520, 2000)
    assert large["flags"] == "homopolymer"


def test_two_alleles_at_one_anchor_share_its_depth():
    rows = [(302, "A", "AC", 300, 300), (302, "A", "ACC", 100, 100)]
    frame = call(with_indels(clean(), rows))
    assert frame["vaf"].tolist() == [0.3, 0.1]
    assert set(frame["ref_forward"]) == {600}
    assert set(frame["flags"]) == {"artefact;homopolymer"}


def test_reads_that_end_within_the_tract_do_not_count_for_an_indel(tmp_path):
    # All molecules have the deletion of nine bases; 13 % of the reads at its anchor do not show it.
    circle = CIRCLE[: on_circle(8271)] + CIRCLE[on_circle(8271) + 9 :]
    library, rng = Library(), np.random.default_rng(12)
    for i, start in enumerate(rng.integers(7_600, 8_900, 3_000)):
        reads = pair(circle, int(start), 300, 100, bool(i % 2))
        library.add(f"r{i}", reads, ("I" * 100, "I" * 100))
    bam = aligned(tmp_path, index(tmp_path), [library.write(tmp_path / "r")])
    allele_counts.save(count_bam(bam), tmp_path / "counts.npz")
    counts = allele_counts.load(tmp_path / "counts.npz")
    row = row_of(call(counts), 8270, "C")
    assert (row["state"], row["filter"]) == ("homoplasmic", "PASS")
    shown = row["alt_forward"] + row["alt_reverse"]
    assert shown / counts.depth[8269].sum() < 0.92
    assert row["depth"] < counts.depth[8269].sum()
