"""Make a bundle of a mitogenome from its GenBank record, and check it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mitotransfer import command
from mitotransfer.genome import bundle_check, bundle_writing, genbank
from mitotransfer.genome.bundle_writing import Names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the bundle")
    parser.add_argument("--genbank", type=Path, help="GenBank record (full, with the sequence)")
    parser.add_argument("--name", help="name of the bundle (default: that of the folder)")
    parser.add_argument("--species", help="species in plain words (default: the record's organism)")
    parser.add_argument(
        "--contig-names", nargs="*", default=[], help="further names of the contig in BAM files"
    )
    parser.add_argument(
        "--update", action="store_true", help="take the folder's tables as they are now"
    )
    args = parser.parse_args()
    if args.update == bool(args.genbank):
        parser.error("give --genbank to make a bundle, or --update after an edit of its tables")
    if args.update:
        bundle_writing.update(args.folder)
    else:
        record = read(args.genbank)
        name = args.name or args.folder.resolve().name
        names = Names(name, args.species or record.organism, args.contig_names)
        bundle_writing.write(record, names, args.folder)
    problems = bundle_check.check(args.folder)
    if problems:
        raise ValueError("\n".join(map(str, problems)))
    print(f"{args.folder}: a whole bundle; set reference.bundle to it", file=sys.stderr)


def read(path: Path) -> genbank.Record:
    """The record of a file; its mistakes with the file's name."""
    try:
        return genbank.parse(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


if __name__ == "__main__":
    command.run(main)
