"""Swapped pairs: how often the test finds tumour mtDNA where there can be none.

Every tested immune sample is tested again for the tumours of other patients, with the normal of
its own patient as baseline, at the other tumour's informative variants. The two people share none
of them, so each significant pair is a false positive: from errors that the background misses, from
recurrent mutations or from cross-talk. The share of significant pairs is compared with the nominal
rate of the test.

Some variants are left out: alleles that the sample's own normal or tumour has or may have (a shared
haplotype, a mutation of both tumours), and alleles of other haplotypes in the sample or its batch.
Partners come from other batches if possible, since cross-talk is bounded apart from the test.
"""

from __future__ import annotations

import bisect
import zlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer import wording
from mitotransfer.cohort.background import CohortBackground, own_background
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.fraction import estimate
from mitotransfer.genome import junction_alleles
from mitotransfer.genome.junction_alleles import JUNCTION
from mitotransfer.genome.reference import CODE_N, LETTERS, Reference
from mitotransfer.inputs.columns import ROLES
from mitotransfer.patient import indel_variants
from mitotransfer.patient.evidence import counts_of, normal_upper_bound
from mitotransfer.patient.evidence_table import COUNT_KINDS
from mitotransfer.patient.pooling import Pooled
from mitotransfer.stats import intervals
from mitotransfer.table_files import Column, Table
from mitotransfer.verdicts.assess import Assessment
from mitotransfer.verdicts.context import PatientContext
from mitotransfer.verdicts.shared_variants import variant_counts
from mitotransfer.verdicts.unrelated import HOPPED_FRACTION, with_background

NULL = Table(
    "cohort/null.tsv",
    "Every tested immune sample against other patients' tumours, with which it shares nothing.",
    (
        Column("patient", "Of the immune sample."),
        Column("sample", "Id of the immune sample."),
        Column("partner", "Patient whose tumour it was tested for."),
        Column("n_variants", "Variants tested.", int),
        Column("fraction", "Estimate.", float),
        Column("p_value", "Of no tumour mtDNA.", float),
    ),
)
NULL_SUMMARY = Table(
    "cohort/null_summary.tsv",
    "The empirical false-positive rate of these pairs.",
    (
        Column("pairs", "Tested.", int),
        Column("rejected", "With p below the nominal rate.", int),
        Column("rate", "Their share.", float),
        Column("rate_low", "Lower bound of the exact interval.", float),
        Column("rate_high", "Upper bound.", float),
        Column("nominal", "verdict.false_positive_rate.", float),
        Column("warning", "true where the interval lies above the nominal rate.", bool),
    ),
)

#: Partners of each immune sample at most, and fewer where the cohort has many samples.
MAX_PARTNERS = 5
ENOUGH_PAIRS = 5000
#: Partners are chosen among this many times as many patients, those of other batches first.
CHOICE = 4

PANEL_COLUMNS = [
    "pos", "ref", "alt", "type", "usable", "flags", "tumor_copies",
    *(f"tumor_{kind}" for kind in COUNT_KINDS),
]  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """A tumour that other patients' immune samples are tested for.

    Attributes:
        batches: of the patient's samples, without unnamed ones.
        variants: its usable variants, ``PANEL_COLUMNS``.
    """

    patient: str
    design: str
    batches: frozenset[str]
    variants: pd.DataFrame

    @property
    def positions(self) -> NDArray[np.int64]:
        """0-based: of the variants, and of the bonds at the far ends of junctions."""
        junctions = self.variants[self.variants["type"] == JUNCTION]
        at = self.variants["pos"].to_numpy(np.int64) - 1
        return np.concatenate([at, junction_alleles.ends(junctions)[1] - 2])


