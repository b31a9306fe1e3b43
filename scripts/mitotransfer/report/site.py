"""Write the site: figures and a page of each patient, then the index."""

from __future__ import annotations

import math
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache, cached_property, partial
from importlib import metadata
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from mitotransfer import flags
from mitotransfer.genome.bundle import Genome
from mitotransfer.inputs.settings import Settings
from mitotransfer.parallel import in_order
from mitotransfer.report import (
    advice,
    cohort_views,
    likelihood_curve,
    methods,
    molecule_views,
    patient_views,
    words,
)
from mitotransfer.report import tables as report_tables
from mitotransfer.report.figures import circle, cohort, pileup, style
from mitotransfer.report.figures.patient import (
    MAX_VARIANTS,
    coverage_figure,
    strip_figure,
    vaf_figure,
)
from mitotransfer.report.tables import (
    Patient,
    Row,
    Tables,
    number,
    read_depth,
    read_haplogroup,
    text,
    variant_name,
    with_own_files,
)

FOLDER = Path(__file__).parent
ASSETS = ("style.css", "table.js")
MULTIQC = "multiqc_report.html"
#: Variants that the command of a sample names.
MAX_ASKED = 3
#: With more patients their figures are SVG only: PNG and PDF take two thirds of the time.
MAX_ALL_FORMATS = 500
PATIENT_LABELS = {"os_months": "months of follow-up"}
PATIENT_VALUES = {("death", "1"): "yes", ("death", "0"): "no, alive at last follow-up"}
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


def settings_of(config: Mapping[str, Any]) -> Settings:
    """A configuration as settings, completed by defaults."""
    given: dict[str, Any] = {}
    for one in fields(Settings):
        if is_dataclass(one.default) and one.name in config:
            section: Any = type(one.default)
            given[one.name] = section(**config[one.name])
    return Settings(**given)


@dataclass(frozen=True)
class Site:
    """Files that the report reads and writes beside its tables, and the contents of every page.

    Attributes:
        genome: for genes, and for artefact tracts, in which fixed differences do not count.
        files: the tables by name; they are copied, so that the folder is complete.
        multiqc: the page of MultiQC; it is copied, so that the report is whole when it is moved.
        audit: command that asks why an allele was or was not called, without sample and allele.
        formats: of patients' figures.
        libraries: what the index says of each library of single cells.
    """

    output: Path
    samples_folder: Path
    patients_folder: Path
    title: str
    version: str
    genome: Genome
    config: Mapping[str, Any]
    files: Mapping[str, Path] = field(default_factory=dict)
    multiqc: Path | None = None
    audit: str = "python scripts/why_not_called.py --results results"
    formats: tuple[str, ...] = style.FORMATS
    libraries: Sequence[Row] = ()

    @cached_property
    def settings(self) -> Settings:
        """The configuration as settings, completed by defaults."""
        return settings_of(self.config)

    @property
    def tree(self) -> str:
        """The tree of the haplogroups' names; "" if there are none."""
        return self.settings.haplogroup.tree


@cache
def environment() -> jinja2.Environment:
    """Templates that escape all values and fail on a misspelt name."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        labels=words.LABELS,
        symbols=words.SYMBOLS,
        meanings=words.MEANINGS,
        status_symbols=words.STATUS_SYMBOLS,
        label=words.label,
        plain=words.plain,
        number=words.count,
        axes={
            "fraction": patient_views.axis_ticks(),
            "share": patient_views.axis_ticks(linear=True),
        },
        track=patient_views.TRACK + 2 * patient_views.MARGIN,
    )
    return made


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


def write_patient(patient: Patient, site: Site) -> list[dict[str, Any]]:
    """Write figures and page of one patient; returns the rows of the quality table."""
    patient = with_own_files(patient, site.patients_folder)
    read = {row["sample"]: read_depth(site.samples_folder, row) for row in patient.samples}
    depths = [depth for depth in read.values() if depth is not None]
    folder = site.output / "figures"
    with style.settings():
        if depths:
            positions = _positions(patient)
            drawn = coverage_figure(depths, site.genome, positions)
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
        "molecules": molecule_views.tiles(patient.molecules, sample),
        "pileups": _pileups(patient, sample, variants, folder),
        "why": audit_command(site, sample, variants),
        "open": patient_views.open_explanations(row),
        "steps": advice.next_steps(patient, row, site.settings),
    }


def _pileups(
    patient: Patient, sample: str, variants: Sequence[Row], folder: Path
) -> list[dict[str, Any]]:
    """Draw the fragments behind each variant; the name, place and figure of each."""
    found = []
    roles = {row["sample"]: row["role"] for row in patient.samples}
    for row in variants:
        panels = [
            pileup.Panel(f"{name}, {words.ROLE_LABELS[role]}", rows)
            for name, role in roles.items()
            if (role != "immune" or name == sample)
            and (rows := patient.reads.get((name, row["pos"], row["alt"])))
        ]
        if not panels:
            continue
        stem = f"{sample}.reads.{row['pos']}{row['alt']}"
        name = variant_name(row)
        (folder / f"{stem}.svg").write_text(
            pileup.pileup_svg(name, panels), encoding="utf-8", newline="\n"
        )
        told = "; ".join(f"{panel.title}: {panel.counted}" for panel in panels)
        found.append({"name": name, "pos": row["pos"], "stem": stem, "told": told})
    return found


def audit_command(site: Site, sample: str, variants: Sequence[Row]) -> str:
    """The command, ready to paste, that asks why a sample's first variants were called or not."""
    alleles = [f"{text(row['pos'])}{row['ref']}>{row['alt']}" for row in variants[:MAX_ASKED]]
    return f"{site.audit} --sample {shlex.join([sample, *(alleles or ['3243A>G'])])}"


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


def write_page(template: str, path: Path, **content: Any) -> None:
    """Fill a template; the page is renamed when complete."""
    page = environment().get_template(template).render(content)
    beside = path.with_name(path.name + ".part")
    beside.write_text(page, encoding="utf-8", newline="\n")
    beside.replace(path)
