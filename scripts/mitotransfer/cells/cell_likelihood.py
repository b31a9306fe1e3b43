"""The likelihood of each cell's tumour fraction, its best value and its interval."""

from __future__ import annotations

from math import exp, inf, log, log1p

import numpy as np

from mitotransfer.arrays import Floats, Ints
from mitotransfer.cells import donors
from mitotransfer.cells.mixture import Library, loads
from mitotransfer.compiled import njit
from mitotransfer.inputs.settings import Fraction
from mitotransfer.stats.intervals import likelihood_drop

#: Steps of the grid of fractions, even on the scale of the arcsine: there counts of one depth tell
#: fractions apart equally well everywhere.
STEPS = 64
#: Points for a droplet's load.
LOADS = 12
_TINY = 1e-12
_LEAST, _MOST = 1e-12, 1.0 - 1e-12
#: Chances below are worked out by logarithms.
_UNDERFLOW = 1e-250


def fractions(threshold: float) -> Floats:
    """The grid of fractions from 0 to 1 with ``threshold`` among them, ascending."""
    grid = np.sin(np.linspace(0.0, np.pi / 2, STEPS + 1)) ** 2
    grid[-1] = 1.0
    return np.union1d(grid, [threshold])


@njit
def _log_sum(terms: Floats) -> float:
    """Log of the sum of the exponentials."""
    top = -inf
    for term in terms:
        top = max(top, term)
    total = 0.0
    for term in terms:
        total += exp(term - top)
    return top + log(total)


@njit
def _multiply_power(out: Floats, base: Floats, exponent: int) -> None:
    """Multiply by a power of each base, which is lost; by squaring, as no logarithm is as fast."""
    while exponent > 0:
        if exponent & 1:
            for i in range(out.size):
                out[i] *= base[i]
        exponent >>= 1
        if exponent > 0:
            for i in range(out.size):
                base[i] *= base[i]


@njit
def _of_point(k: int, n: int, own: float, base: float, points: tuple[Floats, Floats]) -> float:
    """Log likelihood of a variant's count, the mean over the donors' VAFs, however small."""
    vaf, log_mass = points
    terms = np.empty(vaf.size)
    for d in range(vaf.size):
        p = min(max(own * vaf[d] + base, _LEAST), _MOST)
        terms[d] = log_mass[d] + (n - k) * log1p(-p) + (k * log(p) if k > 0 else 0.0)
    return _log_sum(terms)


@njit
def _of_variant(
    out: Floats,
    counted: tuple[int, int],
    rates: tuple[float, float],
    points: tuple[Floats, Floats, Floats, Floats],
    work: tuple[Floats, Floats, Floats],
) -> None:
    """Fill in the log likelihood of a variant's count at each fraction.

    Args:
        rates: of the cell's own mtDNA, and of the allele whatever the fraction.
        points: the donors' VAFs, their weights, the logs of these; the fractions.
        work: fractions times VAFs of donors, and room for as many values, twice.
    """
    k, n = counted
    own, base = rates
    vaf, mass, log_mass, grid = points
    product, power, chance = work
    for i in range(chance.size):
        chance[i] = 1.0
    if k > 0:
        for i in range(product.size):
            p = own * product[i] + base
            p = p if p > _LEAST else _LEAST
            power[i] = p if p < _MOST else _MOST
        _multiply_power(chance, power, k)
    for i in range(product.size):
        p = own * product[i] + base
        p = p if p > _LEAST else _LEAST
        power[i] = 1.0 - (p if p < _MOST else _MOST)
    _multiply_power(chance, power, n - k)
    for j in range(grid.size):
        total = 0.0
        for d in range(vaf.size):
            total += mass[d] * chance[d * grid.size + j]
        if total > _UNDERFLOW:
            out[j] = log(total)
        else:
            out[j] = _of_point(k, n, own * grid[j], base, (vaf, log_mass))


