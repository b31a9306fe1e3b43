"""How pure a preparation has to be, against closed forms and by simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mitotransfer.patient import cleanliness, contamination, contamination_table


@given(st.floats(1e-6, 0.99), st.floats(0, 0.5), st.floats(0.1, 100))
def test_the_largest_share_of_cells_brings_just_the_bound(
    low: float, crosstalk: float, ratio: float
) -> None:
    cells = cleanliness.max_tumor_cells(low, crosstalk, ratio)
    if low <= crosstalk:
        assert cells == 0
    else:
        brought = contamination_table.mtdna_share(cells, ratio)
        assert brought + crosstalk == pytest.approx(low, rel=1e-9)


@given(st.floats(1e-6, 0.99), st.floats(0, 0.5), st.floats(0.1, 100), st.floats(1e-6, 0.99))
def test_at_the_largest_copy_ratio_the_cells_bring_just_the_bound(
    low: float, others: float, ratio: float, cells: float
) -> None:
    """The inverse of the largest share of cells, in the ratio."""
    brought = contamination_table.mtdna_share(cells, ratio)
    stands = cleanliness.max_copy_ratio(low, others, brought, ratio)
    if low <= others or not 0 < brought < 1:
        assert math.isnan(stands)
    else:
        assert contamination_table.mtdna_share(cells, stands) + others == pytest.approx(
            low, rel=1e-6
        )
        assert cleanliness.max_tumor_cells(low, others, stands) == pytest.approx(cells, rel=1e-6)


def test_free_mtdna_counts_where_it_was_measured() -> None:
    assert cleanliness.without_cells(0.01, 0.02) == pytest.approx(0.03)
    assert cleanliness.without_cells(0.01, math.nan) == 0.01
    assert math.isnan(cleanliness.without_cells(math.nan, 0.02))


def test_what_is_unknown() -> None:
    for unknown in ((math.nan, 0, 0.1, 10), (0.1, math.nan, 0.1, 10), (0.1, 0, math.nan, 10),
                    (0.1, 0, 0.1, math.nan), (0.1, 0, 0.0, 10)):  # fmt: skip
        assert math.isnan(cleanliness.max_copy_ratio(*unknown))
    # One per cent of cells at ten times the mtDNA is 9.2 % of it.
    assert cleanliness.max_tumor_cells(0.1 / 1.09, 0.0, 10) == pytest.approx(0.01)
    assert cleanliness.max_tumor_cells(0.1, math.nan, 10) == pytest.approx(0.1 / 9.1)
    assert math.isnan(cleanliness.max_tumor_cells(math.nan, 0, 10))
    assert math.isnan(cleanliness.max_tumor_cells(0.1, 0, math.nan))
    assert cleanliness.loci_needed(0.0, 100, 1e-3) is None
    assert cleanliness.loci_needed(math.nan, 100, 1e-3) is None
    assert cleanliness.loci_needed(1e-9, 1, 1e-3) is None


def test_without_errors_the_rule_of_three() -> None:
    # No read in n bounds a proportion at 3.69 / n (97.5 %, Clopper and Pearson).
    loci = cleanliness.loci_needed(0.01, 10, 1e-9)
    assert loci is not None
    assert loci * 10 == pytest.approx(3.69 / 0.5 / 0.01, rel=0.05)


def test_more_errors_and_cleaner_preparations_need_more() -> None:
    needs = [cleanliness.loci_needed(0.005, 100, error) for error in (1e-5, 1e-3, 1e-2)]
    assert None not in needs and needs == sorted(needs, key=lambda n: n or 0)
    assert len(set(needs)) == 3
    few, many = (cleanliness.loci_needed(cells, 100, 1e-3) for cells in (0.02, 0.002))
    assert few is not None and many is not None and few < many


def test_the_recommended_loci_do_show_it() -> None:
    """Clean preparations at the recommended design stay below the bound as often as said."""
    error, depth, cells = 1e-3, 100, 0.004
    loci = cleanliness.loci_needed(cells, depth, error)
    assert loci is not None
    rng = np.random.default_rng(3)
    draws, passed = 60, 0
    for _ in range(draws):
        alt = rng.binomial(depth, error, loci).astype(float)
        normal = float(rng.binomial(depth * loci, error))
        high = contamination.estimate_tumor_cells(
            alt, np.full(loci, float(depth)), np.full(loci, 0.5), normal, float(depth * loci),
            max_error=0.05, confidence=0.95,
        )[2]  # fmt: skip
        passed += high < cells
    # The normal's own chance, which the recommendation leaves out, costs a few per cent.
    assert passed / draws > 0.8
