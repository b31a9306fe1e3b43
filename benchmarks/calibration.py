"""Calibration of the tumour fraction by simulation: one row per cell of a grid of designs.

Every patient has tumour VAFs from 0.1 to 1, site error rates from the Beta distribution that the
estimate is told (mean 5e-4, coefficient of variation 0.32), and counts that are binomial or
beta-binomial; all samples have the cell's depth unless said otherwise. Columns:

    positive            share of p < 0.01: false-positive rate at f = 0, else power
    hidden_positive     share of p_hidden < 0.01
    above_zero          share with a lower bound above 0
    oracle, fair, attainable   power at 1 % of likelihood-ratio tests that know f and the tumour
                        VAFs: ``oracle`` knows every baseline too, ``fair`` its distribution given
                        the normal's counts, and that nothing is hidden; critical value from draws
                        at f = 0, the same for all patients of the cell and split at ties.
                        ``attainable`` knows what ``fair`` knows, but keeps 1 % for each patient,
                        as a p value has to, and cannot split whole counts: computed, not drawn
    covered, missed_low, missed_high   of the 95 % interval
    bias, median, sd    of the estimate
    heterogeneity       share of 200 patients with a heterogeneity p below 0.05
    limit               median detection limit; in rows whose f is ``limit``, every patient has
                        its own limit as f, and ``positive`` is how many were detected
    seconds             CPU time of the cell

Rows are appended to ``--out`` as they are finished; cells that it has already are skipped.

With ``--long`` the cells are long reads over three variants (``tests/support/molecule_draws.py``),
judged by molecules, or by sites; a share of the molecules may be joined from two. Estimates are
those of molecules, ``switched`` is the mean estimate of this share, and the bias is relative.
With ``--deleted`` the tumours have the common deletion beside SNVs
(``tests/support/deleted_molecules.py``); ``by_sites`` is the median limit of sites.

    python benchmarks/calibration.py --out calibration.tsv
    python benchmarks/calibration.py --long --patients 1000 --out long.tsv
    python benchmarks/calibration.py --deleted --patients 150 --out deleted.tsv
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests/support")]

import deleted_molecules  # noqa: E402
import molecule_draws  # noqa: E402

from mitotransfer.fraction import estimate as fraction_estimate  # noqa: E402
from mitotransfer.fraction import likelihood, zero_test  # noqa: E402
from mitotransfer.fraction.estimate import detection_limit  # noqa: E402
from mitotransfer.fraction.shared_fragments import clumps  # noqa: E402
from mitotransfer.fraction.variant_counts import VariantCounts  # noqa: E402
from mitotransfer.stats import beta_binomial  # noqa: E402

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
LEVEL = 0.01
ERROR_RATE, ERROR_ALPHA = 5e-4, 10.0
ERROR_BETA = ERROR_ALPHA * (1 / ERROR_RATE - 1)
TUMOR_VAF = (0.1, 1.0)
#: Draws at f = 0 per patient for the critical values of the oracles.
NULLS = 5
#: Larger fractions are always found: no oracle is computed.
ORACLE_UP_TO = 0.1
#: Bins of the score of ``attainable``, finer than those of the test.
BINS = 8192
WITH_DETAILS = 200
#: Designs of long reads by their molecules: ONT Q20 and HiFi.
LONG_DESIGNS = {one[0]: one for one in (molecule_draws.ONT, molecule_draws.HIFI)}
#: Their reads where the tumour has a deletion: of 12 kb, with one chimera in 1,000 or in 10,000.
LONG_READS = {
    n: deleted_molecules.Reads(n, 12_000, error, shown, chimeras=error)
    for n, error, shown in LONG_DESIGNS.values()
}
DELETED = {"phase": deleted_molecules.PHASE, "one SNV": deleted_molecules.ONE}
KEY = ["depth", "normal_depth", "variants", "rho", "hidden", "shared", "f"]
COLUMNS = [
    *KEY, "patients", "positive", "hidden_positive", "above_zero", "oracle", "fair", "attainable",
    "covered", "missed_low", "missed_high", "bias", "median", "sd", "heterogeneity", "limit",
    "seconds",
]  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One design. ``variants`` may be a range, ``f`` a share or ``limit``."""

    depth: int
    variants: str
    f: str
    rho: float = 0.0
    normal_depth: int = 0
    hidden: float = 0.0  # true heteroplasmy at every site
    shared: float = 0.0  # tumour mtDNA in every baseline

    @property
    def key(self) -> str:
        return "\t".join(str(value) for name, value in asdict(self).items() if name in KEY)

    def size(self, rng: np.random.Generator) -> int:
        low, _, high = self.variants.partition("-")
        return int(rng.integers(int(low), int(high or low) + 1))

    def count(self, rng: np.random.Generator, depth: int, vaf: Array) -> Counts:
        if self.rho:
            alpha, beta = beta_binomial.shapes(vaf, self.rho)
            vaf = rng.beta(np.maximum(alpha, 1e-9), np.maximum(beta, 1e-9))
        return rng.binomial(depth, vaf)

    def patient(self, rng: np.random.Generator, f: float) -> tuple[VariantCounts, Array, Array]:
        """Counts, true baseline and true tumour VAF."""
        size = self.size(rng)
        normal_depth = self.normal_depth or self.depth
        tumor = rng.uniform(*TUMOR_VAF, size)
        base = rng.beta(ERROR_ALPHA, ERROR_BETA, size) + self.hidden + self.shared * tumor
        counts = VariantCounts(
            tumor_alt=self.count(rng, self.depth, tumor),
            tumor_depth=np.full(size, self.depth),
            immune_alt=self.count(rng, self.depth, (1 - f) * base + f * tumor),
            immune_depth=np.full(size, self.depth),
            normal_alt=self.count(rng, normal_depth, base),
            normal_depth=np.full(size, normal_depth),
            error_alpha=np.full(size, ERROR_ALPHA),
            error_beta=np.full(size, ERROR_BETA),
            overdispersion=self.rho,
        )
        return counts, base, tumor


