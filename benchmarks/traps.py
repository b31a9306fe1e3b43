"""Verdicts on preparations without transfer, by class of trap.

Each class is drawn from cells up (``mitotransfer.simulate.preparations``); "transfer" is true
transfer. *Left* counts the draws in which more came than tumour cells and cross-talk bring;
*supported* those that the rules on direction and explanations leave.

    python benchmarks/traps.py --draws 400 --page docs/validation.md
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests" / "support")]
import pages  # noqa: E402
from judged_draws import draws_of, judged  # noqa: E402

from mitotransfer.simulate.preparations import CLASSES  # noqa: E402

HEADER = [
    "class", "left", "supported", "explained by tumour cells", "not excluded", "not detected",
    "draws",
]  # fmt: skip


def row(name: str, draws: int) -> list[str]:
    """Counts of one class."""
    found = [judged(one) for one in draws_of(name, draws)]
    verdicts = Counter(one.verdict for one in found)
    asked = ("transfer_supported", "explained_by_contamination", "contamination_not_excluded")
    counts = [verdicts[one] for one in asked]
    cells = [sum(one.left for one in found), *counts, draws - sum(counts), draws]
    return [name, *map(str, cells)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--classes", nargs="*", default=list(CLASSES))
    parser.add_argument("--page", type=Path, help="docs/validation.md, to write the result into")
    args = parser.parse_args()
    rows = []
    for name in args.classes:
        rows.append(row(name, args.draws))
        print("\t".join(rows[-1]), flush=True)
    if args.page:
        pages.replace_block(args.page, "traps", pages.markdown(HEADER, rows))


if __name__ == "__main__":
    main()
