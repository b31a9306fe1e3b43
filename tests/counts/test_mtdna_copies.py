"""mtDNA copies per cell: depths of a small genome, and depths that are too low."""

from __future__ import annotations

import math

import numpy as np
import pytest
from nuclear_genome import write_genome
from places import RCRS

from mitotransfer.counts import mtdna_copies


def test_depths_are_those_of_the_genome(tmp_path):
    write_genome(tmp_path / "s.bam", 0.0, autosomal=4, mitochondrial=20)
    found = mtdna_copies.depths(tmp_path / "s.bam", RCRS.facts)
    # Read ends lie within the contigs: the mean of the mitochondrial one is exact to 1 %.
    assert found.mitochondrial == pytest.approx(20, rel=0.01)
    assert found.autosomal == pytest.approx(4, rel=0.05)
    assert found.windows == 2 * 399  # of 1 kb, on two chromosomes of 400 kb
    assert found.copies == 2 * found.mitochondrial / found.autosomal


def test_shallow_autosomes_give_no_copies():
    assert mtdna_copies.Depths(1000.0, 0.5, 3000).copies is None
    assert mtdna_copies.Depths(1000.0, 30.0, 20).copies is None
    both = mtdna_copies.add_depths(
        [mtdna_copies.Depths(500, 0.6, 3000), mtdna_copies.Depths(700, 0.6, 2000)]
    )
    assert both.copies == pytest.approx(2000)


@pytest.mark.parametrize(
    ("found", "row"),
    [
        (None, None),
        (
            mtdna_copies.Depths(1000.0, 30.0, 3000),
            "S1\t1000\t30\t3000\t66.6667\t54.8008\t81.1018",
        ),
        (mtdna_copies.Depths(1000.0, 0.5, 3000), "S1\t1000\t0.5\t3000\t\t\t"),
    ],
)
def test_the_table_has_a_row_where_depths_were_taken(found, row):
    header, *rows = mtdna_copies.copies_table("S1", found).splitlines()
    assert header == (
        "sample\tmitochondrial_depth\tautosomal_depth\twindows\tmtdna_copies"
        "\tmtdna_copies_low\tmtdna_copies_high"
    )
    assert rows == ([row] if row else [])


def test_the_interval_has_chromosomes_and_libraries():
    even = mtdna_copies.Depths(1000.0, 30.0, 3000)
    low, high = even.interval
    assert math.log(high / low) / 3.92 == pytest.approx(0.10)
    uneven = mtdna_copies.Depths(1000.0, 30.0, 3000, log_sd=0.2)
    low, high = uneven.interval
    assert math.log(high / low) / 3.92 == pytest.approx(math.hypot(0.1, 0.2))
    assert mtdna_copies.Depths(1000.0, 0.5, 3000).interval is None
    both = mtdna_copies.add_depths([uneven, even])
    assert both.log_sd == pytest.approx(0.1)


@pytest.mark.parametrize("gains", [0.0, 0.15])
def test_the_jackknife_is_the_spread_between_draws(gains):
    """Windows of 22 chromosomes, of which each may be gained or lost."""
    rng = np.random.default_rng(1)
    names = np.repeat([f"chr{k}" for k in range(1, 23)], 136)
    medians, spreads = [], []
    for _ in range(150):
        level = np.repeat(np.exp(rng.normal(0, gains, 22)), 136)
        depth = rng.poisson(level * 7.0 * 30) / 7.0
        medians.append(math.log(np.median(depth)))
        spreads.append(mtdna_copies.jackknife_log_sd(names, depth))
    assert np.mean(spreads) == pytest.approx(np.std(medians), rel=0.35)
    assert mtdna_copies.jackknife_log_sd(["chr1"] * 9, range(9)) == 0
