"""Ranges of what turns a share of cells into a share of mtDNA: copies, loci, purity.

R is the mtDNA copies per cell of the tumour sample over those of the preparation; d is half the
copies of a nuclear locus per cell of the tumour sample; p is the tumour cells per cell of it. A
range has a log-sd where its ends were measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mitotransfer.fraction.tumor_cells import Factor

NAN = math.nan
#: Log-sd of a measurement without interval: replicates of mtDNA copies in the literature have 0.09
#: to 0.13.
TECHNICAL_SD = 0.15
#: Width of a 95 % interval in standard deviations.
WIDTH = 3.92
#: Highest d: gains of a locus beyond four copies per cell are rare.
MOST_COPIES = 2.0
#: Highest mean ploidy of a tumour sample where it is not stated.
PLOIDY = 4.0
#: Loci over the whole genome from which their mean copies are those of the genome.
MANY_LOCI = 50
#: A measured ratio below this share of the plausible range's lower end is an input error: it would
#: make the bound on contamination vanish.
LOWEST_RATIO = 0.1
#: Width of the range of a purity without interval, as a factor.
PURITY_WIDTH = math.exp(1.96 * TECHNICAL_SD)


@dataclass(frozen=True)
class Measured:
    """A measured number with its 95 % interval; NaN where not stated."""

    value: float = NAN
    low: float = NAN
    high: float = NAN

    @property
    def known(self) -> bool:
        return self.value > 0

    @property
    def log_sd(self) -> float:
        """Standard deviation of the logarithm."""
        if self.low > 0 and self.high > self.low:
            return math.log(self.high / self.low) / WIDTH
        return TECHNICAL_SD


def copy_ratio(
    tumor: Measured, immune: Measured, plausible: tuple[float, float], biology: float
) -> Factor:
    """Range of R from the copies per cell of tumour sample and preparation.

    Args:
        plausible: the range where either was not measured.
        biology: log-sd of the contaminating cells' copies about the tumour sample's.
    """
    if not (tumor.known and immune.known):
        return Factor(*plausible)
    ratio = tumor.value / immune.value
    if ratio < LOWEST_RATIO * plausible[0]:
        return Factor(*plausible)
    sd = math.sqrt(tumor.log_sd**2 + immune.log_sd**2 + biology**2)
    return Factor(ratio, ratio, sd)


def purity_range(purity: Measured) -> tuple[float, float]:
    """Range of a stated purity; NaN where it is not stated. A purity of 1 is exact."""
    if not purity.known:
        return NAN, NAN
    if purity.value == 1 and not purity.low < 1:
        return 1.0, 1.0
    low = purity.low if purity.low > 0 else purity.value / PURITY_WIDTH
    high = purity.high if purity.high > 0 else purity.value * PURITY_WIDTH
    return min(low, 1.0), min(high, 1.0)


def locus_copies(tumor_vaf: float, purity: Measured) -> tuple[float, float]:
    """Range of d for clonal loci with this VAF in the tumour sample.

    Whatever the copy number, d >= 1 / (1 + v): one copy left, and that mutated, is the lowest. With
    purity p and one mutated copy d = p / (2 v), more with more.
    """
    lowest = 1 / (1 + tumor_vaf)
    low, _ = purity_range(purity)
    if math.isnan(low):
        return lowest, MOST_COPIES
    return min(max(low / (2 * tumor_vaf), lowest), 1.0), MOST_COPIES


def per_genomes(copies: tuple[float, float], ploidy: float, averaged: bool) -> tuple[float, float]:
    """Range of d where the tumour sample's mtDNA copies are per two genomes, not per cell.

    Such copies come from depths. They are too low by half the sample's mean ploidy, and d / (ploidy
    / 2) takes the place of d.

    Args:
        ploidy: mean ploidy of the tumour cells, NaN where not stated.
        averaged: whether the loci are many and lie over the whole genome: their mean copies are
            then those of the genome.
    """
    if averaged:
        return copies
    highest = PLOIDY if math.isnan(ploidy) else max(ploidy, 2.0)
    lowest = 2.0 if math.isnan(ploidy) else min(ploidy, 2.0)
    return copies[0] * 2 / highest, copies[1] * 2 / lowest


def immune_in_tumor(purity_low: float, ratio: Factor) -> float:
    """Highest share of the tumour sample's mtDNA that its immune cells hold.

    They have the preparation's copies: (1 - p) / R. An unmeasured R counts as 1.

    Args:
        purity_low: lower bound of p, 0 where unknown.
        ratio: R; measured where it has a log-sd.
    """
    return min(1.0, (1 - purity_low) / lowest_ratio(ratio))


def lowest_ratio(ratio: Factor) -> float:
    """Lower bound of R for the direction; 1 where it is not measured."""
    return ratio.low * math.exp(-1.96 * ratio.sd) if ratio.sd > 0 else 1.0


def pure_share(purity: Measured, ratio: tuple[float, float]) -> tuple[float, float]:
    """Range of the share w of the tumour sample's mtDNA that is of tumour cells.

    w = p r / (p r + 1 - p), with r the copies of a tumour cell over those of the sample's other
    cells; NaN where the purity is not stated.

    >>> pure_share(Measured(1.0), (0.3, 20.0))
    (1.0, 1.0)
    """
    low, high = purity_range(purity)

    def share(p: float, r: float) -> float:
        return p * r / (p * r + (1 - p))

    return share(low, ratio[0]), share(high, ratio[1])
