"""What tumour cells bring and what is left: the numbers of one immune sample against one tumour.

With several tumour samples each is judged by itself, and the weakest numbers count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mitotransfer.fraction import excess
from mitotransfer.fraction.curves import Curves
from mitotransfer.patient.contamination_table import Cells
from mitotransfer.stats import intervals

NAN = math.nan


@dataclass(frozen=True)
class Other:
    """Upper bounds of what comes without tumour cells.

    Attributes:
        crosstalk: of swapped indexes, in the tumour sample's mtDNA.
        ambient: of free mtDNA, a share of the sample's mtDNA; 0 where unmeasured.
    """

    crosstalk: float = 0.0
    ambient: float = 0.0

    def at(self, tumor_vaf: float) -> float:
        """VAF that they bring at most at a variant: free mtDNA may have it on every copy."""
        return self.crosstalk * tumor_vaf + self.ambient


@dataclass(frozen=True)
class Sources:
    """The numbers. All but the last four are NaN where tumour cells are unmeasured.

    Attributes:
        source: ``nuclear_counts``, ``tumor_cell_fraction`` or ``unmeasured``.
        bounded: whether the measurement can support transfer (``contamination.tsv``).
        contamination_low, contamination_high: bounds of K.
        excess_low, excess_high: joint bounds of f - K.
        strongest_low: joint lower bound of a - K at the strongest tumour variant, where
            contaminating cells may have it on every mtDNA.
        strongest_needed: what cross-talk and free mtDNA bring there at most.
        tumor_vaf_low: lower bound of that variant's VAF in the tumour sample.
        immune_in_tumor_high: share of the tumour sample's mtDNA that its immune cells may hold.
        pure_low, pure_high: share of the tumour sample's mtDNA that is of tumour cells.
        purity_for_direction: lower bound of the tumour sample's purity that would show the
            direction with the copies as measured; NaN where these are not.
    """

    source: str = "unmeasured"
    bounded: bool = False
    contamination_low: float = NAN
    contamination_high: float = NAN
    excess_low: float = NAN
    excess_high: float = NAN
    strongest_low: float = NAN
    strongest_needed: float = NAN
    tumor_vaf_low: float = NAN
    immune_in_tumor_high: float = 1.0
    pure_low: float = NAN
    pure_high: float = NAN
    purity_for_direction: float = NAN

    @property
    def direction_shown(self) -> bool:
        """Whether immune cells in the tumour sample cannot hold its strongest variant."""
        return self.immune_in_tumor_high == 0 or self.tumor_vaf_low > self.immune_in_tumor_high


def strongest_low(cells: Cells, curves: Curves) -> float:
    """Joint lower bound of a - K at the strongest variant."""
    return excess.excess_low(curves.vafs, curves.strongest, cells.of_mtdna())


def stands(cells: Cells, curves: Curves, other: Other) -> bool:
    """Whether more came than tumour cells, cross-talk and free mtDNA bring."""
    of_mtdna = cells.of_mtdna()
    left = excess.excess_low(curves.fractions, curves.careful, of_mtdna)
    if not left > other.crosstalk:
        return False
    beyond = excess.excess_low(curves.vafs, curves.strongest, of_mtdna)
    return beyond > other.at(curves.tumor_vaf)


def numbers(
    cells: Cells,
    curves: Curves | None,
    other: Other,
    confidence: float,
    *,
    baseline_excluded: bool = True,
) -> dict[str, object]:
    """The attributes of ``Sources`` that the likelihoods give.

    Args:
        curves: of the sample with this tumour's VAFs; None where no variant has reads.
        baseline_excluded: whether f = 0 is rejected with the careful baseline. If not, nothing is
            left.
    """
    found: dict[str, object] = {"source": cells.source, "bounded": cells.bounded}
    if curves is not None:
        found["tumor_vaf_low"] = curves.tumor_vaf_low
    if cells.source == "unmeasured":
        return found
    of_mtdna = cells.of_mtdna()
    low, high = excess.interval(of_mtdna, intervals.likelihood_drop(confidence))
    found |= {"contamination_low": low, "contamination_high": high}
    if curves is None:
        return found
    left = beyond = 0.0
    if baseline_excluded:
        left = excess.excess_low(curves.fractions, curves.careful, of_mtdna)
        beyond = excess.excess_low(curves.vafs, curves.strongest, of_mtdna)
    return found | {
        "excess_low": left,
        "excess_high": excess.excess_high(curves.fractions, curves.guess, of_mtdna),
        "strongest_low": beyond,
        "strongest_needed": other.at(curves.tumor_vaf),
    }


def weakest(every: Sequence[Sources]) -> Sources:
    """The numbers that hold against each of several tumour samples."""
    if not every:
        return Sources()
    if len(every) == 1:
        return every[0]

    def least(name: str) -> float:
        return _of(min, [getattr(one, name) for one in every])

    def most(name: str) -> float:
        return _of(max, [getattr(one, name) for one in every])

    unmeasured = [one for one in every if one.source == "unmeasured"]
    at = min(every, key=lambda one: _first(one.strongest_low - one.strongest_needed))
    doubt = min(every, key=lambda one: _first(one.tumor_vaf_low - one.immune_in_tumor_high))
    return Sources(
        "unmeasured" if unmeasured else every[0].source,
        all(one.bounded for one in every),
        least("contamination_low"),
        most("contamination_high"),
        least("excess_low"),
        most("excess_high"),
        at.strongest_low,
        at.strongest_needed,
        doubt.tumor_vaf_low,
        doubt.immune_in_tumor_high,
        least("pure_low"),
        most("pure_high"),
        doubt.purity_for_direction,
    )


def _of(choose: object, values: Sequence[float]) -> float:
    """The smallest or largest value; NaN if one is unknown."""
    return NAN if any(map(math.isnan, values)) else float(choose(values))  # type: ignore[operator]


def _first(value: float) -> float:
    """The value, for an order in which unknown ones come first."""
    return -math.inf if math.isnan(value) else value
