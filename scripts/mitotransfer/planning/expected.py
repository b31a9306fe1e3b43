"""The counts that a design is expected to give, on the safe side of chance.

Of the reads that transfer brings a tenth of all samples has fewer, of the nuclear reads that speak
for tumour cells a tenth has more. So at least four samples of five do better than the plan says.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.inputs.nuclear_tables import LOCUS_COLUMNS
from mitotransfer.inputs.settings import Contamination
from mitotransfer.patient.cell_ratios import WIDTH, Measured
from mitotransfer.patient.contamination_table import SampleFacts
from mitotransfer.patient.nuclear_loci import NuclearReads, nuclear_reads
from mitotransfer.planning.design import Design

#: Draws of tumour and normal for a detection limit, an odd number.
DRAWS = 9
#: Standard normal quantile of a tenth.
SAFE = 1.2816
#: Reads of the tumour sample and the normal at the nuclear loci, where these have no depth.
_LEAST = 1


def variant_counts(
    design: Design, fraction: float, settings: Contamination, safe: float = SAFE
) -> VariantCounts:
    """Counts at the informative variants for a fraction that transfer brings.

    Args:
        safe: standard deviations by which chance lowers the immune counts.
    """
    vafs, rate = np.array(design.tumor_vafs), error_rates(design)
    depth = np.full(len(vafs), round(design.immune_depth))
    share = np.minimum((fraction + design.brought) * vafs, 1.0)
    reads = depth * (share + (1 - share) * rate)
    total = float(reads.sum())
    lowered = reads * max(1 - safe / math.sqrt(total), 0.0) if total > 0 else reads
    alpha = 1 / design.error_spread**2
    return VariantCounts(
        np.rint(vafs * round(design.tumor_depth)).astype(int),
        np.full(len(vafs), round(design.tumor_depth)),
        whole(lowered),
        depth,
        np.array(design.normal_reads or np.rint(design.normal_depth * rate), int),
        np.full(len(vafs), round(design.normal_depth)),
        alpha,
        alpha * (1 / rate - 1),
        design.overdispersion,
        0.0,
        settings.composition,
        settings.drift,
    )


def error_rates(design: Design) -> NDArray[np.float64]:
    """Error rate at each variant, (V,)."""
    return np.broadcast_to(design.error_rate, len(design.tumor_vafs))


def draws(design: Design, settings: Contamination) -> list[VariantCounts]:
    """Counts without transfer, with those of tumour and normal drawn; the same at each call.

    A normal that is sequenced (``normal_reads``) is as it is.
    """
    rng = np.random.default_rng(1)
    base = variant_counts(design, 0.0, settings, 0.0)
    tumor, normal = round(design.tumor_depth), round(design.normal_depth)
    alpha = 1 / design.error_spread**2
    found = []
    for _ in range(DRAWS):
        alt = rng.binomial(tumor, np.array(design.tumor_vafs))
        errors = np.minimum(rng.gamma(alpha, 1 / alpha, len(alt)), 10)
        seen = rng.binomial(normal, np.minimum(error_rates(design) * errors, 1.0))
        if design.normal_reads:
            seen = np.asarray(base.normal_alt, np.int64)
        found.append(replace(base, tumor_alt=alt, normal_alt=seen))
    return found


def whole(reads: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers near these, with their sum: the largest remainders are rounded up."""
    found = np.floor(reads).astype(np.int64)
    missing = round(float(reads.sum())) - int(found.sum())
    if missing > 0:
        found[np.argsort(found - reads, kind="stable")[:missing]] += 1
    return found


def _table(alt: float, design: Design) -> pd.DataFrame:
    """Counts at the nuclear loci with this many alternative reads in all, evenly spread."""
    loci = design.nuclear_loci
    depth = max(round(design.nuclear_depth), _LEAST)
    alts = whole(np.full(loci, alt / loci))
    frame = pd.DataFrame({"ref_count": depth - alts, "alt_count": alts})
    for column in LOCUS_COLUMNS:
        frame[column] = np.arange(loci) if column == "pos" else column
    return frame.assign(tumor_vaf=np.nan)


def nuclear(design: Design, settings: Contamination, confidence: float) -> NuclearReads:
    """What the nuclear reads will say of tumour cells; nothing where no locus is read."""
    if not design.nuclear_loci:
        return NuclearReads()
    reads = design.nuclear_loci * max(round(design.nuclear_depth), _LEAST)
    vaf = design.purity / 2
    share = design.tumor_cells / design.purity * vaf
    seen = reads * (share + (1 - share) * design.nuclear_error)
    normal = reads * design.nuclear_error
    immune = min(seen + SAFE * math.sqrt(seen), float(reads))
    of_immune, of_tumor, of_normal = (_table(alt, design) for alt in (immune, reads * vaf, normal))
    error = settings.sequencing_error
    return nuclear_reads(of_immune, of_tumor, of_normal, error, confidence)


def facts(design: Design) -> tuple[SampleFacts, SampleFacts]:
    """What the sheet will state of the immune and of the tumour sample."""
    immune = SampleFacts(input_cells=float(design.cells))
    tumor = SampleFacts()
    if design.copy_ratio_sd > 0:
        # The whole uncertainty in one of the two measurements.
        width = math.exp(design.copy_ratio_sd * WIDTH / 2)
        exact = 1 + 1e-9
        immune = replace(immune, copies=Measured(1.0, 1.0, exact))
        copies = Measured(design.copy_ratio, design.copy_ratio / width, design.copy_ratio * width)
        tumor = replace(tumor, copies=copies)
    if design.purity_stated:
        tumor = replace(tumor, purity=Measured(design.purity))
    return immune, tumor
