"""Align a sample's reads and count alleles in one go, without writing a BAM file."""

from __future__ import annotations

import argparse

from mitotransfer import command
from mitotransfer.counts.options import add_counting, primer_masks, rules, write
from mitotransfer.counts.without_bam import count_sample
from mitotransfer.genome import reference
from mitotransfer.reads.options import add_reads, reads, settings, write_checksums


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_reads(parser)
    add_counting(parser)
    args = parser.parse_args()
    files = reads(parser, args)
    circle = reference.load(args.reference)
    result = count_sample(
        files.lanes, files.alignments, args.index, circle, args.sample,
        rules(args), settings(args), files.cram_reference,
        primer_masks(args, circle),
    )  # fmt: skip
    write(result, circle, args)
    write_checksums(args, [])


if __name__ == "__main__":
    command.run(main)
