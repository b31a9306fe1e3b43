"""Curves for the bounds of the excess: choice of the strongest variant, and its VAF."""

from dataclasses import replace

import numpy as np
import pytest
from fraction_draws import error_shapes

from mitotransfer.fraction.curves import curves, strongest
from mitotransfer.fraction.estimate import estimate
from mitotransfer.fraction.variant_counts import VariantCounts, checked
from mitotransfer.stats import intervals

DEPTH = [2000] * 3
COUNTS = VariantCounts(
    [1800, 1000, 600], DEPTH, [180, 100, 60], DEPTH, [1, 1, 1], DEPTH, *error_shapes(10.0)
)


def ends(points: np.ndarray, curve: np.ndarray) -> tuple[float, float]:
    inside = points[curve >= -intervals.likelihood_drop(0.95)]
    return float(inside[0]), float(inside[-1])


def test_the_curve_of_the_fraction_has_the_interval_of_the_estimate() -> None:
    found, whole = curves(COUNTS), estimate(COUNTS)
    assert found is not None
    assert found.fractions[0] == 0 and found.fractions[-1] == 1
    assert found.careful.max() == found.guess.max() == found.strongest.max() == 0
    assert ends(found.fractions, found.careful)[0] == pytest.approx(whole.low, rel=0.03)
    assert ends(found.fractions, found.guess)[1] == pytest.approx(whole.high, rel=0.03)


def test_the_strongest_variant_is_that_of_the_tumour() -> None:
    """Its VAF in the immune sample has a binomial interval, whatever its VAF in the tumour."""
    found = curves(COUNTS)
    assert found is not None and found.tumor_vaf == 0.9
    assert found.tumor_vaf_low == pytest.approx(intervals.lower_bound(1800, 2000, 0.975))
    low, high = ends(found.vafs, found.strongest)
    sd = np.sqrt(0.09 * 0.91 / 2000)
    assert low == pytest.approx(0.09 - 1.96 * sd, abs=2e-3)
    assert high == pytest.approx(0.09 + 1.96 * sd, abs=2e-3)
    # The immune alleles do not choose it, its depth may exclude it.
    more = replace(COUNTS, immune_alt=[20, 400, 60])
    assert curves(more).tumor_vaf == 0.9  # type: ignore[union-attr]
    shallow = replace(COUNTS, immune_alt=[18, 100, 60], immune_depth=[200, 2000, 2000])
    assert curves(shallow).tumor_vaf == 0.5  # type: ignore[union-attr]


def test_fixed_variants_are_taken_together() -> None:
    fixed = replace(COUNTS, tumor_alt=[1990, 1950, 600])
    assert strongest(checked(fixed)).tolist() == [0, 1]
    found = curves(fixed)
    assert found is not None and found.tumor_vaf == pytest.approx(0.985)


def test_shared_fragments_flatten_the_curves() -> None:
    one, two = curves(COUNTS), curves(COUNTS, design_effect=2.0)
    assert one is not None and two is not None
    assert np.allclose(two.careful * 2, one.careful)


def test_without_reads_there_are_no_curves() -> None:
    assert curves(VariantCounts([0], [0], [0], [0], [0], [0], 1.0, 1e3)) is None
