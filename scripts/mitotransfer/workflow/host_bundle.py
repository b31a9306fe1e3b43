"""What a run of two species needs of its configuration and its sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mitotransfer.inputs import columns
from mitotransfer.inputs.sheets import Cohort
from mitotransfer.problems import Problem

_KEY = "reference.host_bundle"


def check_config(config: Mapping[str, Any]) -> list[Problem]:
    """Keys that do not go with a second species."""
    section = config["reference"]
    found = []
    if section["bundle"] == section["host_bundle"]:
        message = (
            f"found '{section['host_bundle']}', which is reference.bundle, too: leave it out; "
            "people and strains are told apart by the patients' design allogeneic"
        )
        found.append(Problem("configuration", message, column=_KEY))
    if section["primer_bed"]:
        message = "goes with one species alone: primers of one genome do not amplify the other"
        found.append(Problem("configuration", message, column="reference.primer_bed"))
    return found


def check_cohort(config: Mapping[str, Any], cohort: Cohort) -> list[Problem]:
    """Patients and samples whose species cannot be told apart."""
    found = []
    sheet, patients = config["samples"], config["patients"] or "patients"
    for name, patient in sorted(cohort.patients.items()):
        if patient.design != "allogeneic":
            message = (
                f"patient '{name}' has design {patient.design}; with {_KEY} tumour and immune "
                "cells are of two species: set design to allogeneic"
            )
            found.append(Problem(patients, message, column="design"))
    for sample in cohort.samples.values():
        fields = sample.fields
        reasons = {
            "platform": fields["platform"] in columns.LONG_READS and "long reads are",
            "umi": fields["umi"] and "reads with UMIs are",
            "assay": fields["assay"] == "amplicon" and "amplicons of one genome's primers are",
        }
        for column, reason in reasons.items():
            if reason:
                message = f"{reason} not counted by species: leave out {_KEY} or the sample"
                found.append(Problem(sheet, message, sample.line, column))
    for library in cohort.libraries.values():
        message = f"single cells are not counted by species: leave out {_KEY} or the library"
        found.append(Problem(sheet, message, library.line, "role"))
    return found
