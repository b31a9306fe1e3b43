"""Render the report: a static site of the cohort's results that works offline from a file.

In:  the cohort's tables, contamination of all patients, counts and QC of all samples
     the tables of libraries of single cells
Out: index.html, a page per patient and per library, and their figures as SVG, PNG and PDF
"""

import argparse
import os
import shlex
import sys
from pathlib import Path

from mitotransfer import command
from mitotransfer.genome import bundle, reference
from mitotransfer.inputs.settings import Report
from mitotransfer.report import cell_page
from mitotransfer.report.pages import Site, settings_of
from mitotransfer.report.site import write_report
from mitotransfer.report.tables import OPTIONAL, Tables, read_json, read_table


def audit_command(results: Path) -> str:
    """The command that asks why an allele was or was not called, from the folder of this run."""
    here = Path.cwd()
    words = [sys.executable, str(Path(__file__).with_name("why_not_called.py"))]
    words = [os.path.relpath(word) if Path(word).is_relative_to(here) else word for word in words]
    return f"cd {shlex.quote(str(here))} && {shlex.join([*words, '--results', str(results)])}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in Tables.__dataclass_fields__:
        option = "--" + name.replace("_", "-")
        parser.add_argument(option, required=name not in OPTIONAL, metavar="TSV")
    parser.add_argument("--contamination-folder", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--samples-folder", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--libraries", nargs="*", default=[], help="libraries of single cells")
    command.add_settings(parser, Report)
    parser.add_argument("--version", default="")
    parser.add_argument("--config-json", type=Path, metavar="JSON", help="parameters to show")
    reference.add_bundle_option(parser)
    parser.add_argument("--multiqc", type=Path, metavar="HTML", help="page of MultiQC to copy")
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--output", required=True, type=Path, metavar="FOLDER")
    args = parser.parse_args()
    given = {name: getattr(args, name) for name in Tables.__dataclass_fields__}
    files = {name: Path(path) for name, path in given.items() if path is not None}
    tables = Tables(**{name: read_table(path, name) for name, path in files.items()})
    config = read_json(args.config_json) if args.config_json else {}
    libraries = [cell_page.read(args.samples_folder, name) for name in args.libraries]
    site = Site(
        output=args.output,
        samples_folder=args.samples_folder,
        patients_folder=args.contamination_folder,
        title=args.title,
        version=args.version,
        config=config,
        files=files,
        multiqc=args.multiqc,
        audit=audit_command(args.samples_folder.parent),
        genome=bundle.load(args.bundle),
        libraries=cell_page.index_rows(libraries, settings_of(config).cells),
    )
    write_report(tables, site, args.threads)
    for library in libraries:
        cell_page.write(library, site)


if __name__ == "__main__":
    command.run(main)
