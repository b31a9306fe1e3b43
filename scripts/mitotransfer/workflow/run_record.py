"""The record of a run: workflow, configuration, software, command, checksums of all files."""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
#: Suffixes left out: the step that makes a BAM file records its checksum; an index adds nothing.
LEFT_OUT = {".bam", ".bai"}


def announce_run() -> None:
    """Pass the command and Snakemake's version on to the jobs, which start their own Snakemake."""
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
    """Versions of Python, the platform and all packages of the running environment."""
    packages = {found.metadata["Name"].lower(): found.version for found in metadata.distributions()}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": dict(sorted(packages.items())),
    }


def environments(folder: Path) -> dict[str, list[Any]]:
    """Pinned dependencies of the conda environments, by step."""
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
        for path in sorted(folder.glob("*.yaml"))
    }


def files_below(folder: Path) -> list[Path]:
    """Files of a folder that are worth a checksum of their own."""
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix not in LEFT_OUT
    )


@dataclass(frozen=True)
class Given:
    """The user's input except reads: their checksums are among the samples' results."""

    sheets: Iterable[Path]
    inputs: Iterable[Path]
    config: Mapping[str, Any]


@dataclass(frozen=True)
class Results:
    """The results of a run.

    Attributes:
        folder: has folders of samples, patients, the cohort and the report.
        tables: the cohort's tables.
        samples, patients: names; files of others are left out.
    """

    folder: Path
    tables: Iterable[Path]
    samples: Iterable[str]
    patients: Iterable[str]

    def files(self) -> set[Path]:
        """Files that get a checksum."""
        folders = [self.folder / "samples" / name for name in self.samples]
        folders += [self.folder / "patients" / name for name in self.patients]
        found = [files_below(folder) for folder in [*folders, self.folder / "report"]]
        return set(self.tables).union(*found)

    def checksums(self) -> list[dict[str, str]]:
        """Checksums that the steps of the samples have written."""
        return [
            {**row, "sample": name}
            for name in self.samples
            for row in read(self.folder / "samples" / name / f"{name}.checksums.tsv")
        ]


def run_record(
    workflow: Path, results: Results, given: Given, now: datetime, threads: int = 1
) -> dict[str, Any]:
    """The record of one run of the workflow in the folder ``workflow``, finished at ``now``."""
    scripts = sorted((workflow / "scripts").glob("*.py"))
    # Groups of cells of a library have the same files.
    of_samples = list({tuple(row.values()): row for row in results.checksums()}.values())
    written = records("output", results.files(), threads)
    inputs = [
        *records("sheet", set(given.sheets)),
        *records("input", set(given.inputs), threads, whole=False),
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
        "config": dict(given.config),
        "software": software(),
        "environments": environments(workflow / "envs"),
        "inputs": [*inputs, *(row for row in of_samples if row["role"] in ("input", "shared"))],
        "outputs": sorted(
            [*written, *(row for row in of_samples if row["role"] == "output")],
            key=lambda row: row["path"],
        ),
    }