@dataclass(frozen=True)
class LongCell(Cell):
    """Long reads over three variants; ``depth`` is the number of molecules."""

    truly_switched: float = 0.0
    tumor: str = ""  # of ``DELETED``

    def study(self, rng: np.random.Generator) -> Callable[[float], tuple[VariantCounts, Any]]:
        """A patient: from the fraction to the counts at sites, and of molecules."""
        if self.tumor:
            return deleted_molecules.study(rng, DELETED[self.tumor], LONG_READS[self.depth])
        return molecule_draws.study(rng, LONG_DESIGNS[self.depth], self.truly_switched)

    def limit_by_sites(self, sites: VariantCounts) -> float:
        """Detection limit of sites whose alleles are on the same molecules."""
        vaf = np.asarray(sites.tumor_alt) / np.asarray(sites.tumor_depth) * sites.copies
        together = clumps(np.arange(len(vaf)), vaf, 1e9, 16_569)  # reads over all of them
        return detection_limit(sites, LEVEL, clumps=together)


def grid() -> list[Cell]:
    """The cells, cheap ones first."""
    fractions = ("0", "0.001", "0.01", "limit", "0.1", "0.5", "0.9")
    designs = [(depth, rho) for depth in (200, 2000, 20000) for rho in (0.0, 1e-4)]

    def cells(variants: str) -> list[Cell]:
        return [Cell(depth, variants, f, rho) for f in fractions for depth, rho in designs]

    hidden = [
        Cell(2000, "1", "0", normal_depth=200, hidden=0.004),
        Cell(20000, "1", "0", normal_depth=200, hidden=0.015),
        Cell(20000, "1", "0", rho=1e-4, hidden=0.004),
        Cell(2000, "2-5", "0", normal_depth=200, hidden=0.004),
        Cell(2000, "2-5", "0", hidden=0.003),
        Cell(2000, "2-5", "0", shared=0.003),
        Cell(200, "30", "0", shared=0.003),
    ]
    return [*cells("1"), *cells("2-5"), *hidden, *cells("30")]


def log_ratio(counts: Counts, cell: Cell, base: Array, tumor: Array, f: float) -> Array:
    """f against 0 with every VAF known; counts of shape (draws, V)."""
    depth = np.full(len(base), cell.depth)
    with_f = beta_binomial.shapes((1 - f) * base + f * tumor, cell.rho)
    without = beta_binomial.shapes(base, cell.rho)
    ratios = beta_binomial.log_pmf(counts, depth, *with_f) - beta_binomial.log_pmf(
        counts, depth, *without
    )
    return ratios.sum(axis=1)


def fair_model(patient: VariantCounts, cell: Cell, tumor: Array) -> likelihood.Mixture:
    """The tumour's VAFs known, the baselines' distribution given the normal's counts."""
    size, sure = len(tumor), 1e9
    known = likelihood.Known(
        tumor * sure, np.full(size, sure), np.asarray(patient.normal_alt, float),
        np.asarray(patient.normal_depth, float), np.full(size, ERROR_ALPHA),
        np.full(size, ERROR_BETA), np.full(size, cell.rho),
    )  # fmt: skip
    return likelihood.mixture(known, 1e-9)


