"""What a results folder came from: workflow, configuration, software, command, checksums."""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from mitotransfer import __version__
from mitotransfer.inputs.checksums import read, records
from mitotransfer.workflow.code_digest import code_digest

#: Environment variable in which the run's main process leaves its command for the jobs.
RUN_VARIABLE = "MITOTRANSFER_RUN"
#: Written once by the step that made them, or of no interest to a reader.
LEFT_OUT = {".bam", ".bai"}


def announce_run() -> None:
    """Leave the main process's command and version to the jobs, which start a Snakemake each."""
    run = {
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "directory": str(Path.cwd()),
        "snakemake": metadata.version("snakemake"),
    }
    os.environ.setdefault(RUN_VARIABLE, json.dumps(run))


def git_commit(folder: Path) -> str | None:
    """Commit of a checkout, read from its files; None where there is none."""
    git = folder / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (git / name).is_file():
            return (git / name).read_text(encoding="ascii").strip()
        packed = (git / "packed-refs").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(rf"^([0-9a-f]{{40,64}}) {re.escape(name)}$", packed, re.MULTILINE)
    return found[1] if found else None


def software() -> dict[str, Any]:
    """Versions in the running environment of everything that is installed in it."""
    packages = {found.metadata["Name"].lower(): found.version for found in metadata.distributions()}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": dict(sorted(packages.items())),
    }


def environments(folder: Path) -> dict[str, list[Any]]:
    """What the conda environments pin, by step."""
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
        for path in sorted(folder.glob("*.yaml"))
    }


def files_below(folder: Path) -> list[Path]:
    """Files of a folder that are worth a checksum of their own."""
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix not in LEFT_OUT
    )


def run_record(
    workflow: Path,
    results: Path,
    tables: Iterable[Path],
    samples: Iterable[str],
    patients: Iterable[str],
    sheets: Iterable[Path],
    inputs: Iterable[Path],
    config: Mapping[str, Any],
    now: datetime,
    threads: int = 1,
) -> dict[str, Any]:
    """The record of one run.

    Args:
        workflow: folder of the Snakefile.
        results: folder with a folder for each sample, each patient, the cohort and the report.
        tables: the cohort's tables.
        samples, patients: names; of files in other folders of the results nothing is said.
        sheets, inputs: what the user gave, beside the reads, whose checksums the steps that read
            them have written.
        now: time to state.
    """
    scripts = sorted((workflow / "scripts").glob("*.py"))
    of_samples, outputs = [], [*tables, *files_below(results / "report")]
    for name in samples:
        folder = results / "samples" / name
        rows = read(folder / f"{name}.checksums.tsv")
        of_samples += [{**row, "sample": name} for row in rows]
        outputs += files_below(folder)
    for name in patients:
        outputs += files_below(results / "patients" / name)
    written = records("output", set(outputs), threads)
    given = [
        *records("sheet", set(sheets)),
        *records("input", set(inputs), threads),
    ]
    run = json.loads(os.environ.get(RUN_VARIABLE, "{}"))
    return {
        "workflow": {
            "name": "mitotransfer",
            "version": __version__,
            "commit": git_commit(workflow),
            "code": {path.stem: code_digest(path) for path in scripts},
        },
        "run": {**run, "finished": now.isoformat(timespec="seconds")},
        "config": dict(config),
        "software": software(),
        "environments": environments(workflow / "envs"),
        "inputs": [*given, *(row for row in of_samples if row["role"] == "input")],
        "outputs": sorted(
            [*written, *(row for row in of_samples if row["role"] == "output")],
            key=lambda row: row["path"],
        ),
    }
