"""Show why alleles were or were not called, sample by sample.

An allele is a position (``3243``: all its alleles), a base at one (``3243A>G``, ``A3243G``), a row
of the tables (``310T>TC``) or an HGVS name (``m.315dup``, ``m.8281_8289del``).
In: {results}/samples/{sample}/{sample}.tested.tsv.gz, and the confidence level of
{results}/cohort/config.json where it is there. Out: text.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mitotransfer import command
from mitotransfer.calls import audit, audit_query
from mitotransfer.genome import bundle, reference
from mitotransfer.inputs.settings import Fraction


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("alleles", nargs="+", metavar="ALLELE", help="such as 3243A>G")
    add("--results", default="results", type=Path, help="folder of results (%(default)s)")
    add("--sample", action="append", help="sample to show, may be repeated; default: all")
    reference.add_bundle_option(parser)
    return parser.parse_args(arguments)


def main() -> None:
    options = parse()
    genome = bundle.load(options.bundle)
    asked = [audit_query.question(text, genome.reference) for text in options.alleles]
    configured = options.results / "cohort" / "config.json"
    confidence = Fraction.confidence
    if configured.exists():
        confidence = json.loads(configured.read_text(encoding="utf-8"))["fraction"]["confidence"]
    folder = options.results / "samples"
    called = {path.parent.name: path for path in sorted(folder.glob("*/*.tested.tsv.gz"))}
    unknown = [name for name in options.sample or () if name not in called]
    if unknown or not called:
        raise ValueError(f"{folder}: no called sample{f' {unknown[0]!r}' if unknown else ''}")
    for name in options.sample or called:
        frame = audit.TESTED.read(called[name])
        for one in asked:
            for paragraph in audit_query.answer(frame, one, genome, confidence):
                print(f"{name}: {paragraph}")


if __name__ == "__main__":
    command.run(main)
