"""Why each allele of a sample was or was not called: all bases and all indels seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mitotransfer.arrays import distinct, smallest
from mitotransfer.calls.allele_tests import HOT_SPOT_FACTOR
from mitotransfer.calls.call import CallSettings, Tested
from mitotransfer.calls.false_calls import LIKE, critical_counts
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors import strand_factors
from mitotransfer.errors.background import (
    Alleles,
    Background,
    by_strands,
    evidence,
    expected_errors,
)
from mitotransfer.errors.sample_errors import weights
from mitotransfer.genome.bundle import Genome
from mitotransfer.genome.reference import CODE_N, LETTERS, allele_codes
from mitotransfer.quick_scipy import special
from mitotransfer.stats import beta_binomial
from mitotransfer.table_files import Column, Table

TESTED = Table(
    "samples/{sample}/{sample}.tested.tsv.gz",
    "Why each base at each position, and each indel seen, was or was not called.",
    (
        Column("pos", "Position on rCRS, from 1.", int),
        Column("ref", "Reference allele."),
        Column("allele", "The base, or the indel's alternative allele."),
        Column("vaf", "Share of the fragments.", float),
        Column("depth", "Fragments.", int),
        Column("forward", "Fragments with the allele on the forward strand.", int),
        Column("reverse", "On the reverse strand.", int),
        Column("p_value", "Of errors alone.", float),
        Column("q_value", "As in the calls.", float),
        Column(
            "detection_limit",
            "VAF that would have been called with a probability of 95 %.",
            float,
        ),
        Column(
            "reason",
            "PASS, own (the sample's base and the reference's), or reasons against it, joined "
            "by ';'.",
        ),
    ),
    cure="call the sample again",
    digits=3,
)

# Probability with which an allele at the detection limit is called.
POWER = 0.95
# Limits are worked out beside so many other calls, and all of them; in between they hardly change.
OTHERS = (0, 3, 15, 63, 255, 1023)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def detection_limits(
    predicted: Background, alleles: Alleles, level: Floats, settings: CallSettings
) -> Floats:
    """VAF at which an allele would be called with probability ``POWER``; NaN where never.

    The count has to be significant at the allele's ``level`` (few distinct values)
    and to satisfy the filters of count, VAF and depth; it is binomial with the VAF. Where both
    strands cover, either may be a hot spot, so that each has to show the allele.
    """
    strands = _strand_limits(predicted, alleles, level)
    one_strand = alleles.depth.min(axis=1) == 0
    alleles = evidence(predicted, alleles)
    depth = alleles.depth.sum(axis=1)
    needed = np.empty(depth.size, np.int64)
    for one in np.unique(level):
        rows = level == one
        needed[rows] = critical_counts(predicted, alleles.rows(rows), one)
    # Where only one strand covers, a hot spot of that strand has to be excluded.
    reach = np.log(np.maximum(predicted.hot_spots / level, 1.0)) * HOT_SPOT_FACTOR
    alone = np.ceil(reach * expected_errors(predicted, alleles)).astype(np.int64)
    needed = np.where(one_strand, np.maximum(needed, alone), needed)
    needed = np.maximum(needed, settings.min_alt_fragments)
    needed = np.maximum(needed, np.ceil(settings.min_vaf * depth).astype(np.int64))
    possible = (needed <= depth) & (depth >= settings.min_depth)
    apart = by_strands(predicted, alleles)
    # Both strands have to support as much.
    least, n = strand_factors.needed(needed[apart], alleles.depth[apart]), alleles.depth[apart]
    each = special.betaincinv(least, np.maximum(n - least, 0) + 1.0, np.sqrt(POWER))
    strands[apart] = np.maximum(strands[apart], each.max(axis=1))
    # Alleles share a few thousand pairs of count and depth.
    first, which = distinct(needed, depth)
    others = np.maximum(depth - needed, 0)[first]
    limit = special.betaincinv(needed[first], others + 1.0, POWER)[which]
    return np.where(possible, np.maximum(limit, strands), np.nan)


def _strand_limits(predicted: Background, alleles: Alleles, level: Floats) -> Floats:
    """VAF from which each strand excludes that the other alone is a hot spot, as ``p_values`` asks.

    0 where one strand alone covers.
    """
    at = alleles.pos, alleles.allele
    # Errors of a strand need to be no more probable than this.
    rare = np.minimum(level / predicted.hot_spots, 1.0)[:, None] + np.zeros(2)
    both = alleles.depth.min(axis=1) > 0
    alpha, beta = predicted.alpha[at][both], predicted.beta[at][both]
    depth, rare = alleles.depth[both], rare[both]
    step = np.round(np.log10(depth) * 40.0)
    columns = [x.ravel() for x in (alpha, beta, step, rare)]
    first, which = distinct(*columns)
    a, b, step, wanted = (x[first] for x in columns)
    n = np.maximum(np.rint(10.0 ** (step / 40.0)), 1.0).astype(np.int64)
    k = smallest(lambda k: beta_binomial.upper_tail(k, n, a, b) <= wanted, n)
    vaf = special.betaincinv(k, np.maximum(n - k, 0) + 1.0, POWER)
    out = np.zeros(both.size)
    out[both] = np.where(k > n, 1.0, vaf)[which].reshape(-1, 2).max(axis=1)
    return out


def table(
    tested: Tested,
    counts: Counts,
    predicted: Background,
    genome: Genome,
    settings: CallSettings,
) -> pd.DataFrame:
    """Columns ``TESTED``: four bases at each position but the placeholder, and indels.

    ``reason`` is ``PASS`` for called alleles, ``own`` for the sample's own base where it is the
    reference's, else the reasons against: ``no_depth``, ``not_seen``, ``not_significant`` and the
    filters of ``calls.frame.FILTERS``, joined by ``;``. ``detection_limit`` is empty for the own
    base, where nothing can be called, and for indels, whose alleles cannot be listed.
    """
    seen, reference = tested.bases, genome.reference
    own, both = own_bases(counts), counts.depth
    site, base = np.nonzero(np.broadcast_to((reference.codes < CODE_N)[:, None], (len(own), 4)))
    k, n = counts.bases[site, base].astype(np.int64), both[site]
    depth = n.sum(axis=1)
    is_own = own[site] == base
    reason = np.where(depth > 0, "not_seen", "no_depth").astype(object)
    reason[is_own] = "own"
    p, q = np.full(site.size, np.nan), np.full(site.size, np.nan)
    minor = ~is_own & (depth > 0)
    p[minor] = q[minor] = 1.0
    row = np.full((len(own), 4), -1)
    row[site, base] = np.arange(site.size)
    allele = allele_codes(seen["alt"])
    at = row[seen["pos"].to_numpy(np.int64) - 1, allele]
    p[at], q[at] = seen["p_value"], seen["q_value"]
    reason[at] = _reasons(seen, settings)

    weight = weights(own[site], base)
    asked = minor & ~genome.no_snv[site]

    alleles = Alleles(site[asked], base[asked], n[asked])

    def limits(others: int, least: float) -> Floats:
        """Limits beside this many other calls, for alleles of this VAF or more."""
        level = tested.errors.threshold(settings.max_fdr * (others + 1)) * weight[asked]
        judged = replace(settings, min_vaf=max(settings.min_vaf, least))
        return detection_limits(predicted, alleles, level, judged)

    passed = seen["minor"] & (seen["q_value"] <= settings.max_fdr)
    called = np.sort(seen.loc[passed, "vaf"].to_numpy(np.float64))
    limit = np.full(site.size, np.nan)
    # The more calls an allele is judged along with, the fewer fragments it needs; but the VAF that
    # it shows decides which they are.
    for others in sorted({min(number, len(called)) for number in OTHERS}):
        judged_along = called[others - 1] / LIKE if others else 0.0
        limit[asked] = np.fmin(limit[asked], limits(others, judged_along))
    bases = pd.DataFrame(
        {
            "pos": site + 1,
            "ref": LETTERS[reference.codes[site].astype(np.int64)],
            "allele": LETTERS[base],
            "vaf": np.where(depth > 0, k.sum(axis=1) / np.maximum(depth, 1), np.nan),
            "depth": depth,
            "forward": k[:, 0],
            "reverse": k[:, 1],
            "p_value": p,
            "q_value": q,
            "detection_limit": limit,
            "reason": reason,
        }
    )
    indels = tested.indels.assign(reason=_reasons(tested.indels, settings))
    names = {"alt": "allele", "alt_forward": "forward", "alt_reverse": "reverse"}
    indels = indels.rename(columns=names).reindex(columns=TESTED.names)
    joined = pd.concat([bases, indels.astype(bases.dtypes.to_dict())]) if len(indels) else bases
    return joined.sort_values("pos", kind="stable", ignore_index=True)[TESTED.names]


def _reasons(frame: pd.DataFrame, settings: CallSettings) -> NDArray[np.object_]:
    reasons = frame["filter"].to_numpy(object).copy()
    weak = (frame["q_value"] > settings.max_fdr).to_numpy()
    weak &= ~(frame["own"] & (frame["vaf"] >= settings.homoplasmic_vaf)).to_numpy(bool)
    reasons[weak] = [
        "not_significant" if text == "PASS" else f"not_significant;{text}" for text in reasons[weak]
    ]
    return reasons
