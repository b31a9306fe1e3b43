"""The evidence of a patient as a table: counts at informative variants, per immune sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.arrays import Mask
from mitotransfer.calls import read_bias
from mitotransfer.calls.frame import LINKED_MISMATCHES
from mitotransfer.calls.own_indels import own_sequence
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import ERROR_CAP, own_bases
from mitotransfer.errors.background import Alleles, background, joined
from mitotransfer.errors.junction_sums import JunctionSums, junction_shapes
from mitotransfer.errors.sample_errors import SampleErrors
from mitotransfer.errors.site_sums import SiteSums
from mitotransfer.flag_words import join, marked
from mitotransfer.flags import (
    LINKED,
    LOW_TUMOR_VAF_SHALLOW_NORMAL,
    ONLY_ONE_STRAND,
    READ_LENGTHS_DIFFER,
)
from mitotransfer.genome import junction_alleles
from mitotransfer.genome.junction_alleles import JUNCTION
from mitotransfer.genome.reference import CODE_N, Reference, allele_codes
from mitotransfer.inputs.columns import ROLES
from mitotransfer.patient import indel_variants, local_copies
from mitotransfer.patient.evidence_table import COUNT_KINDS, EVIDENCE
from mitotransfer.patient.junction_variants import junction_counts
from mitotransfer.patient.pooling import Pooled
from mitotransfer.patient.read_lengths import length_bias
from mitotransfer.stats import intervals
from mitotransfer.stats.overdispersion import estimate_overdispersion

#: Tumour VAF below which a variant may be an inherited heteroplasmy that drifted.
LOW_VAF = 0.2
#: Alternative fragments are one-sided if the chance of all on one strand is below this.
ONE_STRAND_P = 0.01


def counts_of(counts: Counts, variants: pd.DataFrame, reference: Reference) -> NDArray[np.int64]:
    """Fragments with each variant, and depth, in columns ``COUNT_KINDS``: shape (variants, 4)."""
    at = variants["pos"].to_numpy(np.int64) - 1
    depth = counts.depth[at]
    alt = np.zeros((len(at), 2), np.int64)
    snv = (variants["type"] == "SNV").to_numpy(bool)
    alt[snv] = counts.bases[at[snv], allele_codes(variants["alt"][snv])]
    junction = (variants["type"] == JUNCTION).to_numpy(bool)
    indel = indel_variants.is_indel(variants)
    out = np.hstack([alt, depth])
    if indel.any():
        out[indel] = indel_variants.indel_counts(counts, variants[indel], reference)
    if junction.any():
        out[junction] = junction_counts(counts, variants[junction])
    return out


def tumor_copies(tumor: Counts, variants: pd.DataFrame) -> NDArray[np.float64]:
    """``patient.local_copies.copies`` at variants; 1 of junctions, whose molecules are whole."""
    found = local_copies.copies(tumor, variants["pos"].to_numpy(np.int64))
    return np.where((variants["type"] == JUNCTION).to_numpy(bool), 1.0, found)


def linked_reads(
    counts: Counts, variants: pd.DataFrame, reference: Reference, confidence: float
) -> Mask:
    """Mask of variants whose reads carry further mismatches, as reads of nuclear copies do."""
    found = (variants["type"] == "SNV").to_numpy(bool)
    at = variants["pos"].to_numpy(np.int64)[found] - 1
    allele = allele_codes(variants["alt"][found])
    bias = read_bias.compare(counts, reference.codes, at, allele, confidence)
    found[found] = bias.linked_low >= LINKED_MISMATCHES
    return found


def vaf(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """VAF of rows of ``counts_of``, shape (variants,); 0 without reads."""
    return counts[:, :2].sum(axis=1) / np.maximum(counts[:, 2:].sum(axis=1), 1)


def normal_upper_bound(counts: NDArray[np.int64], confidence: float) -> NDArray[np.float64]:
    """One-sided upper confidence bound of the normal's VAF; 1 without reads."""
    return intervals.upper_bound(counts[:, :2].sum(axis=1), counts[:, 2:].sum(axis=1), confidence)


@dataclass(frozen=True)
class ImmuneSample:
    """Counts and error rates of an immune sample."""

    counts: Counts
    errors: SampleErrors


def evidence_frame(
    patient: str,
    variants: pd.DataFrame,
    pooled: Pooled,
    immune: Mapping[str, ImmuneSample],
    *,
    reference: Reference,
    overdispersion: float,
    confidence: float,
) -> pd.DataFrame:
    """``evidence.tsv``: a row per immune sample and informative variant.

    Args:
        variants: from ``informative_variants``.
    """
    parts = []
    sequence = own_sequence(pooled.normal, reference)
    copies = tumor_copies(pooled.tumor, variants)
    shared = {
        "tumor": counts_of(pooled.tumor, variants, reference),
        "normal": counts_of(pooled.normal, variants, reference),
    }
    for name in sorted(immune):
        sample = immune[name]
        of_role = shared | {"immune": counts_of(sample.counts, variants, reference)}
        part = variants.copy()
        part["patient"], part["sample"] = patient, name
        for role in ROLES:
            for kind, values in zip(COUNT_KINDS, of_role[role].T, strict=True):
                part[f"{role}_{kind}"] = values
        part["error_alpha"], part["error_beta"] = error_shapes(
            part, sample.errors, reference, own=own_bases(pooled.normal)
        )
        indel = indel_variants.is_indel(part) & part["usable"].to_numpy(bool)
        if indel.any():
            own = indel_variants.own_shapes(sample.counts, part[indel], reference)
            part.loc[indel, "error_alpha"], part.loc[indel, "error_beta"] = own
        part["overdispersion"] = overdispersion
        part["tumor_copies"] = copies
        linked = linked_reads(sample.counts, variants, reference, confidence)
        words = _flags(part, of_role, linked, confidence)
        bias = _length_bias(part, sample.counts, own_bases(pooled.normal))
        part["length_bias"] = bias
        refused = indel_variants.of_immune(part, sample.counts, reference, sequence)
        part["usable"] &= ~np.any([*refused.values()], axis=0)
        marks = {READ_LENGTHS_DIFFER: (part["type"] == "SNV").to_numpy(bool) & (bias != 1.0)}
        marks |= refused
        joined_words = marked(pd.Series(words, part.index), marks)
        part["flags"] = [join(sorted(one)) for one in joined_words]
        parts.append(part[EVIDENCE.names])
    if not parts:
        return EVIDENCE.frame()
    return pd.concat(parts, ignore_index=True)


