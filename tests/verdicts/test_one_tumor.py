"""One tumour sample: which molecules count, and when the model is asked what would help."""

from __future__ import annotations

import math

import numpy as np
import pytest
from minor_variants import sample
from patients import context, mixed
from places import RCRS

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.flag_words import Flag
from mitotransfer.flags import MOLECULES_ASSUMED, MOLECULES_ESTIMATED
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.verdicts import one_tumor

ROLES = {"T": "tumor", "I": "immune", "N": "normal"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"assay": "wgs"}, (math.inf, None)),
        ({"assay": "amplicon", "mtdna_molecules": ""}, (2000.0, MOLECULES_ASSUMED)),
        ({"assay": "amplicon", "mtdna_molecules": "700"}, (700.0, None)),
        ({"assay": "amplicon", "umi": "RX"}, (math.inf, None)),
        ({"assay": "capture", "mtdna_molecules": "50"}, (50.0, None)),
    ],
)
def test_molecules(cells: dict[str, str], expected: tuple[float, Flag | None]) -> None:
    counts = {name: sample(mixed({5000: 0.5}), 500) for name in ROLES}
    rows = {"I": {"umi": "", "mtdna_molecules": ""} | cells}
    assert one_tumor.molecules_of(context(counts, ROLES, rows=rows), "I") == expected


def test_counts_are_those_of_the_one_tumour() -> None:
    vafs = {"T": {5000: 0.5}, "I": {5000: 0.1}, "N": {}}
    counts = {name: sample(mixed(vafs[name]), 500) for name in ROLES}
    evidence = context(counts, ROLES, (5000,)).patient.evidence
    pooled = VariantCounts([9], [10], [1], [10], [0], [10], 1.0, 1e3)
    one = one_tumor.of_tumor(pooled, evidence, counts["T"], RCRS)
    assert np.allclose(one.tumor_depth, counts["T"].depth[4999].sum())
    assert np.allclose(np.asarray(one.tumor_alt) / np.asarray(one.tumor_depth), 0.5, atol=0.07)
    assert one.immune_alt == [1]


AMPLICON = {"assay": "amplicon", "umi": "", "mtdna_molecules": ""}
PORTION = AMPLICON | {"preparation": "A", "preparation_split": "drawn"}


def of_molecules(vafs: dict[int, float], molecules: int, seed: int) -> Counts:
    """Counts at 5,000x of so many molecules."""
    rng = np.random.default_rng(seed)
    drawn = {pos: rng.binomial(molecules, vaf) / molecules for pos, vaf in vafs.items()}
    return sample(mixed(drawn), 5000, seed=seed)


def found(
    one: dict[str, str], other: dict[str, str], role: str = "normal", status: str = "ok"
) -> tuple[float, Flag | None]:
    """Molecules of a library of 30 with eight heteroplasmies beside another of 30."""
    vafs = {500 * k: 0.1 * k for k in range(2, 10)}
    roles = {"T": "tumor", "I": "immune", "N": role, "B": "normal"}
    counts = {name: of_molecules(vafs, 30, seed) for seed, name in enumerate(roles)}
    counts["B"] = sample({}, 500)
    rows = {"I": one, "N": other | {"status": status}, "B": {"assay": "capture"}}
    return one_tumor.molecules_of(context(counts, roles, (1000,), rows=rows), "I")


def test_few_molecules_show_in_what_other_libraries_share() -> None:
    number, flag = found(PORTION, PORTION, "immune")
    assert 8 < number < 40 and flag == MOLECULES_ESTIMATED
    number, flag = found(AMPLICON, AMPLICON)
    assert 8 < number < 60 and flag == MOLECULES_ESTIMATED


@pytest.mark.parametrize(
    "other", [AMPLICON | {"umi": "RX"}, {"assay": "capture"}, AMPLICON | {"status": "swapped"}]
)
def test_other_kinds_of_libraries_say_nothing(other: dict[str, str]) -> None:
    status = other.get("status", "ok")
    assert found(AMPLICON, other, status=status) == (2000.0, MOLECULES_ASSUMED)


def test_sorted_portions_are_other_cells() -> None:
    sorted_ones = PORTION | {"preparation_split": "sorted"}
    assert found(sorted_ones, sorted_ones, "immune") == found(AMPLICON, AMPLICON, "immune")
