"""What the Snakefile asks for: checked configuration, the cohort, and words for command lines."""

from __future__ import annotations

import csv
import inspect
import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mitotransfer import config as configuration
from mitotransfer import reference
from mitotransfer.problems import InputError, Problem
from mitotransfer.sheetfiles import PATTERN_MARKS
from mitotransfer.sheets import Cohort, Sample, read_cohort


def put_first_on_path(folder: Path) -> None:
    """Let programs of a folder be found before all others."""
    os.environ["PATH"] = os.pathsep.join([str(folder), os.environ.get("PATH", "")])


def check_reference(path: str, *, allow_other: bool) -> list[Problem]:
    """Problems of a reference FASTA: it has to be rCRS unless the user says otherwise."""
    key = "reference.fasta"
    try:
        sequences = reference.read_fasta(path)
    except FileNotFoundError:
        return [Problem(path, "file not found", column=key)]
    except (OSError, ValueError) as error:
        return [Problem(path, f"is no FASTA file: {error}", column=key)]
    if len(sequences) != 1:
        return [Problem(path, f"found {len(sequences)} sequences, expected one", column=key)]
    (sequence,) = sequences.values()
    if len(sequence) != reference.LENGTH:
        message = f"found {len(sequence)} bases, expected the {reference.LENGTH} of rCRS"
        if len(sequence) == 16571:
            message += "; this is hg19's chrM, another sequence with other coordinates"
        return [Problem(path, message, column=key)]
    found = reference.checksum(sequence)
    if found != reference.CHECKSUM and not allow_other:
        message = (
            f"found a sequence with checksum {found}, expected rCRS (NC_012920.1, "
            f"{reference.CHECKSUM}); set reference.allow_other if this is meant"
        )
        return [Problem(path, message, column=key)]
    return []


def check_results(folder: str) -> list[Problem]:
    """Problems of the results folder: it, or what it will be made in, has to take files."""
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
) -> tuple[dict[str, Any], Cohort]:
    """Configuration with defaults, and the cohort of the sheets.

    Args:
        given: configuration as merged by Snakemake.
        workflow: folder of the Snakefile; its resources serve where a path is the default one.
        configfiles: files that the configuration came from, for the messages.
        check_files: look at the reference and at the files that the sheets name.

    Raises:
        InputError: every problem of configuration, reference and sheets.
    """
    schemas = workflow / "config" / "schemas"
    schema = configuration.read_schema(schemas / "config.schema.json")
    config = configuration.check(given, schema, configfiles)
    fasta = config["reference"]["fasta"]
    if not Path(fasta).exists() and (workflow / fasta).exists():
        fasta = config["reference"]["fasta"] = str(workflow / fasta)

    problems = []
    if check_files:
        problems += check_results(config["results"])
        problems += check_reference(fasta, allow_other=config["reference"]["allow_other"])
        for key in ("cram_fasta", "decoy_fasta", "primer_bed", "error_panel"):
            path = config["reference"][key]
            if path and not Path(path).is_file():
                problems.append(Problem(path, "file not found", column=f"reference.{key}"))
    try:
        cohort = read_cohort(
            config["samples"],
            config["patients"],
            configuration.read_schema(schemas / "samples.schema.json"),
            configuration.read_schema(schemas / "patients.schema.json"),
            config["cohort"]["covariates"],
            check_files=check_files,
        )
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    return config, cohort


def options(section: Mapping[str, Any], *keys: str) -> list[str]:
    """Command-line words of a section's keys (all by default): ``--min-depth 30``.

    Joined to one text, quoted: Snakemake looks at each item of a list several times for each job.
    """
    words = []
    for key in keys or section:
        value = section[key]
        words.append("--" + key.replace("_", "-"))
        words += [str(item) for item in value] if isinstance(value, list) else [str(value)]
    return [shlex.join(words)]


def align_words(cohort: Cohort, sample: str) -> list[str]:
    """Command-line words for a sample's reads, and what assay and platform change in alignment.

    Duplicates are marked where marking means something: not for amplicons, which all start at
    primers, nor for capture, whose depth makes chance duplicates common.
    """
    fields = cohort.samples[sample].fields
    words = read_words(cohort, sample)
    words += ["--platform", fields["platform"]] if fields["platform"] else []
    return [*words, "--mark-duplicates"] if fields["assay"] in ("wgs", "wes") else words