@njit
def _fill(
    counts: tuple[Ints, Ints],
    per_load: Floats,
    rates: tuple[float, float, float],
    points: tuple[Floats, Floats, Floats, Floats, Floats, Floats],
    grid: Floats,
) -> Floats:
    """Log likelihood of each cell on the grid: with all variants, then without each of them."""
    alt, depth = counts
    tumor_share, swap, from_swap = rates
    load, log_weight, vaf, mass, mean, error = points
    log_mass = np.log(np.maximum(mass, 1e-300))
    variants = alt.shape[1]
    out = np.empty((1 + variants, alt.shape[0], grid.size))
    terms = np.empty((variants, load.size, grid.size))
    by_load = np.empty(load.size)
    product = np.empty((variants, vaf.shape[1] * grid.size))
    for v in range(variants):
        for d in range(vaf.shape[1]):
            product[v, d * grid.size : (d + 1) * grid.size] = vaf[v, d] * grid
    power, chance = np.empty(product.shape[1]), np.empty(product.shape[1])
    for c in range(alt.shape[0]):
        for v in range(variants):
            if depth[c, v] == 0:
                terms[v] = 0.0
                continue
            for g in range(load.size):
                ambient = min(per_load[c] * load[g], 1.0)
                own = max(1.0 - ambient - swap, 0.0)
                base = (ambient * tumor_share + from_swap) * mean[v] + error[v]
                _of_variant(
                    terms[v, g], (alt[c, v], depth[c, v]), (own, base),
                    (vaf[v], mass[v], log_mass[v], grid), (product[v], power, chance),
                )  # fmt: skip
        for left in range(variants + 1):
            for j in range(grid.size):
                for g in range(load.size):
                    by_load[g] = log_weight[g]
                    for v in range(variants):
                        if v + 1 != left:
                            by_load[g] += terms[v, g, j]
                out[left, c, j] = _log_sum(by_load)
    return out


def log_likelihoods(library: Library, grid: Floats) -> Floats:
    """Log likelihood of each cell at each fraction, shape (1 + variants, cells, fractions).

    First with all variants, then without each of them. Each cell's is up to a constant. The mean is
    taken over the droplet's load and, of each variant, over the donors' VAFs.
    """
    ambient = library.ambient
    load, weight = loads(ambient.shape, LOADS if ambient.load > 0 else 1)
    vaf, mass = donors.points(library.donors)
    return _fill(
        (library.alt.astype(np.int64), library.depth.astype(np.int64)),
        library.per_load,
        (ambient.tumor_share, ambient.swap, ambient.swap * ambient.swap_tumor_share),
        (
            load, np.log(weight), vaf, mass,
            np.ascontiguousarray(library.donors.vaf), np.ascontiguousarray(library.error),
        ),
        np.asarray(grid, float),
    )  # fmt: skip


def intervals(
    log_likelihood: Floats, grid: Floats, confidence: float = Fraction.confidence
) -> tuple[Floats, Floats, Floats]:
    """Best fraction of each cell and its profile-likelihood interval, shapes (cells,).

    Between the points of the grid by parabolas on the arcsine scale, where the log likelihood is
    close to one. A cell without fragments gets NaN and the whole range.
    """
    x = np.arcsin(np.sqrt(grid))
    best = np.argmax(log_likelihood, axis=1)
    flat = np.ptp(log_likelihood, axis=1) < _TINY
    peak, top = _peaks(log_likelihood, x, best)
    floor = top - likelihood_drop(confidence)
    low = _crossing(log_likelihood, x, best, floor, side=-1)
    high = _crossing(log_likelihood, x, best, floor, side=1)
    found = [np.sin(np.clip(v, 0.0, np.pi / 2)) ** 2 for v in (peak, low, high)]
    found[0][flat], found[1][flat], found[2][flat] = np.nan, 0.0, 1.0
    return found[0], np.fmin(found[1], found[0]), np.fmax(found[2], found[0])


def _peaks(values: Floats, x: Floats, best: Ints) -> tuple[Floats, Floats]:
    """Place and height of the peak: of the parabola through the best point and its neighbours."""
    rows = np.arange(len(values))
    inner = np.clip(best, 1, len(x) - 2)
    x0, x1, x2 = x[inner - 1], x[inner], x[inner + 1]
    y0, y1, y2 = (values[rows, inner + i] for i in (-1, 0, 1))
    first, second = (y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1)
    bend = (second - first) / (x2 - x0)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (x0 + x1) / 2 - first / (2 * bend)
    curved = (inner == best) & (bend < -_TINY)
    at = np.where(curved, np.clip(at, x0, x2), x[best])
    height = y0 + first * (at - x0) + bend * (at - x0) * (at - x1)
    return at, np.where(curved, np.maximum(height, values[rows, best]), values[rows, best])


def _crossing(values: Floats, x: Floats, best: Ints, floor: Floats, *, side: int) -> Floats:
    """Where the log likelihood falls to ``floor`` on one side; the end of the grid if nowhere."""
    rows, columns = np.arange(len(values)), np.arange(len(x))
    beyond = columns < best[:, None] if side < 0 else columns > best[:, None]
    below = (values < floor[:, None]) & beyond
    if side < 0:
        outer = len(x) - 1 - np.argmax(below[:, ::-1], axis=1)
    else:
        outer = np.argmax(below, axis=1)
    found = below.any(axis=1)
    end = 0 if side < 0 else len(x) - 1
    outer = np.where(found, outer, end)
    inner = np.where(found, outer - side, end)
    fall = values[rows, inner] - values[rows, outer]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(found, (values[rows, inner] - floor) / fall, 0.0)
    return x[inner] + np.clip(np.nan_to_num(share), 0.0, 1.0) * (x[outer] - x[inner])
