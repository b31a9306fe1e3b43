"""Tests of single alleles: can errors alone explain as many fragments?

    p = P(K >= k over both strands) + h max_s P(K_s >= k_s on strand s) H

The first term is the tail of the sample's distribution of site factors (``errors.site_factor``),
without a strand that errs far more often than the other (``errors.background.evidence``). Where
errors scatter on each strand apart, it is the probability that both strands have as many, in
proportion to their depth, as the weaker one has (``errors.strand_factors``). Where unrelated
samples have shown the site's own factor, it is the tail of the beta-binomial of both strands
joined.

The second term covers hot spots, sites where one strand errs far beyond that distribution. Their
share h of all sites is estimated from the sample. If one strand is at a hot spot, only the other
is evidence; either may be, so the larger tail counts, and H = 1. Some sites are covered on one
strand alone, for example by amplicons: the other strand is expected to have fewer than
``MIN_EXPECTED`` fragments with the allele, and its counts are no evidence. There
H = exp(-x / ``HOT_SPOT_FACTOR``) is the probability that a hot spot errs x times as often as
expected, as the covered strand shows.

All alleles other than the sample's own base are tested, and the own base where it is not the
reference's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.indel_depth import at_anchor, fragments, indel_depth
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors.background import (
    Alleles,
    Background,
    evidence,
    support,
    support_tail,
)
from mitotransfer.errors.sample_errors import VARIANT_VAF, deep, fitted_rates
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.reference import CODE_N, LETTERS, Reference
from mitotransfer.genome.tracts import run_lengths
from mitotransfer.stats import beta_binomial

# With fewer expected fragments a strand without the allele is no evidence.
MIN_EXPECTED = 3.0
# Mean factor by which hot spots of one strand err more often, exponentially distributed.
HOT_SPOT_FACTOR = 10.0
# Lower ends of the classes of homopolymer length with an indel rate of their own.
RUN_CLASSES = (1, 3, 5, 6)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Shapes = tuple[Floats, Floats]


def p_values(k: Ints, n: Ints, together: Floats, strands: Shapes, hot_spots: float) -> Floats:
    """The p value of the module's docstring.

    Args:
        k, n: fragments with the allele and depth, shape (n_alleles, 2).
        together: the tail over both strands, (n_alleles,).
        strands: Beta parameters of the error rate, each (n_alleles, 2).
        hot_spots: share h of sites.
    """
    vaf = k / np.maximum(n, 1)
    row = np.arange(len(k))
    weaker = vaf.argmin(axis=1)
    stronger = 1 - weaker
    asked = n[row, weaker] * vaf.max(axis=1) >= MIN_EXPECTED
    alpha, beta = strands
    other = beta_binomial.upper_tail(k, n, alpha, beta).max(axis=1)
    rate = alpha[row, stronger] / (alpha[row, stronger] + beta[row, stronger])
    factor = vaf.max(axis=1) / rate
    reach = np.where(asked, 1.0, np.exp(-factor / HOT_SPOT_FACTOR))
    return np.minimum(together + hot_spots * other * reach, 1.0)


# ---------------------------------------------------------------- bases


def snv_tests(counts: Counts, predicted: Background, reference: Reference) -> pd.DataFrame:
    """Tests of all bases that were seen, but of own bases that are the reference's.

    Columns ``pos ref alt type vaf depth depth_forward depth_reverse ref_forward ref_reverse
    alt_forward alt_reverse p_value own``; ``own``: the sample's own base. Where the reference base
    is a minor allele of the sample, ``alt`` is the same as ``ref``.
    """
    depth = counts.depth
    own = own_bases(counts)
    covered = (depth.sum(axis=1) > 0) & (reference.codes < CODE_N)
    seen = counts.bases.any(axis=2) & covered[:, None]
    seen &= (reference.codes[:, None] != np.arange(4)) | (own[:, None] != np.arange(4))
    pos, allele = np.nonzero(seen)
    k = counts.bases[pos, allele].astype(np.int64)
    n = depth[pos]
    tested = evidence(predicted, Alleles(pos, allele, n))
    p = p_values(
        k,
        n,
        support_tail(predicted, tested, support(predicted, tested, k)),
        (predicted.alpha[pos, allele], predicted.beta[pos, allele]),
        predicted.hot_spots,
    )
    ref = reference.codes[pos].astype(np.int64)
    return pd.DataFrame(
        {
            "pos": pos + 1,
            "ref": LETTERS[ref],
            "alt": LETTERS[allele],
            "type": "SNV",
            "vaf": k.sum(axis=1) / n.sum(axis=1),
            "depth": n.sum(axis=1),
            "depth_forward": n[:, 0],
            "depth_reverse": n[:, 1],
            "ref_forward": counts.bases[pos, ref, 0].astype(np.int64),
            "ref_reverse": counts.bases[pos, ref, 1].astype(np.int64),
            "alt_forward": k[:, 0],
            "alt_reverse": k[:, 1],
            "p_value": p,
            "own": allele == own[pos],
        }
    )


def covered_positions(counts: Counts, reference: Reference) -> int:
    """Positions with reads and a reference base: each has three alleles to test."""
    return int(np.sum((counts.depth.sum(axis=1) > 0) & (reference.codes < CODE_N)))


# ---------------------------------------------------------------- indels


def indel_background(
    counts: Counts, reference: Reference
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Beta parameters of the rate of false indels after each base, shape (length,).

    Fitted to the sample's own positions in classes of the length of the homopolymer that follows
    (``RUN_CLASSES``), shrunk as substitution rates are; never lower than in a shorter class.
    """
    total = at_anchor(counts).sum(axis=1)
    depth = counts.depth.sum(axis=1)
    following = np.roll(run_lengths(reference), -1)
    group = np.searchsorted(RUN_CLASSES, following, side="right") - 1
    # Left-normalised indels stand before a run, so bases inside runs never have any.
    starts = reference.codes != np.roll(reference.codes, -1)
    sites = np.flatnonzero((group >= 0) & starts & deep(depth) & (total <= VARIANT_VAF * depth))
    found = fitted_rates(
        total[sites, None], depth[sites, None], group[sites], len(RUN_CLASSES), np.ones(sites.size)
    )
    # Never lower than in a shorter class.
    mean = np.maximum.accumulate(found.rate[:, 0])
    spread = np.where(
        mean > found.rate[:, 0], np.maximum.accumulate(found.variance), found.variance
    )
    rho = np.minimum(spread * mean / (1.0 - mean), 0.9)
    return beta_binomial.shapes(mean[group], rho[group])  # -1, before the placeholder: the longest