def fair_log_ratio(counts: Counts, known: likelihood.Mixture, cell: Cell, f: float) -> Array:
    """``log_ratio`` with each baseline's distribution instead of the baseline."""
    depth = np.full(counts.shape[1], cell.depth, np.int64)
    both = np.array([0.0, f])
    return np.array(
        [
            np.diff(
                likelihood.log_likelihoods(both, likelihood.Observed(row, depth, known)), axis=1
            ).sum()
            for row in counts
        ]
    )


def attainable_power(known: likelihood.Mixture, cell: Cell, f: float) -> float:
    """Power of the most powerful test of this patient's design at f that holds its level."""
    depth = np.full(len(known.rho), cell.depth, np.int64)
    starts = zero_test._cell_starts(cell.depth)
    masses = [zero_test._masses(x, starts, depth, known) for x in (0.0, f)]
    masses = [mass / mass.sum(axis=1, keepdims=True) for mass in masses]
    used = int(((masses[0] > 0) | (masses[1] > 0)).any(axis=0).sum())
    masses = [np.ascontiguousarray(mass[:, :used]) for mass in masses]
    scores = zero_test._scores(f, starts[: used + 1], depth, known)
    scores = np.maximum.accumulate(scores - scores[:, :1], axis=1)
    unit = zero_test._reach(scores, masses) / (BINS - 1)
    bins = np.rint(np.minimum(scores / unit, BINS - 1)).astype(np.int64)
    null, found = (zero_test._tail(bins, mass, BINS) for mass in masses)
    return float(found[np.argmax(null < LEVEL)] if null[-1] < LEVEL else 0.0)


def power(found: Array, nulls: Array) -> float:
    """Share of ``found`` above the level's critical value of ``nulls``, split at ties."""
    critical = np.quantile(nulls, 1 - LEVEL, method="lower")
    above, tied = (nulls > critical).mean(), (nulls == critical).mean()
    share = (LEVEL - above) / tied if tied else 0.0
    return float((found > critical).mean() + share * (found == critical).mean())


def run_limit(cell: Cell, patients: int, rng: np.random.Generator) -> dict[str, float]:
    """How often each patient's own detection limit is detected."""
    found, stated = [], []
    for _ in range(patients):
        counts, base, tumor = cell.patient(rng, 0.0)
        limit = detection_limit(counts, LEVEL)
        stated.append(limit)
        alt = cell.count(rng, cell.depth, (1 - limit) * base + limit * tumor)
        drawn = replace(counts, immune_alt=alt)
        found.append(fraction_estimate.estimate(drawn, details=False).p_value < LEVEL)
    return {"positive": float(np.mean(found)), "limit": float(np.median(stated))}


def run_fraction(cell: Cell, patients: int, rng: np.random.Generator) -> dict[str, float]:
    """Test, interval and estimate at one f."""
    f = float(cell.f)
    rows, oracle, fair, attainable = [], [], [], []
    for _ in range(patients):
        counts, base, tumor = cell.patient(rng, f)
        e = fraction_estimate.estimate(counts, details=False)
        rows.append((e.fraction, e.low, e.high, e.p_value, e.p_hidden))
        if 0 < f <= ORACLE_UP_TO:
            known = fair_model(counts, cell, tumor)
            nulls = cell.count(rng, cell.depth, np.tile(base, (NULLS, 1)))
            draws = np.vstack([np.asarray(counts.immune_alt), nulls]).astype(np.int64)
            oracle.append(log_ratio(draws, cell, base, tumor, f))
            fair.append(fair_log_ratio(draws, known, cell, f))
            attainable.append(attainable_power(known, cell, f))
    estimate, low, high, p, p_hidden = np.array(rows).T
    result = {
        "positive": (p < LEVEL).mean(),
        "hidden_positive": (p_hidden < LEVEL).mean(),
        "above_zero": (low > 0).mean(),
        "covered": ((low <= f) & (f <= high)).mean(),
        "missed_low": (low > f).mean(),
        "missed_high": (high < f).mean(),
        "bias": estimate.mean() - f,
        "median": np.median(estimate),
        "sd": estimate.std(),
    }
    for name, ratios in (("oracle", oracle), ("fair", fair)):
        if ratios:
            table = np.round(np.array(ratios), 9)
            result[name] = power(table[:, 0], table[:, 1:].ravel())
    if attainable:
        result["attainable"] = np.mean(attainable)
    if cell.f == "0.1" and cell.variants != "1":
        disagreeing = []
        while len(disagreeing) < min(patients, WITH_DETAILS):
            counts = cell.patient(rng, f)[0]
            if np.size(counts.tumor_alt) > 1:
                disagreeing.append(fraction_estimate.estimate(counts).heterogeneity_p < 0.05)
        result["heterogeneity"] = np.mean(disagreeing)
    return {name: float(value) for name, value in result.items()}


