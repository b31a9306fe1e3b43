"""Plan a study: what samples of given depths, purity and measurements will be able to show.

Several values of an option make a grid of designs. With a finished cohort, what to sequence next.
In:  options; or the results folder of a finished cohort
Out: one paragraph a design, and in the folder of --output a table (plan.tsv) and a figure
     (plan.svg, plan.png, plan.pdf); of a finished cohort a line a sample, and next.tsv
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from mitotransfer import command
from mitotransfer.inputs.settings import Settings
from mitotransfer.planning import cohort, figure, tumors, words
from mitotransfer.planning.design import Design, checked
from mitotransfer.planning.outcome import plan
from mitotransfer.report.figures import style
from mitotransfer.report.pages import settings_of
from mitotransfer.report.tables import Tables, read_json, read_table

TOP = ("transfer", "shared_variants", "explanations")


def vafs(text: str) -> tuple[float, ...]:
    """Numbers joined by commas."""
    return tuple(float(word) for word in text.split(","))


def truth(text: str) -> bool:
    """``true`` or ``false``."""
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r}: expected true or false")
    return text.lower() == "true"


def reader(default: object) -> Callable[[str], object]:
    """The converter of an option's words."""
    if isinstance(default, tuple):
        return vafs
    return truth if isinstance(default, bool) else type(default)


def shown(value: Any) -> str:
    """A value as it is written on the command line."""
    if isinstance(value, tuple):
        return ",".join(f"{one:g}" for one in value)
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for field in fields(Design):
        said = " ".join(filter(None, [field.metadata["description"], field.metadata["unit"]]))
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            nargs="+",
            type=reader(field.default),
            default=[field.default],
            metavar="VALUE",
            help=f"{said.replace('%', '%%')} ({shown(field.default)})",
        )
    add = parser.add_argument
    add("--tumors", type=int, default=100, metavar="N",
        help="tumours with 2.9 mtDNA substitutions each (assumed), to see how many patients are "
        "answered; 0: none (%(default)s)")  # fmt: skip
    add("--results", type=Path, metavar="FOLDER", help="a finished cohort: what to sequence next")
    add("--output", type=Path, metavar="FOLDER", help="folder for table and figure")
    return parser.parse_args(arguments)


def grid(options: argparse.Namespace) -> tuple[list[Design], list[str]]:
    """The designs asked for, and the options that differ between them."""
    given = {field.name: getattr(options, field.name) for field in fields(Design)}
    designs = [
        checked(Design(**dict(zip(given, values, strict=True))))
        for values in product(*given.values())
    ]
    return designs, [name for name, values in given.items() if len(values) > 1]


def label(design: Design, varied: list[str]) -> str:
    """What distinguishes a design of a grid."""
    return ", ".join(f"{name.replace('_', ' ')} {shown(getattr(design, name))}" for name in varied)


def plan_designs(options: argparse.Namespace) -> None:
    """Plans of all designs: paragraphs, and table and figure where asked for."""
    settings = Settings()
    designs, varied = grid(options)
    virtual = tumors.draw(options.tumors, settings)
    table = []
    for design in designs:
        found = plan(design, settings, told=lambda text: print(f"trying {text}", file=sys.stderr))
        patients = tumors.answered(design, settings, virtual) if virtual else None
        told = words.paragraph(found, patients).replace("\N{NO-BREAK SPACE}", " ")
        print(f"{label(design, varied)}: {told}" if varied else told)
        own = {field.name: shown(getattr(design, field.name)) for field in fields(Design)}
        table.append(own | words.row(found, patients))
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        write(pd.DataFrame(table), options.output / "plan.tsv")
        lines = [name for name in varied if name != "immune_depth"]
        drawn = {label(design, lines): design for design in designs}
        chosen = list(drawn.items())[: figure.MAX_DESIGNS]
        curves = [
            (name or "supported from", figure.over_depth(one, settings)) for name, one in chosen
        ]
        with style.settings():
            style.save(figure.plan_figure(curves, designs[0].fraction), options.output, "plan")


def write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, sep="\t", index=False, float_format="%.4g", lineterminator="\n")


def plan_cohort(options: argparse.Namespace) -> None:
    """What to sequence next, sample by sample."""
    folder = options.results
    paths = {
        name: folder / ("" if name in TOP else "cohort") / f"{name}.tsv"
        for name in Tables.__dataclass_fields__
    }
    tables = Tables(
        **{name: read_table(path, name) for name, path in paths.items() if path.is_file()}
    )
    settings = settings_of(read_json(folder / "cohort" / "config.json"))
    found = cohort.rows(tables, folder / "patients", settings)
    for row in found:
        print(f"{row['sample']} ({row['verdict']}): {row['next']}")
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        write(pd.DataFrame(found), options.output / "next.tsv")


def main() -> None:
    options = parse()
    if options.results:
        plan_cohort(options)
    else:
        plan_designs(options)


if __name__ == "__main__":
    command.run(main)
