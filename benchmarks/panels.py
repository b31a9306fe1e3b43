"""Pure amplicons of few positions: samples with a false call, and what the error model finds.

A panel of a hundred positions shows the errors of a substitution at some 25 sites. Counts are drawn
with depths of some 6,000x, error rates of 1 to 5 in 10,000, and sites whose factors have a gamma
distribution that both strands share. Nominal is one sample with a call in a hundred.

    python benchmarks/panels.py --draws 44 --page docs/validation.md
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests" / "support")]
import draws  # noqa: E402
import pages  # noqa: E402

START = 15_923
SIZES = (100, 200, 300)
VARIANCES = (1.0, 2.0, 3.0)


def called(size: int, variance: float, seed: int) -> int:
    """False calls in one pure panel."""
    rng = np.random.default_rng([size, int(10 * variance), seed])
    depth = np.zeros((draws.LENGTH, 1))
    depth[START : START + size] = rng.gamma(2.0, 3000.0, (size, 1))
    rate = draws.rates(rng)
    site = draws.gamma_factors(rng, variance, (draws.LENGTH, 4, 1))
    bases = draws.alleles_of(draws.draw(rng, depth, rate, site)).bases
    found = bases["minor"] & (bases["q_value"] <= draws.SETTINGS.max_fdr)
    return int((found & (bases["filter"] == "PASS")).sum())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=44, help="panels of each kind")
    parser.add_argument("--page", type=Path, help="docs/validation.md, to write the result into")
    args = parser.parse_args()
    rows = []
    for variance in VARIANCES:
        cells = []
        for size in SIZES:
            counts = [called(size, variance, seed) for seed in range(args.draws)]
            cells.append(f"{sum(number > 0 for number in counts)}/{args.draws}")
            print(variance, size, cells[-1], file=sys.stderr, flush=True)
        rows.append([f"{variance:g}", *cells])
    text = pages.markdown(["variance of sites", *(f"{size} positions" for size in SIZES)], rows)
    print(text)
    if args.page:
        pages.replace_block(args.page, "panels", text)


if __name__ == "__main__":
    main()
