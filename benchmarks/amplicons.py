"""Coverage of the tumour fraction's interval where reads are copies of few mtDNA molecules.

Each preparation has a transfer of 5 to 30 % and a library of N molecules that nobody counted. A
second library of the same preparation shares some heteroplasmies with it
(``patient.amplicon_molecules``); with none the configured number counts.

    python benchmarks/amplicons.py --draws 200 --page docs/validation.md
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests" / "support")]
import pages  # noqa: E402
from judged_draws import counts_of  # noqa: E402

from mitotransfer.fraction.estimate import estimate  # noqa: E402
from mitotransfer.inputs.settings import Fraction  # noqa: E402
from mitotransfer.patient import amplicon_molecules  # noqa: E402
from mitotransfer.simulate.preparations import Plan, draw  # noqa: E402

DEPTH = 4000
MOLECULES = (100, 300, 1000, 3000)
SHARED = (0, 2, 6)
HEADER = ["molecules", *(f"{n} shared: coverage (molecules)" for n in SHARED), "told: coverage"]


def shown(rng: np.random.Generator, number: int, shared: int) -> float:
    """Molecules as the heteroplasmies of two libraries show them."""
    prior = Fraction().amplicon_molecules
    if not shared:
        return prior
    vaf = rng.uniform(0.05, 0.95, shared)
    one, other = (rng.binomial(DEPTH, rng.binomial(number, vaf) / number) / DEPTH for _ in range(2))
    difference = np.arcsin(np.sqrt(one)) - np.arcsin(np.sqrt(other))
    return amplicon_molecules.lower_bound(difference, np.full(shared, 2 / DEPTH), prior, 1)


def row(number: int, draws: int) -> list[str]:
    """Coverage with each number of shared heteroplasmies, and with the molecules told."""
    rng = np.random.default_rng([number, draws])
    held: dict[int, list[bool]] = {n: [] for n in (*SHARED, -1)}
    found: dict[int, list[float]] = {n: [] for n in (*SHARED, -1)}
    for _ in range(draws):
        plan = Plan(
            transfer=float(rng.uniform(0.05, 0.3)),
            vafs=tuple(rng.uniform(0.3, 1.0, int(rng.integers(1, 5))).tolist()),
            depth=DEPTH,
            duplicates=DEPTH / number,
        )
        drawn = draw(plan, rng)
        for n in held:
            molecules = shown(rng, number, n) if n >= 0 else float(number)
            fit = estimate(counts_of(replace(drawn, molecules=molecules)), details=False)
            held[n].append(fit.low <= drawn.true_excess <= fit.high)
            found[n].append(molecules)
    cells = [f"{100 * np.mean(held[n]):.1f} % ({np.median(found[n]):,.0f})" for n in SHARED]
    return [f"{number:,}", *cells, f"{100 * np.mean(held[-1]):.1f} %"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--page", type=Path, help="docs/validation.md, to write the result into")
    args = parser.parse_args()
    rows = [row(number, args.draws) for number in MOLECULES]
    text = pages.markdown(HEADER, rows)
    print(text)
    if args.page:
        pages.replace_block(args.page, "amplicons", text)


if __name__ == "__main__":
    main()
