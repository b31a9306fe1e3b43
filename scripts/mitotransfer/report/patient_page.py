"""A page per patient, with its figures."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mitotransfer import flags
from mitotransfer.genome.junction_alleles import end_of
from mitotransfer.genome.reference import Reference
from mitotransfer.report import advice, likelihood_curve, molecule_views, patient_views, words
from mitotransfer.report.figures import circle, junction_pileup, pileup, style
from mitotransfer.report.figures.patient import (
    MAX_VARIANTS,
    coverage_figure,
    strip_figure,
    vaf_figure,
)
from mitotransfer.report.pages import Site, write_page
from mitotransfer.report.tables import (
    Patient,
    Row,
    number,
    read_depth,
    read_haplogroup,
    text,
    variant_name,
    with_own_files,
)

#: Variants that the command of a sample names.
MAX_ASKED = 3
PATIENT_LABELS = {"os_months": "months of follow-up"}
PATIENT_VALUES = {("death", "1"): "yes", ("death", "0"): "no, alive at last follow-up"}


def write_patient(patient: Patient, site: Site) -> list[dict[str, Any]]:
    """Write figures and page of one patient; returns the rows of the quality table."""
    patient = with_own_files(patient, site.patients_folder)
    read = {row["sample"]: read_depth(site.samples_folder, row) for row in patient.samples}
    depths = [depth for depth in read.values() if depth is not None]
    folder = site.output / "figures"
    with style.settings():
        if depths:
            positions = _positions(patient)
            drawn = coverage_figure(depths, site.genome, positions, _deletions(patient))
            style.save(drawn, folder, f"{patient.patient}.coverage", site.formats)
        if own := _distinct(patient):
            drawn = circle.circle_figure(own, site.genome)
            style.save(drawn, folder, f"{patient.patient}.circle", site.formats)
        results = [_immune(patient, row, site, folder) for row in patient.transfer]
    rows = [
        patient_views.qc_row(
            patient,
            row,
            read[row["sample"]],
            site.tree and read_haplogroup(site.samples_folder, row["sample"]),
        )
        for row in patient.samples
    ]
    write_page(
        "patient.html.j2",
        site.output / "patients" / f"{patient.patient}.html",
        root="../",
        site=site,
        patient=patient,
        summary=words.patient_summary(patient),
        samples=rows,
        facts=patient_views.quality_facts(read),
        samples_in_words=words.samples_in_words(patient),
        info=_info(patient),
        open=patient_views.open_by_samples(patient.transfer),
        results=results,
        coverage=[depth.sample for depth in depths],
        circle=len(own),
        power=words.percent(site.settings.verdict.power),
    )
    return rows


def _distinct(patient: Patient) -> list[Row]:
    """The patient's informative variants, each once."""
    found = {
        (row["pos"], row["ref"], row["alt"]): row
        for rows in patient.variants.values()
        for row in rows
    }
    return list(found.values())


def _positions(patient: Patient) -> list[int]:
    return sorted({int(row["pos"]) for rows in patient.variants.values() for row in rows})


def _deletions(patient: Patient) -> list[tuple[int, int]]:
    """Ends of the tumour's deletions among its informative variants."""
    found = ((int(row["pos"]), end_of(text(row["alt"]))) for row in _distinct(patient))
    return sorted((start, end) for start, end in found if end is not None)


def _info(patient: Patient) -> list[tuple[str, str]]:
    return [
        (
            PATIENT_LABELS.get(column, words.plain(column)),
            PATIENT_VALUES.get((column, shown), shown),
        )
        for column, value in patient.info.items()
        if column != "patient" and (shown := text(value))
    ]


def _immune(patient: Patient, row: Row, site: Site, folder: Path) -> dict[str, Any]:
    """Draw the figures of one immune sample; returns the contents of its section."""
    sample = row["sample"]
    variants = patient.variants.get(sample, [])
    contamination = patient.contamination.get(sample)
    judged, curve = not math.isnan(number(row, "tumor_fraction")), None
    if judged:
        if row.get("fraction_method") != "molecules":
            curve = likelihood_curve.curve(variants, site.settings.contamination)
        drawn = strip_figure(row, contamination, curve, site.settings.fraction.confidence)
        style.save(drawn, folder, f"{sample}.fraction", site.formats)
    if variants:
        drawn = vaf_figure(variants, number(row, "detection_limit"))
        style.save(drawn, folder, f"{sample}.vaf", site.formats)
    return {
        "sample": sample,
        "cell_type": text(row.get("cell_type")),
        "timepoint": text(row.get("timepoint")),
        "verdict": row["verdict"],
        "finding": words.finding(row),
        "evidence": patient_views.evidence(row),
        "flags": words.flags(row.get("flags"), flags.OF_SAMPLES),
        "facts": patient_views.facts(row, contamination),
        "judged": judged,
        "curve": curve is not None,
        "explanations": patient_views.explanation_rows(patient.explanations.get(sample, [])),
        **patient_views.variants_with_flags(variants),
        "drawn": min(len(variants), MAX_VARIANTS),
        "molecules": molecule_views.tiles(patient.molecules, sample, row),
        "pileups": _pileups(patient, sample, site.genome.reference, folder),
        "why": audit_command(site, sample, variants),
        "open": patient_views.open_explanations(row),
        "steps": advice.next_steps(patient, row, site.settings),
    }


def _pileups(
    patient: Patient, sample: str, reference: Reference, folder: Path
) -> list[dict[str, Any]]:
    """Draw the fragments behind each variant; the name, place and figure of each."""
    found = []
    roles = {row["sample"]: row["role"] for row in patient.samples}
    for row in patient.variants.get(sample, []):
        pos, end = int(row["pos"]), end_of(text(row["alt"]))
        kind = pileup.Panel if end is None else junction_pileup.JunctionPanel
        panels = [
            kind(f"{name}, {words.ROLE_LABELS[role]}", rows)
            for name, role in roles.items()
            if (role != "immune" or name == sample)
            and (rows := patient.reads.get((name, row["pos"], row["alt"])))
        ]
        if not panels:
            continue
        name = variant_name(row)
        if end is None:
            place, stem = f"{pos}", f"{sample}.reads.{pos}{row['alt']}"
            drawn = pileup.pileup_svg(name, panels)
        else:
            place, stem = f"{pos} and {end}", f"{sample}.reads.{pos}-{end}"
            junction = junction_pileup.junction_of(reference, pos, end)
            drawn = junction_pileup.junction_svg(f"Reads at {name}", junction, panels)
        (folder / f"{stem}.svg").write_text(drawn, encoding="utf-8", newline="\n")
        told = "; ".join(f"{panel.title}: {panel.counted}" for panel in panels)
        found.append(
            {"name": name, "place": place, "stem": stem, "told": told, "junction": end is not None}
        )
    return found


def audit_command(site: Site, sample: str, variants: Sequence[Row]) -> str:
    """The command, ready to paste, that asks why a sample's first variants were called or not.

    Empty where all of them are large deletions, which are no calls.
    """
    asked = [row for row in variants if end_of(text(row["alt"])) is None]
    if variants and not asked:
        return ""
    alleles = [f"{text(row['pos'])}{row['ref']}>{row['alt']}" for row in asked[:MAX_ASKED]]
    return f"{site.audit} --sample {shlex.join([sample, *(alleles or ['3243A>G'])])}"
