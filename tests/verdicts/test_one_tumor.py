"""One tumour sample: which molecules count, and when the model is asked what would help."""

from __future__ import annotations

import math

import numpy as np
import pytest
from minor_variants import sample
from patients import context, mixed

from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.verdicts import one_tumor

ROLES = {"T": "tumor", "I": "immune", "N": "normal"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"assay": "wgs"}, (math.inf, False)),
        ({"assay": "amplicon", "mtdna_molecules": ""}, (2000.0, True)),
        ({"assay": "amplicon", "mtdna_molecules": "700"}, (700.0, False)),
        ({"assay": "amplicon", "umi": "RX"}, (math.inf, False)),
        ({"assay": "capture", "mtdna_molecules": "50"}, (50.0, False)),
    ],
)
def test_molecules(cells: dict[str, str], expected: tuple[float, bool]) -> None:
    counts = {name: sample(mixed({5000: 0.5}), 500) for name in ROLES}
    rows = {"I": {"umi": "", "mtdna_molecules": ""} | cells}
    assert one_tumor.molecules_of(context(counts, ROLES, rows=rows), "I") == expected


def test_counts_are_those_of_the_one_tumour() -> None:
    counts = {name: sample(mixed({5000: 0.5}), 500) for name in ROLES}
    evidence = context(counts, ROLES, (5000,)).patient.evidence
    pooled = VariantCounts([9], [10], [1], [10], [0], [10], 1.0, 1e3)
    if len(evidence):
        one = one_tumor.of_tumor(pooled, evidence, counts["T"])
        assert np.allclose(np.asarray(one.tumor_alt) / np.asarray(one.tumor_depth), 0.5, atol=0.01)
        assert one.immune_alt == [1]
