"""A cohort of one patient and a few thousand reads, to be run, broken and run again."""

from __future__ import annotations

from pathlib import Path

from places import REPOSITORY
from snakemake_run import Workflow
from tsv import read_rows, write_rows

from mitotransfer.simulate import files
from mitotransfer.simulate.scenario import load_scenario

SAMPLES = ("P01-TIL-CD8", "P01-PBMC", "P01-tumor")
#: What a run of it takes on the command line, besides its results folder.
SHEETS = ("samples=cohort/samples.tsv", "patients=cohort/patients.tsv")


def make(folder: Path, depth: float = 250) -> None:
    """Reads, nuclear counts and sheets of the demo's first patient, at a low depth."""
    scenario = load_scenario(REPOSITORY / "config" / "simulation_demo.yaml")
    patient = scenario.patients[0]
    plans = [plan for plan in patient.samples if plan.sample in SAMPLES]
    one = type(scenario)([type(patient)(**(vars(patient) | {"samples": plans}))])
    files.write_cohort(one.with_depth(depth), seed=1, outdir=folder, threads=1)
    rows = read_rows(folder / "samples.tsv")
    for row in rows:
        for column in ("fastq_1", "fastq_2", "nuclear_counts"):
            if row[column]:
                row[column] = f"cohort/{Path(row[column]).relative_to(folder)}"
    write_rows(folder / "samples.tsv", rows)


def arguments(results: str, *more: str, cores: int = 1) -> list[str]:
    """Words of a run of the cohort."""
    return ["--cores", str(cores), *more, "--config", *SHEETS, f"results={results}"]


def run(workflow: Workflow, results: str, *more: str, cores: int = 1, check: bool = True) -> str:
    """What a run of the cohort prints."""
    return workflow.run(*arguments(results, *more, cores=cores), check=check).stdout
