"""What all pages share: the files and settings of a report, and the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jinja2

from mitotransfer.genome.bundle import Genome
from mitotransfer.inputs.settings import Settings
from mitotransfer.report import patient_views, words
from mitotransfer.report.figures import style
from mitotransfer.report.tables import Row

FOLDER = Path(__file__).parent


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


def write_page(template: str, path: Path, **content: Any) -> None:
    """Fill a template; the page is renamed when complete."""
    page = environment().get_template(template).render(content)
    beside = path.with_name(path.name + ".part")
    beside.write_text(page, encoding="utf-8", newline="\n")
    beside.replace(path)
