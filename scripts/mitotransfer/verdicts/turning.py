"""Which further measurement would turn a verdict, and how large it would have to be.

Each measurement is tried in the model of ``verdicts.sources``: the finding is judged again as if it
had been made, with all else as it is. The answers are sentences with the model's numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mitotransfer.fraction import tumor_cells
from mitotransfer.fraction.curves import Curves
from mitotransfer.fraction.tumor_cells import Factor, Loci
from mitotransfer.inputs.settings import Contamination
from mitotransfer.patient import cell_ratios
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import Cells
from mitotransfer.verdicts.sources import Other, Sources, stands
from mitotransfer.wording import percent

#: Tried numbers of times the nuclear reads, of cells, and of loci.
TIMES = (3, 10, 30, 100)
CELLS = (3_000, 10_000, 30_000, 100_000)
LOCI = (10, 30, 100, 300, 1000, 3000)
#: Depth of loci that are recommended, and their VAF in the tumour sample.
DEPTH, VAF = 100.0, 0.35
_STEPS = 7


@dataclass(frozen=True)
class Turn:
    """A measurement that would turn the verdict.

    Attributes:
        kind: what is measured.
        need: how much of it; the larger the harder.
        clause: complete after "it would be supported".
    """

    kind: str
    need: float
    clause: str


def common(every: Sequence[Sequence[Turn] | None]) -> tuple[str, ...]:
    """Clauses on what turns the verdict against each of several tumour samples.

    Args:
        every: by tumour sample; None where the finding stands already.
    """
    lacking = [{turn.kind: turn for turn in turns} for turns in every if turns is not None]
    if not lacking:
        return ()
    first, *others = lacking
    kinds = [kind for kind in first if all(kind in other for other in others)]
    hardest = [max((one[kind] for one in lacking), key=lambda turn: turn.need) for kind in kinds]
    return tuple(turn.clause for turn in hardest)


def measured_ratio(ratio: float, settings: Contamination) -> Factor:
    """R as a measurement without intervals would give it."""
    return cell_ratios.copy_ratio(
        Measured(ratio), Measured(1.0), settings.copy_ratio, settings.copies_sd
    )


def highest_ratio(
    cells: Cells, curves: Curves, other: Other, settings: Contamination
) -> float | None:
    """Highest measured copy ratio with which the finding stands; None if there is none."""

    def held(log_ratio: float) -> bool:
        ratio = measured_ratio(math.exp(log_ratio), settings)
        return stands(replace(cells, ratio=ratio), curves, other)

    low, high = map(math.log, settings.copy_ratio)
    if not held(low):
        return None
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if held(middle) else (low, middle)
    return math.exp(low)


def lowest_purity(cells: Cells, curves: Curves, other: Other, vaf: float) -> float | None:
    """Lowest stated purity with which the finding stands; None if there is none.

    Args:
        vaf: of the nuclear loci in the tumour sample, NaN where unknown.
    """

    def held(purity: float) -> bool:
        stated = Measured(purity, purity, purity)
        if cells.source == "nuclear_counts" and not math.isnan(vaf):
            now, _ = cell_ratios.locus_copies(vaf, Measured())
            unit = cells.unit.low * cell_ratios.locus_copies(vaf, stated)[0] / now
            changed = replace(cells.unit, low=unit)
        else:
            changed = Factor(purity, purity)
        return stands(replace(cells, unit=changed), curves, other)

    if not held(1.0):
        return None
    low, high = 0.05, 1.0
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if held(middle) else (middle, high)
    return high


def clean_cells(loci: int, settings: Contamination, ratio: Factor) -> Cells:
    """What a preparation without tumour cells would show at this many loci, and the normal too."""
    reads = loci * DEPTH
    errors = settings.sequencing_error * reads
    curve = tumor_cells.of_nuclear_reads(
        Loci(np.array([errors]), np.array([reads]), np.array([VAF]), errors, reads)
    )
    low, high = cell_ratios.locus_copies(VAF, Measured())
    unit = Factor(low * settings.min_loci_share, high)
    return Cells(
        "nuclear_counts", True, curve, ratio, unit, settings.input_cells * min(2 * VAF, 1.0)
    )


def advice(
    cells: Cells, curves: Curves, other: Other, settings: Contamination, vaf: float
) -> tuple[str, ...]:
    """Clauses of ``turns``, each complete after "it would be supported"."""
    return tuple(turn.clause for turn in turns(cells, curves, other, settings, vaf))


def turns(
    cells: Cells,
    curves: Curves,
    other: Other,
    settings: Contamination,
    vaf: float,
    *,
    purity_stated: bool = False,
) -> tuple[Turn, ...]:
    """What would turn the verdict against one tumour sample.

    Args:
        cells: as measured now.
        vaf: of the nuclear loci in the tumour sample, NaN where unknown.
        purity_stated: whether its purity is; no other number is then asked for.
    """
    if cells.source == "unmeasured":
        return _unmeasured(curves, other, settings)
    # The portion's likelihood once: each trial changes the factor alone.
    in_portion = cells.moved()
    found = []
    lowest = None if purity_stated else lowest_purity(in_portion, curves, other, vaf)
    purity = [] if lowest is None else [_purity(lowest)]
    if not cells.bounded:
        helps = cells.source == "tumor_cell_fraction" or math.isnan(vaf)
        return tuple(purity if helps else ())
    if cells.ratio.sd == 0 and (highest := highest_ratio(in_portion, curves, other, settings)):
        found.append(Turn("copies", -highest, _copies(highest)))
    found += purity
    found += _more_reads(cells, curves, other)
    found += _more_cells(cells, curves, other)
    if not found and cells.ratio.sd == 0:
        more = replace(cells, curve=cells.curve * 10)
        if highest := highest_ratio(more.moved(), curves, other, settings):
            text = f"with ten times the nuclear reads and {_copies(highest)}"
            found.append(Turn("reads and copies", -highest, text))
    return tuple(found)


def _copies(highest: float) -> str:
    return (
        "if mtdna_copies, measured in both samples, show at most "
        f"{highest:.2g} times the copies per cell in the tumour sample"
    )


def _purity(lowest: float) -> Turn:
    text = f"if the tumour sample's purity is stated and at least {percent(lowest)}"
    return Turn("purity", lowest, text)


def _smallest(tried: tuple[int, ...], held: Callable[[int], bool]) -> int | None:
    """The smallest number that holds; None if not even the largest does."""
    if not held(tried[-1]):
        return None
    return next(one for one in tried if held(one))


def _more_reads(cells: Cells, curves: Curves, other: Other) -> list[Turn]:
    def held(times: int) -> bool:
        return stands(replace(cells, curve=cells.curve * times), curves, other)

    times = _smallest(TIMES, held)
    what = "nuclear reads" if cells.source == "nuclear_counts" else "counted cells"
    return [] if times is None else [Turn(what, times, f"with {times} times the {what}")]


def _more_cells(cells: Cells, curves: Curves, other: Other) -> list[Turn]:
    if not cells.portion > 0:
        return []

    def held(number: int) -> bool:
        return stands(replace(cells, portion=max(cells.portion, number)), curves, other)

    number = _smallest(CELLS, held)
    if number is None:
        return []
    return [Turn("input cells", number, f"if input_cells is {number:,} or more")]


def _unmeasured(curves: Curves, other: Other, settings: Contamination) -> tuple[Turn, ...]:
    """The loci that would show a clean preparation, with copies measured or not."""
    unknown = Factor(*settings.copy_ratio)

    def held(loci: int) -> bool:
        return stands(clean_cells(loci, settings, unknown), curves, other)

    text = "if {} nuclear SNVs of the tumour at depth {:.0f}, in all samples, show no tumour cells"
    if (loci := _smallest(LOCI, held)) is not None:
        return (Turn("loci", loci, text.format(loci, DEPTH)),)
    cells = clean_cells(300, settings, unknown).moved()
    highest = highest_ratio(cells, curves, other, settings)
    if highest is None:
        return ()
    both = f"{text.format(300, DEPTH)} and {_copies(highest)[3:]}"
    return (Turn("loci and copies", -highest, both),)


def direction(found: Sources) -> str:
    """What would show that the tumour's strongest variant is not of immune cells in the tumour."""
    if math.isnan(found.tumor_vaf_low):
        return "the VAF of the tumour's strongest variant is not known"
    lowest, copies = found.purity_for_direction, "with the copies as measured"
    if math.isnan(lowest):
        lowest, copies = 1 - found.tumor_vaf_low, "at equal copies"
    return (
        f"immune cells may hold up to {percent(found.immune_in_tumor_high)} of the tumour sample's "
        f"mtDNA, and its strongest variant has {percent(found.tumor_vaf_low)} at least; a purity "
        f"above {percent(max(lowest, 0.0))}, by its lower bound, {copies}, or a sorted tumour "
        "(purity 1), would show the direction"
    )
