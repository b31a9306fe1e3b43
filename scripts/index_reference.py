"""Index the circular mitogenome for bwa-mem3, and write it as IGV and other tools read it."""

from __future__ import annotations

import argparse
from pathlib import Path

import pysam

from mitotransfer import command
from mitotransfer.genome import bundle, reference
from mitotransfer.inputs.settings import Reads
from mitotransfer.reads import aligner_index


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    reference.add_bundle_option(parser)
    parser.add_argument("--host-bundle", help="bundle of a second species: its folder")
    command.add_settings(parser, Reads, "extension")
    parser.add_argument("--decoy", help="FASTA of nuclear copies that reads may fit better")
    parser.add_argument("--output", required=True, help="prefix of the index files")
    parser.add_argument("--fasta", type=Path, help="output .fa of the genome, and its .fai")
    args = parser.parse_args()
    circle = bundle.load(args.bundle).reference
    host = bundle.load(args.host_bundle).reference if args.host_bundle else None
    Path(args.output).parent.mkdir(parents=True, exist_ok=True)
    aligner_index.write_index(circle, args.extension, args.output, decoy=args.decoy, host=host)
    if args.fasta:
        text = f">{circle.facts.contig}\n{circle.sequence}\n"
        args.fasta.write_text(text, encoding="utf-8", newline="\n")
        pysam.faidx(str(args.fasta))


if __name__ == "__main__":
    command.run(main)
