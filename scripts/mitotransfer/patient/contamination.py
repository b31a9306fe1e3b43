"""Tumour cells left in the immune preparation, from nuclear reads or flow cytometry.

Let a share ``c`` of an immune sample's cells be like those of the tumour sample. At a somatic
nuclear variant of the tumour its expected VAF is ``c v + (1 - c) e``: ``v`` is the VAF in the
tumour sample (0.5 if it was not measured), ``e`` the sequencing error. If ``v`` was measured in a
bulk tumour, ``c`` counts cells of that sample, pure or not. The tumour fraction of the mtDNA has
the same unit, so the two can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from mitotransfer.flags import (
    GERMLINE_LOCI_DROPPED,
    LOCI_WITHOUT_TUMOR_DROPPED,
    NUCLEAR_LOCI_DISAGREE,
    NUCLEAR_LOCI_IN_NORMAL,
    NUCLEAR_LOCI_UNCHECKED,
    TUMOR_CELLS_DISAGREE,
    TUMOR_VAF_ASSUMED,
    TUMOR_VAF_OVERSTATED,
    Flag,
)
from mitotransfer.inputs.nuclear_tables import LOCUS_COLUMNS
from mitotransfer.patient.subclones import most_cells
from mitotransfer.stats import intervals

#: VAF of a heterozygous variant in pure tumour cells, where it was not measured.
HETEROZYGOUS = 0.5
#: Highest error rate allowed if the normal's counts measure it.
MAX_ERROR = 0.05
#: A locus is germline or an artefact if the normal's VAF exceeds this, beyond chance.
NORMAL_VAF, NORMAL_P = 0.02, 1e-3
#: Depth in the tumour sample from which its own VAF replaces the assumed one.
MIN_TUMOR_DEPTH = 20
#: Given VAFs are not used if the tumour's own reads show less than this share of them.
OVERSTATED, OVERSTATED_P = 0.8, 1e-3
#: Loci that disagree more than chance allows (p below this) widen the interval.
HETEROGENEITY_P = 0.01
#: A normal with this many times the expected error may hold tumour cells. The upper bound then does
#: not take the error from its reads.
TOO_MANY = 3.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TumorCells:
    """Share of tumour cells in a preparation, with its interval and flags."""

    source: str
    n_loci: int = 0
    estimate: float = np.nan
    low: float = np.nan
    high: float = np.nan
    flags: tuple[Flag, ...] = ()


UNMEASURED = TumorCells("unmeasured")


def estimate_tumor_cells(
    alt: Floats,
    depth: Floats,
    tumor_vaf: Floats,
    normal_alt: float,
    normal_depth: float,
    *,
    max_error: float,
    confidence: float,
) -> tuple[float, float, float, float]:
    """Maximum-likelihood share of tumour cells, its interval, and the p value of homogeneity.

    ``alt_i ~ Bin(depth_i, c v_i + (1 - c) e)`` over the loci, jointly with ``normal_alt ~
    Bin(normal_depth, e)``; ``e`` in [0, max_error] is profiled out. The interval is the union of
    the profile-likelihood interval and the exact interval of the pooled count at the profiled
    error: the first is too short with few reads, the second if loci differ. Without the normal's
    counts any error up to ``max_error`` is possible, and the upper bound attributes every
    alternative read to tumour cells. If loci disagree more than binomial chance allows, their
    quasi-likelihood factor widens the interval (McCullagh and Nelder 1989, 9.2.4).

    Args:
        alt, depth, tumor_vaf: reads and expected VAF in tumour cells, shape (loci,).
        normal_alt, normal_depth: alternative and all reads of the normal at these loci.

    Returns:
        estimate, low, high, p of homogeneity (NaN with a single locus).
    """
    # Slow to import, and no function of ``scipy.special`` has the distribution's last digits.
    from scipy import stats

    total, hits = depth.sum(), alt.sum()

    def shares(c: float, e: float) -> Floats:
        return np.clip(c * tumor_vaf + (1 - c) * e, 1e-12, 1 - 1e-12)

    def log_likelihood(c: float, e: float) -> float:
        p = shares(c, e)
        joint = float(np.sum(alt * np.log(p) + (depth - alt) * np.log1p(-p)))
        e = min(max(e, 1e-12), 1 - 1e-12)
        return joint + normal_alt * np.log(e) + (normal_depth - normal_alt) * np.log1p(-e)

    def error_at(c: float) -> float:
        if max_error <= 0:
            return 0.0
        return _maximise(lambda e: log_likelihood(c, e), max_error)

    def profile(c: float) -> float:
        return log_likelihood(c, error_at(c))

    best = _maximise(profile, 1.0)
    top = profile(best)
    factor, heterogeneity = _dispersion(alt, depth, shares(best, error_at(best)))
    drop = intervals.likelihood_drop(confidence) * factor

    def below_profile(c: float) -> float:
        return profile(c) - top + drop

    tail = (1 - confidence) / 2

    def expected(c: float) -> float:
        return float(np.sum(depth * shares(c, error_at(c))) / total)

    def low_tail(c: float) -> float:  # chance of so few alternative reads, less the tail allowed
        return float(stats.binom.cdf(hits, total, expected(c))) - tail

    def high_tail(c: float) -> float:
        return float(_at_least(hits, total, expected(c))) - tail

    low = min(_crossing(below_profile, 0.0, best), _crossing(high_tail, 0.0, best))
    high = max(_crossing(below_profile, 1.0, best), _crossing(low_tail, 1.0, best))
    return best, low, high, heterogeneity


def _at_least(hits: ArrayLike, trials: ArrayLike, rate: float) -> Floats:
    """P(X >= hits) of a binomial X, element by element."""
    return np.asarray(special.betainc(hits, np.subtract(trials, hits) + 1, rate))


def _maximise(function: Callable[[float], float], upper: float) -> float:
    """Argument in [0, upper] of a unimodal function's maximum, the boundary included.

    Searched in the logarithm: rates matter by their order of magnitude.
    """
    found = optimize.minimize_scalar(
        lambda x: -function(float(np.exp(x))),
        bounds=(np.log(upper) - 18, np.log(upper)),
        method="bounded",
        options={"xatol": 1e-4},
    )
    inner = float(np.exp(found.x))
    return max((0.0, inner, upper), key=function)


def _crossing(function: Callable[[float], float], end: float, inside: float) -> float:
    """Where a function that is positive at ``inside`` crosses zero on the way to ``end``."""
    if end == inside or function(end) >= 0:
        return end
    if function(inside) <= 0:
        return inside
    return float(optimize.brentq(function, min(end, inside), max(end, inside), xtol=1e-9))


def _dispersion(alt: Floats, depth: Floats, shares: Floats) -> tuple[float, float]:
    """Pearson dispersion (at least 1; 1 while chance explains it) and the p of homogeneity.

    The null distribution is simulated: with less than one read expected per locus, Pearson's
    statistic is far from chi-squared.
    """
    freedom = len(alt) - 1
    if freedom < 1:
        return 1.0, np.nan
    spread = depth * shares * (1 - shares)
    pearson = float(np.sum((alt - depth * shares) ** 2 / spread))
    draws = np.random.default_rng(1).binomial(depth.astype(np.int64), shares, (999, len(alt)))
    null = np.sum((draws - depth * shares) ** 2 / spread, axis=1)
    p = float((1 + np.sum(null >= pearson)) / 1000)
    return (max(1.0, pearson / freedom) if p < HETEROGENEITY_P else 1.0), p


def _joined(
    immune: pd.DataFrame, tumor: pd.DataFrame | None, normal: pd.DataFrame | None
) -> pd.DataFrame:
    """Loci of the immune sample with the reads of all three samples, 0 where there are none."""
    loci = immune.assign(depth=(immune["ref_count"] + immune["alt_count"]).astype(float))
    for role, frame in (("tumor", tumor), ("normal", normal)):
        columns = {"ref_count": f"{role}_depth", "alt_count": f"{role}_alt"}
        if frame is None:
            loci = loci.assign(**dict.fromkeys(columns.values(), 0.0))
            continue
        other = frame.rename(columns=columns)[[*LOCUS_COLUMNS, *columns.values()]]
        loci = loci.merge(other, on=LOCUS_COLUMNS, how="left", validate="1:1")
        own = loci[[*columns.values()]].fillna(0).astype(float)
        loci[own.columns] = own
        loci[f"{role}_depth"] += loci[f"{role}_alt"]
    return loci.assign(own_vaf=loci["tumor_alt"] / np.maximum(loci["tumor_depth"], 1))


def _expected_vaf(
    loci: pd.DataFrame, absent: NDArray[np.bool_]
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """VAF in tumour cells: the given one, or the tumour's own if none is given or it is lower.

    Returns:
        The VAF, where the given one is overstated, and where it is assumed.
    """
    given, own = loci["tumor_vaf"].to_numpy(float), loci["own_vaf"].to_numpy()
    depth, alt = loci["tumor_depth"].to_numpy(), loci["tumor_alt"].to_numpy()
    seen, unknown = (depth >= MIN_TUMOR_DEPTH) & ~absent, np.isnan(given)
    both = seen & ~unknown
    expected, found = float((depth * given)[both].sum()), float(alt[both].sum())
    fewer = found < OVERSTATED * expected and special.pdtr(found, expected) < OVERSTATED_P
    overstated = both & fewer
    vaf = np.where(unknown, HETEROZYGOUS, given)
    return np.where(seen & (unknown | overstated), own, vaf), overstated, unknown & ~seen


def from_nuclear_counts(
    immune: pd.DataFrame,
    tumor: pd.DataFrame | None,
    normal: pd.DataFrame | None,
    sequencing_error: float,
    confidence: float,
) -> TumorCells:
    """Tumour cells in an immune sample, from nuclear counts at the tumour's somatic SNVs.

    Args:
        immune, tumor, normal: frames of ``read_nuclear_counts``, the latter two pooled over
            samples; None where there are none.
        sequencing_error: largest plausible error where the normal's counts are not given.

    Returns:
        The share with its interval; unmeasured if no locus is left. Flags:

        - ``germline_loci_dropped``: the normal has the allele.
        - ``loci_without_tumor_dropped``: the tumour's own reads lack the allele. The locus is
          another person's or in other coordinates, so no immune sample would show it.
        - ``tumor_vaf_overstated``: the tumour's own reads show less than the given VAF.
        - ``nuclear_loci_disagree``: subclones, copy numbers or artefacts. The upper bound is then
          that of ``patient.subclones``.
        - ``nuclear_loci_in_normal``: the normal has the alleles more often than errors bring them.
        - ``nuclear_loci_unchecked``: there are no reads of the tumour.
        - ``tumor_vaf_assumed``: the VAF in the tumour was neither given nor measured.
    """
    loci = _joined(immune, tumor, normal)
    depth, alt = loci["depth"].to_numpy(), loci["alt_count"].to_numpy(float)
    normal_depth, normal_alt = loci["normal_depth"].to_numpy(), loci["normal_alt"].to_numpy()
    germline = (normal_alt > NORMAL_VAF * normal_depth) & (
        _at_least(normal_alt, normal_depth, NORMAL_VAF / 2) < NORMAL_P
    )
    absent = (loci["own_vaf"].to_numpy() <= NORMAL_VAF) & (tumor is not None)
    flags = {
        GERMLINE_LOCI_DROPPED: bool(germline.any()),
        LOCI_WITHOUT_TUMOR_DROPPED: bool(absent.any()),
    }
    keep = (depth > 0) & ~germline & ~absent
    if not keep.any():
        return replace(UNMEASURED, flags=tuple(name for name, on in flags.items() if on))
    vaf, overstated, assumed = _expected_vaf(loci, absent)
    max_error = MAX_ERROR if normal_depth[keep].sum() > 0 else sequencing_error

    def reads(rows: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
        return alt[rows], depth[rows], vaf[rows]

    def of_normal(rows: NDArray[np.bool_]) -> tuple[float, float]:
        return float(normal_alt[rows].sum()), float(normal_depth[rows].sum())

    def fit(rows: NDArray[np.bool_]) -> tuple[float, float, float, float]:
        return estimate_tumor_cells(
            *reads(rows), *of_normal(rows), max_error=max_error, confidence=confidence
        )

    estimate, low, high, p = fit(keep)
    if p < HETEROGENEITY_P:
        # One odd locus does not show tumour cells, nor a subclone of them.
        rest = keep.copy()
        rest[np.argmax(np.where(keep, alt / np.maximum(depth * vaf, 1e-9), -1))] = False
        _, rest_low, _, rest_p = fit(rest)
        low = min(low, rest_low)
        if rest_p < HETEROGENEITY_P:
            high = max(high, most_cells(*reads(rest), max_error, confidence))
    doubtful = intervals.lower_bound(*of_normal(keep), confidence) > TOO_MANY * sequencing_error
    if doubtful:
        bound = estimate_tumor_cells(
            *reads(keep), 0.0, 0.0, max_error=sequencing_error, confidence=confidence
        )
        high = max(high, bound[2])
    flags |= {
        TUMOR_VAF_OVERSTATED: bool(overstated[keep].any()),
        NUCLEAR_LOCI_DISAGREE: p < HETEROGENEITY_P,
        NUCLEAR_LOCI_IN_NORMAL: bool(doubtful),
        NUCLEAR_LOCI_UNCHECKED: tumor is None,
        TUMOR_VAF_ASSUMED: bool(assumed[keep].any()),
    }
    raised = tuple(name for name, on in flags.items() if on)
    return TumorCells("nuclear_counts", int(keep.sum()), estimate, low, high, raised)


def from_cell_fraction(estimate: float, high: float) -> TumorCells:
    """Tumour cells as the user measured them; unmeasured without an upper 95 % bound above 0.

    No count of cells shows that there are none. The lower bound mirrors the upper one. Counting
    statistics are skewed upwards, so the mirror image is at or below the true lower bound.
    """
    if np.isnan(estimate) or not high > 0:
        return UNMEASURED
    high = max(high, estimate)
    return TumorCells("tumor_cell_fraction", 0, estimate, max(0.0, 2 * estimate - high), high)


def reconcile(nuclear: TumorCells, counted: TumorCells) -> TumorCells:
    """The estimate from nuclear reads, or the counted cells if they exceed what reads allow."""
    if nuclear.source == "unmeasured":
        return replace(counted, flags=(*nuclear.flags, *counted.flags))
    if counted.low > nuclear.high:
        return replace(counted, flags=(*nuclear.flags, TUMOR_CELLS_DISAGREE))
    return nuclear
