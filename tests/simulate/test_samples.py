"""One sample drawn from a table, from pools or from a cohort."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from places import RCRS
from small_scenario import changed

from mitotransfer.simulate import genomes
from mitotransfer.simulate import samples as simulate_samples
from mitotransfer.simulate.library import Source


def test_pools_are_made_of_tables_variants_and_sources() -> None:
    variant = genomes.draw_snv(genomes.stream(1, "x"), RCRS, 1000, 0.3, "somatic")
    (of_table,) = simulate_samples.pools(pd.DataFrame([variant]))
    (of_variants,) = simulate_samples.pools([variant])
    assert of_variants == Source(1.0, [variant])
    assert [v.allele for v in of_table.variants] == [variant.allele]
    sources = [Source(0.9, []), Source(0.1, [variant])]
    assert simulate_samples.pools(sources) == sources


def test_counts_of_a_table_need_a_depth_and_have_no_nuclear_copies() -> None:
    with pytest.raises(ValueError, match="need a depth"):
        simulate_samples.counts([])
    with pytest.raises(ValueError, match="no nuclear copies"):
        simulate_samples.counts([], depth=10, numts=True)


def test_a_copy_has_the_very_reads() -> None:
    drawn = changed()
    assert np.array_equal(
        simulate_samples.counts(drawn, "A-copy"), simulate_samples.counts(drawn, "A-blood")
    )
