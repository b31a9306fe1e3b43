"""The table of informative variants in an immune sample, with the evidence of each alone."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.fraction.estimate import FractionEstimate
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.inputs.columns import ROLES
from mitotransfer.inputs.settings import Contamination
from mitotransfer.patient.evidence_table import LENGTH_BIAS, TUMOR_COPIES
from mitotransfer.stats.intervals import vaf_interval
from mitotransfer.table_files import Column, Table
from mitotransfer.wording import percent

_CALLED = {"tumor": "tumour", "immune": "immune sample", "normal": "normal"}


def _of_role(role: str) -> tuple[Column, ...]:
    return (
        Column(f"{role}_vaf", f"VAF in the {_CALLED[role]}.", float),
        Column(f"{role}_vaf_low", "Lower bound.", float),
        Column(f"{role}_vaf_high", "Upper bound.", float),
        Column(f"{role}_depth_forward", "Fragments on the forward strand.", int),
        Column(f"{role}_depth_reverse", "Fragments on the reverse strand.", int),
    )


SHARED_VARIANTS = Table(
    "shared_variants.tsv",
    "One row per immune sample and variant of the tumour that the normal lacks.",
    (
        Column("patient", "Id of the person."),
        Column("sample", "Id of the immune sample."),
        Column("pos", "Position on rCRS, from 1.", int),
        Column("ref", "Reference allele."),
        Column("alt", "The tumour's allele."),
        Column("hgvs_m", "HGVS name on the mitochondrial genome."),
        Column("gene", "Gene or region."),
        Column("consequence", "Effect on the gene."),
        Column("usable", "Whether the variant counts as evidence.", bool),
        *(column for role in ROLES for column in _of_role(role)),
        Column("variant_fraction", "Tumour fraction by this variant alone.", float),
        Column("variant_fraction_low", "Lower bound.", float),
        Column("variant_fraction_high", "Upper bound.", float),
        Column("background_rate", "Error rate expected of the allele in this sample.", float),
        Column(
            "recurrence",
            "Probability, in the fraction, that the immune sample has the allele by a mutation or "
            "an artefact of its own.",
            float,
        ),
        Column("p_value", "Of no tumour mtDNA, by this variant alone.", float),
        TUMOR_COPIES,
        LENGTH_BIAS,
        Column("flags", "Why it does not count, or reasons for caution, joined by ';'."),
    ),
)

#: A variant supports the finding if it alone is this improbable without tumour mtDNA.
SUPPORT_P = 0.05


def variant_counts(
    evidence: pd.DataFrame,
    settings: Contamination | None = None,
    molecules: float = math.inf,
) -> VariantCounts:
    """Counts of evidence rows for the likelihood of the fraction, strands summed.

    Args:
        settings: the spread of giving cells and of drift; none where None.
        molecules: mtDNA molecules behind the reads: counts are no more certain than these.
    """

    def both(column: str) -> NDArray[np.int64]:
        strands = evidence[[f"{column}_forward", f"{column}_reverse"]]
        return strands.to_numpy(np.int64).sum(axis=1)

    return VariantCounts(
        both("tumor_alt"), both("tumor_depth"), both("immune_alt"), both("immune_depth"),
        both("normal_alt"), both("normal_depth"),
        evidence["error_alpha"].to_numpy(float), evidence["error_beta"].to_numpy(float),
        np.maximum(evidence["overdispersion"].to_numpy(float), min(1 / molecules, 0.999)),
        evidence["recurrence"].to_numpy(float),
        settings.composition if settings else 0.0,
        settings.drift if settings else 0.0,
        evidence["tumor_copies"].to_numpy(float),
    )  # fmt: skip


def shared_variants(
    evidence: pd.DataFrame, estimate: FractionEstimate, confidence: float
) -> pd.DataFrame:
    """The evidence with all columns of ``SHARED_VARIANTS``."""
    table = evidence.copy()
    for role in ROLES:
        alt = evidence[f"{role}_alt_forward"] + evidence[f"{role}_alt_reverse"]
        depth = evidence[f"{role}_depth_forward"] + evidence[f"{role}_depth_reverse"]
        low, high = vaf_interval(alt.to_numpy(np.int64), depth.to_numpy(np.int64), confidence)
        table[f"{role}_vaf"] = (alt / depth.where(depth > 0)).astype(float)
        table[f"{role}_vaf_low"], table[f"{role}_vaf_high"] = low, high
    alone = {
        "variant_fraction": estimate.variant_fraction,
        "variant_fraction_low": estimate.variant_low,
        "variant_fraction_high": estimate.variant_high,
        "p_value": estimate.variant_p,
    }
    usable = evidence["usable"].to_numpy(bool)
    for column, values in alone.items():
        table[column] = np.nan
        if len(values):
            table.loc[usable, column] = values
    shapes = evidence["error_alpha"].astype(float), evidence["error_beta"].astype(float)
    table["background_rate"] = shapes[0] / (shapes[0] + shapes[1])
    return table


def supports(variants: pd.DataFrame) -> NDArray[np.bool_]:
    """Mask of variants that are improbable without tumour mtDNA, each by itself."""
    return variants["p_value"].fillna(1.0).to_numpy(float) < SUPPORT_P


def carries(variants: pd.DataFrame, low: float) -> NDArray[np.bool_]:
    """Mask of supporting variants that the finding rests on: their bound allows for ``low``."""
    return supports(variants) & (variants["variant_fraction_high"].to_numpy(float) >= low)


def by_read_lengths(variants: pd.DataFrame, estimate: FractionEstimate) -> str:
    """What the lengths of the reads do to a fraction, as a sentence; "" where nothing is shown.

    The fraction's odds are those of the fragments of two libraries, of which the bias is known.
    """
    bias = variants.loc[variants["usable"].to_numpy(bool), "length_bias"]
    if bias.empty or bias.iloc[0] == 1.0 or not 0.0 < estimate.fraction < 1.0:
        return ""
    factor = float(bias.iloc[0])

    def corrected(fraction: float) -> str:
        odds = fraction / factor
        return percent(odds / (1.0 - fraction + odds))

    length = "shorter" if factor < 1.0 else "longer"
    span = f"{corrected(estimate.low)} to {corrected(estimate.high)}"
    return (
        f" Reads with the tumour's alleles are {length} than the others, and the bases that count "
        f"show {factor:.2g} times their odds: without that bias the fraction is about "
        f"{corrected(estimate.fraction)} ({span})."
    )
