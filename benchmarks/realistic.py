"""Verdicts in a cohort of realistic patients, by what was measured.

Every patient is drawn once, from cells up (``mitotransfer.simulate.preparations``), and judged with
each kind of evidence. The distributions are printed: they are assumptions, and not easy ones. A
transfer is *answerable* if it brought more than tumour cells did, and *clear* if more than these
could with ten times the mtDNA copies of the preparation's cells.

    python benchmarks/realistic.py --patients 200 --page docs/validation.md
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests" / "support")]
import pages  # noqa: E402
from judged_draws import Judged, judged  # noqa: E402

from mitotransfer.simulate.preparations import Drawn, Plan, draw  # noqa: E402

#: Loci (copies of each, of these mutated), with probabilities: heterozygous in two copies, one copy
#: left, gained, and doubled genomes.
LOCI = ((2, 1), (1, 1), (3, 1), (3, 2), (4, 2), (4, 1))
LOCI_WEIGHTS = (0.5, 0.1, 0.1, 0.1, 0.15, 0.05)
EVERYTHING = frozenset({"copies", "purity", "cells"})
#: Name, number of nuclear loci, their depth, and what else is measured.
EVIDENCE = (
    ("no nuclear reads", 0, 0.0, EVERYTHING),
    ("3 loci, all measured", 3, 300.0, EVERYTHING),
    ("10 loci, all measured", 10, 300.0, EVERYTHING),
    ("exome, all measured", 80, 100.0, EVERYTHING),
    ("whole genome, all measured", 4000, 30.0, EVERYTHING),
    ("exome, copies and cells", 80, 100.0, frozenset({"copies", "cells"})),
    ("exome, purity and cells", 80, 100.0, frozenset({"purity", "cells"})),
    ("exome alone", 80, 100.0, frozenset({"cells"})),
    ("flow cytometry, all measured", 0, -1.0, EVERYTHING),
)
GENOME = "whole genome"
#: Copies per cell of the tumour sample over those of the preparation, for a clear transfer.
MOST = 10.0
HEADER = [
    "evidence", "answerable: left", "clear: left", "direction shown, too", "supported",
    "transfers explained",
    "no transfer: supported", "explained of contaminated", "f held", "excess held",
]  # fmt: skip


def patient(rng: np.random.Generator) -> tuple[Plan, float]:
    """The truth of a patient, and the mean ploidy of the tumour cells."""

    def around(middle: float, sd: float, low: float = 0.0, high: float = math.inf) -> float:
        return float(np.clip(middle * math.exp(rng.normal(0, sd)), low, high))

    n = 1 + int(rng.poisson(1.5))
    vafs = np.where(rng.random(n) < 0.35, rng.uniform(0.95, 1.0, n), rng.uniform(0.1, 0.95, n))
    copies, mutated = LOCI[int(rng.choice(len(LOCI), p=LOCI_WEIGHTS))]
    pure = rng.random() < 0.25
    plan = Plan(
        purity=1.0 if pure else float(np.clip(rng.beta(3, 2.5), 0.1, 0.95)),
        tumor_copies=around(900, 0.6),
        other_copies=around(400, 0.4),
        immune_copies=around(250, 0.4),
        cells=0.0 if rng.random() < 0.3 else around(0.004, 1.3, high=0.3),
        transfer=around(0.05, 1.0, 0.003, 0.6) if rng.random() < 0.525 else 0.0,
        vafs=tuple(vafs.tolist()),
        copies=copies,
        mutated=mutated,
        portion=int(around(10_000, 0.8, 500)),
        copies_sd=0.2,
        depth=int(around(2000, 0.6, 300)),
        normal_depth=int(around(1500, 0.6, 200)),
        composition=0.1,
        hidden=0.002 if rng.random() < 0.1 else 0.0,
        drift=0.01,
    )
    return plan, float(rng.choice([2.0, 2.2, 3.4], p=[0.5, 0.25, 0.25]))


def measured(
    plan: Plan, ploidy: float, seed: int, evidence: tuple[str, int, float, frozenset[str]]
) -> Drawn:
    """The patient's counts with this evidence; the mtDNA reads are the same with each."""
    name, loci, depth, told = evidence
    counted = 20_000 if depth < 0 else 0
    own = replace(plan, loci=loci, loci_depth=max(depth, 0.0), measured=told, counted=counted)
    found = draw(own, np.random.default_rng(seed))
    if name.startswith(GENOME):
        genomes = (plan.purity * ploidy + 2 * (1 - plan.purity)) / 2
        copies = found.copies[0] / genomes, found.copies[1]
        found = replace(found, copies=copies, from_depths=True)
    return found if loci or counted else replace(found, nuclear={})


