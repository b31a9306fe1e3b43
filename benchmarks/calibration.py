"""Calibration of the tumour fraction by simulation: one row per cell of a grid of designs.

Every patient has tumour VAFs from ``--tumor-vaf``, site error rates from the Beta distribution
that the estimate is told, and counts that are binomial or beta-binomial. Columns:

    positive            share of p < 0.01: false-positive rate at f = 0, else power
    oracle_positive     the same for the likelihood-ratio test that knows every VAF, with its
                        critical value from simulation (f > 0)
    covered, missed_low, missed_high   of the 95 % interval
    bias, sd            of the estimate
    limit, limit_found  median detection limit; share of draws at exactly f = limit with p < 0.01
    heterogeneity       share with a heterogeneity p below 0.05
    milliseconds        per estimate without details

Run in pieces: each call appends its rows to ``--out``.

    python benchmarks/calibration.py --depth 2000 --variants 3 --out calibration.tsv
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from mitotransfer import betabinom, fraction

Array = NDArray[np.float64]
LEVEL = 0.01
COLUMNS = [
    "depth", "normal_depth", "variants", "f", "rho", "hidden", "shared", "patients", "positive",
    "oracle_positive", "covered", "missed_low", "missed_high", "bias", "sd", "limit",
    "limit_found", "heterogeneity", "milliseconds",
]  # fmt: skip


class Cell:
    """Draws patients of one design."""

    def __init__(self, args: argparse.Namespace, depth: int, variants: int, rho: float) -> None:
        self.args, self.depth, self.variants, self.rho = args, depth, variants, rho
        self.normal_depth = args.normal_depth or depth
        self.alpha = args.error_alpha
        self.beta = self.alpha * (1 / args.error_rate - 1)

    def count(self, rng: np.random.Generator, depth: int, vaf: Array) -> NDArray[np.int64]:
        if self.rho:
            alpha, beta = betabinom.shapes(vaf, self.rho)
            vaf = rng.beta(np.maximum(alpha, 1e-9), np.maximum(beta, 1e-9))
        return rng.binomial(depth, vaf)

    def patient(
        self, rng: np.random.Generator, f: float
    ) -> tuple[fraction.VariantCounts, Array, Array]:
        """Counts, true baseline and true tumour VAF."""
        size = self.variants
        tumor = rng.uniform(*self.args.tumor_vaf, size)
        base = rng.beta(self.alpha, self.beta, size) + self.args.shared * tumor
        base += self.args.hidden
        counts = fraction.VariantCounts(
            tumor_alt=self.count(rng, self.depth, tumor),
            tumor_depth=np.full(size, self.depth),
            immune_alt=self.count(rng, self.depth, (1 - f) * base + f * tumor),
            immune_depth=np.full(size, self.depth),
            normal_alt=self.count(rng, self.normal_depth, base),
            normal_depth=np.full(size, self.normal_depth),
            error_alpha=np.full(size, self.alpha),
            error_beta=np.full(size, self.beta),
            overdispersion=self.rho,
        )
        return counts, base, tumor

    def ratio(self, alt: NDArray[np.int64], base: Array, tumor: Array, f: float) -> float:
        """Log likelihood ratio of f against 0 with every VAF known."""
        with_f = betabinom.shapes((1 - f) * base + f * tumor, self.rho)
        without = betabinom.shapes(base, self.rho)
        depth = np.full(len(base), self.depth)
        return float(
            betabinom.log_pmf(alt, depth, *with_f).sum()
            - betabinom.log_pmf(alt, depth, *without).sum()
        )


def run(cell: Cell, f: float, patients: int, limits: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng([seed, cell.depth, cell.variants, int(f * 1e6)])
    rows, ratios, nulls, seconds = [], [], [], 0.0
    for _ in range(patients):
        counts, base, tumor = cell.patient(rng, f)
        start = time.perf_counter()
        e = fraction.estimate(counts, details=False)
        seconds += time.perf_counter() - start
        rows.append((e.fraction, e.low, e.high, e.p_value))
        if f:
            ratios.append(cell.ratio(np.asarray(counts.immune_alt), base, tumor, f))
            nulls.append(cell.ratio(cell.count(rng, cell.depth, base), base, tumor, f))
    estimate, low, high, p = np.array(rows).T

    found, stated = [], []
    for _ in range(limits):
        counts, base, tumor = cell.patient(rng, 0.0)
        limit = fraction.detection_limit(counts, LEVEL)
        stated.append(limit)
        alt = cell.count(rng, cell.depth, (1 - limit) * base + limit * tumor)
        drawn = replace(counts, immune_alt=alt)
        found.append(fraction.estimate(drawn, details=False).p_value < LEVEL)
    agreeing = [
        fraction.estimate(cell.patient(rng, f)[0]).heterogeneity_p < 0.05
        for _ in range(limits if cell.variants > 1 else 0)
    ]
    critical = np.quantile(nulls, 1 - LEVEL, method="higher") if f else np.nan
    return {
        "positive": float((p < LEVEL).mean()),
        "oracle_positive": float((np.array(ratios) > critical).mean()) if f else np.nan,
        "covered": float(((low <= f) & (f <= high)).mean()),
        "missed_low": float((low > f).mean()),
        "missed_high": float((high < f).mean()),
        "bias": float(estimate.mean() - f),
        "sd": float(estimate.std()),
        "limit": float(np.median(stated)) if stated else np.nan,
        "limit_found": float(np.mean(found)) if found else np.nan,
        "heterogeneity": float(np.mean(agreeing)) if agreeing else np.nan,
        "milliseconds": 1e3 * seconds / patients,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--depth", type=int, nargs="+", default=[200, 2000, 20000])
    parser.add_argument("--normal-depth", type=int, help="the same as the others by default")
    parser.add_argument("--variants", type=int, nargs="+", default=[1, 2, 3, 5, 30])
    parser.add_argument("--f", type=float, nargs="+", default=[0, 0.003, 0.02, 0.1, 0.5, 0.9])
    parser.add_argument("--rho", type=float, nargs="+", default=[0, 1e-4])
    parser.add_argument("--tumor-vaf", type=float, nargs=2, default=[0.1, 1.0])
    parser.add_argument("--error-rate", type=float, default=5e-4)
    parser.add_argument("--error-alpha", type=float, default=10, help="1 / CV^2 of error rates")
    parser.add_argument("--hidden", type=float, default=0, help="true heteroplasmy at every site")
    parser.add_argument("--shared", type=float, default=0, help="tumour mtDNA in the baseline")
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--limits", type=int, default=500, help="draws at the detection limit")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    if not args.out.exists():
        args.out.write_text("\t".join(COLUMNS) + "\n")
    for depth in args.depth:
        for variants in args.variants:
            for rho in args.rho:
                cell = Cell(args, depth, variants, rho)
                for i, f in enumerate(args.f):
                    row: dict[str, float] = {
                        "depth": depth,
                        "normal_depth": cell.normal_depth,
                        "variants": variants,
                        "f": f,
                        "rho": rho,
                        "hidden": args.hidden,
                        "shared": args.shared,
                        "patients": args.patients,
                    }
                    # The detection limit does not depend on f: once per design.
                    row |= run(cell, f, args.patients, 0 if i else args.limits, args.seed)
                    line = "\t".join(f"{row[name]:.6g}" for name in COLUMNS)
                    with args.out.open("a") as out:
                        out.write(line + "\n")
                    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