#: Reads beyond this (MB) ask for no more: of so large a file only the mitochondrial part is read.
MAX_MEGABYTES = 10_000


def read_megabytes(cohort: Cohort, sample: str) -> int:
    """Size of a sample's reads (10^6 bytes), as far as memory and time grow with it."""
    return int(min(cohort.samples[sample].megabytes, MAX_MEGABYTES))


def file_megabytes(path: str | None) -> int:
    """Size of a file (10^6 bytes, rounded up); 0 where none is named or it is not there."""
    return -(-Path(path).stat().st_size // 10**6) if path and Path(path).is_file() else 0


def primer_bed(cohort: Cohort, sample: str, config: Mapping[str, Any]) -> str:
    """The BED file of primers for a sample of amplicons, empty for all others."""
    amplicon = cohort.samples[sample].fields["assay"] == "amplicon"
    return (config["reference"]["primer_bed"] or "") if amplicon else ""


def read_words(cohort: Cohort, sample: str) -> list[str]:
    """Command-line words that name a sample's reads, a lane after the other."""
    words = []
    for unit in cohort.samples[sample].units:
        words += ["--bam", unit.bam] if unit.bam else ["--fastq", *unit.files]
    return words


def patient_words(cohort: Cohort, patient: str, results: str) -> list[str]:
    """Command-line words that name a patient's samples and what was measured of their cells."""
    words = ["--design", cohort.patients[patient].design]
    for sample in cohort.of_patient(patient):
        words += ["--sample", sample.name, sample.role]
        fields = sample.fields
        if fields["nuclear_counts"] or fields["nuclear_vcf"]:
            words += ["--nuclear-counts", sample.name, nuclear_file(sample, results, "counts")]
        if fields["tumor_cell_fraction"]:
            high = fields["tumor_cell_fraction_high"]
            words += ["--tumor-cells", sample.name, fields["tumor_cell_fraction"], high]
        if fields["mtdna_copies"]:
            words += ["--mtdna-copies", sample.name, fields["mtdna_copies"]]
        elif estimates_copies(sample):
            words += ["--mtdna-copies-file", sample.name, nuclear_file(sample, results, "copies")]
    return words


def estimates_copies(sample: Sample) -> bool:
    """Whether a sample's mtDNA copies are estimated from its depths.

    Whole genomes only: of an exome the autosomal depth is that of the baits, the mitochondrial
    one comes from stray reads, so their ratio says nothing about copies.
    """
    fields = sample.fields
    whole = fields["assay"] == "wgs" and all(unit.bam for unit in sample.units)
    return whole and not fields["mtdna_copies"]


def nuclear_file(sample: Sample, results: str, what: str) -> str:
    """Table of nuclear ``counts`` as given or counted, or of mtDNA ``copies``."""
    given = sample.fields["nuclear_counts"] if what == "counts" else ""
    suffix = {"counts": "nuclear_counts.tsv", "copies": "mtdna_copies.tsv"}[what]
    return given or f"{results.rstrip('/')}/samples/{sample.name}/{sample.name}.{suffix}"


def nuclear_files(cohort: Cohort, patient: str, results: str) -> list[str]:
    """Tables of nuclear counts and mtDNA copies of a patient's samples."""
    files = []
    for sample in cohort.of_patient(patient):
        if sample.fields["nuclear_counts"] or sample.fields["nuclear_vcf"]:
            files.append(nuclear_file(sample, results, "counts"))
        if estimates_copies(sample):
            files.append(nuclear_file(sample, results, "copies"))
    return files


def nuclear_words(cohort: Cohort, name: str) -> list[str]:
    """Command-line words for counting in a sample's nuclear reads."""
    sample = cohort.samples[name]
    words = read_words(cohort, name)
    if sample.fields["nuclear_vcf"]:
        words += ["--vcf", sample.fields["nuclear_vcf"]]
    return [*words, "--copies"] if estimates_copies(sample) else words


def sheet_words(config: Mapping[str, Any]) -> list[str]:
    """Command-line words that name the sheets."""
    words = ["--samples", config["samples"]]
    if config["patients"]:
        words += ["--patients", config["patients"]]
    if config["cohort"]["covariates"]:
        words += ["--covariates", *config["cohort"]["covariates"]]
    return words


def sheets(config: Mapping[str, Any]) -> list[str]:
    """The sheets as the user keeps them."""
    return [path for path in (config["samples"], config["patients"]) if path]


def reference_files(config: Mapping[str, Any]) -> list[str]:
    """Files that the configuration names beside the sheets."""
    return [value for value in config["reference"].values() if value and isinstance(value, str)]


def settings_text(config: Mapping[str, Any]) -> str:
    """The parameters as JSON; paths of sheets and results say nothing about the method."""
    paths = {"samples", "patients", "results"}
    return json.dumps({key: config[key] for key in sorted(config.keys() - paths)}, sort_keys=True)


def template_files(scripts: Path) -> list[str]:
    """Files of the report that are no Python: templates, style, script of the page."""
    folder = scripts / "mitotransfer" / "report"
    found = (path for path in folder.rglob("*") if path.suffix in {".j2", ".css", ".js"})
    return sorted(os.path.relpath(path) for path in found)


#: Verdicts that are no answer: the summary of a run says why.
EXCLUDED = ("failed_qc", "uninformative")
MAX_LISTED = 10
LAST_LINES = 4


def keep_signatures(rules: Iterable[Any]) -> None:
    """Keep the signatures of all functions of rules, which Snakemake asks for again for each job.

    Python takes an attribute ``__signature__`` for the answer. Where a version of Snakemake keeps
    its functions elsewhere, this does nothing.
    """
    for rule in rules:
        found = [getattr(item, "_file", item) for item in (*rule.input, *rule.params)]
        found = [getattr(item, "callable", None) or item for item in found]
        for resource in rule.resources.values():
            found += [
                getattr(type(resource), "evaluate", None),
                getattr(resource, "_evaluator", None),
            ]
        for function in filter(inspect.isfunction, found):
            function.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]


