"""Evidence of unrelated samples on a patient's informative variants.

They show the errors at the same sites, who else has the allele, and how many of its reads index
cross-talk can bring: if another patient of the batch has the allele fixed, its libraries add some
reads of it to every sample of the pool.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Mask
from mitotransfer.errors.junction_sums import PRIOR_RATE, SWITCHING_REPEAT
from mitotransfer.flag_words import join, marked
from mitotransfer.flags import (
    AMPLICON_JUNCTION,
    BATCH_HAPLOTYPE,
    DIRECT_REPEAT,
    FOREIGN_HAPLOTYPE,
    HIGH_BACKGROUND,
    HOT_SPOT,
    RECURRENT,
)
from mitotransfer.genome import junction_alleles
from mitotransfer.genome.junction_alleles import JUNCTION
from mitotransfer.genome.reference import allele_codes
from mitotransfer.patient.evidence import error_shapes
from mitotransfer.patient.indel_variants import is_indel, rows_of
from mitotransfer.patient.indel_variants import shapes as indel_shapes
from mitotransfer.verdicts.context import PatientContext
from mitotransfer.verdicts.settings import number

#: An allele is recurrent if heteroplasmic in this share of unrelated samples (or in one).
RECURRENT_SHARE = 0.005
#: Sites this many times as error-prone as the sample's others are flagged.
ERROR_PRONE = 5.0
#: Largest apparent tumour fraction from other patients' haplotypes that is ignored.
HOPPED_FRACTION = 1e-4


def recurrence(
    carriers: NDArray[np.integer], asked: int, hot_spot: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability that an immune sample has an allele by a mutation or an artefact of its own.

    If others have the allele, this is the posterior mean under Jeffreys's prior. It is at least the
    probability of a published hot spot.

    Args:
        carriers: unrelated immune samples and normals in which each is heteroplasmic, of ``asked``.
        hot_spot: of ``Genome.hot_spots``, at the alleles' positions.
    """
    seen = np.where(carriers > 0, (carriers + 0.5) / (asked + 1), 0.0)
    return np.maximum(seen, hot_spot)


