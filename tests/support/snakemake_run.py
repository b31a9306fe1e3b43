"""Running Snakemake for real on a copy of the workflow, and reading what it plans."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from places import REPOSITORY

PARTS = ["Snakefile", "config", "rules", "scripts", "resources", "envs", "profiles"]
#: Options of a run on the cohort of ``run_demo``.
DEMO = [
    "--config",
    "samples=demo/samples.tsv",
    "patients=demo/patients.tsv",
    "results=demo/results",
]


@dataclass(frozen=True)
class Workflow:
    """A copy of the workflow in a folder of its own, to be edited by a test."""

    folder: Path

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """``snakemake ARGUMENTS`` in the folder; the output of both streams in ``stdout``."""
        # A run waits for its last look at the waiting jobs: two seconds in the profile.
        quick = ["--max-jobs-per-timespan", "100/1s"]
        command = [sys.executable, "-m", "snakemake", *quick, *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=os.environ | {"TERM": "dumb"},
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} failed:\n{done.stdout}")
        return done

    def plan(self, *arguments: str) -> dict[str, set[str]]:
        """What a run would do: for each rule the wildcard values (or ``all``) of its jobs."""
        text = self.run("-n", *arguments).stdout
        jobs: dict[str, set[str]] = {}
        for block in re.split(r"\n(?=(?:local)?rule \w+:\n)", text)[1:]:
            (name,) = re.findall(r"^(?:local)?rule (\w+):", block)
            wildcards = re.findall(r"^    wildcards: \w+=(\S+)$", block, re.MULTILINE)
            jobs.setdefault(name, set()).update(wildcards or ["all"])
        jobs.pop("all", None)
        return jobs


def make(target: str) -> None:
    """``make TARGET`` in this checkout; its output if it fails."""
    done = subprocess.run(
        ["make", target],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def numba_cache() -> Path:
    """Folder of compiled code, which copies of the workflow share with this checkout."""
    return REPOSITORY / "scripts" / "mitotransfer" / "__pycache__"


def copy_workflow(folder: Path) -> Workflow:
    """A copy of what makes the workflow, without results."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(
                source,
                folder / part,
                ignore=shutil.ignore_patterns("__pycache__", "*.nbc", "*.nbi"),
            )
        else:
            shutil.copy2(source, folder / part)
    return Workflow(folder)


def run_demo(folder: Path, *simulation: str) -> Workflow:
    """A finished run on a simulated cohort in a copy of the workflow.

    Args:
        simulation: options of ``simulate_cohort.py``; none: the demo cohort.
    """
    workflow = copy_workflow(folder)
    simulate = [sys.executable, "scripts/simulate_cohort.py", *simulation, "--output", "demo"]
    subprocess.run(simulate, cwd=folder, check=True)
    workflow.run("--cores", "2", *DEMO)
    return workflow
