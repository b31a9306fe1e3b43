"""The beta-binomial distribution: probabilities, tails and its fit, at mtDNA depth.

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

from math import exp, inf, isinf, lgamma, log, log1p, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mitotransfer.compiled import njit

MAX_CONCENTRATION = 1e12
# A fitted rho below this is reported as zero: at 100,000x it adds 0.01 % to the variance.
MIN_RHO = 1e-9

_RELATIVE_TAIL = 1e-16
_MAX_STEPS = 100


class Fit(NamedTuple):
    """Maximum-likelihood estimate: mean and intra-class correlation."""

    mean: float
    rho: float


# ---------------------------------------------------------------- special functions


@njit
def digamma(x: float) -> float:
    """Derivative of log-gamma, for x > 0 (recurrence, then the asymptotic series)."""
    shift = 0.0
    while x < 10.0:
        shift -= 1.0 / x
        x += 1.0
    r = 1.0 / (x * x)
    series = r * (
        1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - r * (691 / 32760)))))
    )
    return shift + log(x) - 0.5 / x - series


@njit
def trigamma(x: float) -> float:
    """Derivative of ``digamma``, for x > 0."""
    shift = 0.0
    while x < 10.0:
        shift += 1.0 / (x * x)
        x += 1.0
    r = 1.0 / (x * x)
    series = r * (
        1 / 6 - r * (1 / 30 - r * (1 / 42 - r * (1 / 30 - r * (5 / 66 - r * (691 / 2730)))))
    )
    return shift + 1.0 / x + 0.5 * r + series / x


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


@njit
def digamma_difference(x: float, n: int) -> float:
    """``digamma(x + n) - digamma(x)``: the derivative of ``log_rising`` in x."""
    if n <= 16:
        total = 0.0
        for j in range(n):
            total += 1.0 / (x + j)
        return total
    return digamma(x + n) - digamma(x)


@njit
def trigamma_difference(x: float, n: int) -> float:
    """``trigamma(x + n) - trigamma(x)``: the second derivative of ``log_rising`` in x."""
    if n <= 16:
        total = 0.0
        for j in range(n):
            total -= 1.0 / ((x + j) * (x + j))
        return total
    return trigamma(x + n) - trigamma(x)


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


# ---------------------------------------------------------------- fit


@njit
def _log_likelihood(k: NDArray[np.int64], n: NDArray[np.int64], alpha: float, beta: float) -> float:
    total = 0.0
    for i in range(k.size):
        total += log_rising(alpha, k[i])
        total += log_rising(beta, n[i] - k[i])
        total -= log_rising(alpha + beta, n[i])
    return total


@njit
def _derivatives(
    k: NDArray[np.int64], n: NDArray[np.int64], alpha: float, beta: float
) -> tuple[float, float, float, float, float]:
    """Gradient (alpha, beta) and Hessian (aa, ab, bb) of the log-likelihood."""
    ga = gb = haa = hbb = hab = 0.0
    for i in range(k.size):
        ds = digamma_difference(alpha + beta, n[i])
        ts = trigamma_difference(alpha + beta, n[i])
        ga += digamma_difference(alpha, k[i]) - ds
        gb += digamma_difference(beta, n[i] - k[i]) - ds
        haa += trigamma_difference(alpha, k[i]) - ts
        hbb += trigamma_difference(beta, n[i] - k[i]) - ts
        hab -= ts
    return ga, gb, haa, hab, hbb


@njit
def _maximise(
    k: NDArray[np.int64], n: NDArray[np.int64], mean: float, concentration: float
) -> tuple[float, float]:
    """Damped Newton ascent in u = logit(mean), v = log(concentration)."""
    u = log(mean / (1.0 - mean))
    v = log(concentration)
    best = _log_likelihood(k, n, concentration * mean, concentration * (1.0 - mean))
    damping = 1e-3
    for _ in range(_MAX_STEPS):
        s = exp(v)
        m = 1.0 / (1.0 + exp(-u))
        a = s * m
        b = s * (1.0 - m)
        w = a * (1.0 - m)  # d alpha / du = -d beta / du
        ga, gb, haa, hab, hbb = _derivatives(k, n, a, b)
        gu = w * (ga - gb)
        gv = a * ga + b * gb
        huu = w * w * (haa - 2.0 * hab + hbb) + w * (1.0 - 2.0 * m) * (ga - gb)
        hvv = a * a * haa + 2.0 * a * b * hab + b * b * hbb + gv
        huv = w * (a * haa + (b - a) * hab - b * hbb) + gu
        improved = False
        while damping < 1e12:
            # Minus the Hessian, its diagonal made positive and inflated (Levenberg-Marquardt).
            puu = abs(huu) * (1.0 + damping) + 1e-12
            pvv = abs(hvv) * (1.0 + damping) + 1e-12
            det = puu * pvv - huv * huv
            if det <= 0.0:
                damping *= 10.0
                continue
            du = (pvv * gu + huv * gv) / det
            dv = (puu * gv + huv * gu) / det
            size = sqrt(du * du + dv * dv)
            if size > 2.0:
                du *= 2.0 / size
                dv *= 2.0 / size
            s_new = exp(v + dv)
            m_new = 1.0 / (1.0 + exp(-u - du))
            value = _log_likelihood(k, n, s_new * m_new, s_new * (1.0 - m_new))
            if value >= best:
                improved = True
                break
            if abs(du) + abs(dv) < 1e-9:
                break
            damping *= 10.0
        if not improved:
            break
        gain = value - best
        u += du
        v += dv
        best = value
        damping = max(damping / 10.0, 1e-9)
        if abs(du) + abs(dv) < 1e-7 or gain < 1e-9:
            break
        if exp(-v) < MIN_RHO:
            break
    return 1.0 / (1.0 + exp(-u)), exp(v)


def fit(k: ArrayLike, n: ArrayLike) -> Fit:
    """Maximum-likelihood mean and intra-class correlation of counts.

    Whether rho is above zero at all is decided by the sign of the likelihood's derivative at the
    binomial (Tarone, Biometrika 1979, doi 10.1093/biomet/66.3.585); only then is it searched.

    Args:
        k: successes; n: trials; one-dimensional, 0 <= k <= n. Elements without trials are ignored.

    Returns:
        Mean and rho. Without any success (or any failure) the mean is 0 (or 1) and rho is 0;
        without any trial the mean is ``nan``.
    """
    ks = np.asarray(k, np.int64).ravel()
    ns = np.asarray(n, np.int64).ravel()
    if ks.shape != ns.shape or np.any(ks < 0) or np.any(ks > ns):
        raise ValueError("fit needs as many successes as trials, with 0 <= k <= n")
    ks, ns = ks[ns > 0], ns[ns > 0]
    successes, trials = int(ks.sum()), int(ns.sum())
    if trials == 0:
        return Fit(float("nan"), 0.0)
    mean = successes / trials
    if successes in (0, trials):
        return Fit(mean, 0.0)
    kf, nf = ks.astype(np.float64), ns.astype(np.float64)
    failures = nf - kf
    # Twice the derivative of the log-likelihood in 1 / concentration at zero.
    excess = float(
        np.sum(
            kf * (kf - 1.0) / mean + failures * (failures - 1.0) / (1.0 - mean) - nf * (nf - 1.0)
        )
    )
    pairs = float(np.sum(nf * (nf - 1.0)))
    if excess <= 0.0 or pairs == 0.0:
        return Fit(mean, 0.0)
    # Moment estimate as the start: E[(k - n m)^2] = n m (1 - m) (1 + (n - 1) rho).
    spread = float(np.sum((kf - nf * mean) ** 2)) / (mean * (1.0 - mean))
    start = min(max((spread - float(nf.sum())) / pairs, 1e-7), 0.5)
    mean, concentration = _maximise(ks, ns, mean, (1.0 - start) / start)
    rho = 1.0 / (concentration + 1.0)
    return Fit(float(mean), float(rho) if rho >= MIN_RHO else 0.0)
