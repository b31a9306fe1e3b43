"""Libraries of single cells in the sheet of samples, and the samples that their cells make.

The cells of one role are a sample by themselves, ``{library}.{role}``: a pseudobulk. It goes
through all steps like the samples of other rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mitotransfer.inputs.cell_annotation import roles_of
from mitotransfer.inputs.columns import (
    BARCODE_TAG,
    CELL_ASSAYS,
    CELL_RNA,
    CELL_UMIS,
    ROLES,
    UMI_TAG,
)
from mitotransfer.inputs.samples import Sample, Unit
from mitotransfer.problems import InputError, Problem

ROLE = "cells"
#: Roles of cells that make a pseudobulk sample.
GROUPS = ROLES
#: Columns that only a library of cells has.
CELL_COLUMNS = (
    "library", "cell_counts", "cell_annotation", "barcodes", "barcode_tag", "umi_tag",
)  # fmt: skip
_PLATE = "sc_plate"


@dataclass(frozen=True)
class Library:
    """A library that holds cells of several roles.

    Attributes:
        fields: columns of its first row, as given; barcode_tag and umi_tag filled in.
        units: its BAM files.
        cells: of a plate the cell of each unit; empty for the others.
        groups: number of cells of each role that makes a sample.
    """

    name: str
    patient: str
    line: int
    fields: Mapping[str, str]
    units: tuple[Unit, ...]
    cells: tuple[str, ...]
    groups: Mapping[str, int]

    @property
    def files(self) -> list[str]:
        """Its files with reads or counts."""
        return [path for unit in self.units for path in unit.files] or [self.fields["cell_counts"]]

    @property
    def is_rna(self) -> bool:
        """Whether its reads are taken for RNA; plates are (Smart-seq2), which is the safe side."""
        return self.fields["assay"] in CELL_RNA


def _row_problems(path: str, sample: Sample) -> list[Problem]:
    """Problems of a row with role cells, or with an assay of single cells."""
    fields, found = sample.fields, []

    def problem(column: str, message: str) -> None:
        found.append(Problem(path, message, sample.line, column))

    if sample.role != ROLE:
        if fields["assay"] in CELL_ASSAYS:
            problem("assay", f"found '{fields['assay']}', which needs role cells")
        return found
    if fields["assay"] not in CELL_ASSAYS:
        expected = f"role cells needs one of {', '.join(CELL_ASSAYS)}"
        problem("assay", f"found '{fields['assay']}', but {expected}" if fields["assay"] else
                f"is empty: {expected}")  # fmt: skip
    if not fields["cell_annotation"]:
        problem("cell_annotation", "is empty: without the role of each cell nothing can be judged")
    if any(unit.fastq_1 for unit in sample.units):
        problem("fastq_1", "reads of cells are taken from a BAM with cell barcodes: give it in bam")
    if fields["cell_counts"] and any(unit.bam for unit in sample.units):
        problem("cell_counts", "found bam too, expected one of them")
    for column in ("cell_counts", "barcodes", "cell_annotation"):
        place = Path(fields[column])
        if fields[column] and not (place.is_file() or (column == "cell_counts" and place.is_dir())):
            problem(column, f"'{fields[column]}' not found")
    if fields["cell_counts"] and fields["assay"] == _PLATE:
        problem("cell_counts", "is not for sc_plate: give its assay as sc_rna or sc_atac")
    if fields["assay"] == _PLATE and not fields["library"]:
        problem("library", "is empty: the cells of a plate share the name of their library")
    elif fields["library"] and fields["assay"] != _PLATE:
        problem("library", "is for sc_plate, where each row is a cell; leave it empty")
    return found


def _plate_problems(path: str, rows: Sequence[Sample]) -> list[Problem]:
    """Cells of a plate whose rows disagree."""
    first, found = rows[0], []
    for row in rows[1:]:
        for column in ("patient", *sorted(first.fields)):
            one, other = (
                sample.patient if column == "patient" else sample.fields[column]
                for sample in (first, row)
            )
            if one != other:
                message = f"found '{other}', but line {first.line} of this library has '{one}'"
                found.append(Problem(path, message, row.line, column))
    return found


def _library(path: str, name: str, rows: Sequence[Sample], problems: list[Problem]) -> Library:
    first = rows[0]
    fields = dict(first.fields)
    fields["barcode_tag"] = fields["barcode_tag"] or BARCODE_TAG
    fields["umi_tag"] = fields["umi_tag"] or (UMI_TAG if fields["assay"] in CELL_UMIS else "")
    groups: dict[str, int] = {}
    try:
        number = roles_of(fields["cell_annotation"])
        groups = {role: number[role] for role in GROUPS if number.get(role)}
    except InputError as error:
        problems += error.problems
    else:
        for role, effect in (("tumor", "the tumour's variants must come from a bulk sample"),
                             ("immune", "it has nothing to judge")):  # fmt: skip
            if role not in groups:
                message = f"'{fields['cell_annotation']}' has no {role} cells: {effect}"
                problems.append(Problem(path, message, first.line, "cell_annotation", warning=True))
    plate = fields["assay"] == _PLATE
    units = [(row.name, unit) for row in rows for unit in row.units if unit.files]
    return Library(
        name,
        first.patient,
        first.line,
        fields,
        tuple(unit for _, unit in units),
        tuple(cell for cell, _ in units) if plate else (),
        groups,
    )


def pseudobulk(library: Library) -> list[Sample]:
    """The samples that the cells of a library make, one for each role."""
    return [
        Sample(
            f"{library.name}.{role}",
            library.patient,
            role,
            library.line,
            {**library.fields, "input_cells": str(number)},
            library.units,
            library.name,
        )
        for role, number in library.groups.items()
    ]


def expand(
    path: str, samples: Mapping[str, Sample]
) -> tuple[dict[str, Sample], dict[str, Library], list[Problem]]:
    """Samples with those that cells make in place of their libraries, the libraries, problems."""
    problems = [found for sample in samples.values() for found in _row_problems(path, sample)]
    plain = {name: sample for name, sample in samples.items() if sample.role != ROLE}
    if problems:
        return plain, {}, problems
    rows: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples.values():
        if sample.role == ROLE:
            rows[sample.fields["library"] or sample.name].append(sample)
    libraries = {}
    for name, members in sorted(rows.items()):
        problems += _plate_problems(path, members)
        libraries[name] = _library(path, name, members, problems)
        for made in pseudobulk(libraries[name]):
            if made.name in samples:
                message = (
                    f"sample '{made.name}' has the name that the {made.role} cells of library "
                    f"'{name}' get: give it another"
                )
                problems.append(Problem(path, message, samples[made.name].line, "sample"))
            else:
                plain[made.name] = made
    return plain, libraries, [*problems, *_rna_alone(path, plain, libraries)]


def _rna_alone(
    path: str, samples: Mapping[str, Sample], libraries: Mapping[str, Library]
) -> list[Problem]:
    """Warnings of patients with RNA of single cells, but no DNA of the tumour."""
    dna = {
        sample.patient
        for sample in samples.values()
        if sample.role == "tumor" and sample.fields["assay"] not in ("rna", *CELL_RNA)
    }
    return [
        Problem(
            path,
            f"patient '{library.patient}' has no DNA of the tumour: variants seen in RNA alone may "
            "be modified sites, so none is informative; give DNA of the tumour too",
            library.line,
            "assay",
            warning=True,
        )
        for library in libraries.values()
        if library.is_rna and library.patient not in dna
    ]
