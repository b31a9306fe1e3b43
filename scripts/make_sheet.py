"""Make a sheet of samples from a folder of FASTQ, BAM or CRAM files.

Lanes are joined and mates paired by the names of the files. Patients and roles are guessed from the
names: the column review says what to look at, and is to be removed. No file is overwritten.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from mitotransfer import command
from mitotransfer.inputs import file_names
from mitotransfer.inputs.columns import PATIENTS
from mitotransfer.inputs.user_tables import write_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder with the reads; its folders count, too")
    parser.add_argument(
        "--output", type=Path, default=Path("samples.tsv"), help="sheet to write (%(default)s)"
    )
    parser.add_argument("--patients", type=Path, help="also write a sheet with a row per patient")
    args = parser.parse_args()
    if not args.folder.is_dir():
        raise ValueError(f"{args.folder}: no such folder")
    outputs = [path for path in (args.output, args.patients) if path]
    for path in outputs:
        if os.path.lexists(path):
            raise ValueError(f"{path}: is there already; name another file")
    paths = [
        str(Path(folder) / name)
        for folder, _, names in os.walk(args.folder, followlinks=True)
        for name in names
    ]
    rows, left_out = file_names.rows_of(paths)
    for path, reason in sorted(left_out.items()):
        print(f"left out: {path}: {reason}", file=sys.stderr)
    if not rows:
        raise ValueError(f"{args.folder}: no FASTQ, BAM or CRAM files")
    table = [list(file_names.COLUMNS), *([row[c] for c in file_names.COLUMNS] for row in rows)]
    write_table(table, args.output)
    if args.patients:
        columns = [column.name for column in PATIENTS if not column.later]
        patients = sorted({row["patient"] for row in rows})
        blank = [""] * (len(columns) - 1)
        write_table([columns, *([name, *blank] for name in patients)], args.patients)
    samples = {row["sample"] for row in rows}
    print(
        f"{args.output}: {len(samples)} samples in {len(rows)} rows. Look at the column "
        f"{file_names.REVIEW}, give the roles that are missing, and remove the column.",
        file=sys.stderr,
    )


if __name__ == "__main__":
    command.run(main)
