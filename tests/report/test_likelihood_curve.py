"""The likelihood curve of a patient page."""

from __future__ import annotations

import math

import pytest

from mitotransfer.report import likelihood_curve, tables

NAN = math.nan


def _counted(tumor: int, immune: int, depth: int) -> tables.Row:
    row: tables.Row = {"usable": "true", "background_rate": 1e-4, "overdispersion": 1e-4,
                     "recurrence": 0.0, "tumor_copies": 1.0,
                     "error_alpha": 10.0, "error_beta": 99990.0}  # fmt: skip
    for role, alt in (("tumor", tumor), ("immune", immune), ("normal", 0)):
        for strand in ("forward", "reverse"):
            row |= {f"{role}_alt_{strand}": alt / 2, f"{role}_depth_{strand}": depth / 2}
    return row


def test_likelihood_peaks_at_the_share_of_the_tumours_reads() -> None:
    found = likelihood_curve.curve([_counted(1600, 100, 2000), _counted(1000, 62, 2000)])
    assert found is not None
    grid, height = found
    assert height.max() == pytest.approx(0, abs=0.05)
    assert grid[height.argmax()] == pytest.approx(100 / 1600, rel=0.08)
    inside = grid[height > -1.92]
    spread = 1.96 / math.sqrt(162)  # of the reads that carry the alleles
    assert inside.min() == pytest.approx(100 / 1600 * (1 - spread), rel=0.1)


def test_likelihood_needs_all_counts() -> None:
    assert likelihood_curve.curve([]) is None
    assert likelihood_curve.curve([_counted(9, 3, 20) | {"usable": "false"}]) is None
    assert likelihood_curve.curve([_counted(9, 3, 20) | {"normal_depth_reverse": NAN}]) is None
