"""Set-up of a run: checked configuration, the cohort, files that rules depend on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from mitotransfer.genome import reference
from mitotransfer.inputs import columns, read_files
from mitotransfer.inputs.config import changed_meanings, check, fill_defaults
from mitotransfer.inputs.read_files import PATTERN_MARKS
from mitotransfer.inputs.sheets import Cohort, read_cohort
from mitotransfer.inputs.urls import scheme
from mitotransfer.problems import InputError, Problem
from mitotransfer.wording import NO_MINIMAP2
from mitotransfer.workflow import host_bundle


def put_first_on_path(folder: Path) -> None:
    """Put a folder first on the search path of programs."""
    os.environ["PATH"] = os.pathsep.join([str(folder), os.environ.get("PATH", "")])


def bundle_folder(name: str, workflow: Path) -> Path:
    """The folder of a bundle: one that comes with the workflow, or one of the user."""
    bundled = workflow / "resources" / name
    return bundled if (bundled / "bundle.yaml").is_file() else Path(name)


def check_results(folder: str) -> list[Problem]:
    """Problems of the results folder: it, or the folder to make it in, must be writable."""
    if not folder.strip("/ ") or folder.startswith("~") or set(folder) & PATTERN_MARKS:
        message = f"found '{folder}', expected a folder's path, written out, without {{ }} < >"
        return [Problem("configuration", message, column="results")]
    place = Path(folder).absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return []
    reason = f"{place} is read-only or not yours" if place.is_dir() else f"{place} is no folder"
    message = f"cannot be written: {reason}; name another folder: --config results=FOLDER"
    return [Problem(folder, message, column="results")]


def prepare(
    given: Mapping[str, Any],
    workflow: Path,
    configfiles: Iterable[str | Path],
    *,
    check_files: bool = True,
    url_fault: Callable[[str], str] | None = None,
    with_conda: bool = False,
) -> tuple[dict[str, Any], Cohort]:
    """Configuration with defaults, and the cohort of the sheets.

    Args:
        given: configuration as merged by Snakemake.
        workflow: folder of the Snakefile; default paths are paths in it.
        configfiles: files that the configuration came from, for the messages.
        check_files: check the configuration, the reference and the files that the sheets name;
            not in jobs: the run has checked them.
        url_fault: gives what is wrong with a URL of reads; without it URLs are refused.
        with_conda: whether jobs bring their tools as conda environments.

    Raises:
        InputError: every problem of configuration, reference and sheets.
    """
    config = check(given, configfiles) if check_files else fill_defaults(given)
    bundle = bundle_folder(config["reference"]["bundle"], workflow)
    problems = _check_bundle(bundle) if check_files else []
    if check_files and config["reference"]["host_bundle"]:
        host = bundle_folder(config["reference"]["host_bundle"], workflow)
        problems += _check_bundle(host, "reference.host_bundle")
        problems += host_bundle.check_config(config)
    facts = reference.Facts() if problems else reference.read_facts(bundle)
    if check_files:
        problems += check_results(config["results"])
        for key in ("cram_fasta", "decoy_fasta", "primer_bed", "error_panel"):
            path = config["reference"][key]
            if path and not Path(path).is_file():
                problems.append(Problem(path, "file not found", column=f"reference.{key}"))
    stop = config["checks"]["stop_on_bad_file"]
    look_at_files = partial(read_files.check_files_of, facts=facts, stop_on_bad_file=stop)
    if url_fault is not None:
        look_at_files = partial(look_at_files, url_fault=url_fault)
    try:
        cohort = read_cohort(
            config["samples"],
            config["patients"],
            config["cohort"]["covariates"],
            check_files=look_at_files if check_files else None,
        )
    except InputError as error:
        raise InputError([*problems, *error.problems, *error.warnings]) from None
    if check_files and stop:
        problems += failed_before(config, cohort)
    if check_files and not with_conda:
        problems += _check_minimap2(config, cohort)
    if check_files and config["reference"]["host_bundle"]:
        problems += host_bundle.check_cohort(config, cohort)
    if problems:
        raise InputError([*problems, *cohort.warnings])
    told = [*changed_meanings(given), *cohort.warnings]
    if check_files and not config["reference"]["cram_fasta"]:
        told += _check_crams(config, cohort)
    if check_files and not with_conda:
        told += _check_haplogrep(config)
    return config, replace(cohort, warnings=tuple(told))


def _check_bundle(folder: Path, key: str = "reference.bundle") -> list[Problem]:
    from mitotransfer.genome import bundle_check  # jobs do not check it

    return [replace(found, column=key) for found in bundle_check.check(folder)]


def failed_before(config: Mapping[str, Any], cohort: Cohort) -> list[Problem]:
    """Samples whose files could not be used in an earlier run, and have not changed since.

    Nothing of theirs would be done again, so that a run that has to stop for them would not.
    """
    problems = []
    for name, sample in sorted(cohort.samples.items()):
        summary = Path(config["results"], "samples", name, f"{name}.qc.json")
        if not summary.is_file() or sample.fields["assay"] == "rna":
            continue
        reason = json.loads(summary.read_text(encoding="utf-8")).get("failed", "")
        here = [path for path in map(Path, sample.read_files) if path.is_file()]
        changed = max((path.stat().st_mtime_ns for path in here), default=0)
        if reason and changed <= summary.stat().st_mtime_ns:
            message = (
                f"sample '{name}' failed before: {reason}; to count it again, delete {summary}"
            )
            problems.append(Problem(config["samples"], message, sample.line))
    return problems


def _check_haplogrep(config: Mapping[str, Any]) -> list[Problem]:
    """A warning where a tree is configured and the tool is missing."""
    if not config["haplogroup"]["tree"] or shutil.which("haplogrep3"):
        return []
    message = (
        "haplogrep3 is not installed: haplogroups stay without a name; install it, or run with "
        "--sdm conda"
    )
    return [Problem("configuration", message, column="haplogroup.tree", warning=True)]


def _check_minimap2(config: Mapping[str, Any], cohort: Cohort) -> list[Problem]:
    """Samples of long reads, where the program that aligns them is missing."""
    if shutil.which("minimap2"):
        return []
    return [
        Problem(config["samples"], NO_MINIMAP2, sample.line, "platform")
        for sample in cohort.samples.values()
        if sample.fields["platform"] in columns.LONG_READS
    ]


def _check_crams(config: Mapping[str, Any], cohort: Cohort) -> list[Problem]:
    """Warnings of CRAM files, which need the sequence that they were written with."""
    message = "is a CRAM file, which needs its reference: set reference.cram_fasta"
    return [
        Problem(config["samples"], f"'{unit.bam}' {message}", unit.line, "bam", warning=True)
        for sample in cohort.samples.values()
        for unit in sample.units
        if unit.bam and not scheme(unit.bam) and read_files.is_cram(unit.bam)
    ]


#: Size of reads (MB) above which memory and time stay the same: only the mitochondrial part of such
#: large files is read.
MAX_MEGABYTES = 10_000


def read_megabytes(cohort: Cohort, sample: str, fetched: float = 0) -> int:
    """Size of a sample's reads (10^6 bytes), at most ``MAX_MEGABYTES``.

    Args:
        fetched: size of those that are fetched from a URL.
    """
    return int(min(cohort.samples[sample].megabytes + fetched, MAX_MEGABYTES))


def file_megabytes(path: str | None) -> int:
    """Size of a file (10^6 bytes, rounded up); 0 without a file."""
    return -(-Path(path).stat().st_size // 10**6) if path and Path(path).is_file() else 0


def sheets(config: Mapping[str, Any]) -> list[str]:
    """Paths of the user's sheets."""
    return [path for path in (config["samples"], config["patients"]) if path]


def reference_files(config: Mapping[str, Any]) -> list[str]:
    """Paths of the reference files that the configuration names, beside the bundles."""
    section = config["reference"]
    bundles = ("bundle", "host_bundle")
    return [section[key] for key in sorted(section) if section[key] and key not in bundles]


def settings_text(config: Mapping[str, Any]) -> str:
    """The parameters of the method as JSON: the configuration without sheets and results."""
    paths = {"samples", "patients", "results"}
    return json.dumps({key: config[key] for key in sorted(config.keys() - paths)}, sort_keys=True)


def template_files(scripts: Path) -> list[str]:
    """Paths of the report's templates, styles and page scripts."""
    folder = scripts / "mitotransfer" / "report"
    found = (path for path in folder.rglob("*") if path.suffix in {".j2", ".css", ".js"})
    return sorted(os.path.relpath(path) for path in found)
