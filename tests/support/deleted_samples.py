"""Counts of samples with deletions: junctions, intact fragments and depth as of molecules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from minor_variants import sample
from places import LENGTH, RCRS

from mitotransfer.counts import junctions
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.genome.junction_alleles import covered, repeat
from mitotransfer.simulate.truth import Truth

#: Share of the fragments at a bond that run across it far enough.
SPANNING = 0.6

#: The common deletion, at a repeat of 13 bases, and one without a repeat.
COMMON, PLAIN = (8469, 13447), (6000, 12000)


def deleted(
    shares: Mapping[tuple[int, int], float],
    changes: dict[int, dict[str, float]] | None = None,
    *,
    depth: int = 1000,
    seed: int = 1,
) -> Counts:
    """Counts of a sample in which these shares of the molecules have the deletions.

    Args:
        shares: by the ends of the junction, at its leftmost place.
        changes: share of each base at a position, among the molecules that have the position.
    """
    whole = sample(changes or {}, depth, seed)
    return with_deletions(whole, shares, depth, np.random.default_rng(seed))


def with_deletions(
    whole: Counts,
    shares: Mapping[tuple[int, int], float],
    depth: int,
    rng: np.random.Generator,
) -> Counts:
    """The counts with what deletions lack left out, with junctions and intact fragments."""
    pos = np.arange(1, LENGTH + 1)
    kept = np.ones(LENGTH)
    rows = []
    for (start, end), share in shares.items():
        inside = covered(np.array([start]), np.array([end]), pos, LENGTH)[:, 0]
        kept -= share * inside
        split = rng.binomial(depth // 2, SPANNING * share, 2)
        rows.append([start, end, repeat(RCRS, start, end), *split])
    # A bond is whole where both bases are.
    bonds = np.minimum(kept, np.roll(kept, -1))
    for (start, end), share in shares.items():
        bonds[[start - 1, end - 2]] = np.minimum(bonds[[start - 1, end - 2]], 1 - share)
    bases = rng.binomial(whole.bases, kept[:, None, None]).astype(np.uint32)
    intact = rng.binomial(depth // 2, SPANNING * bonds[:, None], (LENGTH, 2)).astype(np.uint32)
    table = junctions.frame(np.array(sorted(rows), np.int64))
    found = table[table["forward"] + table["reverse"] > 0].reset_index(drop=True)
    return Counts(bases, whole.indels, whole.meta, None, found, intact)


def drawn_junctions(truth: Truth, name: str, counts: Counts) -> Counts:
    """The counts of a sample of a simulated cohort with its junctions and intact fragments."""
    name = truth.drawn_as(name)
    rng = truth.stream("junctions", name)
    sources = truth.sources(name, numts=False)
    half = SPANNING * truth.samples[name].depth / 2
    bonds = np.zeros(LENGTH)
    split: dict[tuple[int, int], float] = {}
    for source in sources:
        first, kept = source.segment or (0, LENGTH)
        density = source.weight * LENGTH / kept
        if source.closed:
            ends = (first + kept - 1) % LENGTH + 1, first + 1
            split[ends] = split.get(ends, 0.0) + density
        bonds[(first + np.arange(kept - source.closed)) % LENGTH] += density
    intact = rng.poisson(half * bonds[:, None], (LENGTH, 2)).astype(np.uint32)
    rows = [
        [*ends, repeat(RCRS, *ends), *rng.poisson(half * share, 2)]
        for ends, share in sorted(split.items())
    ]
    found = junctions.frame(np.array(rows, np.int64).reshape(-1, 5))
    found = found[found["forward"] + found["reverse"] > 0].reset_index(drop=True)
    return replace(counts, junctions=found, spanning=intact)
