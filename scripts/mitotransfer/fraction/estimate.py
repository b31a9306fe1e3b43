"""Share of an immune sample's mtDNA that comes from the tumour: estimate, interval, test, limit.

E[VAF_immune] = (1 - f) VAF_baseline + f VAF_tumor at every informative variant, with one f. The
model and its likelihood are in ``fraction.likelihood``, the test of f = 0 and the detection limit
in ``fraction.zero_test``.

Intervals are likelihood intervals: where the log likelihood has fallen by half the chi-squared
quantile of 1 degree of freedom (Wilks). Estimate and upper bound use the best guess of the
baseline, which allows for little hidden heteroplasmy. The lower bound allows for as much as the
normal's depth cannot exclude; it is above zero only where the exact test with this allowance
rejects f = 0 at half of 1 - confidence. Detection and lower bound answer two questions. Detection:
does the immune sample have more of the tumour's alleles than errors and normals make likely? Lower
bound: how much of it cannot be explained by any baseline that a shallow normal may have missed?

The giving cells' VAFs differ from the tumour sample's (``fraction.giving_cells``): a likelihood of
one common f would be too sharp, so each variant's share of f is spread by F. Where no F is asked
for and the variants disagree (heterogeneity p below ``DISAGREE_P``), the log likelihood is divided
by the dispersion instead: the heterogeneity statistic over its V - 1 degrees of freedom
(quasi-likelihood: McCullagh and Nelder, Generalized Linear Models, 2nd ed. 1989, chapter 9). It is
also divided by the design effect of variants on the same fragments (``fraction.shared_fragments``).
The test of f = 0 is unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mitotransfer.arrays import Floats
from mitotransfer.fraction import giving_cells, zero_test
from mitotransfer.fraction.likelihood import Mixture, Observed, log_likelihoods, maximum
from mitotransfer.fraction.variant_counts import GUESS, VariantCounts, Variants, checked
from mitotransfer.inputs.settings import Fraction, Verdict
from mitotransfer.quick_scipy import special
from mitotransfer.stats.intervals import likelihood_drop

Rows = slice | NDArray[np.int64]
EVERY = slice(None)
GRID: Floats = np.concatenate([[0.0], np.geomspace(1e-6, 0.5, 40), np.linspace(0.55, 1.0, 10)])
# Variants disagree below this p value; the interval is then widened by their dispersion.
DISAGREE_P = 0.01


@dataclass(frozen=True)
class FractionEstimate:
    """The fraction f of one immune sample. Missing numbers are NaN.

    Attributes:
        fraction, low, high: maximum-likelihood estimate and likelihood interval.
        p_value: of f = 0, exact (``fraction.zero_test``).
        p_hidden: the same with the careful baseline; decides whether low is above zero.
        statistic: likelihood-ratio statistic 2 [l(fraction) - l(0)].
        heterogeneity_p: of one common f against one f per variant (V - 1 df).
        variant_fraction, variant_low, variant_high, variant_p: each variant alone, without
            recurrence, (V,).
        leave_one_out_low, leave_one_out_high: range of the estimate as each variant is left out.
    """

    fraction: float
    low: float
    high: float
    p_value: float
    p_hidden: float
    statistic: float
    heterogeneity_p: float
    variant_fraction: Floats
    variant_low: Floats
    variant_high: Floats
    variant_p: Floats
    leave_one_out_low: float
    leave_one_out_high: float


def _maximum(
    observed: Observed, table: Floats, drop: float = 0.0
) -> tuple[float, float, float, float]:
    """Estimate, bounds and log likelihood from ``table`` (G,) of the joint log likelihood."""
    result: tuple[float, float, float, float] = maximum(GRID, table, drop, observed)
    return result


@dataclass(frozen=True)
class _Fit:
    """The fit for one mixture of the tumour samples.

    Attributes:
        guess, careful: the immune counts with the likely and with the careful baseline.
        table: log likelihoods (V, G) on the grid, with the likely baseline.
        fraction, top: estimate, and the log likelihood of all variants there.
    """

    data: Variants
    guess: Observed
    careful: Observed
    table: Floats
    fraction: float
    top: float

    def bounds(self, shown: bool, drop: float, rows: Rows = EVERY) -> tuple[float, float]:
        """Where the log likelihood has fallen by ``drop``; low is 0 unless f = 0 is rejected."""
        joint = self.table[rows].sum(axis=0)
        fraction, _, high, _ = _maximum(self.guess.rows(rows), joint, drop)
        low = 0.0
        if shown:
            careful = self.careful.rows(rows)
            low = _maximum(careful, log_likelihoods(GRID, careful).sum(axis=0), drop)[1]
        return min(low, fraction), high


def _fit(data: Variants, guess: Mixture, careful: Mixture) -> _Fit:
    observed = Observed(data.alt, data.depth, guess)
    table = log_likelihoods(GRID, observed)
    fraction, _, _, top = _maximum(observed, table.sum(axis=0))
    return _Fit(data, observed, Observed(data.alt, data.depth, careful), table, fraction, top)


def spread_baselines(data: Variants) -> tuple[Mixture, Mixture]:
    """The likely and the careful baseline, with the variances of giving cells and of drift."""
    guess, careful = data.baselines()
    if not (data.composition > 0 or data.drift > 0):
        return guess, careful
    observed = Observed(data.alt, data.depth, careful)
    found = 0.0
    if data.composition > 0:
        found = giving_cells.composition(observed, data.error, GRID, data.composition, data.drift)
    return tuple(giving_cells.widened(one, data.error, found, data.drift)
                 for one in (guess, careful))  # type: ignore[return-value]  # fmt: skip


def estimate(
    counts: VariantCounts,
    confidence: float = Fraction.confidence,
    details: bool = True,
    others: Sequence[VariantCounts] = (),
    design_effect: float = 1.0,
) -> FractionEstimate:
    """Estimate f, with its interval, the test of f = 0 and the agreement between variants.

    Args:
        counts: the sample's counts at its V informative variants.
        confidence: level of all intervals.
        details: whether to estimate each variant alone, too (NaN otherwise).
        others: the same variants with the tumour counts of other mixtures of differing tumour
            samples. Estimate and interval are then profiled over all mixtures; the test is that of
            ``counts``, which was fixed before.
        design_effect: of variants that share fragments, at least 1
            (``fraction.shared_fragments``).

    Raises:
        ValueError: counts outside 0..depth, shapes that differ, impossible parameters.
    """
    data = checked(counts)
    size = len(data.alt)
    single = np.full((4, len(data.kept)), nan)
    if not size:
        none = single[0]
        return FractionEstimate(nan, 0.0, 1.0, 1.0, 1.0, 0.0, nan, none, none, none, none, nan, nan)
    p, p_hidden = zero_test.p_values(data.test()[0], data.alt)
    shown = bool(p_hidden < (1 - confidence) / 2)
    fits = [_fit(d, *spread_baselines(d)) for d in (data, *map(checked, others))]
    best = max(fits, key=lambda fit: fit.top)
    drop = likelihood_drop(confidence)

    def interval(scale: float) -> tuple[float, float]:
        """Union over the mixtures that are likely enough."""
        left = [(fit, scale * drop - (best.top - fit.top)) for fit in fits]
        bounds = [fit.bounds(shown, rest) for fit, rest in left if rest > 0]
        return min(low for low, _ in bounds), max(high for _, high in bounds)

    low, high = interval(design_effect)
    heterogeneity, left_out = nan, [nan]
    if details:
        single[:, np.flatnonzero(data.kept)] = _alone(best.data, confidence)
    if details and size > 1:
        plain = _fit(best.data, *best.data.baselines()) if data.composition > 0 else best
        separate = sum(
            _maximum(plain.guess.rows(slice(v, v + 1)), plain.table[v])[3] for v in range(size)
        )
        spread = max(2 * (separate - plain.top), 0.0)
        heterogeneity = float(special.chdtrc(size - 1, spread))
        if heterogeneity < DISAGREE_P and not data.composition > 0:
            low, high = interval(design_effect * spread / (size - 1))
        joint, every = best.table.sum(axis=0), np.arange(size)
        left_out = [
            _maximum(best.guess.rows(np.delete(every, v)), joint - best.table[v])[0]
            for v in range(size)
        ]
    return FractionEstimate(
        fraction=best.fraction,
        low=low,
        high=high,
        p_value=float(p),
        p_hidden=float(p_hidden),
        statistic=max(2 * (best.top - float(best.table.sum(axis=0)[0])), 0.0),
        heterogeneity_p=heterogeneity,
        variant_fraction=single[0],
        variant_low=single[1],
        variant_high=single[2],
        variant_p=single[3],
        leave_one_out_low=min(left_out),
        leave_one_out_high=max(left_out),
    )


def _alone(data: Variants, confidence: float) -> Floats:
    """Fraction, low, high and p of each variant by itself, shape (4, V).

    Recurrence is ignored: it does not change what the sample has.
    """
    fit = _fit(data, data.clean(GUESS), data.clean(1.0))
    drop = likelihood_drop(confidence)
    found = np.empty((4, len(data.alt)))
    for v in range(len(data.alt)):
        one = slice(v, v + 1)
        hidden = fit.careful.rows(one).model
        test = zero_test.build(data.depth[one], [hidden], np.ones((1, 1)), hidden)
        p = float(zero_test.p_values(test, data.alt[one])[0])
        fraction = _maximum(fit.guess.rows(one), fit.table[v])[0]
        found[:, v] = fraction, *fit.bounds(p < (1 - confidence) / 2, drop, one), p
    return found


def profile(counts: VariantCounts, grid: ArrayLike) -> Floats:
    """Log likelihood at the fractions of ``grid``, relative to its maximum over [0, 1].

    It is that of the estimate and the upper bound; all zero where no variant has reads.
    """
    data = checked(counts)
    fractions = np.asarray(grid, float)
    if not len(data.alt):
        return np.zeros(len(fractions))
    fit = _fit(data, *spread_baselines(data))
    curve = log_likelihoods(fractions, fit.guess).sum(axis=0)
    return np.minimum(curve - fit.top, 0.0)


def detection_limit(
    counts: VariantCounts,
    false_positive_rate: float = Verdict.false_positive_rate,
    power: float = Verdict.power,
    clumps: ArrayLike = 1.0,
) -> float:
    """Smallest f that this design would have detected (p < rate) with this power; 1 if none.

    It does not depend on the immune sample's alternative counts. ``clumps``: of
    ``fraction.shared_fragments``, (V,).
    """
    data = checked(counts)
    if not len(data.alt):
        return 1.0
    test, clean = data.test()
    sizes = np.broadcast_to(clumps, data.kept.shape)[data.kept]
    return zero_test.limit(
        test, data.depth, clean, sizes, false_positive_rate=false_positive_rate, power=power
    )
