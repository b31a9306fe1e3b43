"""Align the reads of one sample to the circular mitogenome: sorted BAM on rCRS."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mitotransfer import command
from mitotransfer.genome import reference
from mitotransfer.reads import align, options


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    options.add_reads(parser)
    parser.add_argument("--output", required=True, help="BAM to write; its .bai goes beside it")
    args = parser.parse_args()
    files = options.reads(parser, args)
    totals = align.align_sample(
        files.lanes, files.alignments, args.index, reference.load(args.reference),
        args.sample, Path(args.output), options.settings(args), files.cram_reference,
    )  # fmt: skip
    options.write_checksums(args, [args.output])
    print(
        f"{args.sample}: {totals.reads:,} reads, {totals.unaligned:,} left out as unaligned, "
        f"{totals.nuclear:,} as nuclear; {totals.duplicates:,} pairs at the place of another one, "
        f"{totals.chance:,} expected by chance",
        file=sys.stderr,
    )


if __name__ == "__main__":
    command.run(main)
