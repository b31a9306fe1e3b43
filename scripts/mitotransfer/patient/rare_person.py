"""Another person's DNA at shares too low for single alleles: all alleles together.

Two people differ at dozens of positions, nearly always by transitions, and a share s of the other
person's mtDNA adds n s fragments to each of these alleles. Which ones they are is unknown, so each
transition is another person's with a prior probability w:

    R(s) = sum_i min(log(1 - w_i + w_i P(k_i | s) / P(k_i | nobody)), CAP)

Without another person the mean of exp R(s) is at most one (each factor's is, and errors at sites
are independent), so that R(s) exceeds t with a probability of at most exp(-t) (Markov's inequality;
an e-value, Vovk and Wang, Ann Stat 2021, doi 10.1214/20-AOS2020). The cap makes no few alleles, as
of a clone, enough. Without another person an allele is an error, a hot spot of one strand
(``errors.background``) or a heteroplasmy of the sample's own, of any VAF: alleles at many levels
are nobody's.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors.background import Alleles, Background, error_tail
from mitotransfer.errors.sample_errors import VARIANT_VAF
from mitotransfer.errors.site_factor import gamma_pmf, variant_scale
from mitotransfer.genome.reference import CODE_N, Reference
from mitotransfer.patient.another_person import level_bounds
from mitotransfer.quick_scipy import special
from mitotransfer.stats import intervals

#: Shares that are tried.
SHARES = np.geomspace(1e-4, 0.3, 45)
#: Logarithm of the likelihood ratio that is needed, and the most that one allele adds to it.
NEEDED, CAP = 10.0 + math.log(SHARES.size), 2.5
#: Alleles by which another person differs at least: of two Europeans, some twenty to thirty.
DIFFERENCES = 20
#: Prior number of them: few, so that the alleles that are not theirs cost little.
_PRIOR = 10.0
#: Prior number of the sample's own heteroplasmies.
_OWN = 2.0
#: Prior probability that a person lacks a base by which this sample differs from the reference.
REVERTED = 0.1
#: A person's alleles lie around the circle; those of a nuclear copy on a part of it.
_SPREAD = 0.4
#: Power of the stated limit.
POWER = 0.95
_DRAWS = 40


class RarePerson(NamedTuple):
    """Another person's alleles (0-based positions and codes, none if nobody was found).

    Attributes:
        low, high: bounds of that person's share; NaN if nobody was found.
        limit: smallest share that would have been seen with a power of ``POWER``; NaN if none.
    """

    pos: Ints
    allele: Ints
    low: float = math.nan
    high: float = math.nan
    limit: float = math.nan


def possible_alleles(
    counts: Counts, *, normal: Counts, tumor: Counts, usable: Mask, confidence: float
) -> Mask:
    """Alleles that may be another person's, (length, 4): not those of the patient's other samples.

    The normal has less than half the VAF, or a single fragment; the tumour not certainly more.

    Args:
        normal, tumor: pooled over the patient's samples; without fragments where there are none.
        usable: positions that may count, (length,).
    """
    vaf, of_normal, of_tumor = (
        one.alleles / np.maximum(one.depth.sum(axis=1), 1)[:, None]
        for one in (counts, normal, tumor)
    )
    possible = usable[:, None] & ((2.0 * of_normal < vaf) | (normal.alleles < 2))
    doubtful = possible & (of_tumor > vaf)
    pos, allele = np.nonzero(doubtful)
    depth = tumor.depth[pos].sum(axis=1)
    least = intervals.lower_bound(tumor.alleles[pos, allele], depth, confidence)
    possible[pos, allele] = least <= vaf[pos, allele]
    return possible


def rare_person(
    counts: Counts, predicted: Background, reference: Reference, possible: Mask, confidence: float
) -> RarePerson:
    """Another person in a sample.

    Args:
        predicted: errors of the sample, of all positions.
        possible: alleles that may be that person's, (length, 4).
    """
    own = own_bases(counts)
    known = np.flatnonzero((own < CODE_N) & (reference.codes < CODE_N))
    known = known[possible[known, own[known] ^ 2]]  # codes are A, C, G, T
    nobody = RarePerson(np.zeros(0, np.int64), np.zeros(0, np.int64))
    if known.size < DIFFERENCES:
        return nobody
    alleles = Alleles(known, own[known] ^ 2, counts.depth[known])
    k = counts.bases[alleles.pos, alleles.allele].astype(np.int64)
    prior = np.full(known.size, _PRIOR / known.size)
    prior[alleles.allele == reference.codes[known]] = REVERTED
    without = _without(predicted, alleles, k, _OWN / known.size)
    gains = [_gains(predicted, alleles, k, share, without=without, prior=prior) for share in SHARES]
    total = np.array([gain.sum() for gain in gains])
    limit = _limit(predicted, alleles, prior, total)
    best = int(total.argmax())
    # More probably that person's than an error.
    found = gains[best] > math.log(2.0)
    if total[best] < NEEDED or not _spread(alleles.pos[found], reference.length):
        return nobody._replace(limit=limit)
    seen, depth = k[found].sum(axis=1), alleles.depth[found].sum(axis=1)
    low, high = level_bounds(seen, depth, confidence)
    return RarePerson(alleles.pos[found], alleles.allele[found], low, high, limit)


def _without(predicted: Background, alleles: Alleles, k: Ints, variant: float) -> Floats:
    """Probability of the counts of both strands without another person.

    They are of errors, of a hot spot of one strand, or of a variant of the sample's own, whose VAFs
    are log-uniform. The split of errors is binomial, or any is as probable.

    Args:
        variant: prior probability of a variant.
    """
    both = k.sum(axis=1)
    tail = error_tail(predicted, alleles, both)
    together = np.maximum(tail - error_tail(predicted, alleles, both + 1), 1e-300)
    alpha, beta = (x[alleles.pos, alleles.allele] for x in (predicted.alpha, predicted.beta))
    mean = np.maximum(alleles.depth * alpha / (alpha + beta), 1e-300)
    share = mean[:, 0] / mean.sum(axis=1)
    ways = special.gammaln(both + 1.0) - special.gammaln(k + 1.0).sum(axis=1)
    split = np.exp(ways + special.xlogy(k[:, 0], share) + special.xlog1py(k[:, 1], -share))
    usual = gamma_pmf(k, mean, 1.0 / alpha)
    hot = variant_scale(VARIANT_VAF * alleles.depth) / np.maximum(k, 1)
    one_strand = 0.5 * predicted.hot_spots * (usual * hot[:, ::-1]).sum(axis=1)
    depth = alleles.depth.sum(axis=1)
    even = alleles.depth[:, 0] / np.maximum(depth, 1)
    own = np.exp(ways + special.xlogy(k[:, 0], even) + special.xlog1py(k[:, 1], -even))
    own *= (both > 0) * variant_scale(VARIANT_VAF * depth) / np.maximum(both, 1)
    errors = together * np.maximum(split, 1.0 / (both + 1.0)) + one_strand
    return np.asarray((1.0 - variant) * errors + variant * own)


def _gains(
    predicted: Background,
    alleles: Alleles,
    k: Ints,
    share: float,
    *,
    without: Floats,
    prior: Floats,
) -> Floats:
    """What each allele adds to the logarithm of the likelihood ratio of a share."""
    alpha, beta = (x[alleles.pos, alleles.allele] for x in (predicted.alpha, predicted.beta))
    mean = alleles.depth * (share + alpha / (alpha + beta))
    by_share = (special.xlogy(k, mean) - mean - special.gammaln(k + 1.0)).sum(axis=1)
    ratio = np.exp(np.minimum(by_share - np.log(without), 50.0))
    return np.minimum(np.log1p(prior * (ratio - 1.0)), CAP)


def _spread(pos: Ints, length: int) -> bool:
    """Whether positions lie on more than a part of the circle."""
    if pos.size < 2:
        return False
    ordered = np.sort(pos)
    gaps = np.diff(np.append(ordered, ordered[0] + length))
    return bool(length - gaps.max() > _SPREAD * length)


def _limit(predicted: Background, alleles: Alleles, prior: Floats, total: Floats) -> float:
    """Smallest share of ``SHARES`` that would have been seen; NaN if none.

    Args:
        total: of all alleles by share, to which that person's alleles add.
    """
    rng = np.random.default_rng(0)
    usual = np.flatnonzero(prior < REVERTED)
    if usual.size < DIFFERENCES:
        return math.nan
    rows = rng.choice(usual, _DRAWS * DIFFERENCES)
    drawn = alleles.rows(rows)
    rate = predicted.alpha[drawn.pos, drawn.allele]
    rate = rate / (rate + predicted.beta[drawn.pos, drawn.allele])
    low, high = 0, SHARES.size
    while low < high:
        middle = (low + high) // 2
        k = rng.poisson(drawn.depth * (rate + SHARES[middle]))
        without = _without(predicted, drawn, k, _OWN / prior.size)
        gain = _gains(predicted, drawn, k, SHARES[middle], without=without, prior=prior[rows])
        sums = gain.reshape(_DRAWS, DIFFERENCES).sum(axis=1) + min(total[middle], 0.0)
        seen = np.quantile(sums, 1.0 - POWER) >= NEEDED
        low, high = (low, middle) if seen else (middle + 1, high)
    return float(SHARES[low]) if low < SHARES.size else math.nan
