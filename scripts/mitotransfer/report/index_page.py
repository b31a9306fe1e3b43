"""The index of a report, with the figures of the cohort."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import pandas as pd

from mitotransfer.report import cohort_views, methods, patient_views, words
from mitotransfer.report import tables as report_tables
from mitotransfer.report.figures import cohort, style
from mitotransfer.report.pages import Site, write_page
from mitotransfer.report.tables import Patient, Tables, with_own_files

MULTIQC = "multiqc_report.html"
SOFTWARE = ("numpy", "scipy", "pandas", "matplotlib", "jinja2")
DOWNLOADS = {
    "transfer": "verdict, fraction and detection limit of every immune sample",
    "shared_variants": "every informative variant in tumour, immune sample and normal",
    "explanations": "every alternative explanation with its status and numbers",
    "prevalence": "share of patients with exact intervals",
    "associations": "what the fraction and survival go with",
    "survival": "Kaplan-Meier curves",
    "screening": "each immune sample against the largest tumour fraction allowed",
    "identity": "who is who: fixed differences of every sample",
    "crosstalk": "index cross-talk of every sample",
    "null": "every swapped pair",
    "null_summary": "rate of false positives on swapped pairs",
    "samples": "the sheet of samples, as it was read",
    "patients": "the sheet of patients, as it was read",
}


def write_index(
    tables: Tables, patients: list[Patient], quality: list[dict[str, Any]], site: Site
) -> None:
    """Write ``index.html`` and the figures of the cohort."""
    transfer = [row for patient in patients for row in patient.transfer]
    with style.settings():
        drawn = cohort_views.figures(tables, site.settings.verdict.false_positive_rate)
        drawn["identity"] = cohort_views.identity_figure(
            patients, site.samples_folder, ~site.genome.artefact
        )
        for name, made in drawn.items():
            if made is not None:
                style.save(made, site.output / "figures", f"cohort-{name}")
    every = patient_views.open_for_all(transfer)
    rows = [patient_views.verdict_row(row, patient.info, every) for patient in patients
            for row in patient.transfer]  # fmt: skip
    without = [patient.patient for patient in patients if not patient.transfer]
    sentences = words.summary(transfer, len({row["patient"] for row in transfer}))
    quotable = words.quotable(report_tables.records(tables.prevalence))
    # Snakemake's own report opens with it.
    told = "\n\n".join(filter(None, [quotable, *sentences]))
    (site.output / "summary.txt").write_text(f"{told}\n", encoding="utf-8")
    write_page(
        "index.html.j2",
        site.output / "index.html",
        root="",
        site=site,
        sentences=sentences,
        quotable=quotable,
        open_for_all=sorted(every),
        counts=words.verdict_counts(transfer),
        rows=rows,
        without=without,
        prevalence=patient_views.prevalence_rows(tables.prevalence),
        largest_limit=words.percent(site.settings.verdict.max_detection_limit),
        drawn={name: made is not None for name, made in drawn.items()},
        associations=cohort_views.association_rows(tables.associations),
        association_sentence=cohort_views.association_sentence(tables.associations),
        null_sentence=cohort_views.null_sentence(tables.null_summary),
        screening=cohort_views.screening_rows(tables.screening),
        screening_sentence=cohort_views.screening_sentence(tables.screening),
        every_sample=sum(len(p.samples) for p in patients) <= cohort.MAX_MATRIX,
        most_samples=cohort.MAX_MATRIX,
        downloads=[item for item in DOWNLOADS.items() if item[0] in site.files],
        quality=quality,
        no_haplogroups=site.tree and not any(row["haplogroup"] for row in quality),
        batches=patient_views.crosstalk_batches(tables.crosstalk),
        multiqc=MULTIQC if site.multiqc else "",
        methods=methods.paragraphs(
            tables,
            [with_own_files(patient, site.patients_folder) for patient in patients],
            pd.DataFrame(quality, columns=["sample", "role_name", "mean_depth"]),
            site.genome.reference.facts.title,
            site.settings,
        ),
        citation=methods.citation(site.version),
        references=methods.REFERENCES,
        parameters=patient_views.parameters(site.config),
        software=[(name, metadata.version(name)) for name in SOFTWARE],
    )
