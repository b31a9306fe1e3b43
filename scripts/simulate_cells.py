"""Simulate libraries of single cells with known truth: reads, annotations, sheets, truth tables.

Docs: docs/simulator.md. The same scenario and seed give the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mitotransfer import command
from mitotransfer.simulate import cell_files, cell_plans

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", required=True, help="folder to write the cohort into")
    parser.add_argument(
        "--scenario",
        default=ROOT / "config" / "simulation_cells.yaml",
        help="YAML file with bulk samples and libraries (default: the demo of single cells)",
    )
    parser.add_argument("--seed", type=int, default=1, help="of all random numbers (default: 1)")
    arguments = parser.parse_args()
    if arguments.seed < 0:
        raise ValueError("--seed: expected a number from 0 up")
    scenario, plans = cell_plans.load(arguments.scenario)
    cell_files.write_libraries(scenario, plans, arguments.seed, arguments.output, progress=True)


if __name__ == "__main__":
    command.run(main)
