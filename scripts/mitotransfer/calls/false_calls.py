"""False discoveries among all minor alleles of a sample: thresholds that fit counts and mtDNA.

An allele of weight w is called at threshold t where ``p <= w t``. The q value of t is the number of
errors to be expected there over the number of alleles called,

    q(t) = sum_i P(p_i <= w_i t) / #{i: p_i <= w_i t}

and the q value of an allele is that of the best threshold at which it is called. With ``P(p <= x) =
x`` and equal weights this is Benjamini and Hochberg (1995). Counts are discrete: where few errors
are expected, p values of successive counts differ by a factor of ten. The sum over the alleles' own
discrete distributions is then a third of that (Heyse 2011; Döhler, Durand and Roquain, Electron J
Stat 2018, doi 10.1214/18-EJS1441). Weights (Genovese, Roeder and Wasserman, Biometrika 2006, doi
10.1093/biomet/93.3.509) average one, so that errors are no more frequent. They are proportional to
the share of real variants (``errors.sample_errors.weights``): over nine tenths of mtDNA mutations,
inherited and somatic, are transitions.

Errors are among the rarest alleles. Beside a hundred variants of 30 %, a rate of 1 % over all calls
would allow most calls of 1 % to be errors. So an allele is judged among the calls of at most about
its own VAF, and each VAF has its own rate of false discoveries (as separate classes have in Efron,
Ann Appl Stat 2008, doi 10.1214/07-AOAS141).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mitotransfer.arrays import Floats, Ints, distinct, smallest
from mitotransfer.counts.allele_counts import Counts
from mitotransfer.counts.minor_alleles import own_bases
from mitotransfer.errors.background import (
    Alleles,
    Background,
    by_strands,
    error_tail,
    evidence,
    expected_errors,
    support_tail,
)
from mitotransfer.errors.sample_errors import TRANSITION, TRANSVERSION, weights
from mitotransfer.genome.reference import CODE_N, Reference
from mitotransfer.stats.false_discovery import step_up

# Alleles this many times as frequent do not raise the threshold of an allele.
LIKE = 3.0
# q values above this are those of all alleles together.
_DOUBTFUL = 0.5
# p values between these are treated one by one; beyond, P(p <= x) = x is good enough.
_HIGHEST, _LOWEST = 1e-3, 1e-9
# Alleles of the sample (every n-th) that stand for all.
_ALLELES = 600
# Above this ratio of the p values of two successive counts they count as continuous.
_CONTINUOUS = 0.7
# Expectations for which the critical count is looked up, per factor of ten.
_PER_DECADE = 40


@dataclass(frozen=True)
class FalseCalls:
    """Errors that are called among a sample's minor alleles, by threshold: a step function.

    Attributes:
        tests: number of minor alleles at positions that can be called.
        steps: thresholds, ascending.
        errors: errors expected from each step on to the next.
    """

    tests: int
    steps: Floats
    errors: Floats

    def expected(self, threshold: Floats) -> Floats:
        """Errors expected to be called at thresholds."""
        most = self.tests * threshold
        at = np.searchsorted(self.steps, threshold, side="right")
        known = (threshold >= _LOWEST / TRANSVERSION) & (threshold <= _HIGHEST / TRANSITION)
        known &= at > 0
        return np.where(known, np.minimum(np.append(0.0, self.errors)[at], most), most)

    def q_values(self, scaled: Floats, vaf: Floats) -> Floats:
        """q values of the smallest p values, each over its weight; the rest are 1.

        The alleles called together with one are those of at most ``LIKE`` times its VAF.
        """
        q = step_up(scaled, self.expected)
        order = np.argsort(scaled, kind="stable")
        errors, ordered = self.expected(scaled[order]), vaf[order]
        for row in np.flatnonzero(q[order] <= _DOUBTFUL):
            alike = np.cumsum(ordered <= LIKE * ordered[row])
            q[order[row]] = min(1.0, float(np.min(errors[row:] / alike[row:])))
        return q

    def threshold(self, errors: float) -> float:
        """The largest threshold, of a hundred per factor of ten, with no more errors expected."""
        grid = np.logspace(-14.0, 0.0, 1401)
        enough = self.expected(grid) <= errors
        return float(grid[enough].max()) if enough.any() else float(grid[0])


def false_calls(
    counts: Counts, predicted: Background, reference: Reference, min_depth: int = 1
) -> FalseCalls:
    """Errors called among the minor alleles of all positions of a sample that have a depth.

    The p value of an allele with k fragments is T(k), so that at a threshold between
    ``T(k + 1) / w`` and ``T(k) / w`` it is called with probability ``T(k + 1)``.
    """
    own, depth = own_bases(counts), counts.depth
    covered = (own < CODE_N) & (reference.codes < CODE_N) & (depth.sum(axis=1) >= min_depth)
    pos, allele = np.nonzero(covered[:, None] & (own[:, None] != np.arange(4)))
    tests = pos.size
    if not tests:
        return FalseCalls(0, np.zeros(0), np.zeros(0))
    # A stride that is no multiple of three: alleles take turns.
    chosen = np.arange(0, tests, tests // (3 * _ALLELES) * 3 + 1)
    pos, allele = pos[chosen], allele[chosen]
    weight = weights(own[pos], allele)
    alleles = evidence(predicted, Alleles(pos, allele, depth[pos]))
    k = critical_counts(predicted, alleles, _HIGHEST)
    rows, tail = np.arange(pos.size), support_tail(predicted, alleles, k)
    steps: list[Floats] = []
    jumps: list[Floats] = []
    while rows.size:
        k += 1
        more = support_tail(predicted, alleles.rows(rows), k)
        more = np.where(more > _CONTINUOUS * tail, _CONTINUOUS * tail, more)
        steps.append(tail / weight[rows])
        jumps.append(tail - more)
        left = tail > _LOWEST
        rows, k, tail = rows[left], k[left], more[left]
    step, jump = np.concatenate(steps), np.concatenate(jumps)
    order = np.argsort(step, kind="stable")
    return FalseCalls(tests, step[order], np.cumsum(jump[order]) * tests / pos.size)


def critical_counts(predicted: Background, alleles: Alleles, level: float) -> Ints:
    """Support from which an allele's p value is at most ``level``, by errors of both strands.

    Args:
        alleles: their depths are above 0.
    """
    depth = alleles.depth.sum(axis=1)
    factors = predicted.site_factors
    if factors is None:
        return smallest(lambda k: error_tail(predicted, alleles, k) <= level, depth)
    apart = by_strands(predicted, alleles)
    out = np.empty(depth.size, np.int64)
    if apart.any():
        out[apart] = _critical_support(predicted, alleles.rows(apart), level)
    if apart.all():
        return out
    alleles = alleles.rows(~apart)
    expected = expected_errors(predicted, alleles)
    # One count for all sites of a substitution and of about the same expectation, rounded up.
    step = np.ceil(np.log10(expected) * _PER_DECADE)
    variance = factors.gamma[alleles.pos, alleles.allele]
    first, which = distinct(variance, step)
    grid = 10.0 ** (step[first] / _PER_DECADE)
    pos, allele = alleles.pos[first], alleles.allele[first]
    most = np.full(first.size, depth.max())
    needed = smallest(lambda k: factors.upper_tail(k, grid, pos, allele) <= level, most)
    out[~apart] = needed[which]
    return out


def _critical_support(predicted: Background, alleles: Alleles, level: float) -> Ints:
    """The same of alleles tested by the strands, one for each substitution and about the depths."""
    assert predicted.site_factors is not None
    variance = predicted.site_factors.gamma[alleles.pos, alleles.allele]
    step = np.round(np.log10(alleles.depth) * _PER_DECADE / 2)
    first, which = distinct(variance, *step.T)
    some = alleles.rows(first)
    most = some.depth.sum(axis=1)
    share = smallest(lambda k: support_tail(predicted, some, k) <= level, most) / most
    return np.ceil(share[which] * alleles.depth.sum(axis=1)).astype(np.int64)
