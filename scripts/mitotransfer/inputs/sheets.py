"""The sheets of samples and patients, read once into one immutable object.

Reading does not stop at the first mistake. It collects every problem of both sheets with file,
line, column, the value found and what was expected.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mitotransfer.inputs import columns, libraries, row_checks
from mitotransfer.inputs.columns import DESIGNS, READ_COLUMNS, ROLES
from mitotransfer.inputs.libraries import CELL_COLUMNS, Library
from mitotransfer.inputs.samples import Sample, Unit
from mitotransfer.inputs.user_tables import Cells, check_header, read_table
from mitotransfer.problems import InputError, Problem, suggest

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
    "mtdna_copies_low",
    "mtdna_copies_high",
    "purity",
    "purity_low",
    "purity_high",
    "ploidy",
    "input_cells",
    "mtdna_molecules",
    "cells_counted",
    "preparation",
    "preparation_split",
    "nuclear_counts",
    "nuclear_vcf",
    "umi",
    "nuclear_bam",
)
# Columns that only tell how the reads are read.
READING_COLUMNS = ("interleaved",)
PATIENT_COLUMNS = ("patient", "cancer_type", "stage", "design", "os_months", "death")

#: Problems of the files that numbered rows of a sheet name: ``(path of the sheet, rows)``.
FileCheck = Callable[[str, Sequence[tuple[int, Mapping[str, str]]]], list[Problem]]


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
    """Samples and patients with look-ups by name; made by ``read_cohort``.

    Attributes:
        samples: those of the sheet, and those that the cells of the libraries make.
        libraries: of single cells.
    """

    samples: Mapping[str, Sample]
    patients: Mapping[str, Patient]
    covariates: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    libraries: Mapping[str, Library] = field(default_factory=dict)
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
    """Header and rows of the normalised sheet of patients; further columns after the fixed ones."""
    known = {*PATIENT_COLUMNS, *(column.name for column in columns.PATIENTS)}
    extra = sorted({c for p in cohort.patients.values() for c in p.fields if c} - known)
    header = [*PATIENT_COLUMNS, *extra]
    rows = [[p.fields.get(c, "") for c in header] for _, p in sorted(cohort.patients.items())]
    return [header, *rows]


def _merge_units(
    path: str, rows: Sequence[tuple[int, dict]]
) -> tuple[dict[str, Sample], list[Problem]]:
    """Samples of the rows, and problems where the lanes of a sample disagree."""
    known = {column.name for column in columns.SAMPLES}
    cells, problems = row_checks.join_lanes(path, rows, known)
    lanes: dict[str, list[tuple[int, dict]]] = defaultdict(list)
    for line, row in rows:
        lanes[row["sample"]].append((line, row))
    kept = (*SAMPLE_COLUMNS[3:], *READING_COLUMNS, *CELL_COLUMNS)
    samples = {}
    for name, units in lanes.items():
        if len({bool(row.get("bam")) for _, row in units}) > 1:
            problems.append(
                Problem(path, f"sample '{name}' mixes FASTQ and BAM rows", units[-1][0], "bam")
            )
        made = (
            Unit(line, *(row.get(column, "") for column in READ_COLUMNS)) for line, row in units
        )
        samples[name] = Sample(
            name,
            cells[name]["patient"],
            cells[name]["role"],
            units[0][0],
            {column: cells[name].get(column, "") for column in kept},
            tuple(sorted(made, key=lambda unit: unit.files)),
        )
    return samples, problems


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


def _read_samples(
    path: str, problems: list[Problem], check_files: FileCheck | None
) -> dict[str, Sample]:
    needed = columns.required(columns.SAMPLES)
    header, rows = read_table(path, problems, needed)
    if not header:
        return {}
    problems += check_header(path, header, columns.SAMPLES, free_columns=False)
    cells = Cells(path, columns.SAMPLES)
    for line, row in rows:
        problems += cells.check(line, row) + row_checks.check_reads(path, line, row)
    if check_files:
        problems += check_files(path, rows)
    if not needed <= set(header):
        return {}
    samples, found = _merge_units(path, rows)
    problems += found + row_checks.check_names(path, rows)
    return samples


def read_cohort(
    samples_path: str,
    patients_path: str | None,
    covariates: Sequence[str] = (),
    *,
    check_files: FileCheck | None = None,
) -> Cohort:
    """Both sheets as one object.

    Args:
        samples_path, patients_path: TSV files; no patients sheet where empty.
        covariates: columns that the patients sheet must have.
        check_files: gives the problems of the files that the rows of the samples' sheet name;
            without it they are not looked at.

    Raises:
        InputError: with every problem of both sheets; warnings are kept in the result.
    """
    problems: list[Problem] = []
    samples = _read_samples(samples_path, problems, check_files)
    samples, of_cells, found = libraries.expand(samples_path, samples)
    problems += found
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
        for name in sorted(members.keys() - given.keys()) if given else ():
            hint = suggest(name, given.keys() - members.keys())
            message = f"patient '{name}' has no row in {patients_path}{hint}"
            line = min(sample.line for sample in members[name])
            problems.append(Problem(samples_path, message, line, "patient", warning=True))
    elif covariates:
        message = "cohort.covariates needs a patients sheet: set `patients`"
        problems.append(Problem("configuration", message, 0, "cohort.covariates"))
    elif (beside := Path(samples_path).with_name("patients.tsv")).is_file():
        message = f"{beside} is not used: set `patients` to it if it is these samples' patients"
        problems.append(Problem("configuration", message, 0, "patients", warning=True))
    _raise_errors(problems)
    # Only now: the cells are known to be numbers where they are given.
    for sample in samples.values():
        aligned = all(unit.bam for unit in sample.units)
        cells = {"role": sample.role, **sample.fields}
        problems += row_checks.check_measurements(samples_path, sample.line, cells, aligned)
    _raise_errors(problems)
    patients = {}
    for name in sorted(members):
        row = given.get(name, (0, {}))[1]
        fields = {"patient": name} | row
        fields["design"] = row.get("design") or DESIGNS[0]
        patients[name] = Patient(name, fields)
    return Cohort(
        samples,
        patients,
        tuple(covariates),
        tuple(problems),
        of_cells,
        {patient: [s.name for s in group] for patient, group in members.items()},
    )


def _raise_errors(problems: Iterable[Problem]) -> None:
    problems = list(problems)
    if not all(problem.warning for problem in problems):
        raise InputError(problems)