def panels(
    samples: pd.DataFrame,
    designs: Mapping[str, str],
    evidence: Callable[[str], pd.DataFrame],
) -> dict[str, Panel]:
    """Panels by patient: tumours with usable variants, and with samples of the right identity.

    Args:
        samples: the sheet joined with ``identity.tsv``.
        evidence: gives a patient's ``evidence.tsv``.
    """
    found = {}
    for patient, rows in samples.groupby("patient", sort=True):
        name = str(patient)
        pooled = rows[rows["role"] != "immune"]
        if set(rows["role"]) < set(ROLES):
            continue
        if not pooled["status"].isin(["ok", "single"]).all():
            continue
        table = evidence(name)
        first = table["sample"] == table["sample"].min()
        variants = table.loc[first & table["usable"], PANEL_COLUMNS].reset_index(drop=True)
        if len(variants):
            batches = frozenset(set(rows["batch"]) - {""})
            found[name] = Panel(name, designs.get(name, "autologous"), batches, variants)
    return found


def place(name: str) -> tuple[int, str]:
    """Sort key of a name that depends on neither alphabet nor batch."""
    return zlib.crc32(name.encode()), name


def partners(
    name: str,
    design: str,
    batch: str,
    panels: Mapping[str, Panel],
    *,
    ring: Sequence[str],
    n: int,
) -> list[str]:
    """The patients whose tumours a sample is tested for: those after its own in the ring.

    Args:
        name, design, batch: of the sample and its patient.
        ring: names of the panels, ordered by ``place``.
        n: how many at most.
    """
    start = bisect.bisect_right(ring, place(name), key=place)
    chosen = []
    for i in range(min(len(ring), CHOICE * n + 1)):
        other = panels[ring[(start + i) % len(ring)]]
        if other.patient != name and other.design == design != "syngeneic":  # one tumour line
            chosen.append(other)
    chosen.sort(key=lambda other: bool(batch) and batch in other.batches)
    return [other.patient for other in chosen[:n]]


