"""Errors whose strands scatter over sites apart: evidence that both strands give together.

Where a site errs on one strand alone, the sum of both strands has a tail that hides variants of
several per cent, although hardly any site errs on both. There the test asks how often errors reach
a VAF on each strand. With the tails p of the strands and the correlation r of their site factors,

    P(both strands) = (p_forward p_reverse) ** (1 / (1 + r))

which is the product for independent strands, and the joint tail of a Gaussian copula but for a
slowly varying factor (Ledford and Tawn, Biometrika 1996, doi 10.1093/biomet/83.1.169, whose
coefficient of tail dependence is (1 + r) / 2).

The weaker strand decides: an allele has the support of T fragments, T the largest number that its
depth-proportional share does not exceed on either strand. Where strands err alike the sum of them
is the better evidence; a substitution is tested by the strands only where that needs fewer
fragments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mitotransfer.arrays import Floats, Ints, Mask, smallest
from mitotransfer.errors.site_factor import LEVEL, SiteFactors
from mitotransfer.genome.reference import CODE_N

# The weaker of two equal strands has so many standard deviations of the sum fewer, times two.
WEAKER = 0.8
# With fewer expected errors on a strand, counts hardly show how its sites scatter.
MIN_EXPECTED = 0.5
# The strands give evidence apart where the shallower has at least this share of the depth.
BALANCED = 0.25


@dataclass(frozen=True)
class StrandFactors:
    """Distributions of site factors on each strand.

    Attributes:
        forward, reverse: of the strands.
        correlation: of the strands' factors at a site, upper bound, by own and false base, (4, 4),
            or by site and false base, (sites, 4).
        apart: substitutions that the strands show better than their sum, same shape.
    """

    forward: SiteFactors
    reverse: SiteFactors
    correlation: Floats
    apart: Mask

    def at_sites(self, own: NDArray[np.integer]) -> StrandFactors:
        """The same by site instead of own base; ``own``: codes, 4 where unknown."""
        row = np.minimum(own, CODE_N)
        # An unknown own base, or the allele itself, is tested by the sum of the strands.
        known = np.vstack([self.apart & ~np.eye(4, dtype=bool), np.zeros(4, bool)])
        return StrandFactors(
            self.forward.at_sites(own),
            self.reverse.at_sites(own),
            np.vstack([self.correlation, np.ones(4)])[row],
            known[row],
        )

    def tested(self, depth: Ints, row: NDArray[np.integer], allele: NDArray[np.integer]) -> Mask:
        """Alleles that are tested by the strands."""
        enough = depth.min(axis=1) >= BALANCED * np.maximum(depth.sum(axis=1), 1)
        return np.asarray(self.apart[row, allele] & enough)

    def upper_tail(
        self, support: Ints, depth: Ints, expected: Floats, row: NDArray[np.integer],
        allele: NDArray[np.integer],
    ) -> Floats:  # fmt: skip
        """Probability that errors give at least so much support.

        Args:
            support: T, (n_alleles,).
            depth, expected: fragments and errors expected by strand, (n_alleles, 2).
        """
        least = needed(support, depth)
        product = np.ones(support.size)
        for strand, factors in enumerate((self.forward, self.reverse)):
            product *= factors.upper_tail(least[:, strand], expected[:, strand], row, allele)
        return np.asarray(product ** (1.0 / (1.0 + self.correlation[row, allele])))


def support(k: Ints, n: Ints) -> Ints:
    """Fragments T of both strands that the weaker strand supports; (n_alleles, 2), depths > 0."""
    return np.asarray((k * n.sum(axis=1, keepdims=True) // np.maximum(n, 1)).min(axis=1))


def needed(support: Ints, n: Ints) -> Ints:
    """Fragments of each strand, (n_alleles, 2), that a support needs."""
    return np.asarray(-(-support[:, None] * n // np.maximum(n.sum(axis=1, keepdims=True), 1)))


def correlations(k: Ints, expected: Floats, variance: Floats, group: Ints) -> Floats:
    """Correlation of the strands' site factors by substitution, by moments.

    One standard error is added: what the sample does not show is taken to be common.

    Args:
        k, expected: errors and those that the mean rates let expect, (sites, 2).
        variance: relative variance of the factors, (groups, strands).
        group: substitution of each site.
    """
    size = len(variance)
    common = np.prod(k - expected, axis=1)
    covariance = np.bincount(group, common, size)
    products = np.bincount(group, expected.prod(axis=1), size)
    # Where hardly any site has errors on both strands, their squares say less than chance does.
    error = np.sqrt(np.maximum(np.bincount(group, common**2, size), products))
    scale = products * np.sqrt(variance.prod(axis=1))
    upper = np.where(scale > 0.0, (covariance + error) / np.maximum(scale, 1e-300), 1.0)
    return np.clip(upper, 0.0, 1.0)


def shown_apart(
    factors: StrandFactors, together: SiteFactors, depth: Ints, rate: Floats
) -> NDArray[np.bool_]:
    """Substitutions of which the strands show variants with fewer fragments than their sum.

    Args:
        factors, together: by own and false base.
        depth: usual depth by own base and strand, (4, 2).
        rate: error rates, (4, 4, 2).
    """
    row, allele = np.nonzero(~np.eye(4, dtype=bool))
    n = depth[row]
    expected = np.maximum(n * rate[row, allele], 1e-12)
    most = n.sum(axis=1)

    def by_sum(k: Ints) -> Mask:
        return together.upper_tail(k, expected.sum(axis=1), row, allele) <= LEVEL

    def by_strands(k: Ints) -> Mask:
        return factors.upper_tail(k, n, expected, row, allele) <= LEVEL

    of_strands = needed(smallest(by_strands, most), n).sum(axis=1)
    out = np.zeros((4, 4), bool)
    fewer = of_strands + WEAKER * np.sqrt(of_strands) < smallest(by_sum, most)
    out[row, allele] = fewer & (expected.min(axis=1) >= MIN_EXPECTED)
    return out
