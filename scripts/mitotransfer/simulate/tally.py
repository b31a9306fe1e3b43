"""Allele counts of one sample, drawn without reads: thousands of samples in minutes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mitotransfer.genome.reference import BASES
from mitotransfer.simulate.library import Library, allele_shares
from mitotransfer.simulate.noise import (
    READ_WEIGHTS,
    Noise,
    SampleNoise,
    counted_error,
    oriented,
)


def error_rates(rates: SampleNoise, noise: Noise, min_quality: int = 20) -> NDArray[np.float64]:
    """Expected rate of each error among counted bases, (length, 4, 4, 2)."""
    told = counted_error(noise.sequencing, min_quality)
    weights = oriented(READ_WEIGHTS / READ_WEIGHTS.sum(axis=1, keepdims=True))
    # Mate 1 lies on either strand, so damage looks the same from both.
    damage = oriented(rates.fragment_rate).mean(axis=-1, keepdims=True)
    return rates.read_rate + told * weights + damage


def draw_counts(
    library: Library, depth: float, rng: np.random.Generator, min_quality: int = 20
) -> NDArray[np.uint32]:
    """Counts (length, 4, 2) as the reads of the same library would give them.

    Fragments at a position are Poisson; each has a geometric number of duplicates, as in the reads;
    errors are those of bases above ``min_quality``. Positions are independent here: neighbours do
    not share fragments. Nuclear copies count like any source; leave them out of the sources to
    model a pipeline that filters them. Indels give no counts of their own; a deleted base lowers
    the depth.

    Args:
        depth: mean fragments per position after all filters, both strands together.
    """
    noise = library.noise
    rates = library.sample_rates(rng)
    duplicates = noise.sequencing.duplicates
    expected = allele_shares(library.sources, library.reference) * depth / 2
    place, base = np.nonzero(expected)
    # (present alleles, strand)
    fragments = rng.poisson((expected[place, base] * (1 - duplicates))[:, None], (len(place), 2))
    true = fragments.copy()
    if duplicates > 0:
        some = fragments > 0
        true[some] += rng.negative_binomial(fragments[some], 1 - duplicates)
    wrong = rng.poisson(error_rates(rates, noise, min_quality)[place, base] * true[:, None, :])
    counts = np.zeros((*expected.shape, 2), np.int64)
    np.add.at(counts, place, wrong)
    np.add.at(counts, (place, base), true - wrong.sum(axis=1))
    counts[library.reference.codes >= len(BASES)] = 0
    return np.maximum(counts, 0).astype(np.uint32)
