"""The beta-binomial distribution: probabilities and tails, at mtDNA depth.

Notation: ``X ~ BetaBinomial(n, alpha, beta)`` has mean ``n m`` with ``m = alpha / (alpha + beta)``
and variance ``n m (1 - m) (1 + (n - 1) rho)`` with the intra-class correlation ``rho = 1 / (alpha +
beta + 1)``. ``rho = 0`` is the binomial; it is carried as a concentration of ``MAX_CONCENTRATION``,
where the two are indistinguishable at any sequencing depth.

Everything is written in rising factorials ``x (x + 1) ... (x + n - 1)`` rather than differences of
log-gammas, which lose all digits when the concentration is large against the depth.

Functions whose name ends in ``_scalar`` and the special functions are for use inside numba code;
the others take and return arrays and broadcast.
"""

from __future__ import annotations

from math import exp, inf, isinf, lgamma, log, log1p

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mitotransfer.compiled import njit

MAX_CONCENTRATION = 1e12

_RELATIVE_TAIL = 1e-16


# ---------------------------------------------------------------- special functions


@njit
def log_rising(x: float, n: int) -> float:
    """``log(x (x + 1) ... (x + n - 1))`` to full relative precision, for x >= 0, integer n >= 0."""
    if n <= 0:
        return 0.0
    if x <= 0.0:
        return -inf
    if n <= 16:
        product = 1.0
        for j in range(n):
            product *= x + j
        return log(product)
    if x < 1e3:
        return lgamma(x + n) - lgamma(x)
    # The difference of two Stirling series, its large terms cancelled by hand.
    y = x + n
    return (
        (y - 0.5) * log1p(n / x)
        + n * (log(x) - 1.0)
        + (1.0 / y - 1.0 / x) / 12.0
        - (1.0 / (y * y * y) - 1.0 / (x * x * x)) / 360.0
    )


# ---------------------------------------------------------------- parameters


def shapes(mean: ArrayLike, rho: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``alpha, beta`` of a mean and an intra-class correlation (0 <= rho < 1)."""
    m = np.asarray(mean, np.float64)
    r = np.asarray(rho, np.float64)
    with np.errstate(divide="ignore"):
        concentration = np.minimum((1.0 - r) / r, MAX_CONCENTRATION)
    return m * concentration, (1.0 - m) * concentration


def mean_rho(alpha: ArrayLike, beta: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The inverse of ``shapes``."""
    a = np.asarray(alpha, np.float64)
    total = a + np.asarray(beta, np.float64)
    return a / total, 1.0 / (total + 1.0)


# ---------------------------------------------------------------- probabilities


@njit
def log_pmf_scalar(k: int, n: int, alpha: float, beta: float) -> float:
    """``log P(X = k)``; minus infinity outside 0..n."""
    if k < 0 or k > n:
        return -inf
    few = min(k, n - k)
    choose = log_rising(n - few + 1.0, few) - log_rising(1.0, few)
    return (
        choose
        + log_rising(alpha, k)
        + log_rising(beta, n - k)
        - log_rising(alpha + beta, n)
    )  # fmt: skip


@njit
def log_upper_tail_scalar(k: int, n: int, alpha: float, beta: float) -> float:
    """``log P(X >= k)``, exact, with full relative precision however small the tail.

    Sums the side of the distribution that is further from the mean outwards from k, each term
    from the one before by the ratio of neighbouring probabilities.
    """
    if k <= 0:
        return 0.0
    if k > n:
        return -inf
    if k > n * alpha / (alpha + beta):
        start = log_pmf_scalar(k, n, alpha, beta)
        if isinf(start):
            return -inf
        term = 1.0
        total = 1.0
        for j in range(k, n):
            ratio = ((n - j) * (alpha + j)) / ((j + 1.0) * (n - j - 1.0 + beta))
            term *= ratio
            total += term
            if ratio < 1.0 and term * ratio < _RELATIVE_TAIL * total * (1.0 - ratio):
                break
        return min(start + log(total), 0.0)
    start = log_pmf_scalar(k - 1, n, alpha, beta)
    if isinf(start):
        return 0.0
    term = 1.0
    total = 1.0
    for j in range(k - 1, 0, -1):
        ratio = (j * (n - j + beta)) / ((n - j + 1.0) * (alpha + j - 1.0))
        term *= ratio
        total += term
        if ratio < 1.0 and term * ratio < _RELATIVE_TAIL * total * (1.0 - ratio):
            break
    below = exp(start + log(total))
    return log1p(-below) if below < 1.0 else -inf


@njit
def _fill_log_pmf(
    k: NDArray[np.int64],
    n: NDArray[np.int64],
    alpha: NDArray[np.float64],
    beta: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    for i in range(k.size):
        out[i] = log_pmf_scalar(k[i], n[i], alpha[i], beta[i])


@njit
def _fill_log_upper_tail(
    k: NDArray[np.int64],
    n: NDArray[np.int64],
    alpha: NDArray[np.float64],
    beta: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    for i in range(k.size):
        out[i] = log_upper_tail_scalar(k[i], n[i], alpha[i], beta[i])


def _flat(
    k: ArrayLike, n: ArrayLike, alpha: ArrayLike, beta: ArrayLike
) -> tuple[
    tuple[int, ...],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.float64],
]:
    ks, ns, a, b = np.broadcast_arrays(
        np.asarray(k, np.int64),
        np.asarray(n, np.int64),
        np.asarray(alpha, np.float64),
        np.asarray(beta, np.float64),
    )
    return ks.shape, ks.ravel(), ns.ravel(), a.ravel(), b.ravel()


def log_pmf(k: ArrayLike, n: ArrayLike, alpha: ArrayLike, beta: ArrayLike) -> NDArray[np.float64]:
    """``log P(X = k)`` element by element; arguments broadcast."""
    shape, ks, ns, a, b = _flat(k, n, alpha, beta)
    out = np.empty(shape, np.float64)
    _fill_log_pmf(ks, ns, a, b, out.reshape(-1))
    return out


def log_upper_tail(
    k: ArrayLike, n: ArrayLike, alpha: ArrayLike, beta: ArrayLike
) -> NDArray[np.float64]:
    """``log P(X >= k)`` element by element; arguments broadcast."""
    shape, ks, ns, a, b = _flat(k, n, alpha, beta)
    out = np.empty(shape, np.float64)
    _fill_log_upper_tail(ks, ns, a, b, out.reshape(-1))
    return out


def upper_tail(
    k: ArrayLike, n: ArrayLike, alpha: ArrayLike, beta: ArrayLike
) -> NDArray[np.float64]:
    """``P(X >= k)`` element by element; arguments broadcast."""
    return np.exp(log_upper_tail(k, n, alpha, beta))
