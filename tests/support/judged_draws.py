"""Verdicts on drawn preparations: the model from counts to the verdict, without files."""

from __future__ import annotations

import numpy as np
from cases import case
from nuclear_loci import loci

from mitotransfer.fraction.curves import curves
from mitotransfer.fraction.estimate import estimate
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.inputs.settings import Contamination
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import SampleFacts, cells_of, measure
from mitotransfer.patient.nuclear_loci import NuclearReads, nuclear_reads
from mitotransfer.simulate.preparations import CLASSES, Drawn, draw
from mitotransfer.stats.intervals import upper_bound
from mitotransfer.verdicts.sources import Other, Sources, numbers
from mitotransfer.verdicts.verdict import judge

SETTINGS = Contamination()
NAN = float("nan")


def verdict_of(found: Drawn) -> str:
    """The verdict on a preparation of known identity, without cross-talk."""
    size = len(found.tumor)
    counts = VariantCounts(
        found.tumor, [found.depths[0]] * size, found.immune, [found.depths[1]] * size,
        found.normal, [found.depths[2]] * size, 10.0, 10.0 * (1 / 5e-4 - 1), 0.0, 0.0,
        SETTINGS.composition, SETTINGS.drift,
    )  # fmt: skip
    fit = estimate(counts, details=False)
    reads = NuclearReads()
    if found.nuclear:
        tables = [loci(*(x.tolist() for x in found.nuclear[role]))
                  for role in ("immune", "tumor", "normal")]  # fmt: skip
        reads = nuclear_reads(*tables, 1e-3, 0.95)
    counted = Measured()
    if found.counted[1]:
        share = found.counted[0] / found.counted[1]
        counted = Measured(share, high=float(upper_bound(*found.counted, 0.95)))
    immune = SampleFacts(
        copies=Measured(found.copies[1]), input_cells=found.input_cells, counted=counted,
        cells_counted=float(found.counted[1]) if found.counted[1] else NAN,
    )  # fmt: skip
    tumor = SampleFacts(copies=Measured(found.copies[0]), purity=Measured(found.purity))
    row, curve = measure(reads, immune, tumor, SETTINGS, 0.95)
    row = dict.fromkeys(("unit_low", "unit_high", "unit_sd", "cells_per_portion"), NAN) | row
    hidden = fit.p_hidden < 0.025
    values = numbers(
        cells_of(row, curve), curves(counts), Other(0.0005), 0.95, baseline_excluded=hidden
    )
    sources = Sources(
        **values,  # type: ignore[arg-type]
        immune_in_tumor_high=float(str(row["immune_in_tumor_high"])),
    )
    judged = case(
        estimate=fit, n_informative=size, q_value=fit.p_value, detection_limit=0.001,
        crosstalk_high=0.0005, sources=sources,
    )  # fmt: skip
    return judge(judged).verdict


def verdicts(name: str, draws: int, seed: int = 1) -> dict[str, int]:
    """How often each verdict comes out in a class."""
    rng = np.random.default_rng([seed, len(name), sum(map(ord, name))])
    found = [verdict_of(draw(CLASSES[name](rng), rng)) for _ in range(draws)]
    return {one: found.count(one) for one in sorted(set(found))}