def _alleles(evidence: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Position (0-based) and base of each evidence row; of indels the base means nothing."""
    snv = (evidence["type"] == "SNV").to_numpy(bool)
    allele = np.zeros(len(evidence), np.int64)
    allele[snv] = allele_codes(evidence["alt"][snv])
    return evidence["pos"].to_numpy(np.int64) - 1, allele


def hopped_fraction(
    context: PatientContext, sample: str, evidence: pd.DataFrame
) -> NDArray[np.float64]:
    """Apparent tumour fraction from other patients' haplotypes of the batch, by evidence row.

    Upper bound of the sample's cross-talk, times the share of the reads of the batch that come
    from other patients' libraries with the allele fixed, over the allele's VAF in the tumour.
    """
    patient = context.patient
    rows = patient.samples.set_index("sample")
    batch = str(rows.loc[sample, "batch"])
    carried = context.cohort.background.batches.get(batch)
    rate = number(rows.loc[sample, "rate_high"])
    if carried is None or math.isnan(rate):
        return np.zeros(len(evidence))
    at, allele = _alleles(evidence)
    reads = carried.at(at, allele)
    for own in rows.index[rows["batch"] == batch]:
        has = patient.haplotypes[own][at] == allele
        reads = reads - np.where(has, float(patient.counts[own].depth.sum()), 0.0)
    others = carried.reads - float(patient.counts[sample].depth.sum())
    share = np.clip(reads, 0.0, None) / max(others, 1.0)
    alt = evidence["tumor_alt_forward"] + evidence["tumor_alt_reverse"]
    depth = evidence["tumor_depth_forward"] + evidence["tumor_depth_reverse"]
    vaf = (alt / depth.clip(lower=1)).clip(lower=0.01)
    return np.asarray(np.minimum(rate * share / vaf, 1.0), float)


def batch_alleles(context: PatientContext, sample: str) -> NDArray[np.bool_]:
    """Alleles that cross-talk from the batch may bring, shape (length, 4).

    By the upper bound of cross-talk, a tenth of a fragment or more is expected of them.
    """
    row = context.patient.samples.set_index("sample").loc[sample]
    batch = context.cohort.background.batches.get(str(row["batch"]))
    rate, depth = number(row["rate_high"]), context.patient.counts[sample].depth.sum(axis=1)
    found = np.zeros((len(depth), 4), bool)
    if batch is not None and not math.isnan(rate):
        pos, allele = np.divmod(batch.keys, 4)
        found[pos, allele] = depth[pos] * rate * batch.carried / max(batch.reads, 1.0) >= 0.1
    return found


def _foreign_rows(
    context: PatientContext, sample: str, evidence: pd.DataFrame
) -> NDArray[np.bool_]:
    """Mask of evidence rows whose allele a foreign haplotype in the tumour or sample explains."""
    rows = context.patient.samples
    involved = rows[(rows["role"] == "tumor") | (rows["sample"] == sample)]
    found = np.zeros(len(evidence), bool)
    at, allele = _alleles(evidence)
    for other in sorted(set(involved["foreign_patient"]) - {""}):
        alleles = context.cohort.foreign_haplotype(other)
        if alleles is not None:
            found |= alleles[at] == allele
    return found


def _amplified(context: PatientContext, sample: str) -> bool:
    """Whether the sample, a tumour or a normal of the patient is of amplicons."""
    rows = context.patient.samples
    if "assay" not in rows:
        return False
    used = (rows["role"] != "immune") | (rows["sample"] == sample)
    return bool((rows.loc[used, "assay"] == "amplicon").any())


def _error_shapes(
    context: PatientContext, sample: str, evidence: pd.DataFrame, indel: Mask
) -> tuple[Floats, Floats]:
    """Beta parameters of the error rate of each variant, by the sample and by unrelated ones.

    Args:
        indel: which variants are indels that count.
    """
    cohort, others = context.cohort, context.others
    alpha, beta = error_shapes(
        evidence,
        context.patient.errors[sample],
        cohort.genome.reference,
        sites=others.sites,
        spread=cohort.spread,
        junctions=others.junctions,
    )
    if indel.any():
        alpha[indel], beta[indel] = indel_shapes(
            context.patient.counts[sample],
            evidence[indel],
            cohort.genome.reference,
            (others.indels, others.sites),
        )
    return alpha, beta


def with_background(context: PatientContext, sample: str, evidence: pd.DataFrame) -> pd.DataFrame:
    """Evidence with error rates, recurrence and flags from unrelated samples.

    Returns:
        The evidence with three more columns: ``carriers``, the number of unrelated immune samples
        and normals in which the allele is heteroplasmic; ``recurrence``; and ``hopped``, of
        ``hopped_fraction``. Alleles of other haplotypes of the batch do not count as long as others
        remain. If none remain, the bound of cross-talk has to grow.
    """
    if evidence.empty:
        empty = {"usable": pd.Series(dtype=bool), "carriers": pd.Series(dtype=np.int64)}
        none = pd.Series(dtype=float)
        return evidence.assign(**empty, recurrence=none, hopped=none)
    cohort, others = context.cohort, context.others
    indel = is_indel(evidence) & evidence["usable"].to_numpy(bool)
    alpha, beta = _error_shapes(context, sample, evidence, indel)
    fixed = np.zeros(len(evidence), bool)
    prior = evidence["error_alpha"] / (evidence["error_alpha"] + evidence["error_beta"])
    usual = np.where(indel, np.maximum(prior, PRIOR_RATE), prior)
    at, allele = _alleles(evidence)
    snv = (evidence["type"] == "SNV").to_numpy(bool)
    carriers = np.where(snv, others.heteroplasmic[at, allele], 0).astype(np.int64)
    junction = (evidence["type"] == JUNCTION).to_numpy(bool)
    ends = junction_alleles.ends(evidence[junction])
    carriers[junction] = others.junctions.seen(*ends).carriers
    at_repeat = np.zeros(len(evidence), bool)
    repeats = junction_alleles.repeats(cohort.genome.reference, *ends)
    at_repeat[junction] = repeats >= SWITCHING_REPEAT
    carriers[indel], fixed[indel] = others.indels.who(rows_of(evidence[indel])).T
    known = snv | junction | indel
    limit = max(1.0, RECURRENT_SHARE * others.n_asked)
    # Of indels cross-talk is not bounded: one that another patient has fixed is no evidence.
    foreign = (snv & _foreign_rows(context, sample, evidence)) | fixed
    amplified = junction & _amplified(context, sample)
    usable = evidence["usable"].to_numpy(bool) & ~foreign & ~amplified
    feigned = hopped_fraction(context, sample, evidence) * snv
    hopped = feigned > HOPPED_FRACTION
    if (usable & ~hopped).any():
        usable &= ~hopped
    hot_spots = cohort.genome.hot_spots[at]
    marks = {
        BATCH_HAPLOTYPE: hopped,
        RECURRENT: known & (carriers >= limit),
        DIRECT_REPEAT: at_repeat,
        AMPLICON_JUNCTION: amplified,
        HOT_SPOT: snv & (hot_spots > 0),
        HIGH_BACKGROUND: alpha / (alpha + beta) > ERROR_PRONE * usual,
        FOREIGN_HAPLOTYPE: foreign,
    }
    return evidence.assign(
        error_alpha=alpha,
        error_beta=beta,
        usable=usable,
        carriers=carriers,
        recurrence=np.where(
            known, recurrence(carriers, others.n_asked, np.where(snv, hot_spots, 0.0)), 0.0
        ),
        hopped=feigned,
        flags=[join(sorted(words)) for words in marked(evidence["flags"], marks)],
    )
