"""Pairs of portions of one preparation: how often a difference is found, without transfer and with.

Both have tumour cells (0.5 to 10 %), the second one to three times the mtDNA copies. Portions hold
1,000 or 20,000 cells; sorted ones differ in their tumour cells by a factor of up to e.

    python benchmarks/subsets.py --draws 500 --page docs/validation.md
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests" / "support")]
import pages  # noqa: E402
from judged_draws import cells_row, counts_of  # noqa: E402

from mitotransfer.fraction.contrast import Contrast  # noqa: E402
from mitotransfer.fraction.curves import curves  # noqa: E402
from mitotransfer.patient.contamination_table import Cells, cells_of  # noqa: E402
from mitotransfer.simulate.preparations import Drawn, Plan, draw  # noqa: E402
from mitotransfer.verdicts.preparations import Portion, compare  # noqa: E402

HEADER = [
    "portions", "copies", "tumour cells", "transfer", "p < 0.05", "95 % interval holds", "pairs",
]  # fmt: skip
COPIES_SD = 0.15


def portion(found: Drawn, plan: Plan, copies: float, *, cells: bool) -> Portion:
    """What is known of one portion."""
    row, curve = cells_row(found)
    known = cells_of(row, curve)
    likelihood = curves(counts_of(found))
    assert likelihood is not None
    return Portion(
        likelihood,
        known if cells else Cells(ratio=known.ratio),
        plan.portion * min(2 * float(str(row["tumor_vaf"])), 1.0),
        copies,
        COPIES_SD,
    )


def pair(
    rng: np.random.Generator, split: str, *, copies: bool, cells: bool, transfer: float
) -> Contrast:
    """The contrast of one drawn pair."""
    first = Plan(
        purity=float(rng.uniform(0.4, 1.0)),
        cells=math.exp(rng.uniform(math.log(0.005), math.log(0.1))),
        vafs=tuple(rng.uniform(0.3, 1.0, int(rng.integers(1, 5))).tolist()),
        portion=int(rng.choice([1000, 20_000])),
        loci=100,
        loci_depth=60.0,
    )
    apart = 1.0 if split == "drawn" else math.exp(rng.uniform(-1.0, 1.0))
    second = replace(
        first,
        immune_copies=first.immune_copies * float(rng.uniform(1.0, 3.0)),
        cells=min(first.cells * apart, 0.3),
        transfer=transfer,
    )
    both = []
    for plan in (first, second):
        found = draw(plan, rng)
        stated = found.copies[1] * math.exp(rng.normal(0, COPIES_SD)) if copies else math.nan
        both.append(portion(found, plan, stated, cells=cells))
    return compare(*both, split, 0.95)


def row(draws: int, split: str, copies: bool, cells: bool, transfer: float) -> list[str]:
    """Rates of one design."""
    rng = np.random.default_rng([1, len(split), copies, cells, round(100 * transfer)])
    found = [pair(rng, split, copies=copies, cells=cells, transfer=transfer) for _ in range(draws)]
    p = np.mean([one.p_value < 0.05 for one in found])
    # Few cells take the place of mtDNA that came: at most a few per cent of it.
    held = np.mean([one.low <= transfer and one.high >= 0.9 * transfer for one in found])
    said = ["measured" if known else "unknown" for known in (copies, cells)]
    return [
        split,
        *said,
        f"{100 * transfer:g} %",
        f"{100 * p:.1f} %",
        f"{100 * held:.1f} %",
        str(draws),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--page", type=Path, help="docs/validation.md, to write the result into")
    args = parser.parse_args()
    rows = []
    designs = product(("drawn", "sorted"), (True, False), (True, False), (0.0, 0.1))
    for split, copies, cells, transfer in designs:
        draws = args.draws if transfer == 0 else args.draws // 5
        rows.append(row(draws, split, copies, cells, transfer))
        print("\t".join(rows[-1]), flush=True)
    if args.page:
        pages.replace_block(args.page, "subsets", pages.markdown(HEADER, rows))


if __name__ == "__main__":
    main()