def error_shapes(
    evidence: pd.DataFrame,
    errors: SampleErrors,
    reference: Reference,
    *,
    own: NDArray[np.int64] | None = None,
    sites: SiteSums | None = None,
    spread: float | None = None,
    junctions: JunctionSums | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Beta parameters of an immune sample's error rate at its evidence rows; NaN for indels.

    Args:
        own: the base that is misread, at each position: the normal's. None: ``ref`` of the rows,
            which is the same.
        sites, spread: of unrelated samples (``errors.background.background``).
        junctions: of unrelated samples, too.
    """
    at = evidence["pos"].to_numpy(np.int64) - 1
    snv = (evidence["type"] == "SNV").to_numpy(bool)
    if own is None:
        own = reference.codes.astype(np.int64)
        own[at[snv]] = allele_codes(evidence["ref"][snv])
    allele = allele_codes(evidence["alt"][snv])
    depth = evidence[["immune_depth_forward", "immune_depth_reverse"]].to_numpy(np.int64)
    predicted = background(errors, reference, sites, within=spread, own=own, at=at[snv])
    alpha, beta = np.full(len(at), np.nan), np.full(len(at), np.nan)
    rows = np.arange(int(snv.sum()))
    alpha[snv], beta[snv] = joined(predicted, Alleles(rows, allele, depth[snv]))
    junction = (evidence["type"] == JUNCTION).to_numpy(bool)
    if junction.any():
        ends = junction_alleles.ends(evidence[junction])
        repeat = junction_alleles.repeats(reference, *ends)
        seen = junctions.seen(*ends) if junctions else None
        alpha[junction], beta[junction] = junction_shapes(repeat, seen)
    return alpha, beta


def _flags(
    part: pd.DataFrame,
    of_role: Mapping[str, NDArray[np.int64]],
    linked: Mask,
    confidence: float,
) -> list[str]:
    """The variants' flags and those that depend on the immune sample."""
    upper = normal_upper_bound(of_role["normal"], confidence)
    immune_vaf = vaf(of_role["immune"])
    inherited = (vaf(of_role["tumor"]) < LOW_VAF) & (immune_vaf > 0) & (immune_vaf <= upper)
    alt, depth = of_role["immune"][:, :2], of_role["immune"][:, 2:]
    share = depth / np.maximum(depth.sum(axis=1, keepdims=True), 1)
    # Chance that every alternative fragment lies on the strand that has them all.
    silent = alt.min(axis=1) == 0
    chance = np.max(share * (alt > 0), axis=1) ** alt.sum(axis=1)
    one_strand = silent & (alt.sum(axis=1) > 0) & (chance < ONE_STRAND_P)
    marks = {
        LINKED: linked,
        LOW_TUMOR_VAF_SHALLOW_NORMAL: inherited,
        ONLY_ONE_STRAND: one_strand,
    }
    return [join(sorted(words)) for words in marked(part["flags"], marks)]


def _length_bias(part: pd.DataFrame, counts: Counts, own: NDArray[np.int64]) -> float:
    """``length_bias`` of the SNVs of a sample's evidence rows.

    Args:
        own: the normal's base at each position.
    """
    snv = (part["type"] == "SNV").to_numpy(bool)
    pos = part.loc[snv, "pos"].to_numpy(np.int64) - 1
    alt = allele_codes(part.loc[snv, "alt"])
    known = own[pos] < CODE_N
    return length_bias(counts, pos[known], alt[known], own[pos][known])


def patient_overdispersion(
    immune: Sequence[Counts], normal: Counts, variants: pd.DataFrame, artefact: Mask
) -> float:
    """Intra-class correlation of allele counts between the patient's samples.

    Estimated from alleles that are errors in both the immune sample and the normal: not the own
    base of either, and at most at ``ERROR_CAP`` in both. Informative and artefact positions are
    left out. 0 without a pair of samples.
    """
    left = ~artefact
    left[variants["pos"].to_numpy(np.int64) - 1] = False
    own = own_bases(normal)
    pieces: list[tuple[NDArray, NDArray, NDArray, NDArray]] = []
    for one in immune:
        site = left & (own == own_bases(one)) & (own < CODE_N)
        error = site[:, None] & (own[:, None] != np.arange(4))
        for sample in (one, normal):
            alleles = sample.bases.sum(axis=2, dtype=np.int64)
            error &= alleles <= ERROR_CAP * alleles.sum(axis=1, keepdims=True)
        depths = [np.broadcast_to(s.depth[:, None], s.bases.shape)[error] for s in (one, normal)]
        pieces.append((one.bases[error], depths[0], normal.bases[error], depths[1]))
    if not pieces:
        return 0.0
    alt_a, depth_a, alt_b, depth_b = (
        np.concatenate(column) for column in zip(*pieces, strict=True)
    )
    return estimate_overdispersion(alt_a, depth_a, alt_b, depth_b)
