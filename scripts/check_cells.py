"""Compare a run on simulated libraries of cells with what was simulated.

In:  truth tables of simulate_cells.py, results of a run
Out: a line per kind of cell; what is not as simulated, and then exit code 1
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mitotransfer import command
from mitotransfer.simulate import cell_check


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True, help="folder truth of the simulation")
    parser.add_argument("--results", type=Path, required=True, help="folder of the run's results")
    arguments = parser.parse_args()
    for one in cell_check.groups(arguments.truth, arguments.results):
        print(
            f"{one.library:10} {one.cell_type:6} {one.verdict:22} receivers: {one.receivers:6.1%} "
            f"simulated, {one.low:.1%} to {one.high:.1%} found"
        )
    problems = cell_check.problems(arguments.truth, arguments.results)
    print("\n".join(problems) or "All as simulated.")
    sys.exit(bool(problems))


if __name__ == "__main__":
    command.run(main)
