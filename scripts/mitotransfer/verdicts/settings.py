"""What the assessment of one patient takes: settings, the patient's data, the cohort's."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mitotransfer.cohort.background import CohortBackground
from mitotransfer.genome.reference import LENGTH, Reference


@dataclass(frozen=True)
class Settings:
    """Keys of the configuration that verdicts depend on."""

    confidence: float = 0.95
    max_q_value: float = 0.01
    false_positive_rate: float = 0.01
    power: float = 0.95
    max_detection_limit: float = 0.02
    min_mean_depth: float = 50.0
    max_normal_vaf: float = 0.02
    max_tumor_fraction: float | None = None
    max_copy_ratio: float = 10.0
    sequencing_error: float = 0.001


@dataclass(frozen=True)
class Cohort:
    """What one patient's assessment needs of the others.

    Attributes:
        background: sums over all samples; ``spread`` is ``spread_within`` of its sites.
        usable: positions that may count, shape (16569,).
        n_patients: in the whole cohort.
        hot_spots: probability of published recurrent mutation, shape (16569,).
        foreign_haplotype: fixed alleles of another patient, None where unknown.
    """

    background: CohortBackground
    spread: float
    reference: Reference
    usable: NDArray[np.bool_]
    n_patients: int = 0
    hot_spots: NDArray[np.float64] = field(default_factory=lambda: np.zeros(LENGTH))
    foreign_haplotype: Callable[[str], NDArray[np.int8] | None] = field(default=lambda _: None)


def number(cell: object) -> float:
    """A table's cell as a number, NaN where it is empty."""
    return float(str(cell)) if str(cell).strip() not in ("", "nan") else math.nan
