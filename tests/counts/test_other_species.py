"""Reads of another species, by the positions that differ."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_reads import CIRCLE, EXTENSION, RCRS, Library, pair

from mitotransfer.counts.allele_counts import Counts, empty_indels
from mitotransfer.counts.count_sample import count_sample
from mitotransfer.counts.other_species import reason_of_species
from mitotransfer.genome.reference import CODE_N
from mitotransfer.inputs.settings import Counting
from mitotransfer.reads import align
from mitotransfer.reads.lanes import SampleReads


def counts(different, positions=16568, depth=20):
    """Counts at the first positions, of which some differ from the reference."""
    real = np.flatnonzero(RCRS.codes != CODE_N)[:positions]
    bases = np.zeros((len(RCRS.codes), 4, 2), np.uint32)
    codes = RCRS.codes[real].copy()
    codes[:different] = (codes[:different] + 1) % 4
    bases[real, codes, 0] = depth
    return Counts(bases, empty_indels(), {"aligned": 90, "reads": 100})


@pytest.mark.parametrize(
    ("different", "positions", "depth", "other"),
    [
        (0, 16568, 20, False),
        (110, 16568, 20, False),  # the most distant human haplotypes
        (230, 16568, 20, False),  # Neanderthals
        (400, 16568, 20, True),
        (25, 400, 20, False),  # an amplicon of the control region
        (100, 1500, 20, True),
        (400, 16568, 3, False),  # too shallow to tell
        (0, 0, 20, False),
    ],
)
def test_the_positions_that_differ_decide(different, positions, depth, other):
    reason = reason_of_species(counts(different, positions, depth), RCRS)
    assert bool(reason) is other
    if other:
        assert f"at {different:,} of {positions:,} covered positions" in reason
        assert "90 of 100 reads align" in reason and "another species" in reason


@pytest.mark.parametrize("divergence", [0.006, 0.09, 0.22])
def test_simulated_reads_of_relatives_near_and_far(tmp_path, prefix, divergence):
    """Rates vary along the genome, so that the conserved parts align."""
    rng = np.random.default_rng(4)
    genome = np.array(list(CIRCLE))
    rates = np.repeat(rng.gamma(0.7, 1, len(genome) // 100 + 1), 100)[: len(genome)]
    changed = np.flatnonzero(rng.random(len(genome)) < rates * divergence / rates.mean())
    for at in changed:
        genome[at] = str(rng.choice([base for base in "ACGT" if base != genome[at]]))
    text = "".join(genome)
    made = Library()
    for k in range(2500):
        bases = pair(text, int(rng.integers(len(genome))), 300, 150, bool(k % 2))
        made.add(f"r{k}", bases, ("I" * 150, "I" * 150))
    sample = SampleReads("S", [made.write(tmp_path / "other")])

    def count():
        return count_sample(sample, prefix, RCRS, Counting(), align.Settings(EXTENSION))[0]

    if divergence > 0.01:
        with pytest.raises(ValueError, match="another species"):
            count()
    else:
        assert count().bases.sum() > 500_000
