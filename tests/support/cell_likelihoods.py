"""Likelihoods of a sample's fraction and of its tumour cells, made of chosen numbers."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from mitotransfer.fraction import tumor_cells
from mitotransfer.fraction.curves import Curves, curves
from mitotransfer.fraction.tumor_cells import Loci
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.inputs.settings import Contamination
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import Cells, SampleFacts, cells_of, measure
from mitotransfer.patient.nuclear_loci import NuclearReads
from mitotransfer.verdicts.sources import Other

SETTINGS = Contamination()
OTHER = Other(0.0005)


@cache
def fraction(f: float, depth: int = 2000, of_all: float = 1.0) -> Curves:
    """Curves of a sample with three variants at this tumour fraction.

    Args:
        of_all: factor of the variants' VAFs in the tumour sample.
    """
    n, vafs = [depth] * 3, [of_all * t for t in (0.9, 0.7, 0.4)]
    found = curves(
        VariantCounts(
            [round(depth * t) for t in vafs], n, [round(depth * f * t) for t in vafs], n,
            [1] * 3, n, 10.0, 2e4, 0.0, 0.0, SETTINGS.composition, SETTINGS.drift,
        )
    )  # fmt: skip
    assert found is not None
    return found


def reads(alt: float, depth: float, vaf: float = 0.4, loci: int = 300) -> NuclearReads:
    """Nuclear reads with an error of 1e-3 in preparation and normal."""
    extra = 1e-3 * depth
    curve = tumor_cells.of_nuclear_reads(
        Loci(np.array([alt + extra]), np.array([depth]), np.array([vaf]), extra, depth)
    )
    return NuclearReads(curve, True, loci, depth / loci, vaf * depth, depth)


def cells_row(
    nuclear: NuclearReads, immune: SampleFacts, tumor: SampleFacts
) -> tuple[Cells, dict[str, object]]:
    """The measurement, and its row of ``contamination.tsv``."""
    row, curve = measure(nuclear, immune, tumor, SETTINGS, 0.95)
    empty = dict.fromkeys(("unit_low", "unit_high", "unit_sd", "cells_per_portion"), math.nan)
    return cells_of(empty | row, curve), row


def cells(nuclear: NuclearReads, immune: SampleFacts, tumor: SampleFacts) -> Cells:
    return cells_row(nuclear, immune, tumor)[0]


IMMUNE = SampleFacts(copies=Measured(300.0, 270.0, 333.0), input_cells=20_000)
TUMOR = SampleFacts(copies=Measured(1200.0, 1080.0, 1330.0), purity=Measured(0.8, 0.7, 0.9))