def long_grid() -> list[LongCell]:
    """Long reads: three variants on the molecules, which are joined from two or not."""
    sites = [LongCell(n, "3 by sites", "limit") for n in LONG_DESIGNS]
    return [
        LongCell(n, f"3 by molecules, {share:.0%} switched", f, truly_switched=share)
        for f in ("limit", "0", "0.01", "0.1") for n in LONG_DESIGNS for share in (0.3, 0.0)
    ] + sites  # fmt: skip


def deleted_grid() -> list[LongCell]:
    """Long reads of tumours with a deletion."""
    return [
        LongCell(n, f"deletion, {tumor}", f, tumor=tumor)
        for f in ("limit", "0", "0.1") for n in LONG_DESIGNS for tumor in DELETED
    ]  # fmt: skip


def run_long(cell: LongCell, patients: int, rng: np.random.Generator) -> dict[str, float]:
    """Test, interval, estimate and limit; each patient has a tumour and a normal of its own."""
    by_sites = "sites" in cell.variants
    stated, p_values, rows, shares, others = [], [], [], [], []
    for _ in range(patients):
        counts = cell.study(rng)
        f = -1.0 if cell.f == "limit" else float(cell.f)
        if f < 0:
            sites, molecules = counts(0.0)
            if by_sites or cell.tumor:
                others.append(cell.limit_by_sites(sites))
            f = others[-1] if by_sites else detection_limit(molecules.design, LEVEL)
            stated.append(f)
        sites, molecules = counts(f)
        tested = sites if by_sites else molecules.design
        p_values.append(fraction_estimate.estimate(tested, details=False).p_value)
        if not by_sites:
            e = fraction_estimate.estimate(molecules.found, details=False)
            rows.append((e.fraction, e.low, e.high, f))
            shares.append(molecules.switched[0])
    result = {"positive": np.mean(np.array(p_values) < LEVEL)}
    if stated:
        result["limit"] = np.median(stated)
    if others:
        result["by_sites"] = np.median(others)
    if rows:
        estimate, low, high, truth = np.array(rows).T
        scale = np.where(truth > 0, truth, 1.0)
        result |= {
            "above_zero": (low > 0).mean(), "switched": np.mean(shares),
            "covered": ((low <= truth) & (truth <= high)).mean(),
            "missed_low": (low > truth).mean(), "missed_high": (high < truth).mean(),
            "bias": ((estimate - truth) / scale).mean(), "median": np.median(estimate),
            "sd": (estimate / scale).std(),
        }  # fmt: skip
    return {name: float(value) for name, value in result.items()}


def run(cell: Cell, patients: int, seed: int) -> dict[str, object]:
    """The row of one cell."""
    rng = np.random.default_rng([seed, *cell.key.encode()])
    start = time.process_time()
    if isinstance(cell, LongCell):
        found = run_long(cell, patients, rng)
    else:
        found = (run_limit if cell.f == "limit" else run_fraction)(cell, patients, rng)
    spent = time.process_time() - start
    return asdict(cell) | {"patients": patients, "seconds": round(spent, 1)} | found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patients", type=int, default=2000, help="per cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--long", action="store_true", help="cells of long reads")
    parser.add_argument("--deleted", action="store_true", help="the same, tumours with a deletion")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    columns = [*COLUMNS, "switched", "by_sites"] if args.long or args.deleted else COLUMNS
    cells = deleted_grid() if args.deleted else long_grid() if args.long else grid()
    if not args.out.exists():
        args.out.write_text("\t".join(columns) + "\n")
    table = pd.read_csv(args.out, sep="\t", dtype=str)
    done = {tuple(row) for row in table[KEY].to_numpy()}
    for cell in cells:
        if tuple(str(asdict(cell)[name]) for name in KEY) in done:
            continue
        row = run(cell, args.patients, args.seed)
        line = "\t".join(_cell(row.get(name, "")) for name in columns)
        with args.out.open("a") as out:
            out.write(line + "\n")
        print(line, file=sys.stderr, flush=True)


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) and value not in (0.0, 1e-4) else str(value)


if __name__ == "__main__":
    main()
