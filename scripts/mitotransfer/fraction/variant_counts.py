"""The informative variants of one immune sample: their counts, and baselines for f = 0.

Baselines are derived from tumour, normal and background; of the immune sample only the depth is
used. They are the nulls of the test of f = 0 (``fraction.zero_test``) and the baselines of the
estimate (``fraction.estimate``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mitotransfer.arrays import Floats, Ints
from mitotransfer.fraction import zero_test
from mitotransfer.fraction.likelihood import Known, Mixture, mixture, with_recurrence

# Pseudo-counts of hidden heteroplasmy: of the likely baseline, all variants together (0 would miss
# what a shallow normal shows, 1 pulls f down by 1 / (its depth x t)); and of each variant beside a
# shared level, which has the whole one.
GUESS = 0.1
SPARSE = 1e-3
# Pseudo-count a of the likely hidden heteroplasmy: P(more than x) = 1 - x^a, 3 % beyond 3e-5 and
# 1.4 % beyond 1 %, the same on every scale.
LIKELY = 0.003
# Log likelihood ratio from which a shared level counts as shown: two standard deviations.
SHOWN = 2.0
# Upper tails of the posterior of g at which it is cut into groups.
TAILS: Floats = np.array([0.5, 0.2, 0.07, 0.025, 0.007, 5e-4])
# Steps of the fine grid of g, in its logarithm, and of hidden heteroplasmy behind it.
LEVEL_STEP = 0.2
COARSE = 3.0


@dataclass(frozen=True)
class VariantCounts:
    """Counts at the V informative variants of one immune sample.

    Attributes:
        tumor_alt, tumor_depth, immune_alt, immune_depth, normal_alt, normal_depth: fragments,
            shape (V,). A depth of 0 is allowed: a variant without tumour or immune reads says
            nothing, one without normal reads cannot exclude a baseline heteroplasmy.
        error_alpha, error_beta: Beta distribution of the immune sample's error rate, shape (V,).
        overdispersion: intra-class correlation of counts between samples, shape (V,) or scalar.
        recurrence: probability that the immune sample has the allele by a mutation or an
            artefact of its own (``verdicts.unrelated``), shape (V,) or scalar.
        composition, drift: of giving cells and of hidden heteroplasmies
            (``fraction.giving_cells``). Estimate and interval use them, the test does not.
        copies: tumour molecules that have the position, over those outside the tumour's
            deletions, shape (V,) or scalar; 1 where it has none. Of molecules over several
            variants they may exceed 1 (``fraction.patterns``).
    """

    tumor_alt: ArrayLike
    tumor_depth: ArrayLike
    immune_alt: ArrayLike
    immune_depth: ArrayLike
    normal_alt: ArrayLike
    normal_depth: ArrayLike
    error_alpha: ArrayLike
    error_beta: ArrayLike
    overdispersion: ArrayLike = 0.0
    recurrence: ArrayLike = 0.0
    composition: float = 0.0
    drift: float = 0.0
    copies: ArrayLike = 1.0


@dataclass(frozen=True)
class Variants:
    """Variants with tumour and immune reads, as arrays."""

    kept: NDArray[np.bool_]
    alt: Ints
    depth: Ints
    known: Known
    recurrence: Floats
    copies: Floats
    composition: float = 0.0
    drift: float = 0.0

    @property
    def error(self) -> Floats:
        """Mean error rate of each variant, shape (V,)."""
        return self.known.error_alpha / (self.known.error_alpha + self.known.error_beta)

    def clean(self, pseudo_count: ArrayLike, shared: float = 0.0) -> Mixture:
        """The baseline without recurrence."""
        level = self._local(np.full(len(self.alt), shared), self.copies)
        return mixture(self.known, pseudo_count, level)._replace(copies=self.copies)

    def _local(self, shared: Floats, copies: Floats) -> Floats:
        """A share of tumour mtDNA at each variant (``likelihood.local_fraction``)."""
        return np.where(copies == 1.0, shared, shared * copies / (1 - shared + shared * copies))

    def mixture(self, pseudo_count: ArrayLike, shared: float = 0.0) -> Mixture:
        """The baseline with recurrence in the immune sample."""
        return with_recurrence(self.clean(pseudo_count, shared), self.recurrence)

    def shares(self) -> Floats:
        """How one pseudo-count of hidden heteroplasmy is divided: by information on f."""
        known = self.known
        effect = 1 + np.maximum(known.normal_depth - 1, 0) * known.rho
        seen = known.normal_alt / effect
        reads = known.normal_depth / effect + 1
        base = self.error + (seen + 1) / reads
        t = (known.tumor_alt + 1) / (known.tumor_depth + 1.5) * self.copies
        information = t**2 / (base * (1 / self.depth + known.rho) + (seen + 1) / reads**2)
        return np.asarray(information / information.sum(), float)

    def baselines(self) -> tuple[Mixture, Mixture]:
        """The likely baseline, and the careful one with as much heteroplasmy as may be hidden."""
        if len(self.alt) == 1:
            return self.mixture(GUESS), self.mixture(1.0)
        shares = self.shares()
        *_, mode, shown = self.shared_levels
        return self.mixture(GUESS * shares, shown), self.mixture(shares, mode)

    def test(self) -> tuple[zero_test.Test, Mixture]:
        """The test of f = 0, and the baseline for its detection limit."""
        if len(self.alt) == 1:
            opinions = [self.mixture(LIKELY), self.mixture(1.0)]
            test = zero_test.build(self.depth, opinions, np.eye(2), opinions[0])
            return test, self.clean(SPARSE)
        levels, weights, _, shown = self.shared_levels
        nulls = [self.mixture(SPARSE, g) for g in levels]
        reference = self.clean(SPARSE, float(weights[0] @ levels))
        test = zero_test.build(self.depth, nulls, weights, reference, self.recurrence)
        return test, self.clean(SPARSE, shown)

    @cached_property
    def shared_levels(self) -> tuple[Floats, Floats, float, float]:
        """The share g of tumour mtDNA in the baseline, as the normals show it.

        Returns:
            levels, the first 0, the others means of groups of a fine grid, shape (N,); their
            probabilities under the priors Beta(LIKELY, 1) and Beta(1, 1), shape (2, N); the
            likeliest level; and the same where it exceeds noise in the normals, else 0.
        """
        depth = self.known.normal_depth
        unit = 0.02 / (1 + (depth / (1 + depth * self.known.rho)).sum())
        steps = 1 + int(np.log(1 / unit) / LEVEL_STEP)
        edges = np.concatenate([[0.0], np.geomspace(unit, 1.0, steps)])
        levels = (edges[1:] + edges[:-1]) / 2
        levels[0] = 0.0
        size, count = len(self.alt), len(levels)
        shared = self._local(np.repeat(levels, size), np.tile(self.copies, count))
        evidence = mixture(self.known.repeated(count), SPARSE, shared, step=COARSE).evidence
        log_p = evidence.reshape(count, size).sum(axis=1)
        mode = float(levels[int(np.argmax(log_p))])
        shown = mode if log_p.max() - log_p[0] > SHOWN else 0.0
        priors = np.array([np.diff(edges**LIKELY), np.diff(edges)])
        p = priors * np.exp(log_p - log_p.max())
        p /= p.sum(axis=1, keepdims=True)
        above = np.cumsum(p[1, ::-1])[::-1]
        group = 1 + np.searchsorted(-TAILS, -above)
        group[0] = 0
        total = np.array([np.bincount(group, row) for row in p])
        used = total[1] > 0
        mean = np.bincount(group, p[1] * levels)[used] / total[1, used]
        weights = total[:, used] / total[:, used].sum(axis=1, keepdims=True)
        return mean.astype(float), weights, mode, shown


def checked(counts: VariantCounts) -> Variants:
    """Counts as arrays, of the variants with tumour and immune reads; raises ValueError."""
    names = ("tumor", "immune", "normal")
    raw = {
        f"{name}_{part}": np.atleast_1d(np.asarray(getattr(counts, f"{name}_{part}")))
        for name in names
        for part in ("alt", "depth")
    }
    size = len(raw["tumor_alt"])
    for name in names:
        alt, depth = raw[f"{name}_alt"], raw[f"{name}_depth"]
        if alt.shape != (size,) or depth.shape != (size,):
            raise ValueError(f"{name} counts have another shape than the tumour's, ({size},)")
        if (alt < 0).any() or (alt > depth).any():
            raise ValueError(f"{name} counts: alternative fragments outside 0..depth")
    alpha, beta, rho, recurrence, copies = (
        np.broadcast_to(np.asarray(x, float), (size,))
        for x in (
            counts.error_alpha, counts.error_beta, counts.overdispersion, counts.recurrence,
            counts.copies,
        )
    )  # fmt: skip
    if not ((alpha > 0) & (beta > 0)).all():
        raise ValueError("error_alpha and error_beta have to be positive")
    if not ((rho >= 0) & (rho < 1)).all():
        raise ValueError("overdispersion has to be at least 0 and below 1")
    if not ((recurrence >= 0) & (recurrence < 1)).all():
        raise ValueError("recurrence has to be at least 0 and below 1")
    if not (copies > 0).all():
        raise ValueError("copies have to be above 0")
    kept = (raw["tumor_depth"] > 0) & (raw["immune_depth"] > 0)
    return Variants(
        kept,
        raw["immune_alt"][kept].astype(np.int64),
        raw["immune_depth"][kept].astype(np.int64),
        Known(
            raw["tumor_alt"][kept].astype(float),
            raw["tumor_depth"][kept].astype(float),
            raw["normal_alt"][kept].astype(float),
            raw["normal_depth"][kept].astype(float),
            alpha[kept],
            beta[kept],
            rho[kept],
        ),
        recurrence[kept],
        copies[kept],
        counts.composition,
        counts.drift,
    )
