"""The sections of the configuration that verdicts depend on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mitotransfer.inputs.settings import (
    Contamination,
    Fraction,
    Informative,
    Qc,
    Screening,
    Verdict,
)


@dataclass(frozen=True)
class Settings:
    """Sections of the configuration."""

    verdict: Verdict = field(default_factory=Verdict)
    fraction: Fraction = field(default_factory=Fraction)
    informative: Informative = field(default_factory=Informative)
    contamination: Contamination = field(default_factory=Contamination)
    screening: Screening = field(default_factory=Screening)
    qc: Qc = field(default_factory=Qc)

    @property
    def confidence(self) -> float:
        """Confidence level of all intervals."""
        return self.fraction.confidence

    @property
    def max_normal_vaf(self) -> float:
        """The upper confidence bound of the normal's VAF has to be below this."""
        return self.informative.max_normal_vaf

    @property
    def max_copy_ratio(self) -> float:
        """Highest plausible mtDNA copies of one cell over those of another."""
        return self.contamination.copy_ratio[1]


def number(cell: object) -> float:
    """A table's cell as a number, NaN where it is empty."""
    return float(str(cell)) if str(cell).strip() not in ("", "nan") else math.nan
