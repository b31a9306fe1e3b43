"""The sheets of samples and patients, read once into one immutable object.

Reading does not stop at the first mistake. It collects every problem of both sheets with file,
line, column, the value found and what was expected.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mitotransfer.inputs import columns
from mitotransfer.inputs.read_files import READ_COLUMNS, check_files_of
from mitotransfer.inputs.user_tables import Cells, check_header, read_table
from mitotransfer.problems import InputError, Problem, suggest

ROLES = ("tumor", "immune", "normal")
# Columns of the normalised sheet of samples, which the cohort's steps read.
SAMPLE_COLUMNS = (
    "sample",
    "patient",
    "role",
    "cell_type",
    "timepoint",
    "batch",
    "assay",
    "platform",
    "tumor_cell_fraction",
    "tumor_cell_fraction_high",
    "ambient_mtdna_high",
    "mtdna_copies",
    "nuclear_counts",
    "nuclear_vcf",
)
PATIENT_COLUMNS = ("patient", "cancer_type", "stage", "design", "os_months", "death")


@dataclass(frozen=True)
class Unit:
    """Reads of one sequencing unit: one or two FASTQ files, or one BAM or CRAM."""

    line: int
    fastq_1: str = ""
    fastq_2: str = ""
    bam: str = ""

    @property
    def files(self) -> list[str]:
        return [path for path in (self.fastq_1, self.fastq_2, self.bam) if path]


@dataclass(frozen=True)
class Sample:
    """One sample: its sample-level columns (text as given) and its units."""

    name: str
    patient: str
    role: str
    line: int
    fields: Mapping[str, str]
    units: tuple[Unit, ...]

    @property
    def read_files(self) -> list[str]:
        """All files with reads, unit by unit."""
        return [path for unit in self.units for path in unit.files]

    @cached_property
    def megabytes(self) -> float:
        """Size of the files with reads (10^6 bytes)."""
        return sum(Path(path).stat().st_size for path in self.read_files) / 1e6


@dataclass(frozen=True)
class Patient:
    """One patient: the columns of the sheet (text as given), design filled in."""

    name: str
    fields: Mapping[str, str]

    @property
    def design(self) -> str:
        return self.fields["design"]


@dataclass(frozen=True)
class Cohort:
    """Samples and patients with look-ups by name; made by ``read_cohort``."""

    samples: Mapping[str, Sample]
    patients: Mapping[str, Patient]
    covariates: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    _members: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)

    def of_patient(self, patient: str) -> list[Sample]:
        """The patient's samples, in the order of their names."""
        return [self.samples[name] for name in self._members[patient]]

    @cached_property
    def digest(self) -> str:
        """Checksum of everything that the cohort's steps read from the sheets."""
        text = json.dumps([sample_table(self), patient_table(self)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def sample_table(cohort: Cohort) -> list[list[str]]:
    """Header and rows of the normalised sheet, sorted by patient, role and name of the sample."""
    rows = [
        [
            {"sample": s.name, "patient": s.patient, "role": s.role}.get(c, s.fields.get(c, ""))
            for c in SAMPLE_COLUMNS
        ]
        for s in sorted(cohort.samples.values(), key=lambda s: (s.patient, s.role, s.name))
    ]
    return [list(SAMPLE_COLUMNS), *rows]


def patient_table(cohort: Cohort) -> list[list[str]]:
    """Header and rows of the normalised sheet of patients; covariates after the fixed columns."""
    extra = [c for c in cohort.covariates if c not in PATIENT_COLUMNS]
    columns = [*PATIENT_COLUMNS, *extra]
    rows = [[p.fields.get(c, "") for c in columns] for _, p in sorted(cohort.patients.items())]
    return [columns, *rows]


def _check_reads(path: str, line: int, row: Mapping[str, str]) -> list[Problem]:
    """Problems of a row's reads: FASTQ or BAM, mates in their columns."""
    first, second, bam = (row.get(column, "") for column in READ_COLUMNS)
    problems = []
    if bam and (first or second):
        problems.append(
            Problem(path, "found FASTQ and BAM in one row, expected one of them", line, "bam")
        )
    elif second and not first:
        problems.append(
            Problem(
                path, "is empty although fastq_2 is given; single reads go here", line, "fastq_1"
            )
        )
    elif not (first or bam):
        problems.append(Problem(path, "no reads: give fastq_1 (and fastq_2) or bam", line))
    return problems


def _merge_units(
    path: str, rows: list[tuple[int, dict]]
) -> tuple[dict[str, Sample], list[Problem]]:
    """Samples of the rows, and problems where the lanes of a sample disagree."""
    problems = []
    lanes: dict[str, list[tuple[int, dict]]] = defaultdict(list)
    for line, row in rows:
        lanes[row["sample"]].append((line, row))
    samples = {}
    for name, units in lanes.items():
        first_line, first = units[0]
        for line, row in units[1:]:
            for column, text in row.items():
                if column not in READ_COLUMNS and text != first[column]:
                    problems.append(
                        Problem(
                            path,
                            f"sample '{name}': found '{text}', but line {first_line} has "
                            f"'{first[column]}'; rows of one sample are its lanes and have to "
                            "agree, another sample needs another name",
                            line,
                            column,
                        )
                    )
        if len({bool(row.get("bam")) for _, row in units}) > 1:
            problems.append(
                Problem(path, f"sample '{name}' mixes FASTQ and BAM rows", units[-1][0], "bam")
            )
        made = (
            Unit(line, *(row.get(column, "") for column in READ_COLUMNS)) for line, row in units
        )
        samples[name] = Sample(
            name,
            first["patient"],
            first["role"],
            first_line,
            {c: first.get(c, "") for c in SAMPLE_COLUMNS[3:]},
            tuple(sorted(made, key=lambda unit: unit.files)),
        )
    return samples, problems


def _check_case(path: str, rows: list[tuple[int, dict]]) -> list[Problem]:
    """Problems of names that differ by case alone, which some file systems take for one name.

    For batches this is a warning: between two batches no index cross-talk is assumed.
    """
    problems = []
    for column in ("sample", "patient", "batch"):
        seen: dict[str, tuple[str, int]] = {}
        for line, row in rows:
            name = row.get(column, "")
            other, first = seen.setdefault(name.lower(), (name, line))
            if name != other:
                message = f"found '{name}', which differs from '{other}' in line {first} by case"
                problems.append(
                    Problem(path, f"{message} alone", line, column, warning=column == "batch")
                )
    return problems


def _check_patients(path: str, cohort_members: Mapping[str, list[Sample]]) -> list[Problem]:
    """Warnings about patients whose samples cannot give a verdict."""
    problems = []
    for patient, members in sorted(cohort_members.items()):
        roles = {sample.role for sample in members}
        for role in ROLES:
            if role not in roles:
                effect = (
                    "it has nothing to judge"
                    if role == "immune"
                    else "its immune samples end as 'uninformative'"
                )
                problems.append(
                    Problem(
                        path,
                        f"patient '{patient}' has no {role} sample: {effect}",
                        members[0].line,
                        "role",
                        warning=True,
                    )
                )
    return problems


def _check_measurements(path: str, samples: Iterable[Sample]) -> list[Problem]:
    """Problems of nuclear variants and tumour-cell fractions, whose columns must fit together."""
    problems = []
    for sample in samples:
        if sample.fields.get("nuclear_vcf"):
            message = ""
            if sample.fields.get("nuclear_counts"):
                message = "found nuclear_counts too, expected one of them"
            elif not all(unit.bam for unit in sample.units):
                message = "is counted in a BAM or CRAM with the nuclear reads: give that in bam"
            if message:
                problems.append(Problem(path, message, sample.line, "nuclear_vcf"))
        estimate = sample.fields.get("tumor_cell_fraction", "")
        high = sample.fields.get("tumor_cell_fraction_high", "")
        column = "tumor_cell_fraction_high"
        if high and not estimate:
            problems.append(
                Problem(
                    path, "is empty although its upper bound is given", sample.line, column[:-5]
                )
            )
        elif estimate and not high:
            message = "is empty: without it the contamination counts as unmeasured"
            problems.append(Problem(path, message, sample.line, column, warning=True))
        elif estimate and float(high) == 0:
            message = (
                "found 0, but no count of cells shows that there are none: give the upper 95 % "
                "bound, or the contamination counts as unmeasured"
            )
            problems.append(Problem(path, message, sample.line, column, warning=True))
        elif estimate and float(estimate) > float(high):
            message = f"found {high}, expected at least tumor_cell_fraction ({estimate})"
            problems.append(Problem(path, message, sample.line, column))
    return problems


def _read_patients(
    path: str, covariates: Sequence[str], problems: list[Problem]
) -> dict[str, tuple[int, dict[str, str]]]:
    header, rows = read_table(path, problems, columns.required(columns.PATIENTS))
    if not header:
        return {}
    problems += check_header(path, header, columns.PATIENTS, free_columns=True)
    for name in covariates:
        if name not in header:
            hint = suggest(name, header)
            message = f"column named by cohort.covariates is missing{hint}"
            problems.append(Problem(path, message, 1, name))
    cells = Cells(path, columns.PATIENTS)
    patients: dict[str, tuple[int, dict[str, str]]] = {}
    for line, row in rows:
        problems += cells.check(line, row)
        name = row.get("patient", "")
        if name in patients:
            message = f"patient '{name}' is already in line {patients[name][0]}"
            problems.append(Problem(path, message, line, "patient"))
        else:
            patients[name] = (line, row)
    return patients


def _read_samples(path: str, check_files: bool, problems: list[Problem]) -> dict[str, Sample]:
    needed = columns.required(columns.SAMPLES)
    header, rows = read_table(path, problems, needed)
    if not header:
        return {}
    problems += check_header(path, header, columns.SAMPLES, free_columns=False)
    cells = Cells(path, columns.SAMPLES)
    for line, row in rows:
        problems += cells.check(line, row) + _check_reads(path, line, row)
    if check_files:
        problems += check_files_of(path, rows)
    if not needed <= set(header):
        return {}
    samples, found = _merge_units(path, rows)
    problems += found + _check_case(path, rows)
    return samples


def read_cohort(
    samples_path: str,
    patients_path: str | None,
    covariates: Sequence[str] = (),
    *,
    check_files: bool = True,
) -> Cohort:
    """Both sheets as one object.

    Args:
        samples_path, patients_path: TSV files; no patients sheet where empty.
        covariates: columns that the patients sheet must have.
        check_files: also check the files that the sheet names.

    Raises:
        InputError: with every problem of both sheets; warnings are kept in the result.
    """
    problems: list[Problem] = []
    samples = _read_samples(samples_path, check_files, problems)
    members: dict[str, list[Sample]] = defaultdict(list)
    for name in sorted(samples):
        members[samples[name].patient].append(samples[name])
    problems += _check_patients(samples_path, members)

    given: dict[str, tuple[int, dict[str, str]]] = {}
    if patients_path:
        given = _read_patients(patients_path, covariates, problems)
        for name, (line, _) in given.items():
            if name and samples and name not in members:
                hint = suggest(name, members.keys() - given.keys())
                message = f"patient '{name}' has no sample{hint}"
                problems.append(Problem(patients_path, message, line, "patient", warning=True))
    elif covariates:
        message = "cohort.covariates needs a patients sheet: set `patients`"
        problems.append(Problem("configuration", message, 0, "cohort.covariates"))
    elif (beside := Path(samples_path).with_name("patients.tsv")).is_file():
        message = f"{beside} is not used: set `patients` to it if it is these samples' patients"
        problems.append(Problem("configuration", message, 0, "patients", warning=True))
    _raise_errors(problems)
    # Only now: the cells are known to be numbers where they are given.
    problems += _check_measurements(samples_path, samples.values())
    _raise_errors(problems)
    patients = {}
    for name in sorted(members):
        row = given.get(name, (0, {}))[1]
        fields = {"patient": name} | row
        fields["design"] = row.get("design") or "autologous"
        patients[name] = Patient(name, fields)
    return Cohort(
        samples,
        patients,
        tuple(covariates),
        tuple(problems),
        {patient: [s.name for s in group] for patient, group in members.items()},
    )


def _raise_errors(problems: Iterable[Problem]) -> None:
    errors = [problem for problem in problems if not problem.warning]
    if errors:
        raise InputError(errors)
