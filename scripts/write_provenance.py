"""Record the origin of the results: versions, configuration, command, checksums.

In:  the results, the user's files, the workflow's own files
Out: JSON
"""

from __future__ import annotations

import argparse
import csv
import json
from datetime import UTC, datetime
from pathlib import Path

from mitotransfer import command
from mitotransfer.workflow import run_record

#: Columns of the sheet that name files beside the reads.
FILES = ("nuclear_counts", "nuclear_vcf", "nuclear_bam")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workflow", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--results", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--samples", required=True, type=Path, metavar="TSV")
    parser.add_argument("--config-json", required=True, type=Path, metavar="JSON")
    parser.add_argument("--tables", nargs="+", required=True, type=Path, metavar="FILE")
    parser.add_argument("--sheets", nargs="+", required=True, type=Path, metavar="TSV")
    parser.add_argument("--inputs", nargs="*", default=[], type=Path, metavar="FILE")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", required=True, type=Path, metavar="JSON")
    args = parser.parse_args()
    with open(args.samples, encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    named = {row[name] for row in rows for name in FILES if row.get(name)}
    samples, patients = [row["sample"] for row in rows], {row["patient"] for row in rows}
    results = run_record.Results(args.results, args.tables, samples, sorted(patients))
    config = json.loads(args.config_json.read_text(encoding="utf-8"))
    given = run_record.Given(args.sheets, [*args.inputs, *map(Path, named)], config)
    found = run_record.run_record(args.workflow, results, given, datetime.now(UTC), args.threads)
    text = json.dumps(found, indent=1, ensure_ascii=False, sort_keys=False)
    args.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    command.run(main)
