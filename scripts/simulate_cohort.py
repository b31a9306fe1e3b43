"""Simulate a cohort with known truth: reads, nuclear counts, sheets and truth tables.

Docs: docs/simulator.md. The same scenario, seed and depth give the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mitotransfer import command
from mitotransfer.genome import reference
from mitotransfer.simulate import files
from mitotransfer.simulate.scenario import load_scenario

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="folder to write the cohort into")
    parser.add_argument(
        "--scenario",
        default=ROOT / "config" / "simulation_demo.yaml",
        help="YAML file with the cohort to simulate (default: the demo cohort)",
    )
    parser.add_argument("--seed", type=int, default=1, help="of all random numbers (default: 1)")
    parser.add_argument(
        "--depth",
        type=float,
        help="mean fragments per position of every sample whose depth the scenario does not fix",
    )
    parser.add_argument("--threads", type=int, default=1, help="samples simulated at once")
    parser.add_argument("--bundle", help="bundle of the genome: its folder (default: human)")
    arguments = parser.parse_args()
    if arguments.seed < 0:
        raise ValueError("--seed: expected a number from 0 up")
    scenario = load_scenario(arguments.scenario)
    if arguments.depth is not None:
        if not arguments.depth > 0:
            raise ValueError("--depth: expected a number above 0")
        scenario = scenario.with_depth(arguments.depth)
    genome = reference.load(arguments.bundle) if arguments.bundle else None
    files.write_cohort(
        scenario,
        arguments.seed,
        arguments.output,
        threads=arguments.threads,
        reference=genome,
        progress=True,
    )


if __name__ == "__main__":
    command.run(main)
