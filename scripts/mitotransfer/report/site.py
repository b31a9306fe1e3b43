"""Write the site: a page of each patient, then the index."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from mitotransfer.parallel import in_order
from mitotransfer.report import patient_views
from mitotransfer.report import tables as report_tables
from mitotransfer.report.figures import style
from mitotransfer.report.index_page import MULTIQC, write_index
from mitotransfer.report.pages import FOLDER, Site
from mitotransfer.report.patient_page import write_patient
from mitotransfer.report.tables import Patient, Tables

ASSETS = ("style.css", "table.js")
#: With more patients their figures are SVG only: PNG and PDF take two thirds of the time.
MAX_ALL_FORMATS = 500


def write_report(tables: Tables, site: Site, threads: int = 1) -> None:
    """Write the whole site into ``site.output``.

    Args:
        threads: processes that draw patients' figures.
    """
    patients = report_tables.patients(tables)
    if len(patients) > MAX_ALL_FORMATS:
        site = replace(site, formats=style.FORMATS[:1])
    for name in ("patients", "libraries", "figures", "assets", "tables"):
        (site.output / name).mkdir(parents=True, exist_ok=True)
    for name in ASSETS:
        shutil.copyfile(FOLDER / name, site.output / "assets" / name)
    if site.multiqc:
        shutil.copyfile(site.multiqc, site.output / MULTIQC)
    for name, path in site.files.items():
        shutil.copyfile(path, site.output / "tables" / f"{name}.tsv")
    quality: list[dict[str, Any]] = []
    patients = _ordered(patients)
    for done, rows in enumerate(_pages(patients, site, threads), start=1):
        quality += rows
        if done % 100 == 0:
            print(f"report: {done} of {len(patients)} patients", file=sys.stderr)
    write_index(tables, patients, quality, site)


def _ordered(patients: Sequence[Patient]) -> list[Patient]:
    """The patients with their neighbours, their verdicts in the order of time."""
    names = ["", *(patient.patient for patient in patients), ""]
    return [
        replace(
            patient,
            transfer=patient_views.in_order_of_time(patient.transfer),
            before=names[place],
            after=names[place + 2],
        )
        for place, patient in enumerate(patients)
    ]


def _pages(patients: Iterable[Patient], site: Site, threads: int) -> Iterator[list[dict[str, Any]]]:
    return in_order(partial(write_patient, site=site), patients, threads)
