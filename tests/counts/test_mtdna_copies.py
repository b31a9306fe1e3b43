"""mtDNA copies per cell: depths of a small genome, and depths that are too low."""

from __future__ import annotations

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
        (mtdna_copies.Depths(1000.0, 30.0, 3000), "S1\t1000\t30\t3000\t66.6667"),
        (mtdna_copies.Depths(1000.0, 0.5, 3000), "S1\t1000\t0.5\t3000\t"),
    ],
)
def test_the_table_has_a_row_where_depths_were_taken(found, row):
    header, *rows = mtdna_copies.copies_table("S1", found).splitlines()
    assert header == "sample\tmitochondrial_depth\tautosomal_depth\twindows\tmtdna_copies"
    assert rows == ([row] if row else [])