def indel_tests(counts: Counts, predicted: Background, genome: Genome) -> pd.DataFrame:
    """Every indel allele seen, columns of ``snv_tests``; ``own``: most fragments have it.

    Depth is the estimated number of fragments that can show it.
    """
    indels = counts.indels
    # The placeholder is no base: it can neither be lost nor have one inserted after it.
    indels = indels[~indels["ref"].str.endswith("N").to_numpy(bool)]
    anchor = indels["pos"].to_numpy(np.int64) - 1
    k = fragments(indels)
    n = indel_depth(counts, genome.reference, indels)
    any_indel = at_anchor(counts)[anchor]
    alpha, beta = indel_background(counts, genome.reference)
    alpha, beta = alpha[anchor], beta[anchor]
    strands = (np.stack([alpha] * 2, axis=1), np.stack([beta] * 2, axis=1))
    together = beta_binomial.upper_tail(k.sum(axis=1), n.sum(axis=1), alpha, beta)
    return pd.DataFrame(
        {
            "pos": anchor + 1,
            "ref": indels["ref"].to_numpy(object),
            "alt": indels["alt"].to_numpy(object),
            "type": np.where(
                indels["alt"].str.len() > indels["ref"].str.len(), "insertion", "deletion"
            ).astype(object),
            "vaf": k.sum(axis=1) / n.sum(axis=1),
            "depth": n.sum(axis=1),
            "depth_forward": n[:, 0],
            "depth_reverse": n[:, 1],
            "ref_forward": n[:, 0] - any_indel[:, 0],
            "ref_reverse": n[:, 1] - any_indel[:, 1],
            "alt_forward": k[:, 0],
            "alt_reverse": k[:, 1],
            "p_value": p_values(k, n, together, strands, predicted.hot_spots),
            "own": 2 * k.sum(axis=1) > n.sum(axis=1),
        }
    )
