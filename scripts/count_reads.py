"""Align a sample's reads and count alleles in one go, without writing a BAM file."""

from __future__ import annotations

import argparse

from mitotransfer import command, countoptions, readoptions, reference
from mitotransfer.quick import count_sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    readoptions.add_reads(parser)
    countoptions.add_counting(parser)
    args = parser.parse_args()
    files = readoptions.reads(parser, args)
    circle = reference.load(args.reference)
    result = count_sample(
        files.lanes, files.alignments, args.index, circle, args.sample,
        countoptions.rules(args), readoptions.settings(args), files.cram_reference,
        countoptions.primer_masks(args, circle),
    )  # fmt: skip
    countoptions.write(result, circle, args)
    readoptions.write_checksums(args, [])


if __name__ == "__main__":
    command.run(main)
