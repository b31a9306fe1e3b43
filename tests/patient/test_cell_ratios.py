"""Ranges of copies, loci and purity: closed forms, and bounds over every copy number."""

import math
from itertools import product

import pytest

from mitotransfer.fraction.tumor_cells import Factor
from mitotransfer.patient.cell_ratios import (
    Measured,
    copy_ratio,
    immune_in_tumor,
    locus_copies,
    per_genomes,
    pure_share,
    purity_range,
)

PLAUSIBLE = (0.3, 20.0)


def test_intervals_give_the_spread_of_a_ratio() -> None:
    tumor = Measured(1000.0, 1000 * math.exp(-0.196), 1000 * math.exp(0.196))
    found = copy_ratio(tumor, Measured(200.0), PLAUSIBLE, 0.2)
    assert (found.low, found.high) == (5.0, 5.0)
    assert found.sd == pytest.approx(math.sqrt(0.1**2 + 0.15**2 + 0.2**2))
    for pair in ((Measured(), Measured(200.0)), (tumor, Measured())):
        assert copy_ratio(*pair, PLAUSIBLE, 0.2) == Factor(0.3, 20.0, 0.0)
    # A typing error must not hide contamination.
    assert copy_ratio(tumor, Measured(2e5), PLAUSIBLE, 0.2) == Factor(0.3, 20.0, 0.0)


def test_a_stated_purity_has_a_range() -> None:
    assert purity_range(Measured(1.0)) == (1.0, 1.0)
    assert purity_range(Measured(0.5, 0.4, 0.7)) == (0.4, 0.7)
    low, high = purity_range(Measured(0.9))
    assert low == pytest.approx(0.9 / math.exp(0.294), rel=1e-3) and high == 1.0
    assert all(map(math.isnan, purity_range(Measured())))


def test_copies_of_a_locus_are_bounded_whatever_the_copy_number() -> None:
    """d = (p C + 2 (1 - p)) / 2 with m of C copies mutated, v = p m / (p C + 2 (1 - p))."""
    for purity, copies in product((0.2, 0.5, 0.8, 1.0), (1, 2, 3, 4)):
        for mutated in range(1, copies + 1):
            total = purity * copies + 2 * (1 - purity)
            vaf, d = purity * mutated / total, total / 2
            for stated in (Measured(), Measured(purity, purity, purity)):
                low, high = locus_copies(vaf, stated)
                assert low <= d + 1e-9, (purity, copies, mutated)
                assert d <= high + 1e-9
            assert locus_copies(vaf, Measured(purity, purity, purity))[0] >= 1 / (1 + vaf) - 1e-9


def test_copies_per_two_genomes_are_too_low_by_the_ploidy() -> None:
    assert per_genomes((0.8, 2.0), math.nan, averaged=False) == (0.4, 2.0)
    assert per_genomes((0.8, 2.0), 3.0, averaged=False) == pytest.approx((0.8 * 2 / 3, 2.0))
    assert per_genomes((0.8, 2.0), 1.6, averaged=False) == pytest.approx((0.8, 2.5))
    assert per_genomes((0.8, 2.0), math.nan, averaged=True) == (0.8, 2.0)


def test_what_immune_cells_hold_of_the_tumour_sample() -> None:
    assert immune_in_tumor(0.7, Factor(0.3, 20.0)) == pytest.approx(0.3)
    assert immune_in_tumor(0.0, Factor(0.3, 20.0)) == 1.0
    measured = Factor(4.0, 4.0, 0.25)
    assert immune_in_tumor(0.6, measured) == pytest.approx(0.4 / (4 * math.exp(-0.49)))
    assert immune_in_tumor(1.0, Factor(0.1, 0.1, 0.3)) == 0.0


def test_the_share_of_tumour_cells_in_the_mtdna() -> None:
    assert pure_share(Measured(1.0), PLAUSIBLE) == (1.0, 1.0)
    low, high = pure_share(Measured(0.5, 0.5, 0.5), PLAUSIBLE)
    assert (low, high) == pytest.approx((0.15 / 0.65, 10 / 10.5))
    assert all(map(math.isnan, pure_share(Measured(), PLAUSIBLE)))