def success_text(results: str) -> str:
    """What came out, what was excluded and why, and where to look."""
    transfer = Path(results) / "transfer.tsv"
    report = Path(results) / "report" / "index.html"
    lines = []
    if transfer.exists():
        with open(transfer, encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        verdicts = Counter(row["verdict"] for row in rows)
        lines.append(f"Verdicts of {len(rows)} immune sample{'' if len(rows) == 1 else 's'}:")
        lines += [f"  {count:5d}  {verdict}" for verdict, count in sorted(verdicts.items())]
        excluded = [row for row in rows if row["verdict"] in EXCLUDED]
        if excluded:
            lines.append("Without an answer:")
            lines += [f"  {row['sample']}: {row['evidence']}" for row in excluded[:MAX_LISTED]]
        if len(excluded) > MAX_LISTED:
            lines.append(f"  and {len(excluded) - MAX_LISTED} more, see the table")
        lines.append(f"Table:  {transfer}")
    if report.exists():
        lines.append(f"Report: {report}")
    return "\n".join(lines)


def failed_jobs(run_log: str) -> list[tuple[str, str]]:
    """Rules and log files of the jobs that failed, from the text of a run's log."""
    found = {}
    for block in re.split(r"^Error in rule ", run_log, flags=re.MULTILINE)[1:]:
        name = block.split(":", 1)[0]
        log = re.search(r"^    log: (.+?)(?: \(check log file.*)?$", block, re.MULTILINE)
        if log:
            found[log[1]] = name
    return [(name, log) for log, name in found.items()]


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8", errors="replace") if Path(path).is_file() else ""


def failure_text(results: str, run_logs: Iterable[str]) -> str:
    """The failed jobs, with the last lines of their logs, and what to do."""
    jobs = failed_jobs("".join(_read(path) for path in run_logs))
    lines = ["The run stopped."]
    for rule, log in jobs[:MAX_LISTED]:
        lines.append(f"{rule} failed; the end of {log}:")
        lines += [f"  {line}" for line in _read(log).splitlines() if line.strip()][-LAST_LINES:]
    if len(jobs) > MAX_LISTED:
        lines.append(f"and {len(jobs) - MAX_LISTED} more failed jobs.")
    if any("No space left on device" in line for line in lines):
        lines.append(f"{results}: no space is left on its disk: make room first.")
    lines.append(
        f"All logs: {Path(results) / 'logs'}. Put the cause right and run the same command "
        "again: what is done is kept."
    )
    return "\n".join(lines)
