"""Copies of the tumour's molecules inside and outside its deletions."""

from dataclasses import replace

import numpy as np
import pytest
from deleted_samples import COMMON, deleted
from fitted_errors import errors_of
from minor_variants import NOWHERE, calls, genome_with, mix, sample, snv
from places import LENGTH

from mitotransfer.fraction.estimate import FractionEstimate, estimate
from mitotransfer.genome.junction_alleles import JUNCTION
from mitotransfer.inputs.settings import Contamination, Informative
from mitotransfer.patient import local_copies
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.evidence import ImmuneSample, evidence_frame
from mitotransfer.patient.informative import informative_variants
from mitotransfer.patient.pooling import Pooled
from mitotransfer.verdicts.shared_variants import variant_counts

#: Positions inside COMMON, inside PLAIN alone, inside both and in neither.
AT = np.array([13000, 7000, 9000, 3000])


def test_copies_are_what_the_deletion_leaves() -> None:
    tumor = deleted({COMMON: 0.8}, depth=20_000)
    assert local_copies.copies(tumor, AT) == pytest.approx([0.2, 1, 0.2, 1], abs=0.02)
    assert local_copies.copies(deleted({}), AT).tolist() == [1.0] * 4
    # Below 5 % of the molecules nothing changes.
    assert local_copies.copies(deleted({COMMON: 0.03}, depth=5000), AT).tolist() == [1.0] * 4


def test_two_deletions_of_one_region() -> None:
    # One within the other: its odds are of the molecules that the outer one leaves.
    nested = deleted({COMMON: 0.3, (9000, 12_000): 0.3}, depth=20_000)
    assert local_copies.copies(nested, np.array([10_000])) == pytest.approx([0.4], abs=0.07)
    # Each lacks an end of the other: the estimate is off, and the depth says so.
    staggered = deleted({COMMON: 0.4, (8600, 13_600): 0.4}, depth=20_000)
    assert local_copies.copies(staggered, np.array([9000])) == pytest.approx([0.33], abs=0.03)
    assert local_copies.unclear(staggered, deleted({}), np.array([9000, 3000])).tolist() == [
        True,
        False,
    ]


def test_a_tumour_without_intact_fragments_keeps_a_bound() -> None:
    tumor = deleted({COMMON: 1.0}, depth=2000)
    assert 0 < local_copies.copies(tumor, AT)[0] < 0.01


def test_mean_depth_is_that_of_the_copies() -> None:
    tumor = deleted({COMMON: 0.8}, depth=20_000)
    expected = 1 - 0.8 * 4977 / LENGTH
    assert local_copies.mean_copies(tumor) == pytest.approx(expected, abs=0.01)
    seen = tumor.depth.sum() / deleted({}, depth=20_000).depth.sum()
    assert local_copies.mean_copies(tumor) == pytest.approx(seen, abs=0.01)
    found = local_copies.of_whole(Measured(760.0, 700.0, 800.0), tumor)
    assert found.value == pytest.approx(1000, rel=0.02)
    assert found.log_sd == pytest.approx(Measured(760.0, 700.0, 800.0).log_sd)


def test_depth_that_does_not_agree_leaves_out_what_is_inside() -> None:
    tumor, normal = deleted({COMMON: 0.8}, depth=2000), deleted({})
    assert not local_copies.unclear(tumor, normal, AT).any()
    # The junction says 80 %, the depth that nothing is missing.
    level = replace(tumor, bases=deleted({}, depth=2000).bases)
    assert local_copies.unclear(level, normal, AT).tolist() == [True, False, True, False]
    empty = replace(normal, bases=np.zeros_like(normal.bases))
    assert local_copies.unclear(tumor, empty, AT).tolist() == [True, False, True, False]
    # Uneven coverage of both cancels.
    uneven = np.where(np.arange(LENGTH) > 12_000, 0.3, 1.0)[:, None, None]
    both = [replace(one, bases=(one.bases * uneven).astype(np.uint32)) for one in (tumor, normal)]
    assert not local_copies.unclear(*both, AT).any()


VAFS = {2000: 0.5, 3000: 0.4, 9000: 0.5, 10_000: 0.6, 11_000: 0.4, 13_000: 0.5}


def of_deleted_tumor(
    share: float, fraction: float, seed: int
) -> tuple[FractionEstimate, FractionEstimate]:
    """Fraction in an immune sample, with a tumour of which a share lacks four of six SNVs.

    Beside it the fraction as if nothing were known of the deletion.
    """

    def mixed(level: dict[int, float]) -> dict[int, dict[str, float]]:
        return {p: c for pos, vaf in level.items() for p, c in mix(pos, vaf).items()}

    inside = {pos: COMMON[0] < pos < COMMON[1] for pos in VAFS}
    left = fraction * (1 - share)
    local = {
        pos: vaf * (left / (1 - fraction + left) if inside[pos] else fraction)
        for pos, vaf in VAFS.items()
    }
    tumor = deleted({COMMON: share}, mixed(VAFS), depth=2000, seed=seed)
    immune = deleted({COMMON: share * fraction}, mixed(local), depth=2000, seed=seed + 1)
    normal = deleted({}, depth=3000, seed=seed + 2)
    pooled = Pooled([tumor], [normal])
    variants = informative_variants(
        pooled, [calls(*map(snv, VAFS))], genome_with(artefact=NOWHERE), Informative(),
        confidence=0.95,
    )  # fmt: skip
    errors = errors_of(sample({}, 2000, seed=seed))
    table = evidence_frame(
        "P", variants, pooled, {"I": ImmuneSample(immune, errors)},
        reference=genome_with().reference, overdispersion=0.0, confidence=0.95,
    ).assign(recurrence=0.0)  # fmt: skip
    assert table["usable"].all()
    flagged = table["flags"].str.contains("in_deletion").to_numpy(bool)
    junction = (table["type"] == JUNCTION).to_numpy(bool)
    assert flagged.sum() == 4 and not flagged[junction].any()
    blind = table[~junction].assign(tumor_copies=1.0)
    informed, other = (estimate(variant_counts(x, Contamination())) for x in (table, blind))
    return informed, other


def test_the_fraction_of_a_deleted_tumour_is_right() -> None:
    seeds = (10, 20, 30)
    found = {share: [of_deleted_tumor(share, 0.1, seed) for seed in seeds] for share in (0.3, 0.8)}
    width = {}
    for share, both in found.items():
        each = [informed for informed, _ in both]
        assert np.mean([one.fraction for one in each]) == pytest.approx(0.1, abs=0.012)
        assert sum(one.low < 0.1 < one.high for one in each) >= 2
        width[share] = np.mean([one.high - one.low for one in each])
    assert width[0.8] < 1.2 * width[0.3]
    assert max(blind.high for _, blind in found[0.8]) < 0.1
