"""The fraction of an immune sample from its molecules, where long reads span several variants."""

from __future__ import annotations

from dataclasses import replace
from math import nan
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mitotransfer.fraction import estimate as fraction_estimate
from mitotransfer.fraction.estimate import FractionEstimate
from mitotransfer.fraction.molecule_haplotypes import MoleculeCounts, molecule_counts
from mitotransfer.fraction.template_switching import breaks_between
from mitotransfer.fraction.variant_counts import VariantCounts
from mitotransfer.genome import junction_alleles
from mitotransfer.genome.junction_alleles import JUNCTION, covered
from mitotransfer.patient.molecule_patterns import deletion_of, patterns_of, site_names
from mitotransfer.verdicts.case import Case
from mitotransfer.verdicts.context import PatientContext

MOLECULES, SITES = "molecules", "sites"


def counts_by_molecule(
    context: PatientContext, sample: str, usable: pd.DataFrame, counts: VariantCounts
) -> MoleculeCounts | None:
    """Counts of molecules in place of those at the variants; None where they cannot be had.

    Tumour, normal and immune sample need long reads, and the tumour has to be one sample.

    Args:
        usable: evidence rows of the variants that count.
        counts: at these.
    """
    table = context.patient.molecules
    tumors = context.patient.pooled_tumors
    if table is None or table.empty or len(tumors) != 1:
        return None
    rows = {
        "tumor": table[table["sample"] == tumors[0]],
        "immune": table[table["sample"] == sample],
        "normal": table[
            (table["role"] == "normal") & table["sample"].isin(list(context.patient.pooled_names))
        ],
    }
    if any(one.empty for one in rows.values()):
        return None
    known = str(table["variants"].iloc[0]).split(",")
    names = site_names(usable)
    length = context.cohort.genome.reference.length
    pos = usable["pos"].to_numpy(np.int64)
    joined = (usable["type"] == JUNCTION).to_numpy(bool) & np.isin(names, known)
    inside = covered(*junction_alleles.ends(usable[joined]), pos, length)
    inside = np.asarray(inside.any(axis=1), bool)
    # Inside another deletion of the tumour, molecules over two variants are not those over one.
    whole = np.broadcast_to(np.asarray(counts.copies, float), len(names)) == 1.0
    chosen = [at for at, name in enumerate(names) if name in known and (whole | inside)[at]]
    if len(chosen) < 2:
        return None
    variants = [names[at] for at in chosen]
    found = {role: patterns_of(one, variants) for role, one in rows.items()}
    deletion = None
    if joined.any():
        deletion = deletion_of(rows["immune"], variants, inside[chosen], joined[chosen])
    return molecule_counts(
        _rows(counts, chosen),
        **found,
        clustering=float(rows["immune"]["error_clustering"].max()),
        breaks=breaks_between(pos[chosen], length),
        deletion=deletion,
    )


def _rows(counts: VariantCounts, chosen: list[int]) -> VariantCounts:
    """Error rates of some variants; ``molecule_counts`` makes the counts anew."""
    size = len(np.asarray(counts.immune_alt))

    def at(values: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(np.broadcast_to(np.asarray(values, float), size)[chosen])

    return replace(
        counts,
        error_alpha=at(counts.error_alpha),
        error_beta=at(counts.error_beta),
        overdispersion=at(counts.overdispersion),
        recurrence=at(counts.recurrence),
        copies=1.0,
    )


class Fit(NamedTuple):
    """An estimate of the fraction, and what it was made of.

    Attributes:
        counts: that the likelihood takes.
        limit: detection limit.
        effect: design effect of the counts (``fraction.shared_fragments``).
        method: SITES or MOLECULES.
        switched: share of the molecules that are joined from two, low, high.
    """

    counts: VariantCounts
    found: FractionEstimate
    limit: float
    effect: float
    method: str = SITES
    switched: tuple[float, float, float] = (nan, nan, nan)

    def by_tumor(self, each: list[VariantCounts]) -> list[VariantCounts]:
        """The counts with each tumour sample; ``each``: those at the sites."""
        return [self.counts] if len(each) == 1 else each

    def added_to(self, case: Case) -> Case:
        """The case with the estimate and its limit."""
        findings = replace(
            case.findings,
            detection_limit=self.limit,
            fraction_method=self.method,
            switched=self.switched,
        )
        return replace(case, estimate=self.found, findings=findings)


def better(context: PatientContext, sample: str, usable: pd.DataFrame, sites: Fit) -> Fit:
    """The fit of molecules where it detects less than that of sites, which is given.

    The detection limit is known before the immune sample's alleles are looked at. What is found at
    each variant stays.

    Args:
        usable: evidence rows of the variants that count.
    """
    counts = counts_by_molecule(context, sample, usable, sites.counts)
    if counts is None:
        return sites
    settings = context.settings
    rate = settings.verdict.max_q_value / max(context.cohort.n_immune, 1)
    limit = fraction_estimate.detection_limit(counts.design, rate, settings.verdict.power)
    if not limit < sites.limit:
        return sites
    joint = fraction_estimate.estimate(counts.found, settings.confidence, details=False)
    # The test is fixed before the immune sample's alleles are looked at.
    test = fraction_estimate.estimate(counts.design, settings.confidence, details=False)
    found = replace(
        sites.found,
        fraction=joint.fraction, low=joint.low, high=joint.high, p_value=test.p_value,
        p_hidden=test.p_hidden, statistic=joint.statistic,
    )  # fmt: skip
    return Fit(counts.found, found, limit, 1.0, MOLECULES, counts.switched)
