"""Rank statistics with effect sizes and intervals, for fractions with many zeros and a long tail.

Every test returns an ``Effect``; none decides whether the numbers are large enough. Each function
imports ``scipy.stats`` itself: the import is slow, and small cohorts have nothing to test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from mitotransfer.quick_scipy import special

#: Pairs up to which the signed-rank distribution is exact.
EXACT_PAIRS = 100
#: Ways to draw a group up to which Mann-Whitney's distribution is exact with ties.
EXACT_DRAWS = 20_000


@dataclass(frozen=True)
class Effect:
    """A test and its effect size.

    Attributes:
        test, measure: names, as in ``associations.tsv``.
        effect, low, high: the measure with its interval.
        p_value: two-sided.
    """

    test: str
    measure: str
    effect: float
    low: float
    high: float
    p_value: float


def spearman(x: ArrayLike, y: ArrayLike, confidence: float) -> Effect:
    """Rank correlation of two columns, shape (n,) each, n of at least 4.

    The interval is that of Fisher's z with the variance (1 + rho^2 / 2) / (n - 3) of Bonett and
    Wright (Psychometrika 2000, doi 10.1007/BF02294183).
    """
    from scipy import stats

    result = stats.spearmanr(x, y)
    rho, n = float(result.statistic), np.size(x)
    # A perfect order has no finite z: half a swap of neighbours replaces it.
    inside = math.copysign(min(abs(rho), 1 - 6 / (n * (n**2 - 1))), rho)
    reach = _normal(confidence) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    z = math.atanh(inside)
    low, high = min(math.tanh(z - reach), rho), max(math.tanh(z + reach), rho)
    # The t distribution allows any p value; no order is rarer than two of all, but for ties.
    rarest = 2 * math.exp(max(_log_orders(x), _log_orders(y)) - math.lgamma(n + 1))
    p_value = max(float(result.pvalue), min(1.0, rarest))
    return Effect("spearman", "spearman_rho", rho, low, high, p_value)


def _log_orders(values: ArrayLike) -> float:
    """Log of the number of orders that ties leave undecided."""
    ties = np.unique(np.asarray(values), return_counts=True)[1]
    return sum(math.lgamma(count + 1) for count in ties.tolist())


def compare_two(a: ArrayLike, b: ArrayLike, confidence: float) -> Effect:
    """Mann-Whitney test of two groups, shapes (n,) and (m,); Cliff's delta, above 0 if b is larger.

    Cliff's delta is P(b > a) - P(b < a). Its interval is Newcombe's method 5 for the area
    theta = (delta + 1) / 2 (Stat Med 2006, doi 10.1002/sim.2324), which holds at the ends too.
    """
    from scipy import stats

    first, second = np.asarray(a, float), np.asarray(b, float)
    n, m = len(first), len(second)
    # Without ties scipy is exact for small groups; with ties it would use the normal approximation.
    few = math.comb(n + m, n) <= EXACT_DRAWS
    exact = stats.PermutationMethod(n_resamples=EXACT_DRAWS)
    result = stats.mannwhitneyu(
        second, first, alternative="two-sided", method=exact if few else "auto"
    )
    theta = float(result.statistic) / (n * m)
    low, high = area_interval(theta, n, m, confidence)
    return Effect(
        "mann_whitney", "cliffs_delta", 2 * theta - 1, 2 * low - 1, 2 * high - 1,
        float(result.pvalue),
    )  # fmt: skip


def area_interval(theta: float, n: int, m: int, confidence: float) -> tuple[float, float]:
    """Interval of P(b > a) + P(b = a) / 2: where |estimate - t| is z standard errors at t."""
    half = (n + m) / 2 - 1
    z = _normal(confidence)

    def excess(t: float) -> float:
        spread = t * (1 - t) * (1 + half * ((1 - t) / (2 - t) + t / (1 + t))) / (n * m)
        return (theta - t) ** 2 - z**2 * spread

    edge = 1e-9  # at 0 and 1 the standard error vanishes, which is no bound
    low = 0.0 if theta <= 0 else float(optimize.brentq(excess, 0.0, min(theta, 1 - edge)))
    high = 1.0 if theta >= 1 else float(optimize.brentq(excess, max(theta, edge), 1.0))
    return low, high


def compare_groups(groups: Sequence[ArrayLike], confidence: float) -> Effect:
    """Kruskal-Wallis test of three or more groups, and epsilon squared, H / (n - 1).

    The interval holds the values for which H, as a non-central chi-squared variable with
    (groups - 1) degrees of freedom, would not be surprising.
    """
    from scipy import stats

    result = stats.kruskal(*groups)
    h, degrees = float(result.statistic), len(groups) - 1
    whole = sum(map(np.size, groups)) - 1
    tail = (1 - confidence) / 2

    def surprise(noncentrality: float, probability: float) -> float:
        return float(stats.ncx2.cdf(h, degrees, noncentrality)) - probability

    bounds = []
    for probability in (1 - tail, tail):
        if surprise(0.0, probability) <= 0:
            bounds.append(0.0)
        else:
            bounds.append(float(optimize.brentq(surprise, 0.0, 4 * h + 100, args=(probability,))))
    low, high = (min(1.0, bound / whole) for bound in bounds)
    effect = h / whole
    return Effect(
        "kruskal_wallis", "epsilon_squared", effect, min(low, effect), max(high, effect),
        float(result.pvalue),
    )  # fmt: skip


def paired(differences: ArrayLike, confidence: float) -> Effect:
    """Signed-rank test of differences within pairs, shape (n,), and their pseudo-median.

    Pairs without a difference count, by Pratt's method. The pseudo-median (Hodges and Lehmann) is
    the median of all averages of two differences, its interval is between two of those averages
    (Hollander and Wolfe, Nonparametric Statistical Methods, 3.2 and 3.3).
    """
    d = np.sort(np.asarray(differences, float))
    n = len(d)
    p_value = _signed_rank_p(d)
    walsh = np.sort((d[:, None] + d)[np.triu_indices(n)] / 2)
    below = max(_signed_rank_quantile((1 - confidence) / 2, n), 1)
    return Effect(
        "wilcoxon_signed_rank", "median_difference", float(np.median(walsh)),
        float(walsh[below - 1]), float(walsh[len(walsh) - below]), p_value,
    )  # fmt: skip


def _signed_rank_p(d: NDArray[np.float64]) -> float:
    """Two-sided p of the signed-rank test by Pratt, exact with zeros and ties for few pairs."""
    if not d.any():
        return 1.0
    from scipy import stats

    if len(d) > EXACT_PAIRS:
        return float(stats.wilcoxon(d, zero_method="pratt").pvalue)
    # Twice the ranks: whole numbers where ties share them.
    ranks = (2 * stats.rankdata(np.abs(d))).astype(np.int64)
    chances = signed_rank_distribution(ranks[d != 0])
    positive = int(ranks[d > 0].sum())
    tail = min(chances[: positive + 1].sum(), chances[positive:].sum())
    return min(1.0, 2 * float(tail))


def signed_rank_distribution(ranks: Iterable[int]) -> NDArray[np.float64]:
    """Probability of each sum of ranks under random signs, shape (sum of ranks + 1,)."""
    found = np.ones(1)
    for rank in ranks:
        moved = np.zeros(len(found) + rank)
        moved[: len(found)] = found / 2
        moved[rank:] += found / 2
        found = moved
    return found


def _signed_rank_quantile(probability: float, n: int) -> int:
    """Smallest sum of the ranks of n pairs that is reached with at least this probability."""
    if n <= EXACT_PAIRS:
        chances = signed_rank_distribution(range(1, n + 1))
        return int(np.searchsorted(np.cumsum(chances), probability))
    mean, variance = n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24
    return math.floor(mean + float(special.ndtri(probability)) * math.sqrt(variance))


def _normal(confidence: float) -> float:
    """Two-sided quantile of the normal distribution."""
    return float(special.ndtri((1 + confidence) / 2))