def partners_per_sample(n_samples: int) -> int:
    """Number of partners of each sample: fewer in large cohorts, which have enough pairs."""
    return max(1, min(MAX_PARTNERS, ENOUGH_PAIRS // max(n_samples, 1)))


class Partners:
    """The partners of each immune sample, and what their samples add to the background.

    A partner's counts are read at their first use. Only what they add at the panel's positions is
    kept.
    """

    def __init__(
        self,
        samples: pd.DataFrame,
        designs: Mapping[str, str],
        evidence: Callable[[str], pd.DataFrame],
        load: Callable[[str], Counts],
    ) -> None:
        self.panels = panels(samples, designs, evidence)
        self.ring = sorted(self.panels, key=place)
        self.per_sample = partners_per_sample(int((samples["role"] == "immune").sum()))
        self.load = load
        self.roles: dict[str, dict[str, str]] = {}
        for patient, sample, role in samples[["patient", "sample", "role"]].itertuples(index=False):
            self.roles.setdefault(str(patient), {})[str(sample)] = str(role)
        self._added: dict[str, CohortBackground] = {}

    def of(self, patient: str, design: str, row: Mapping[Hashable, object]) -> list[Panel]:
        """Partners of one immune sample, given its row of the joined sheet."""
        found = partners(
            patient,
            design,
            str(row["batch"]),
            self.panels,
            ring=self.ring,
            n=self.per_sample + 1,
        )
        kept = [name for name in found if name != str(row["foreign_patient"])]
        return [self.panels[name] for name in kept[: self.per_sample]]

    def added(self, panel: Panel) -> CohortBackground:
        """What a partner's samples add to the background at its panel's positions."""
        if panel.patient not in self._added:
            roles = self.roles[panel.patient]
            counts = {sample: self.load(sample) for sample in roles}
            own = own_background(counts, roles, panel.design)
            self._added[panel.patient] = own.at(panel.positions)
        return self._added[panel.patient]


def swapped_evidence(
    panel: Panel,
    immune: Counts,
    pooled: Pooled,
    reference: Reference,
    *,
    max_vaf: float,
    confidence: float,
) -> pd.DataFrame:
    """Evidence of another patient's tumour in an immune sample that cannot hold any of it.

    Args:
        immune: counts of the immune sample.
        pooled: tumours and normals of its own patient.
        max_vaf: an allele counts where the upper bounds of own normal and tumour are below.
    """
    table = panel.variants.copy()
    own = own_bases(pooled.normal)[table["pos"].to_numpy(np.int64) - 1]
    seen = (counts_of(one, table, reference) for one in (pooled.normal, pooled.tumor, immune))
    in_normal, in_tumor, in_immune = seen
    for role, found in (("immune", in_immune), ("normal", in_normal)):
        for kind, values in zip(COUNT_KINDS, found.T, strict=True):
            table[f"{role}_{kind}"] = values
    kept = (own < CODE_N) & (normal_upper_bound(in_normal, confidence) < max_vaf)
    kept &= normal_upper_bound(in_tumor, confidence) < max_vaf
    # Its errors are those of this patient's own base.
    snv = ~indel_variants.is_indel(table)
    table["ref"] = np.where(snv, LETTERS[own], table["ref"])
    kept &= (table["ref"] != table["alt"]).to_numpy(bool)
    return table[kept].assign(error_alpha=np.nan, error_beta=np.nan).reset_index(drop=True)


def null_rows(
    context: PatientContext, assessments: Sequence[Assessment], pairs: Partners
) -> list[tuple[object, ...]]:
    """Rows of ``null.tsv`` for a patient's samples that were tested.

    Args:
        assessments: of the patient's immune samples.
    """
    patient, settings = context.patient, context.settings
    tested = {str(a.row["sample"]) for a in assessments if a.case.tested and not a.case.sample.rna}
    rows: list[tuple[object, ...]] = []
    for row in patient.samples.to_dict("records"):
        sample = str(row["sample"])
        if sample not in tested:
            continue
        own_rows = patient.evidence[patient.evidence["sample"] == sample]
        for panel in pairs.of(patient.name, patient.design, row):
            evidence = swapped_evidence(
                panel,
                patient.counts[sample],
                context.pooled,
                context.cohort.genome.reference,
                max_vaf=settings.max_normal_vaf,
                confidence=settings.confidence,
            )
            if evidence.empty:
                continue
            evidence["overdispersion"] = own_rows["overdispersion"].iloc[0]
            others = context.others.without(pairs.added(panel), panel.positions)
            evidence = with_background(replace(context, others=others), sample, evidence)
            evidence = evidence[evidence["usable"] & (evidence["hopped"] <= HOPPED_FRACTION)]
            if evidence.empty:
                continue
            found = estimate.estimate(variant_counts(evidence), settings.confidence, details=False)
            rows.append(
                (patient.name, sample, panel.patient, len(evidence), found.fraction, found.p_value)
            )
    return rows


def summary(table: pd.DataFrame, nominal: float, confidence: float) -> pd.DataFrame:
    """``null_summary.tsv``: one row, the rate of false positives with its exact interval.

    The warning is raised where the whole interval lies above the nominal rate.
    """
    pairs = len(table)
    rejected = int((table["p_value"].astype(float) < nominal).sum())
    low, high = intervals.clopper_pearson(rejected, pairs, confidence)
    rate = rejected / pairs if pairs else np.nan
    row = (pairs, rejected, rate, float(low), float(high), nominal, bool(low > nominal))
    return NULL_SUMMARY.frame([row])


def warning_text(table: pd.DataFrame) -> str:
    """The warning for stderr; empty if there is none.

    Args:
        table: of ``summary``.
    """
    row = table.iloc[0]
    if not row["warning"]:
        return ""
    seen = f"{row['rejected']} of {row['pairs']} immune samples paired with other patients' tumours"
    rate = f"{wording.percent(row['rate_low'])} to {wording.percent(row['rate_high'])}"
    return (
        f"warning: {seen} test positive ({rate}, nominal {wording.percent(row['nominal'])}): "
        "the errors of this cohort are not understood, and p values are too small"
    )
