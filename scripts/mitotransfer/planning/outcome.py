"""What a design can show: detection limit, smallest fraction supported, and what limits it.

The expected counts go through the functions of the pipeline: ``fraction.estimate``,
``patient.contamination_table`` and ``verdicts.sources``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from statistics import fmean, median

import numpy as np

from mitotransfer.fraction import curves as fraction_curves
from mitotransfer.fraction import estimate
from mitotransfer.inputs.settings import Settings
from mitotransfer.patient.contamination_table import Cells, cells_of, measure
from mitotransfer.planning import expected
from mitotransfer.planning.design import Design
from mitotransfer.stats import intervals
from mitotransfer.stats.drift import drifted
from mitotransfer.verdicts.explanations import INHERITED_P
from mitotransfer.verdicts.sources import Other, Sources, numbers
from mitotransfer.verdicts.verdict import beyond

NAN = math.nan
LOWEST, HIGHEST = 1e-4, 0.5
#: Halvings of the logarithm of the fraction between these.
_STEPS = 9
#: Numbers of nuclear loci that are tried.
LOCI = (10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000)

#: What a finding needs, in the order in which it is asked for.
NEEDS = {
    "detected": "detection: the immune sample's depth, its errors and the tumour's variants",
    "inherited": "what the normal may hide: its depth",
    "measured": "tumour cells in the preparation are not measured",
    "direction": "direction: the strongest variant may be of immune cells in the tumour sample",
    "excess": "what tumour cells and cross-talk may bring",
}


@dataclass(frozen=True)
class Outcome:
    """What a design can show. Fractions are NaN where no fraction would do.

    Attributes:
        detection_limit: smallest fraction detected with the power of the settings.
        smallest_supported: smallest fraction that four of five samples would show as transfer.
        loci_needed: nuclear loci with which the fraction sought is supported; NaN: none would do.
        lacking: names of ``NEEDS`` that the fraction sought does not meet.
        gains: smallest fraction supported after each change of the design, the best first.
    """

    design: Design
    detection_limit: float
    smallest_supported: float
    loci_needed: float
    lacking: tuple[str, ...]
    gains: Mapping[str, float] = field(default_factory=dict)

    @property
    def supported(self) -> bool:
        """Whether the fraction sought would be supported."""
        return not self.lacking


def detection_limit(design: Design, settings: Settings) -> float:
    """The detection limit that a sample of this design will have: the median of some draws."""
    tested = settings.verdict.max_q_value / design.immune_samples
    limits = [
        estimate.detection_limit(counts, tested, settings.verdict.power)
        for counts in expected.draws(design, settings.contamination)
    ]
    return median(limits)


@dataclass(frozen=True)
class Judged:
    """A design with all that does not depend on the fraction."""

    design: Design
    settings: Settings
    limit: float
    cells: Cells
    immune_in_tumor_high: float

    def lacking(self, fraction: float) -> tuple[str, ...]:
        """Names of ``NEEDS`` that a fraction brought by transfer does not meet."""
        design, settings = self.design, self.settings
        confidence = settings.fraction.confidence
        counts = expected.variant_counts(design, fraction, settings.contamination)
        found = fraction_curves.curves(counts, confidence)
        fit = estimate.estimate(counts, confidence, details=False)
        hidden = fit.p_hidden < (1 - confidence) / 2
        normal = intervals.clopper_pearson(counts.normal_alt, counts.normal_depth, confidence)[1]
        immune = intervals.clopper_pearson(counts.immune_alt, counts.immune_depth, confidence)[0]
        chances = drifted(normal, immune, settings.contamination.drift)
        values = numbers(
            self.cells,
            found,
            Other(design.crosstalk, design.ambient),
            confidence,
            baseline_excluded=hidden,
        )
        sources = Sources(
            **values,  # type: ignore[arg-type]
            immune_in_tumor_high=self.immune_in_tumor_high,
        )
        met = {
            "detected": fraction + design.brought >= self.limit,
            "inherited": hidden and float(np.prod(chances)) < INHERITED_P,
            "measured": sources.bounded,
            "direction": sources.direction_shown,
            "excess": beyond(sources, design.crosstalk),
        }
        return tuple(name for name, held in met.items() if not held)

    def smallest(self) -> float:
        """Smallest fraction that is supported; NaN if not even half of the mtDNA would be."""

        def held(log_fraction: float) -> bool:
            return not self.lacking(math.exp(log_fraction))

        low, high = math.log(LOWEST), math.log(HIGHEST)
        if not held(high):
            return NAN
        for _ in range(_STEPS):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if held(middle) else (middle, high)
        return math.exp(high)


def judged(design: Design, settings: Settings) -> Judged:
    """A design with its detection limit and its measurement of tumour cells."""
    confidence = settings.fraction.confidence
    reads = expected.nuclear(design, settings.contamination, confidence)
    row, curve = measure(reads, *expected.facts(design), settings.contamination, confidence)
    row = dict.fromkeys(("unit_low", "unit_high", "unit_sd", "cells_per_portion"), NAN) | row
    return Judged(
        design,
        settings,
        detection_limit(design, settings),
        cells_of(row, curve),
        float(str(row["immune_in_tumor_high"])),
    )


def loci_needed(design: Design, settings: Settings) -> float:
    """Nuclear loci with which the fraction sought is supported; NaN if no number would do."""

    def held(loci: int) -> bool:
        return not judged(replace(design, nuclear_loci=loci), settings).lacking(design.fraction)

    if not held(LOCI[-1]):
        return NAN
    return float(next(loci for loci in LOCI if held(loci)))


def changes(design: Design) -> Iterator[tuple[str, Design]]:
    """What could be done better, in words, each with the changed design."""
    yield (
        "three times the immune sample's depth",
        replace(design, immune_depth=3 * design.immune_depth),
    )
    rates = design.error_rate
    yield (
        "another informative variant of 50 % (a second tumour region)",
        replace(
            design,
            tumor_vafs=(*design.tumor_vafs, 0.5),
            error_rate=rates if len(rates) == 1 else (*rates, fmean(rates)),
            normal_reads=(),
        ),
    )
    yield (
        "three times the normal's depth",
        replace(design, normal_depth=3 * design.normal_depth, normal_reads=()),
    )
    fewer = tuple(rate / 3 for rate in rates)
    yield "a third of the errors (UMIs)", replace(design, error_rate=fewer, normal_reads=())
    if design.nuclear_loci:
        yield "three times the nuclear loci", replace(design, nuclear_loci=3 * design.nuclear_loci)
    else:
        yield "300 nuclear loci", replace(design, nuclear_loci=300)
    if not design.copy_ratio_sd:
        yield "mtDNA copies measured", replace(design, copy_ratio_sd=0.2)
    if design.purity < 1:
        yield (
            "sorted tumour cells or a line (purity 1)",
            replace(design, purity=1.0, purity_stated=True),
        )
        if not design.purity_stated:
            yield "the purity stated", replace(design, purity_stated=True)
    if design.tumor_cells:
        yield "a third of the tumour cells", replace(design, tumor_cells=design.tumor_cells / 3)
    if design.cells < 20_000:
        yield "20,000 cells per portion", replace(design, cells=20_000)
    if design.crosstalk > 1e-5:
        yield "no cross-talk (libraries in different runs)", replace(design, crosstalk=0.0)


def plan(
    design: Design,
    settings: Settings | None = None,
    *,
    details: bool = True,
    told: Callable[[str], None] = lambda text: None,
) -> Outcome:
    """What a design can show.

    Args:
        details: with the loci needed and the gain of each change; they take most of the time.
        told: is told what is being worked out.
    """
    settings = settings or Settings()
    own = judged(design, settings)
    lacking, smallest = own.lacking(design.fraction), own.smallest()
    if not details:
        return Outcome(design, own.limit, smallest, NAN, lacking)
    gains = {}
    for words, changed in changes(design):
        told(words)
        reached = judged(changed, settings).smallest()
        if reached < (math.inf if math.isnan(smallest) else 0.95 * smallest):
            gains[words] = reached
    ordered = dict(sorted(gains.items(), key=lambda item: item[1]))
    needed = loci_needed(design, settings)
    return Outcome(design, own.limit, smallest, needed, lacking, ordered)
