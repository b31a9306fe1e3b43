"""False transfer_supported on preparations without transfer, by class of trap.

Run: python benchmarks/traps.py [draws]. Each class is drawn from cells up
(``mitotransfer.simulate.preparations``); at most 1 % may be supported. "transfer" is true transfer.
"""

from __future__ import annotations

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests" / "support")]
from judged_draws import verdicts  # noqa: E402

from mitotransfer.simulate.preparations import CLASSES  # noqa: E402


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    for name in CLASSES:
        found = verdicts(name, draws)
        said = ", ".join(f"{verdict} {n}" for verdict, n in found.items())
        print(f"{name}: {found.get('transfer_supported', 0)} of {draws} supported ({said})")


if __name__ == "__main__":
    main()
