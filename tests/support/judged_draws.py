"""Verdicts on drawn preparations: the model from counts to the verdict, without files."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from cases import case
from nuclear_loci import loci

from mitotransfer.fraction.curves import curves
from mitotransfer.fraction.estimate import FractionEstimate, estimate
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.inputs.settings import Contamination
from mitotransfer.patient.cell_ratios import Measured
from mitotransfer.patient.contamination_table import SampleFacts, cells_of, measure
from mitotransfer.patient.nuclear_loci import NuclearReads, nuclear_reads
from mitotransfer.simulate.preparations import CLASSES, Drawn, draw
from mitotransfer.stats.intervals import upper_bound
from mitotransfer.verdicts.case import Support, support_of
from mitotransfer.verdicts.explanations import explain, required_open
from mitotransfer.verdicts.shared_variants import shared_variants, supports, variant_counts
from mitotransfer.verdicts.sources import Other, Sources, numbers
from mitotransfer.verdicts.verdict import beyond, directed, judge

SETTINGS = Contamination()
NAN = float("nan")
#: Beta distribution of the error rate at each variant.
SHAPES = 10.0, 10.0 * (1 / 5e-4 - 1)
#: Other patients of the cohort, of whom none has the variants; index cross-talk.
PATIENTS, CROSSTALK = 30, 0.0005


@dataclass(frozen=True)
class Judged:
    """The judgement on one preparation.

    Attributes:
        left: whether more came than tumour cells, cross-talk and free mtDNA bring.
        directed: whether the direction is shown.
        open: required explanations that are not excluded.
    """

    verdict: str
    fit: FractionEstimate
    sources: Sources
    left: bool
    directed: bool
    open: tuple[str, ...]


def evidence_of(found: Drawn) -> pd.DataFrame:
    """The counts as evidence rows, half of the reads on each strand."""
    columns: dict[str, object] = {}
    roles = zip(("tumor", "immune", "normal"), found.depths, strict=True)
    for role, depth in roles:
        alt = getattr(found, role)
        for strand, part in (("forward", 0), ("reverse", 1)):
            columns[f"{role}_alt_{strand}"] = (alt + part) // 2
            columns[f"{role}_depth_{strand}"] = (np.full(len(alt), depth) + part) // 2
    size = len(found.tumor)
    fixed = {
        "error_alpha": SHAPES[0], "error_beta": SHAPES[1], "overdispersion": 0.0,
        "recurrence": 0.0, "usable": True, "carriers": 0, "flags": "", "tumor_copies": 1.0,
    }  # fmt: skip
    return pd.DataFrame(columns | fixed, index=range(size))


def counts_of(found: Drawn) -> VariantCounts:
    """The counts with the spread of giving cells and drift that the settings state."""
    return variant_counts(evidence_of(found), SETTINGS, found.molecules)


def cells_row(found: Drawn) -> tuple[dict[str, object], np.ndarray]:
    """The row of ``contamination.tsv``, and the likelihood of tumour cells."""
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
    tumor = SampleFacts(
        copies=Measured(found.copies[0]), purity=Measured(found.purity),
        from_depths=found.from_depths, whole_genome=found.from_depths,
    )  # fmt: skip
    row, curve = measure(reads, immune, tumor, SETTINGS, 0.95)
    unknown = dict.fromkeys(("unit_low", "unit_high", "unit_sd", "cells_per_portion"), NAN)
    return unknown | row, curve


def support(evidence: pd.DataFrame, fit: FractionEstimate) -> Support:
    variants = shared_variants(evidence, fit, 0.95)
    more = (variants["immune_vaf_low"] > variants["tumor_vaf_high"]).all()
    return support_of(variants[supports(variants)], PATIENTS, more_in_immune=bool(more))


def judged(found: Drawn, evidence: pd.DataFrame | None = None, limit: float = 0.001) -> Judged:
    """The judgement on a preparation of known identity in a cohort of other patients.

    Args:
        evidence: rows in place of those of SNVs outside of deletions.
        limit: detection limit.
    """
    rows = evidence_of(found) if evidence is None else evidence
    counts = variant_counts(rows, SETTINGS, found.molecules)
    fit = estimate(counts)
    row, curve = cells_row(found)
    values = numbers(
        cells_of(row, curve), curves(counts), Other(CROSSTALK), 0.95,
        baseline_excluded=fit.p_hidden < 0.025,
    )  # fmt: skip
    sources = Sources(
        **values,  # type: ignore[arg-type]
        immune_in_tumor_high=float(str(row["immune_in_tumor_high"])),
    )
    x = case(
        estimate=fit, n_informative=len(rows), q_value=fit.p_value, detection_limit=limit,
        crosstalk_high=CROSSTALK, sources=sources, n_samples=3 * PATIENTS, n_patients=PATIENTS,
    )  # fmt: skip
    x = replace(x, support=support(rows, fit))
    open_ = required_open(explain(x))
    left = sources.bounded and fit.low > 0 and beyond(sources, CROSSTALK)
    return Judged(judge(x, open_).verdict, fit, sources, left, directed(x), tuple(open_))


def draws_of(name: str, draws: int, seed: int = 1) -> list[Drawn]:
    """Preparations of a class."""
    rng = np.random.default_rng([seed, len(name), sum(map(ord, name))])
    return [draw(CLASSES[name](rng), rng) for _ in range(draws)]


def verdicts(name: str, draws: int, seed: int = 1) -> dict[str, int]:
    """How often each verdict comes out in a class."""
    found = [judged(one).verdict for one in draws_of(name, draws, seed)]
    return {one: found.count(one) for one in sorted(set(found))}
