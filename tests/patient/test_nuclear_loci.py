"""Which nuclear loci count, and the likelihood of tumour cells that they give."""

import numpy as np
import pandas as pd
import pytest
from nuclear_loci import loci

from mitotransfer.fraction.excess import GRID, interval
from mitotransfer.fraction.tumor_cells import Loci
from mitotransfer.patient.nuclear_loci import NuclearReads, dispersion, nuclear_reads

DROP = 1.9207


def found(
    immune: pd.DataFrame, tumor: pd.DataFrame | None = None, normal: pd.DataFrame | None = None
) -> NuclearReads:
    return nuclear_reads(immune, tumor, normal, 1e-3, 0.95)


def bounds(reads: NuclearReads) -> tuple[float, float]:
    return interval(reads.curve, DROP)


def test_the_tumours_own_reads_are_the_unit() -> None:
    immune, normal = loci([10] * 20, [1000] * 20), loci([0] * 20, [1000] * 20)
    half = found(immune, loci([500] * 20, [1000] * 20), normal)
    fifth = found(immune, loci([200] * 20, [1000] * 20), normal)
    assert bounds(fifth)[1] / bounds(half)[1] == pytest.approx(2.5, rel=0.06)
    assert (fifth.measured, fifth.n_loci, fifth.depth) == (True, 20, 1000.0)
    assert fifth.tumor_vaf == pytest.approx(0.2) and fifth.flags == ()
    # What the table states of the tumour is not used: its own reads say more.
    stated = immune.assign(tumor_vaf=1.0)
    assert (found(stated, loci([200] * 20, [1000] * 20), normal).curve == fifth.curve).all()


def test_without_the_tumours_reads_there_is_an_upper_bound_alone() -> None:
    immune, normal = loci([10] * 20, [1000] * 20, [0.2] * 20), loci([0] * 20, [1000] * 20)
    blind = found(immune, None, normal)
    assert not blind.measured and np.isnan(blind.tumor_vaf)
    assert bounds(blind)[0] == 0 and 0.02 < bounds(blind)[1] < 0.03
    assert {"tumor_vaf_assumed", "nuclear_loci_unchecked"} <= set(blind.flags)
    empty = found(immune, loci([0] * 20, [0] * 20), normal)
    assert empty.curve.size == 0


def test_germline_loci_are_dropped_and_an_artefact_flagged() -> None:
    alt = [0] * 19 + [250]
    immune, tumor = loci(alt, [500] * 20), loci([200] * 20, [500] * 20)
    dropped = found(immune, tumor, loci([0] * 19 + [240], [500] * 20))
    assert dropped.n_loci == 19 and dropped.flags == ("germline_loci_dropped",)
    assert bounds(dropped)[1] < 0.002
    kept = found(immune, tumor)
    assert "nuclear_loci_disagree" in kept.flags
    assert bounds(kept)[1] > 0.05 and bounds(kept)[0] < 1e-3


@pytest.mark.parametrize(
    ("alt", "depth", "dropped"),
    [(5, 100, False), (6, 100, True), (200, 10_000, False), (201, 10_000, True)],
)
def test_loci_that_the_normal_has_beyond_chance_are_dropped(
    alt: int, depth: int, dropped: bool
) -> None:
    """Above 2 % of its reads, and more than 1 % would bring with a chance of 0.001."""
    immune, tumor = loci([1, 2], [100, 100]), loci([40, 50], [100, 100])
    reads = found(immune, tumor, loci([alt, 0], [depth, 100]))
    assert (reads.n_loci == 1) == dropped == ("germline_loci_dropped" in reads.flags)


def test_loci_that_the_tumour_lacks_are_ignored() -> None:
    """Of another patient's tumour, or in other coordinates: no cell would show them."""
    immune, normal = loci([0] * 20, [500] * 20), loci([0] * 20, [500] * 20)
    reads = found(immune, loci([0] * 19 + [1], [200] * 20), normal)
    assert reads.curve.size == 0 and reads.flags == ("loci_without_tumor_dropped",)
    elsewhere = loci([80] * 20, [200] * 20).assign(chrom="chr2")
    assert found(immune, elsewhere, normal).curve.size == 0
    some = found(immune, loci([80] * 10 + [0] * 10, [200] * 20), normal)
    assert some.n_loci == 10 and "loci_without_tumor_dropped" in some.flags


def test_a_normal_with_tumour_cells_hides_none() -> None:
    rng = np.random.default_rng(6)
    size, cells = 200, 0.02

    def reads(share: float) -> pd.DataFrame:
        alt = rng.binomial(120, share * 0.4 + (1 - share) * 1e-3, size)
        return loci(alt.tolist(), [120] * size)

    immune, tumor = reads(cells), reads(1.0)
    clean, mixed = found(immune, tumor, reads(0.0)), found(immune, tumor, reads(cells))
    assert clean.flags == () and bounds(clean)[0] > 0
    assert mixed.flags == ("nuclear_loci_in_normal",) and bounds(mixed)[0] == 0
    assert min(bounds(clean)[1], bounds(mixed)[1]) > cells


def test_a_normal_without_reads_gives_no_error() -> None:
    immune, tumor = loci([1, 2, 0], [100, 100, 90]), loci([40, 50, 45], [100, 100, 100])
    without, empty = found(immune, tumor), found(immune, tumor, loci([0, 0, 0], [0, 0, 0]))
    assert (empty.curve == without.curve).all() and bounds(without)[0] > 0
    clean = found(immune, tumor, loci([0, 0, 0], [5, 5, 5]))
    assert bounds(clean)[0] < bounds(without)[0]  # fifteen reads leave errors of several per cent


def test_shallow_loci_of_the_tumour_have_the_vaf_of_all() -> None:
    immune = loci([4, 4], [400, 400])
    tumor = loci([40, 8], [100, 10])
    one = found(immune, tumor)
    twin = found(immune, loci([40, 48 * 100 // 110], [100, 100]))
    assert bounds(one)[1] == pytest.approx(bounds(twin)[1], rel=0.05)


def test_dispersion_is_pearsons_and_its_p_value_that_of_draws() -> None:
    def of(alt: list[float], depth: float, share: float) -> tuple[float, float]:
        size = len(alt)
        reads = Loci(np.array(alt), np.full(size, depth), np.ones(size), max_error=0.0)
        return dispersion(reads, share)

    assert of([5.0, 5.0], 50.0, 0.1) == (1.0, 1.0)
    assert of([0.0, 100.0], 100.0, 0.5) == pytest.approx((200.0, 0.001))
    assert of([1.0], 9.0, 1 / 9)[0] == 1 and np.isnan(of([1.0], 9.0, 1 / 9)[1])


def test_homogeneous_loci_are_seldom_flagged() -> None:
    rng = np.random.default_rng(3)
    tumor, normal = loci([120] * 30, [300] * 30), loci([0] * 30, [300] * 30)
    flagged = 0
    for _ in range(50):
        immune = loci(rng.binomial(300, 0.001, 30).tolist(), [300] * 30)
        flagged += "nuclear_loci_disagree" in found(immune, tumor, normal).flags
    assert flagged <= 3


def test_no_reads_is_unmeasured() -> None:
    assert found(loci([], [])).curve.size == 0
    assert found(loci([0], [0])).curve.size == 0


def test_the_curve_is_on_the_grid_of_the_excess() -> None:
    reads = found(loci([3] * 9, [300] * 9), loci([100] * 9, [300] * 9))
    assert reads.curve.shape == GRID.shape and reads.curve.max() == 0
