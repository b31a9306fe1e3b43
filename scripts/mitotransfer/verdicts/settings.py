"""The keys of the configuration that verdicts depend on."""

from __future__ import annotations

import math
from dataclasses import dataclass


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


def number(cell: object) -> float:
    """A table's cell as a number, NaN where it is empty."""
    return float(str(cell)) if str(cell).strip() not in ("", "nan") else math.nan
