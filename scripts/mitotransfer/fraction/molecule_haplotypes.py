"""Long reads as evidence: molecules that carry several of the tumour's alleles at once.

A sequencing error puts one tumour allele on a molecule, rarely two. A molecule over k variants
shows a pattern x of alleles. Its odds are T(x) / N(x): N has none of the alleles but by error, T
has the haplotypes h of the tumour sample with weights w_h,

    T(x) = sum_h w_h prod_v P(x_v | h_v, e_v),

estimated from the tumour sample's own molecules by the EM algorithm for haplotypes (Excoffier and
Slatkin, Mol Biol Evol 1995, doi 10.1093/oxfordjournals.molbev.a040269), with the errors e of each
site. A molecule over two variants or more is of tumour origin where its odds exceed ten times the
number of such molecules: 0.1 of them all or fewer do so by error, whatever the errors (Markov).
How many do so is then a variant like any other, with counts in tumour, immune sample and normal and
an error rate, in the likelihood of the fraction (``fraction.estimate``). Molecules over one variant
count at this variant. No molecule counts twice.

Template switching joins parts of two molecules. Without tumour mtDNA it joins parts that both lack
the alleles, and makes no false finding. With it, fewer molecules, or more, carry two alleles than
in the tumour. How many molecules are joined is estimated (``fraction.template_switching``), and
what the tumour's molecules show is corrected for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mitotransfer.arrays import Floats, Ints, Mask
from mitotransfer.fraction.patterns import (
    LEAST_ERROR,
    Alleles,
    Deletion,
    Haplotypes,
    Patterns,
    combinations,
    log_likelihoods,
)
from mitotransfer.fraction.template_switching import (
    GRID,
    Breaks,
    Parts,
    fit_immune,
    fit_tumor,
    normalised,
    parts_of,
)
from mitotransfer.fraction.variant_counts import VariantCounts

#: Variants of which haplotypes are made: all their combinations are tried.
MOST_VARIANTS = 8
#: Molecules over two variants or more that tumour and normal need.
MIN_SPANNING = 30
#: Molecules that are positive by error: their expected number is smaller.
FALSE_MOLECULES = 0.1
_ROUNDS, _ENOUGH = 300, 1e-7
#: Smallest share of false molecules: a sample has far fewer, and distributions of rates below
#: 1e-9 are too narrow for the likelihood's numbers.
_RAREST = 1e-8


def haplotypes_of(tumor: Patterns, error: Floats, deletion: Deletion | None = None) -> Haplotypes:
    """The tumour sample's haplotypes by EM over all combinations of k variants.

    Args:
        error: probability that a site is misread for the other allele, shape (k,).
    """
    every, absent = combinations(len(error), deletion)
    # A haplotype without a variant's position has not its allele.
    possible = ~(every & absent).any(axis=1)
    weights = possible / possible.sum()
    likelihood = _likelihoods(tumor, Haplotypes(every, weights, absent), error)
    for _ in range(_ROUNDS):
        shares = likelihood * weights
        shares *= (tumor.molecules / shares.sum(axis=1))[:, None]
        updated = shares.sum(axis=0) / tumor.molecules.sum()
        moved = np.abs(updated - weights).max()
        weights = updated
        if moved < _ENOUGH:
            break
    return Haplotypes(every, weights, absent)


def _likelihoods(patterns: Patterns, of: Haplotypes, error: Floats) -> Floats:
    """Probability of each pattern given each haplotype, up to a factor of the pattern, (m, h)."""
    likelihood = log_likelihoods(patterns.alleles, of.alleles, of.absent, error)
    return np.asarray(np.exp(likelihood - likelihood.max(axis=1, keepdims=True)))


def log_odds(alleles: Alleles, tumor: Haplotypes, error: Floats) -> Floats:
    """log T(x) / N(x) of each pattern, shape (m,)."""
    likelihood = log_likelihoods(alleles, tumor.alleles, tumor.absent, error)
    with np.errstate(divide="ignore"):
        of_tumor = np.logaddexp.reduce(likelihood + np.log(tumor.weights), axis=1)
    return np.asarray(of_tumor - likelihood[:, 0])


@dataclass(frozen=True)
class Model:
    """The tumour's haplotypes at the variants, and the odds from which a molecule is of it.

    Attributes:
        tumor: molecules with a part of the tumour, as a sample with little of it has them, joined
            ones included; the first combination has no allele.
        own: the tumour's haplotypes, without joined ones.
        parts: of molecules of the tumour, by share of joined ones.
        log_p: what the tumour says of this share (``template_switching.GRID``).
        error: of each variant, shape (k,).
        cut: smallest log odds of a molecule of tumour origin.
        deletion: among the variants.
        deleted: share of the tumour's molecules with it.
    """

    tumor: Haplotypes
    own: Haplotypes
    parts: Parts
    log_p: Floats
    error: Floats
    cut: float
    deletion: Deletion | None = None
    deleted: float = 0.0

    def positive(self, patterns: Patterns) -> Mask:
        """Which patterns over two variants or more are of tumour origin."""
        odds = log_odds(patterns.alleles, self.tumor, self.error)
        return patterns.spanning() & (odds > self.cut)

    def rates(self, immune: Patterns, clustering: float) -> tuple[Floats, float]:
        """How many of the immune sample's molecules over two or more are positive.

        Only what the molecules cover is used. Molecules differ in their error rate by a gamma
        distribution, of which a errors have 1 (1 + c) ... (1 + (a - 1) c) times the probability of
        a independent ones, with c its squared coefficient of variation.

        Args:
            clustering: probability of a second error on a molecule over that of the first, 1 + c.

        Returns:
            The share of them if all had one haplotype, shape (2^k,), and that by errors alone. Of a
            haplotype with the deletion per whole molecule, so that it may exceed 1.
        """
        whole = self.deletion.without(immune) if self.deletion else immune
        share, by_error = self._expected(whole, clustering)
        if self.deletion:
            has = self.tumor.alleles[:, self.deletion.column]
            share[has] = self._expected(self.deletion.covered, clustering)[0][has]
        total = max(int(whole.molecules[whole.spanning()].sum()), 1)
        return share / total, by_error / total

    def _expected(self, patterns: Patterns, clustering: float) -> tuple[Floats, float]:
        """Numbers of positive molecules, as for ``rates``, among those that cover as much."""
        spanning = patterns.spanning()
        covered = Patterns(patterns.alleles[spanning], patterns.molecules[spanning]).covered()
        share, by_error = np.zeros(len(self.tumor.weights)), 0.0
        for shown, times in zip(covered.alleles >= 0, covered.molecules, strict=True):
            alleles, _ = combinations(int(shown.sum()), None)
            every = np.full((len(alleles), len(shown)), -1, np.int8)
            every[:, shown] = alleles
            seen = self.deletion.blanked(every) if self.deletion else every
            found = self.positive(Patterns(seen, np.ones(len(every), np.int64)))
            likelihood = log_likelihoods(
                every[found], self.tumor.alleles, self.tumor.absent, self.error
            )
            chance = np.exp(likelihood)
            share += times * chance.sum(axis=0)
            further = np.cumprod(1 + (clustering - 1) * np.arange(len(shown) + 1))
            errors = (every[found] == 1).sum(axis=1)
            by_error += times * min(float(chance[:, 0] @ further[np.maximum(errors - 1, 0)]), 1.0)
        return share, by_error


def model_of(
    tumor: Patterns,
    immune: Patterns,
    error: Floats,
    breaks: Breaks,
    deletion: Deletion | None = None,
) -> Model:
    """The model of a tumour sample; of the immune sample it takes what its molecules cover."""
    error = np.clip(error, LEAST_ERROR, 0.2)
    plain = haplotypes_of(tumor, error, deletion)
    fit = fit_tumor(_likelihoods(tumor, plain, error), tumor.molecules, plain, breaks)
    deleted = deletion.share(tumor) if deletion else 0.0
    if deletion:
        fit = fit._replace(weights=deletion.anchored(fit.weights, plain.alleles, deleted))
    parts = parts_of(fit, breaks)
    chance = normalised(fit.log_p)
    seen = chance @ np.array([parts.of_tumor(at) for at in range(len(chance))])
    spanning = int(immune.molecules[immune.spanning()].sum())
    return Model(
        plain._replace(weights=seen / seen.sum()),
        plain._replace(weights=chance @ parts.whole),
        parts, fit.log_p, error, float(np.log(max(spanning, 2) / FALSE_MOLECULES)),
        deletion, deleted,
    )  # fmt: skip


class MoleculeCounts(NamedTuple):
    """Counts of molecules in place of sites.

    The first row is that of molecules over two variants or more, the others those of molecules
    over one.

    Attributes:
        design: with the share of joined molecules that the tumour shows: for test and limit.
        found: with that which the immune sample's molecules show as well: for the estimate.
        switched: the latter, its mean, and 95 % bounds.
    """

    design: VariantCounts
    found: VariantCounts
    switched: tuple[float, float, float]


def molecule_counts(
    sites: VariantCounts,
    tumor: Patterns,
    immune: Patterns,
    normal: Patterns,
    *,
    clustering: float,
    breaks: Breaks,
    deletion: Deletion | None = None,
) -> MoleculeCounts | None:
    """Counts of molecules in place of sites; None where too few span two variants.

    Args:
        sites: the counts at the same k variants.
        clustering: as for ``Model.rates``.
        breaks: between the variants.
        deletion: one of them.
    """
    sizes = [int(one.molecules[one.spanning()].sum()) for one in (tumor, immune, normal)]
    if sizes[0] < MIN_SPANNING or sizes[2] < MIN_SPANNING or not sizes[1]:
        return None
    alpha, beta = np.asarray(sites.error_alpha, float), np.asarray(sites.error_beta, float)
    model = model_of(tumor, immune, alpha / (alpha + beta), breaks, deletion)
    share, by_error = model.rates(immune, clustering)
    by_error = min(max(by_error, _RAREST), 0.5)
    columns = [_rows(model, one) for one in (tumor, immune, normal)]
    again = np.broadcast_to(np.asarray(sites.recurrence, float), alpha.shape)
    spread = np.broadcast_to(np.asarray(sites.overdispersion, float), alpha.shape)
    counts = replace(
        sites,
        tumor_alt=columns[0][0], tumor_depth=columns[0][1],
        immune_alt=columns[1][0], immune_depth=columns[1][1],
        normal_alt=columns[2][0], normal_depth=columns[2][1],
        # An exponential distribution: the rate of double errors is known by its order.
        error_alpha=np.append(1.0, alpha), error_beta=np.append(1.0 / by_error - 1.0, beta),
        overdispersion=np.append(spread.max(), spread),
        recurrence=np.append(np.prod(np.sort(again)[-2:]), again),
        copies=deletion.copies(immune, model.deleted) if deletion else 1.0,
    )  # fmt: skip
    alt, depth = _alleles(normal)
    error = np.clip((alpha + alt) / (alpha + beta + depth), LEAST_ERROR, 0.2)
    own, fractions = fit_immune(
        _likelihoods(immune, model.tumor, error), immune.molecules, model.parts
    )
    by_tumor, both = normalised(model.log_p), normalised(model.log_p + own)
    low, high = np.interp([0.025, 0.975], np.cumsum(both) - both / 2, GRID)
    return MoleculeCounts(
        _with_share(counts, model.parts, share, by_tumor, np.zeros(len(GRID))),
        _with_share(counts, model.parts, share, both, fractions),
        (float(both @ GRID), float(low), float(high)),
    )


def _with_share(
    counts: VariantCounts, parts: Parts, positive: Floats, chance: Floats, fractions: Floats
) -> VariantCounts:
    """The counts with the share of positive ones that the tumour's molecules are expected to have.

    The tumour's own count is of molecules joined with each other. Those of an immune sample are
    joined with others. Joined molecules with two alleles on either side count twice: then the share
    exceeds 1, and more molecules than there are could be positive.

    Args:
        positive: probability of each haplotype to be positive, shape (2^k,).
        chance: of each share of ``GRID``, shape (s,).
        fractions: of the tumour at each.
    """
    rates = np.array([
        parts.of_tumor(at, float(f)) @ positive for at, f in enumerate(fractions)
    ])  # fmt: skip
    rates /= np.atleast_1d(np.asarray(counts.copies, float))[0]
    mean = float(chance @ rates)
    n = float(np.asarray(counts.tumor_depth)[0])
    scale = max(mean, 1.0)
    share = min(mean / scale, n / (n + 1))
    sampling = share * (1 - share)
    size = sampling / (sampling / n + float(chance @ (rates - mean) ** 2) / scale**2)

    def first(values: ArrayLike, value: float) -> Floats:
        return np.append(value, np.asarray(values, float)[1:])

    def scaled(values: ArrayLike) -> Ints:
        whole = np.asarray(values, np.int64).copy()
        whole[0] = np.rint(whole[0] * scale)
        return whole

    return replace(
        counts,
        tumor_alt=first(counts.tumor_alt, share * size),
        tumor_depth=first(counts.tumor_depth, size),
        immune_depth=scaled(counts.immune_depth), normal_depth=scaled(counts.normal_depth),
    )  # fmt: skip


def _alleles(patterns: Patterns) -> tuple[Ints, Ints]:
    """Molecules with the allele of each variant, and molecules at it."""
    times = patterns.molecules
    return times @ (patterns.alleles == 1), times @ (patterns.alleles >= 0)


def _rows(model: Model, patterns: Patterns) -> tuple[Ints, Ints]:
    """Positive molecules and all: over two variants or more, then over each variant alone."""
    spanning, times = patterns.spanning(), patterns.molecules
    alone = Patterns(patterns.alleles[~spanning], times[~spanning])
    alt, depth = _alleles(alone)
    positive = int(times[model.positive(patterns)].sum())
    return np.append(positive, alt), np.append(int(times[spanning].sum()), depth)


def posterior(alleles: Alleles, model: Model, fraction: float) -> Floats:
    """Probability that each molecule is of tumour origin, given the fraction, shape (n,)."""
    odds = log_odds(alleles, model.tumor, model.error)
    prior = np.clip(fraction, 1e-9, 1 - 1e-9)
    return np.asarray(1 / (1 + np.exp(-np.clip(odds + np.log(prior / (1 - prior)), -700, 700))))