def told_in_numbers(plans: list[Plan]) -> str:
    """The distributions: median with the 10 % and 90 % quantiles."""

    def spread(said: str, of: Callable[[Plan], float], unit: float = 1.0) -> str:
        values = [unit * of(plan) for plan in plans if not math.isnan(of(plan))]
        low, middle, high = (
            f"{float(f'{x:.2g}'):,g}" for x in np.quantile(values, (0.1, 0.5, 0.9))
        )
        return f"{said} {middle} ({low} to {high})"

    def ratio(plan: Plan) -> float:
        bulk = plan.purity * plan.tumor_copies + (1 - plan.purity) * plan.other_copies
        return bulk / plan.immune_copies

    nan = math.nan
    parts = [
        spread("purity", lambda plan: plan.purity),
        spread("mtDNA copies of a tumour cell", lambda plan: plan.tumor_copies),
        spread("of an immune cell", lambda plan: plan.immune_copies),
        spread("copy ratio", ratio),
        spread("variants", lambda plan: len(plan.vafs)),
        spread("highest VAF in tumour cells", lambda plan: max(plan.vafs)),
        spread("depth", lambda plan: plan.depth),
        spread("cells of a library", lambda plan: plan.portion),
        spread("tumour cells, where any,", lambda plan: plan.cells or nan, 100) + " %",
        spread("transfer, where any,", lambda plan: plan.transfer or nan, 100) + " %",
    ]
    clean = sum(plan.cells == 0 for plan in plans)
    moved = sum(plan.transfer > 0 for plan in plans)
    return (
        f"{len(plans)} patients, {moved} with transfer, {clean} without tumour cells; median (10 "
        f"and 90 % quantiles): {'; '.join(parts)}."
    )


def both(one: list[bool], other: list[bool]) -> list[bool]:
    return [a and b for a, b in zip(one, other, strict=True)]


def share(hits: int, of: int) -> str:
    return f"{hits} of {of}"


def row(name: str, plans: list[Plan], drawn: list[Drawn], found: list[Judged]) -> list[str]:
    """Counts of one kind of evidence."""
    moved = [one.true_excess > 0 for one in drawn]
    clear = [
        one.true_excess > MOST * plan.cells / plan.purity
        for one, plan in zip(drawn, plans, strict=True)
    ]
    asked = [one.true_excess > max(one.true_cells, 0.0) for one in drawn]
    contaminated = [
        one.true_cells > 0 and not more and j.fit.p_value < 0.01
        for one, more, j in zip(drawn, moved, found, strict=True)
    ]

    def count(mask: list[bool], of: Callable[[Judged], bool]) -> int:
        return sum(of(j) for j, chosen in zip(found, mask, strict=True) if chosen)

    def supported(j: Judged) -> bool:
        return j.verdict == "transfer_supported"

    def explained(j: Judged) -> bool:
        return j.verdict == "explained_by_contamination"

    f = [
        j.fit.low <= min(one.true_excess + one.true_cells, 1.0) <= j.fit.high
        for one, j in zip(drawn, found, strict=True)
    ]
    excess = [
        j.sources.excess_low <= one.true_excess <= j.sources.excess_high
        for one, j in zip(drawn, found, strict=True)
        if not math.isnan(j.sources.excess_low)
    ]
    still = [not one for one in moved]
    return [
        name,
        share(count(asked, lambda j: j.left), sum(asked)),
        share(count(both(clear, moved), lambda j: j.left), sum(both(clear, moved))),
        str(count(asked, lambda j: j.left and j.directed)),
        str(count(asked, supported)),
        share(count(moved, explained), sum(moved)),
        share(count(still, supported), sum(still)),
        share(count(contaminated, explained), sum(contaminated)),
        f"{100 * np.mean(f):.1f} %",
        f"{100 * np.mean(excess):.1f} %" if excess else "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--page", type=Path, help="docs/validation.md, to write the result into")
    args = parser.parse_args()
    rng = np.random.default_rng(2026)
    people = [patient(rng) for _ in range(args.patients)]
    text = told_in_numbers([plan for plan, _ in people])
    print(text)
    rows = []
    for evidence in EVIDENCE:
        drawn = [measured(*one, seed, evidence) for seed, one in enumerate(people)]
        plans = [plan for plan, _ in people]
        rows.append(row(evidence[0], plans, drawn, [judged(one) for one in drawn]))
        print("\t".join(rows[-1]), flush=True)
    if args.page:
        pages.replace_block(args.page, "realistic", f"{text}\n\n{pages.markdown(HEADER, rows)}")


if __name__ == "__main__":
    main()
